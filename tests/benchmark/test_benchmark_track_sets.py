"""Reading track sets: folders of wide crops, films with labelled tracks, castlist's own tracks."""

import csv
from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from made_sets import track_set

from castlist.benchmark import track_sets
from castlist.benchmark.face_cuts import Finder, Wish
from castlist.benchmark.track_sets import TrackSet, read_crops_folder, read_film, read_own_tracks
from castlist.benchmark.truth import TrueTrack, read_truth
from castlist.errors import CastlistError, FilmError
from castlist.faces.align import CROP_LANDMARKS, CROP_SIZE
from castlist.faces.detector import CenterFace
from castlist.faces.store import decode
from castlist.tracks.sampling import sample
from castlist.tracks.types import Crops, Tracks

NOTHING = np.full((120, 120, 3), 90, np.uint8)


@pytest.fixture
def wide(photograph):
    """Eileen Collins's face in the middle of its surroundings."""
    picture, (x1, y1, x2, y2) = photograph
    side, middle = 0.9 * max(x2 - x1, y2 - y1), (np.array([x1 + x2, y1 + y2]) / 2)
    left, top = np.maximum(np.rint(middle - side), 0).astype(int)
    return picture[top : round(middle[1] + side), left : round(middle[0] + side)]


def write(folder, rows):
    """Write a crops folder: (track, frame, label, picture) a row."""
    folder.mkdir(exist_ok=True)
    lines = [("crop", "track", "frame", "label")]
    for number, (track, frame, label, picture) in enumerate(rows):
        name = f"{number}.png"
        cv2.imwrite(str(folder / name), picture[..., ::-1])
        lines.append((name, track, frame, label))
    with (folder / "tracks.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return folder


def same(a: TrackSet, b: TrackSet) -> None:
    for field in fields(TrackSet):
        np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name))


def test_a_crops_folder_is_read(tmp_path, wide):
    folder = write(
        tmp_path / "show",
        [
            (9, 40, "eileen", wide),
            (4, 26, "ada", wide),
            (4, 0, "ada", wide),  # rows come in any order
            (4, 5, "ada", wide),  # between two samples
            (4, 12, "ada", NOTHING),  # gives way to the next
            (4, 14, "ada", wide),
            (7, 14, "bela", NOTHING),  # taken as it is: there is no other
            (8, 5, "nonface", wide),  # not scored
            (9, 26, "eileen", wide),
        ],
    )
    found = read_crops_folder(folder, tmp_path / "work")
    assert found.name == "show"
    assert found.identity.tolist() == ["ada", "bela", "eileen"]
    assert found.track.tolist() == [0, 0, 0, 1, 2, 2]
    assert found.frame.tolist() == [0, 14, 26, 14, 26, 40]
    assert found.frames.tolist() == [5, 1, 2]  # with those of which no crop was taken
    assert found.cannot_link.tolist() == [[0, 1], [0, 2]]  # on the frames 14 and 26
    assert found.crops.shape == (6, 192, 192, 3)
    assert (found.quality[[0, 1, 2, 4, 5]] > 0.3).all()
    assert (len(found), found.people) == (3, 3)


def off_canonical(crop):
    """Pixels by which the landmarks found in a crop lie off those of a canonical one, on average.

    None if no face is found there.
    """
    detector = CenterFace(side=224)
    faces = detector(cv2.resize(crop, detector.size_for(*crop.shape[1::-1])))
    if not len(faces):
        return None
    landmarks = faces.landmarks[0] * (CROP_SIZE / 224)
    return np.linalg.norm(landmarks - CROP_LANDMARKS, axis=1).mean()


def test_the_face_in_the_middle_is_cut_to_a_canonical_crop(wide):
    crop, quality, front = Finder().central(wide)
    assert (crop.shape, crop.dtype) == ((CROP_SIZE, CROP_SIZE, 3), np.uint8)
    assert off_canonical(crop) < 8
    assert 0.3 < quality <= 1
    assert 0.3 < front <= 1
    big, more, _ = Finder().central(cv2.resize(wide, None, fx=3, fy=3))
    assert off_canonical(big) < 8
    assert more > quality or quality == 1


def test_of_two_faces_the_one_in_the_middle_is_taken(wide):
    """Another face in the corner changes nothing; a face in a corner alone isn't meant."""
    side = max(wide.shape)
    stage = np.full((2 * side, 2 * side, 3), 90, np.uint8)
    alone = stage.copy()
    top, left = (np.array(stage.shape[:2]) - wide.shape[:2]) // 2
    alone[top : top + wide.shape[0], left : left + wide.shape[1]] = wide
    both, corner = alone.copy(), stage.copy()
    small = cv2.resize(wide, (side // 2, side // 2))
    both[: side // 2, : side // 2] = small
    corner[: side // 2, : side // 2] = small
    finder = Finder()
    (crop, *_), (crop_of_two, *_) = finder.central(alone), finder.central(both)
    assert np.abs(crop.astype(float) - crop_of_two).mean() < 6
    assert finder.central(corner) is None
    near = finder.near(both, np.array([side // 8, side // 8, side * 3 // 8, side * 3 // 8], float))
    assert near is not None
    assert np.abs(crop.astype(float) - near[0]).mean() < 30
    assert finder.near(alone, np.array([0, 0, 40, 40], np.float32)) is None


def test_a_second_reading_detects_nothing(tmp_path, wide, monkeypatch):
    folder, work = write(tmp_path / "show", [(1, 0, "a", wide), (1, 1, "a", wide)]), tmp_path / "w"
    first = read_crops_folder(folder, work)

    def refuse(self):
        raise AssertionError("the detector was wanted again")

    with monkeypatch.context() as patch:
        patch.setattr(Finder, "__init__", refuse)
        again = read_crops_folder(folder, work)
        moved = read_crops_folder(folder.rename(tmp_path / "moved"), work)
    same(first, again)
    assert moved.name == "moved"
    same(first, replace(moved, name="show"))
    assert isinstance(again.crops, np.memmap)


def test_other_contents_are_read_anew(tmp_path, wide):
    folder, work = write(tmp_path / "show", [(1, 0, "a", wide), (1, 1, "a", wide)]), tmp_path / "w"
    first = read_crops_folder(folder, work)
    write(folder, [(1, 0, "a", wide), (1, 1, "a", NOTHING)])
    assert len(read_crops_folder(folder, work).crops) == 1
    write(folder, [(1, 0, "b", wide), (1, 1, "b", wide)])
    assert read_crops_folder(folder, work).identity.tolist() == ["b"]
    assert len(first.crops) == 2


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("damage", [b"", b"damaged", None])
def test_what_was_kept_is_made_anew_if_damaged(tmp_path, wide, suffix, damage):
    folder, work = write(tmp_path / "show", [(1, 0, "a", wide)]), tmp_path / "w"
    first = read_crops_folder(folder, work)
    first = replace(first, crops=first.crops.copy())
    (kept,) = work.rglob(f"*{suffix}")
    kept.unlink()
    if damage is not None:
        kept.write_bytes(damage)
    same(first, read_crops_folder(folder, work))


def test_no_track_gets_lost_where_no_face_is_found(tmp_path):
    folder = write(tmp_path / "show", [(1, 0, "a", NOTHING), (2, 0, "b", NOTHING)])
    found = read_crops_folder(folder, tmp_path)
    assert found.identity.tolist() == ["a", "b"]
    assert (found.crops[:, 50:150, 50:150] == 90).all()
    assert found.cannot_link.tolist() == [[0, 1]]


def test_a_face_that_is_not_found_is_taken_as_it_lies_in_its_box(wide, monkeypatch):
    finder = Finder()
    crop, *_ = finder.central(wide)
    guess, _, front = finder.unseen(wide)
    assert np.isnan(front)
    assert np.abs(crop.astype(float) - guess).mean() < 40  # an upright face, in the middle
    box = np.float32([30, 60, 90, 130])
    boxed, *_ = finder.unseen(wide, box)
    assert not np.array_equal(boxed, guess)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "tracks.csv: not a table of crops"),
        ("crop,track,frame\na.png,1,2\n", "tracks.csv: not a table of crops"),
        ("crop,track,frame,label\na.png,one,2,x\n", "tracks.csv: not a table of crops"),
        ("crop,track,frame,label\na.png,1\n", "tracks.csv: not a table of crops"),
        ('crop,track,frame,label\n"' + "a" * 200_000, "tracks.csv: not a table of crops"),
        ("crop,track,frame,label\na.png,1,2,x\na.png,1,3,y\n", "track 1 has two labels"),
        ("crop,track,frame,label\nb.png,1,2,x\n", "b.png: can't be read"),
        ("crop,track,frame,label\na.png,1,2,x\n", "a.png: isn't a picture"),
        ("crop,track,frame,label\nempty.png,1,2,x\n", "empty.png: isn't a picture"),
    ],
)
def test_bad_folders_are_refused_with_the_file_s_name(tmp_path, table, message):
    (tmp_path / "a.png").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    if table is not None:
        (tmp_path / "tracks.csv").write_text(table)
    with pytest.raises(CastlistError, match=message):
        read_crops_folder(tmp_path, tmp_path / "work")


def test_a_table_as_excel_saves_it_is_read(tmp_path, wide):
    folder = write(tmp_path / "show", [(1, 0, "Zoë", wide)])
    table = folder / "tracks.csv"
    text = table.read_text()
    table.write_text(text, "utf-8-sig")
    assert read_crops_folder(folder, tmp_path / "work").identity.tolist() == ["Zoë"]
    table.write_text(text * 10_000, "cp1252")
    with pytest.raises(CastlistError, match="save it as UTF-8") as caught:
        read_crops_folder(folder, tmp_path / "work")
    assert len(str(caught.value)) < 400


def test_faces_wanted_of_a_track_are_the_sampled_or_the_next():
    frames = np.arange(100, 140)
    wish, taken = Wish(frames), []
    for frame in frames:
        if wish.due(frame) and not 110 <= frame <= 126:  # hidden there
            taken.append(int(frame))
            wish.granted()
    assert frames[sample(frames)].tolist() == [100, 112, 124, 136]
    assert taken == [100, 127, 136]  # two were hidden, one is made up for


@pytest.fixture(scope="module")
def film(sample_film, tmp_path_factory):
    """The sample film's labelled tracks, and the truth."""
    truth = read_truth(sample_film.with_suffix(".truth.json"))
    return read_film(truth, tmp_path_factory.mktemp("work")), truth


def test_a_film_s_labelled_tracks_are_read(film):
    found, truth = film
    scored = [track for track in truth.tracks if track.scored]
    assert found.name == truth.film.stem
    assert found.identity.tolist() == [track.identity for track in scored]
    assert found.frames.tolist() == [len(track.frames) for track in scored]
    for n, track in enumerate(scored):
        frames = found.frame[found.track == n]
        assert set(frames) <= set(track.frames)
        assert (np.diff(frames) > 0).all()
        assert 1 <= len(frames) <= len(sample(track.frames))
    assert len(found.crops) > 0.8 * sum(len(sample(track.frames)) for track in scored)


def test_tracks_on_one_frame_can_not_be_linked(film):
    found, truth = film
    on = [set(track.frames.tolist()) for track in truth.tracks if track.scored]
    pairs = [(i, j) for j in range(len(on)) for i in range(j) if on[i] & on[j]]
    assert found.cannot_link.tolist() == [list(pair) for pair in sorted(pairs)]
    assert len(pairs) > 0


def test_a_film_s_crops_are_canonical(film):
    found, _ = film
    off = [off_canonical(crop) for crop in found.crops]
    seen = [pixels for pixels in off if pixels is not None]
    assert len(seen) > 0.8 * len(off)
    assert np.median(seen) < 8


def test_tracks_not_scored_are_left_out_and_those_without_a_face_are_not(film, tmp_path):
    _, truth = film
    first, second = [track for track in truth.tracks if track.scored][:2]
    nowhere = TrueTrack(
        "ghost", first.frames, np.tile(np.float32([0, 0, 12, 12]), (len(first.frames), 1))
    )
    none = TrueTrack("nobody", first.frames[:0], first.boxes[:0])
    tracks = [replace(first, identity="unsure"), nowhere, none, second]
    found = read_film(replace(truth, tracks=tracks), tmp_path)
    assert found.identity.tolist() == ["ghost", second.identity]
    assert np.bincount(found.track)[0] == 1
    assert found.frame[0] == first.frames[0]


def test_labels_are_part_of_what_a_film_is_kept_by(film, tmp_path, monkeypatch):
    _, truth = film
    short = replace(truth, tracks=truth.tracks[:1])
    first = read_film(short, tmp_path)
    renamed = replace(short, tracks=[replace(short.tracks[0], identity="somebody else")])
    assert read_film(renamed, tmp_path).identity.tolist() == ["somebody else"]
    monkeypatch.setattr(track_sets, "Finder", None)
    same(first, read_film(short, tmp_path))


def test_a_missing_film_is_named(tmp_path, film):
    with pytest.raises(FilmError, match=r"gone\.mp4"):
        read_film(replace(film[1], film=tmp_path / "gone.mp4"), tmp_path)


def test_castlist_s_own_tracks_are_read(sample_run):
    truth = read_truth(sample_run.film.with_suffix(".truth.json"))
    found = read_own_tracks(truth, sample_run.workspace.parent)
    tracks = Tracks.load(sample_run.workspace / "tracks.parquet")
    crops = Crops.load(sample_run.workspace / "crops.parquet")
    people = {track.identity for track in truth.tracks if track.scored}
    assert set(found.identity) == people
    assert 0 < len(found) <= len(tracks)
    assert set(found.frames) <= set(np.bincount(tracks.track))
    by_frame = {
        (int(f), float(q)): file
        for f, q, file in zip(crops.frame, crops.quality, crops.file, strict=True)
    }
    for n, crop in enumerate(found.crops):
        file = by_frame[int(found.frame[n]), float(found.quality[n])]
        np.testing.assert_array_equal(crop, decode((sample_run.workspace / file).read_bytes()))
    pairs = tracks.co_occurring()
    assert 0 < len(found.cannot_link) <= len(pairs)
    assert all(found.identity[i] != found.identity[j] for i, j in found.cannot_link)


def test_own_tracks_are_the_majority_s_and_unscored_ones_are_left_out(sample_run):
    truth = read_truth(sample_run.film.with_suffix(".truth.json"))
    whole = read_own_tracks(truth, sample_run.workspace.parent)
    first = truth.tracks[0]
    unsure = [replace(first, identity="unsure"), *truth.tracks[1:]]
    fewer = read_own_tracks(replace(truth, tracks=unsure), sample_run.workspace.parent)
    assert 0 < len(fewer) < len(whole)
    nobody = read_own_tracks(replace(truth, tracks=[]), sample_run.workspace.parent)
    assert len(nobody) == 0


def test_selecting_tracks_numbers_them_anew():
    made = track_set(list("abcd"), [(0, 1), (1, 3), (2, 3)])
    made = replace(made, frame=np.arange(12) + 100)
    kept = made.select(np.array([True, False, True, True]), "fewer")
    assert (kept.name, kept.identity.tolist()) == ("fewer", ["a", "c", "d"])
    assert kept.track.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert kept.frame.tolist() == [100, 101, 102, 106, 107, 108, 109, 110, 111]
    assert kept.frames.tolist() == made.frames[[0, 2, 3]].tolist()
    assert kept.cannot_link.tolist() == [[1, 2]]
    assert len(kept.crops) == len(kept.quality) == 9
    assert kept.without_links().cannot_link.shape == (0, 2)


def test_tracks_that_are_seen_often_enough():
    made = replace(track_set(list("abc")), frames=np.array([3, 4, 2]))
    assert made.seen_on(3).tolist() == [True, True, False]
    assert made.seen_on(1).all()


def test_a_digest_is_of_the_contents_not_of_the_name():
    made = track_set(list("abc"), [(0, 1)])
    assert made.digest() == replace(made, name="other").digest()
    changed = [
        made.without_links(),
        replace(made, identity=np.array(list("abd"))),
        replace(made, frames=made.frames + 1),
        replace(made, crops=made.crops + 1),
        track_set([]),
    ]
    assert len({made.digest(), *(other.digest() for other in changed)}) == 6
