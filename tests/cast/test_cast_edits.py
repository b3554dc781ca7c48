"""The log of corrections: nothing is lost, whoever writes and whatever breaks off."""

import json
import multiprocessing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castlist.cast.anchors import Anchor, Sight
from castlist.cast.edits import Edit, Kind, Log, holding, linking
from castlist.errors import CastlistError, WorkspaceError

ANCHOR = Anchor(
    7,
    (1.0, 2.0, 30.5, 40.0),
    start=Sight(5, (1.0, 1.0, 30.0, 40.0)),
    end=Sight(9, (2.0, 2.0, 31.0, 40.0)),
)
DECISIONS = [kind for kind in Kind if kind not in (Kind.UNDO, Kind.REDO)]


def edit(kind=Kind.NAME, text="Rick"):
    return Edit(kind=kind, who=(ANCHOR,), text=text)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_read_as_it_was_written(tmp_path, kind):
    log = Log(tmp_path / "edits.jsonl")
    written = Edit(kind=kind, who=(ANCHOR,), same=(ANCHOR,), other=(ANCHOR, ANCHOR), frame=3)
    log.append(written)
    log.append(edit(text='Łukasz "Ł" \n 😀'))
    assert log.read()[0] == written
    assert log.read()[1].text == 'Łukasz "Ł" \n 😀'
    assert len({entry.id for entry in log.read()}) == 2


def test_no_log_is_no_corrections(tmp_path):
    assert Log(tmp_path / "edits.jsonl").read() == []


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_line_cut_off_is_passed_over_and_then_mended(tmp_path, caplog, cut):
    path = tmp_path / "edits.jsonl"
    log = Log(path)
    first, second, third = edit(text="a"), edit(text="b"), edit(text="c")
    log.append(first)
    log.append(second)
    path.write_bytes(path.read_bytes()[:-cut])
    assert log.read() == [first]
    assert "cut off" in caplog.text
    log.append(third)
    assert log.read() == [first, third]
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("line", ['{"kind": "teleport"}', "[1]", "{", '{"kind": "name", "x": 1}'])
def test_entries_of_a_newer_castlist_are_told_and_kept(tmp_path, line):
    path = tmp_path / "edits.jsonl"
    Log(path).append(edit())
    with path.open("a") as file:
        file.write(line + "\n")
    before = path.read_bytes()
    with pytest.raises(WorkspaceError, match=r"edits.jsonl, line 2: .*newer"):
        Log(path).read()
    assert path.read_bytes() == before


def test_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CastlistError, match="can't be written"):
        Log(tmp_path / "file" / "edits.jsonl").append(edit())


def _write(path, writer, count):
    for number in range(count):
        Log(path).append(edit(text=f"{writer} {number}"))


def test_writers_side_by_side_lose_nothing(tmp_path):
    path = tmp_path / "edits.jsonl"
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, n, 15)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    texts = [entry.text for entry in Log(path).read()]
    assert sorted(texts) == sorted(f"{w} {n}" for w in range(4) for n in range(15))
    for writer in range(4):
        own = [text for text in texts if text.startswith(f"{writer} ")]
        assert own == [f"{writer} {n}" for n in range(15)]


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=40))
def test_undo_and_redo_are_those_of_a_plain_editor(steps):
    entries, done, undone = [], [], []
    for number, step in enumerate(steps):
        if step == "edit":
            entries.append(edit(text=str(number)))
            done.append(str(number))
            undone.clear()
        else:
            entries.append(Edit(kind=Kind(step)))
            source, target = (done, undone) if step == "undo" else (undone, done)
            if source:
                target.append(source.pop())
    held, back = holding(entries)
    assert [entry.text for entry in held] == done
    assert [entry.text for entry in back] == undone


def test_clustering_depends_on_who_is_who_not_on_names():
    links = linking([edit(kind) for kind in DECISIONS])
    assert [link["kind"] for link in links] == [
        kind for kind in DECISIONS if kind not in ("name", "note", "hide", "show")
    ]
    assert linking([edit(Kind.MERGE, "a")]) == linking([edit(Kind.MERGE, "b")])
    assert json.loads(json.dumps(links)) is not None
