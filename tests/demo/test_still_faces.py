"""The sample film's photographs as labelled still faces."""

from sample_pictures import picture, portraits
from still_faces import make_still_faces

from castlist.benchmark.stills import read_stills


def test_each_portrait_shows_its_person_alone(tmp_path):
    make_still_faces(tmp_path)
    found = read_stills(tmp_path)
    people = {picture(name).identity for name in portraits()}
    assert found.keys() == people
    assert sum(len(stills) for stills in found.values()) == len(portraits())
