"""Corrections from the first click to the next run: on whole runs of a film of coloured squares."""

import contextlib
import json
import multiprocessing
import shutil
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import puppets
from castlist.cast.editing import Editor
from castlist.cast.types import Cast
from castlist.cli import app
from castlist.cluster.labels import load_labels
from castlist.errors import CastlistError, WorkspaceError
from castlist.export.finished import Finished
from castlist.pipeline import run
from castlist.settings import Settings


@pytest.fixture(autouse=True)
def _puppets(monkeypatch):
    puppets.play(monkeypatch)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return puppets.film_of(tmp_path_factory.mktemp("film") / "film.mp4", puppets.TO_CORRECT)


@pytest.fixture(scope="module")
def finished(film, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "film.castlist"
    with pytest.MonkeyPatch.context() as patch:
        puppets.play(patch)
        run(film, out=folder)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "film.castlist")


def owners(cast):
    """Who each track is: its character's name, or id."""
    called = {c.id: c.name or c.id for c in cast.characters}
    return [called.get(track.character) for track in cast.tracks]


def test_the_story_without_corrections(folder):
    assert owners(Cast.load(folder / "cast.json")) == ["C01", "C02", "C01", "C01", "C03"]


def test_corrections_hold_at_once_and_in_the_next_run(film, folder):
    editor = Editor(folder)
    editor.rename("C01", "Red")
    editor.merge("C03", ["C02"])
    editor.split("Red", [3])
    cast = editor.rename(editor.cast.tracks[3].character, "Red's twin")
    assert owners(cast) == ["Red", "C03", "Red", "Red's twin", "C03"]
    editor.note("Red's twin", "only in the last scene")
    editor.rename("C03", "The others")
    cast = editor.hide("C03")
    told = {c.name or c.id: (c.note, c.hidden) for c in cast.characters}
    wanted = {"Red": (None, False), "The others": (None, True)}
    assert told == {**wanted, "Red's twin": ("only in the last scene", False)}
    assert Cast.load(folder / "cast.json") == cast
    for other in (Settings(), Settings(seed=5), Settings(adapt=False)):
        again = run(film, out=folder, settings=other)
        assert owners(again) == owners(cast)
        assert {c.name or c.id: (c.note, c.hidden) for c in again.characters} == told
        assert again.conflicts == []
    assert {c.name for c in Finished.load(folder).characters} == {"Red", "Red's twin"}


def test_ids_stay_what_they_were_until_the_film_is_clustered_anew(film, folder):
    editor = Editor(folder)
    cast = editor.split("C01", [0, 2])
    assert [c.id for c in cast.characters] == ["C04", "C01", "C02", "C03"]
    cast = editor.merge("C03", ["C02"])  # together longer than C01
    assert [c.id for c in cast.characters] == ["C04", "C03", "C01"]
    assert owners(cast) == ["C04", "C03", "C04", "C01", "C03"]
    assert [c.id for c in run(film, out=folder).characters] == ["C01", "C02", "C03"]


def test_clustering_itself_heeds_the_corrections(film, folder):
    before = load_labels(folder / "clusters.parquet")
    editor = Editor(folder)
    editor.merge("C01", ["C02"])
    editor.never(2, 3)
    run(film, out=folder)
    labels = load_labels(folder / "clusters.parquet")
    assert before[0] != before[1]
    assert before[2] == before[3]
    assert labels[0] == labels[1]
    assert labels[2] != labels[3]


def test_a_name_is_heeded_by_clustering_and_costs_no_training(film, folder):
    """Two names are two people: a run after naming is what a run from nothing would be."""

    def keys():
        stages = json.loads((folder / "manifest.json").read_text("utf-8"))["stages"]
        return {stage: told["key"] for stage, told in stages.items()}

    before = keys()
    Editor(folder).rename("C01", "Red")
    run(film, out=folder)
    after = keys()
    changed = {stage for stage in before if before[stage] != after[stage]}
    assert changed == {"clusters", "cast", "report"}


def test_undo_and_redo_to_the_beginning(folder):
    editor = Editor(folder)
    before = editor.cast
    steps = [before]
    for correct in (
        lambda: editor.rename("C01", "Red"),
        lambda: editor.merge("Red", ["C02"]),
        lambda: editor.no_face(4),
        lambda: editor.changes(0, 12),
    ):
        steps.append(correct())
    assert editor.cast.no_faces == [4]
    for cast in reversed(steps[:-1]):
        assert editor.undo() == cast
    with pytest.raises(CastlistError, match="nothing to undo"):
        editor.undo()
    for cast in steps[1:]:
        assert editor.redo() == cast
    with pytest.raises(CastlistError, match="nothing to redo"):
        editor.redo()
    assert len(editor.log()) == 12


WAYS = [
    "rename",
    "note",
    "hide",
    "merge",
    "split",
    "move",
    "confirm",
    "never",
    "no_face",
    "changes",
]


@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from(WAYS), st.randoms(use_true_random=False)), max_size=7))
def test_all_undone_and_redone_again_is_the_same_cast(finished, wishes):
    with tempfile.TemporaryDirectory() as temporary:
        editor = Editor(shutil.copytree(finished, Path(temporary) / "film.castlist"))
        steps = [editor.cast]
        for way, chance in wishes:
            with contextlib.suppress(CastlistError, IndexError):  # what makes no sense
                steps.append(correct(editor, way, chance))
        assert [editor.undo() for _ in steps[1:]] == steps[-2::-1]
        assert [editor.redo() for _ in steps[1:]] == steps[1:]


def correct(editor, way, chance):
    """Make a correction of this kind, of anything."""
    ids = [one.id for one in editor.cast.characters]
    chance.shuffle(ids)
    own = next(one for one in editor.cast.characters if one.id == ids[0]).tracks
    track = chance.choice(editor.cast.tracks)
    middle = (track.start_frame + track.end_frame + 1) // 2
    words = {
        "rename": (ids[0], chance.choice(["", "Red", "Blue"])),
        "note": (ids[0], "a note"),
        "hide": (ids[0],),
        "merge": (ids[0], ids[1:2]),
        "split": (ids[0], own[:1]),
        "move": ([track.id], ids[0]),
        "confirm": (own[:1],),
        "never": (ids[0], ids[1]),
        "no_face": (track.id,),
        "changes": (track.id, middle),
    }
    return getattr(editor, way)(*words[way])


def _note_all(folder, notes):
    editor = Editor(folder)
    for character, text in notes:
        editor.note(character, text)


def test_two_who_correct_at_once_lose_nothing(folder):
    context = multiprocessing.get_context("fork")
    notes = {who: [(who, f"{who} {n}") for n in range(8)] for who in ("C01", "C02")}
    users = [context.Process(target=_note_all, args=(folder, own)) for own in notes.values()]
    for user in users:
        user.start()
    for user in users:
        user.join()
    texts = [entry.text for entry in Editor(folder).log()]
    for who, own in notes.items():
        assert [text for text in texts if text.startswith(who)] == [text for _, text in own]
    cast = Cast.load(folder / "cast.json")
    assert [one.note for one in cast.characters] == ["C01 7", "C02 7", None]


def test_a_track_that_changes_person(film, folder):
    end = Cast.load(folder / "cast.json").tracks[0].end_frame
    cast = Editor(folder).changes(0, 12)
    part = cast.tracks[-1]
    assert (part.id, part.part_of, part.start_frame, part.end_frame) == (5, 0, 12, end)
    assert cast.tracks[0].end_frame == 11
    assert part.character != cast.tracks[0].character
    Editor(folder).move([5], cast.tracks[1].character)
    again = run(film, out=folder)
    assert again.tracks[5].character == again.tracks[1].character != again.tracks[0].character
    merge = pq.read_table(folder / "merges.parquet").to_pylist()[0]
    assert (merge["left"], merge["right"], merge["distance"]) == (1, 5, 0)
    exported = Finished.load(folder)
    frames = exported.tracks.frame[exported.rows(again.tracks[5])]
    assert frames.tolist() == list(range(12, end + 1))
    assert Editor(folder).no_face(5).no_faces == [5]


@pytest.mark.parametrize("frame", [2, 20])
def test_who_was_merged_before_a_cut_stays_who_it_is(folder, frame):
    editor = Editor(folder)
    editor.rename("C01", "Red")
    editor.merge("Red", ["C02"])
    cast = editor.changes(0, frame)
    assert [cast.tracks[n].character for n in (0, 1, 2, 3)] == [cast.characters[0].id] * 4
    assert cast.characters[0].name == "Red"
    assert 5 not in cast.characters[0].tracks
    assert cast.conflicts == []


def test_another_part_may_be_cut_again_and_given_back(folder):
    editor = Editor(folder)
    end = editor.cast.tracks[0].end_frame
    editor.changes(0, 12)
    cast = editor.changes(5, 18)
    assert [(t.start_frame, t.end_frame) for t in cast.tracks if t.id in (0, 5, 6)] == [
        (0, 11),
        (12, 17),
        (18, end),
    ]
    whole = editor.merge(cast.tracks[0].character, [cast.tracks[5].character])
    assert whole.tracks[5].character == whole.tracks[0].character


@pytest.mark.parametrize(
    ("correct", "words"),
    [
        (lambda e: e.rename("C99", "x"), "C99: no such character; there are C01, C02, C03"),
        (lambda e: e.merge("C01", ["C01"]), "two characters at least"),
        (lambda e: e.split("C01", [0, 2, 3]), "but not all: 0, 2, 3"),
        (lambda e: e.split("C01", [1]), "name some tracks of C01"),
        (lambda e: e.move([0], "C01"), "C01's already"),
        (lambda e: e.move([77], "C01"), "77: no such track"),
        (lambda e: e.never("C01", 0), "share a track"),
        (lambda e: e.changes(0, 0), "lasts from frame 0 to"),
        (lambda e: e.confirm([0, 1]), "of one character"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written(folder, correct, words):
    editor = Editor(folder)
    with pytest.raises(CastlistError, match=words):
        correct(editor)
    assert editor.log() == []


def test_unfinished_workspace(tmp_path):
    with pytest.raises(WorkspaceError, match="castlist run"):
        Editor(tmp_path)


def command(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_commands(folder):
    assert command("edit", "rename", folder, "C01", "Red").exit_code == 0
    assert command("edit", "merge", folder, "Red", "C02").exit_code == 0
    assert command("edit", "never", folder, "0", "4").exit_code == 0
    done = command("edit", "confirm", folder, 0, 2, "--json")
    assert json.loads(done.stdout)["characters"][0]["name"] == "Red"
    assert "Red" in (folder / "report.html").read_text("utf-8")
    entries = json.loads(command("edit", "log", folder, "--json").stdout)["edits"]
    assert [entry["kind"] for entry in entries] == ["name", "merge", "never", "confirm"]
    assert "merge" in command("edit", "log", folder).stdout
    for name in ("undo", "undo", "redo"):
        assert command("edit", name, folder).exit_code == 0
