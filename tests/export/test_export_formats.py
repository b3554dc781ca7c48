"""Formats that aren't for editing programs, read back by other readers; golden files of all.

A golden file that is meant to change is deleted and written anew by ``python
tests/export/test_export_formats.py``; the difference is looked at before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import av
import networkx
import numpy as np
import pytest
from made_films import (
    APPEARANCES,
    FRAMES,
    ODD_NAMES,
    TRACKS,
    make_workspace,
)
from PIL import Image

import castlist
from castlist.cast.types import Cast
from castlist.errors import CastlistError, WorkspaceError
from castlist.export import FORMATS, export, make
from castlist.export.finished import Finished
from castlist.export.statistics import screen_times
from castlist.film.timecode import TimecodeError

GOLDEN = Path(__file__).with_name("golden")
NTSC = Fraction(30000, 1001)
TEXTS = ("json", "tracks", "appearances", "co-appearances", "screen-time", "vtt", "srt", "edl")
TEXTS += ("fcpxml", "rttm", "mot", "coco", "via", "cvat")
NAMED = {"C01": "Anna", "C02": "C02", "C03": "Carla"}


def golden_workspace(folder: Path) -> Path:
    """A film in drop-frame code, with odd names."""
    return make_workspace(
        folder / "night.castlist",
        rate=NTSC,
        names=("Anna | Bell", None, "كارلا, <Carla>"),
        film="/films/Night & Day.mov",
        start_timecode="00:59:58;00",
    )


@pytest.mark.parametrize("name", TEXTS)
def test_golden_file(tmp_path, monkeypatch, name):
    monkeypatch.setattr(castlist, "__version__", "0")
    made = make(golden_workspace(tmp_path), name)
    assert made == (GOLDEN / f"night{FORMATS[name].suffix}").read_text("utf-8")


def test_every_text_has_a_golden_file_or_a_reader_of_its_own():
    by_libraries = {"otio", "fcp7", "graphml"}
    assert set(FORMATS) - set(TEXTS) == by_libraries | {"contact-sheet", "contact-sheet-png"}


def table(made: object) -> list[dict[str, str]]:
    assert isinstance(made, str)
    return list(csv.DictReader(io.StringIO(made, newline="")))


def test_tracks_table(workspace):
    rows = table(make(workspace, "tracks"))
    assert [int(row["track"]) for row in rows] == list(range(len(TRACKS)))
    people = {"anna": "C01", "ben": "C02", "carla": "C03", None: ""}
    for row, (who, shot, first, last) in zip(rows, TRACKS, strict=True):
        assert (row["character"], int(row["shot"])) == (people[who], shot)
        assert (int(row["first_frame"]), int(row["last_frame"])) == (first, last)
        assert float(row["start_seconds"]) == first / 25
        assert float(row["end_seconds"]) == (last + 1) / 25
        assert row["name"] == {"C01": "Anna", "C03": "Carla"}.get(row["character"], "")


def test_appearances_table(workspace):
    rows = table(make(workspace, "appearances", start_timecode="10:00:00:00"))
    assert [
        (
            *(r["character"], int(r["shot"]), int(r["first_frame"]), int(r["last_frame"])),
            tuple(map(int, r["tracks"].split())),
        )
        for r in rows
    ] == list(APPEARANCES)
    assert (rows[0]["start_timecode"], rows[0]["end_timecode"]) == ("10:00:00:05", "10:00:01:06")


def seen() -> dict[str, set[int]]:
    """The frames on which each character is seen."""
    frames: dict[str, set[int]] = {"C01": set(), "C02": set(), "C03": set()}
    for who, _, first, last, _ in APPEARANCES:
        frames[who] |= set(range(first, last + 1))
    return frames


def test_co_appearances_table(workspace):
    frames = seen()
    rows = {
        (r["character"], r["with_character"]): r for r in table(make(workspace, "co-appearances"))
    }
    assert set(rows) == {("C01", "C02"), ("C01", "C03")}
    for (one, other), row in rows.items():
        both = frames[one] & frames[other]
        assert int(row["frames_together"]) == len(both)
        assert float(row["seconds_together"]) == len(both) / 25
        assert float(row["first_together"]) == min(both) / 25
    assert [int(row["shots_together"]) for row in rows.values()] == [2, 1]


def test_screen_time(workspace, film):
    frames = seen()
    rows = table(make(workspace, "screen-time"))
    assert [row["character"] for row in rows] == list(frames)
    for row, character in zip(rows, film.cast.characters, strict=True):
        own = frames[character.id]
        others = set().union(*(f for who, f in frames.items() if who != character.id))
        assert float(row["seconds"]) == len(own) / 25 == character.screen_time
        assert float(row["share"]) == pytest.approx(len(own) / FRAMES, abs=1e-6)
        assert (int(row["frames"]), float(row["alone"])) == (len(own), len(own - others) / 25)
        assert (float(row["first"]), float(row["last"])) == (character.first, character.last)
    assert [(r["appearances"], r["shots"], r["longest"]) for r in rows] == [
        *(("4", "3", "1.2"), ("2", "2", "1.64"), ("1", "1", "2.0"))
    ]


def test_names_with_commas_quotes_and_line_breaks_in_tables(tmp_path):
    workspace = make_workspace(tmp_path / "w", names=ODD_NAMES)
    for format_ in ("tracks", "appearances", "screen-time"):
        rows = table(make(workspace, format_))
        assert {row["name"] for row in rows} - {""} == set(ODD_NAMES)
    (first, _) = table(make(workspace, "co-appearances"))
    assert (first["name"], first["with_name"]) == ODD_NAMES[:2]


def test_json(workspace):
    data = json.loads(make(workspace, "json", start_timecode="01:00:00:00"))
    assert data["timeline"] == {
        "rate": "25/1",
        "drop_frame": False,
        "start_timecode": "01:00:00:00",
        "frames": FRAMES,
        "frames_are_the_films": True,
    }
    assert data["film"] == Cast.load(workspace / "cast.json").film
    assert [(c["character"], c["name"]) for c in data["characters"]] == [
        *(("C01", "Anna"), ("C02", None), ("C03", "Carla"))
    ]
    assert [
        (*(a[k] for k in ("character", "shot", "first_frame", "last_frame")), tuple(a["tracks"]))
        for a in data["appearances"]
    ] == list(APPEARANCES)
    assert [entry["track"] for entry in data["unknown"]] == [7]
    assert [p["frames_together"] for p in data["co_appearances"]] == [53, 11]


CUES = (  # who, from which frame, before which: counted from APPEARANCES by hand
    ("Anna", 5, 10),
    ("Anna C02", 10, 31),
    ("C02", 31, 40),
    ("Anna", 40, 50),
    ("Anna C02", 50, 61),
    ("C02", 61, 70),
    ("Anna C02", 70, 91),
    ("Anna", 91, 100),
    ("Anna Carla", 100, 111),
    ("Carla", 111, 150),
)


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(25), NTSC, Fraction(60000, 1001)])
@pytest.mark.parametrize("format_", ["vtt", "srt"])
def test_subtitles_by_ffmpegs_reader(tmp_path, format_, rate):
    workspace = make_workspace(tmp_path / "w", rate=rate)
    path = export(workspace, format_, tmp_path / f"film.{format_}", start_timecode="01:00:00:00")
    found = []
    with av.open(str(path)) as container:
        (stream,) = container.streams.subtitles
        for packet in container.demux(stream):
            if packet.pts is not None:
                start, length = packet.pts * stream.time_base, packet.duration * stream.time_base
                text = bytes(packet).decode().split()
                found.append((" ".join(text), start * 1000, (start + length) * 1000))
    for cue, (who, first, past) in zip(found, CUES, strict=True):
        assert cue[0] == who
        assert abs(cue[1] - first / rate * 1000) <= Fraction(1, 2)
        assert abs(cue[2] - past / rate * 1000) <= Fraction(1, 2)


def test_subtitles_of_a_film_whose_rate_varies_keep_its_own_times(tmp_path):
    pts = [n * n + 40 * n for n in range(FRAMES + 1)]
    workspace = make_workspace(tmp_path / "w", pts=pts, time_base=Fraction(1, 1000))
    lines = make(workspace, "srt").splitlines()
    first, past = pts[5], pts[10]
    assert lines[1] == f"00:00:00,{first:03d} --> 00:00:00,{past:03d}"


def test_odd_names_in_subtitles(tmp_path):
    workspace = make_workspace(tmp_path / "w", names=ODD_NAMES)
    vtt = make(workspace, "vtt")
    blocks = vtt.split("\n\n")
    assert (blocks[0], len(blocks)) == ("WEBVTT", 1 + len(CUES))
    assert all(block.split("\n")[0].count("-->") == 1 for block in blocks[1:])
    assert vtt.count("-->") == len(CUES)
    assert 'Bell, "Anna" &amp; &lt;Co&gt; | 😀' in vtt
    assert 'Bell, "Anna" & <Co> | 😀\n' in make(workspace, "srt")


def test_rttm(tmp_path, workspace):
    lines = [line.split() for line in make(workspace, "rttm").splitlines()]
    assert {(len(line), line[0], line[1], line[2]) for line in lines} == {
        (10, "SPEAKER", "Night_&_Day", "1")
    }
    speakers = {"C01": "C01_Anna", "C02": "C02", "C03": "C03_Carla"}
    for line, (who, _, first, last, _) in zip(lines, APPEARANCES, strict=True):
        assert line[7] == speakers[who]
        assert (float(line[3]), float(line[4])) == (first / 25, (last + 1 - first) / 25)
        assert [line[n] for n in (5, 6, 8, 9)] == ["<NA>"] * 4
    odd = make(make_workspace(tmp_path / "w", names=ODD_NAMES), "rttm")
    assert all(len(line.split()) == 10 for line in odd.splitlines())
    assert len(odd.splitlines()) == len(APPEARANCES)


def test_graph(tmp_path, workspace):
    graph = networkx.parse_graphml(make(workspace, "graphml"))
    assert dict(graph.nodes(data="label")) == NAMED
    assert dict(graph.nodes(data="seconds")) == {"C01": 88 / 25, "C02": 71 / 25, "C03": 50 / 25}
    assert sorted(graph.edges(data="weight")) == [
        *(("C01", "C02", 53 / 25), ("C01", "C03", 11 / 25))
    ]
    odd = networkx.parse_graphml(make(make_workspace(tmp_path / "w", names=ODD_NAMES), "graphml"))
    assert 'Bell, "Anna" & <Co> | 😀' in dict(odd.nodes(data="label")).values()


def rows_of_tracks(film: Finished) -> dict[tuple[int, int], list[float]]:
    """Track and frame to box; the one that leaves the picture is cut off."""
    tracks = film.tracks
    boxes = tracks.boxes.clip(0, [640, 360, 640, 360])
    return dict(
        zip(
            zip(tracks.track.tolist(), tracks.frame.tolist(), strict=True),
            boxes.tolist(),
            strict=True,
        )
    )


def test_mot(workspace, film):
    lines = [line.split(",") for line in make(workspace, "mot").splitlines()]
    frames = [int(line[0]) for line in lines]
    assert frames == sorted(frames)
    found = {}
    for line in lines:
        x, y, width, height = map(float, line[2:6])
        found[int(line[1]) - 1, int(line[0]) - 1] = [x, y, x + width, y + height]
    expected = rows_of_tracks(film)
    assert found.keys() == expected.keys()
    for key, box in found.items():
        assert box == pytest.approx(expected[key], abs=0.011)
    kinds = {int(line[1]) - 1: (int(line[6]), int(line[7])) for line in lines}
    place = {"anna": (1, 1), "ben": (1, 2), "carla": (1, 3), None: (0, -1)}
    assert kinds == {number: place[who] for number, (who, *_) in enumerate(TRACKS)}
    assert Counter(line[8] for line in lines)["0"] == int(film.tracks.gap.sum())


def test_coco(workspace, film):
    data = json.loads(make(workspace, "coco"))
    names = {c["id"]: c["name"] for c in data["categories"]}
    assert names == {1: "Anna", 2: "C02", 3: "Carla", 4: "unknown"}
    images = {image["id"]: image["frame_id"] for image in data["images"]}
    assert len(images) == len({f for _, f in rows_of_tracks(film)})
    expected = rows_of_tracks(film)
    found = {}
    for annotation in data["annotations"]:
        x, y, width, height = annotation["bbox"]
        assert annotation["area"] == pytest.approx(width * height, abs=1)
        key = annotation["track_id"] - 1, images[annotation["image_id"]]
        found[key] = [x, y, x + width, y + height]
    assert found.keys() == expected.keys()
    for key, box in found.items():
        assert box == pytest.approx(expected[key], abs=0.011)
    ids = [annotation["id"] for annotation in data["annotations"]]
    assert len(set(ids)) == len(ids)
    people = {"anna": 1, "ben": 2, "carla": 3, None: 4}
    assert [t["category_id"] for t in data["tracks"]] == [people[who] for who, *_ in TRACKS]
    assert data["images"][0]["file_name"] == "Night & Day/00000005.jpg"


def test_via(workspace, film):
    data = json.loads(make(workspace, "via"))
    attributes = {a["aname"]: (key, a) for key, a in data["attribute"].items()}
    segment, told = attributes["on screen"]
    assert told["options"] == NAMED
    segments = [m for m in data["metadata"].values() if not m["xy"]]
    assert [(m["av"][segment], *m["z"]) for m in segments] == [
        (who, first / 25, (last + 1) / 25) for who, _, first, last, _ in APPEARANCES
    ]
    box, told = attributes["character"]
    assert told["options"] == NAMED | {"unknown": "unknown"}
    boxes = [m for m in data["metadata"].values() if m["xy"]]
    assert len(boxes) == int(film.tracks.detected.sum())
    assert {m["av"][box] for m in boxes} == {*NAMED, "unknown"}
    assert all(m["xy"][0] == 2 and len(m["xy"]) == 5 and len(m["z"]) == 1 for m in boxes)
    assert {m["vid"] for m in segments + boxes} == set(data["project"]["vid_list"])


def test_cvat(workspace, film):
    root = ElementTree.fromstring(make(workspace, "cvat"))
    assert [e.text for e in root.iterfind("meta/task/labels/label/name")] == [
        *("Anna", "C02", "Carla", "unknown")
    ]
    people = {"anna": "Anna", "ben": "C02", "carla": "Carla", None: "unknown"}
    expected = rows_of_tracks(film)
    tracks = root.findall("track")
    assert [t.get("label") for t in tracks] == [people[who] for who, *_ in TRACKS]
    for number, (element, (_, _, first, last)) in enumerate(zip(tracks, TRACKS, strict=True)):
        boxes = element.findall("box")
        inside = [b for b in boxes if b.get("outside") == "0"]
        assert [int(b.get("frame")) for b in inside] == list(range(first, last + 1))
        for b in inside:
            box = [float(b.get(side)) for side in ("xtl", "ytl", "xbr", "ybr")]
            assert box == pytest.approx(expected[number, int(b.get("frame"))], abs=0.006)
        keys = [int(b.get("frame")) for b in inside if b.get("keyframe") == "1"]
        assert keys == sorted({first, last} | {f for f in range(first, last + 1) if f % 5 == 0})
        outside = [b for b in boxes if b.get("outside") == "1"]
        assert [int(b.get("frame")) for b in outside] == ([last + 1] if last + 1 < FRAMES else [])


def test_contact_sheet_of_pictures(workspace):
    sheets = make(workspace, "contact-sheet-png")
    assert list(sheets) == ["C01.png", "C02.png", "C03.png"]
    with Image.open(io.BytesIO(sheets["C01.png"])) as sheet:
        assert (sheet.size, sheet.mode) == ((1240, 1754), "RGB")
        pixels = np.asarray(sheet)
    faces = [pixels[330 + 100, 74 + 222 * n + 100].tolist() for n in range(5)]
    # Anna's appearances are tracks 0 (and 1, which has no crop), 3, 4, 9, each of its own grey
    assert [round((face[0] - 40) / 20) for face in faces[:4]] == [0, 3, 4, 9]
    assert faces[4] == [255, 255, 255]
    assert pixels[74 + 100, 74 + 100].tolist() != [255, 255, 255]  # the portrait


def test_contact_sheet_as_pdf_is_the_same_each_time(workspace):
    made = make(workspace, "contact-sheet")
    assert made.startswith(b"%PDF-")
    assert made.rindex(b"/Count 3\n") > made.rindex(b"/Count 2\n")
    assert make(workspace, "contact-sheet") == made
    assert b"CreationDate" not in made


def test_contact_sheet_of_someone_who_appears_often(workspace, monkeypatch):
    from castlist.export import contact_sheet

    monkeypatch.setattr(contact_sheet, "_ROWS", 1)
    monkeypatch.setattr(contact_sheet, "_COLUMNS", 3)
    assert list(make(workspace, "contact-sheet-png")) == [
        *("C01.png", "C01-2.png", "C02.png", "C03.png")
    ]


def test_contact_sheet_with_names_that_no_font_has(tmp_path):
    workspace = make_workspace(
        tmp_path / "w", names=("\U000e0100\U000f0000", "x" * 300, ODD_NAMES[1])
    )
    assert len(make(workspace, "contact-sheet-png")) == 3


def test_contact_sheet_without_a_crop(tmp_path):
    workspace = make_workspace(tmp_path / "w")
    for crop in workspace.glob("crops/000002_*.jpg"):
        crop.unlink()
    with pytest.raises(WorkspaceError, match=r"000002_.*--force tracks"):
        make(workspace, "contact-sheet")


def test_film_without_a_character(tmp_path):
    workspace = make_workspace(tmp_path / "w")
    path = workspace / "cast.json"
    data = json.loads(path.read_text("utf-8"))
    data["characters"] = []
    for track in data["tracks"]:
        track["character"] = None
    path.write_text(json.dumps(data))
    for name, format_ in FORMATS.items():
        made = make(workspace, name)
        assert isinstance(made, dict if not format_.suffix else (str, bytes))
        if name in ("edl", "srt", "rttm", "vtt", "appearances"):
            assert "C0" not in made
        if name in ("mot", "cvat", "coco", "via", "tracks"):
            assert "C01" not in made
            assert made.count("\n") >= 1  # boxes of nobody


def test_nothing_is_said_of_unknown_tracks_as_of_a_person(workspace):
    for name in ("appearances", "vtt", "srt", "edl", "otio", "fcpxml", "fcp7", "rttm", "graphml"):
        made = make(workspace, name)
        assert "unknown" not in made.lower()
        assert "None" not in made
    frames = {t.first for t in Finished.load(workspace).appearances}
    assert frames == {first for _, _, first, _, _ in APPEARANCES}


def test_screen_time_of_someone_without_a_track(tmp_path):
    workspace = make_workspace(tmp_path / "w")
    path = workspace / "cast.json"
    data = json.loads(path.read_text("utf-8"))
    for track in data["tracks"]:
        if track["character"] == "C03":
            track["character"] = None
    path.write_text(json.dumps(data))
    (*_, last) = screen_times(Finished.load(workspace))
    assert (last.character, last.seconds, last.appearances, last.longest) == ("C03", 0, 0, 0)
    assert "C03.png" in make(workspace, "contact-sheet-png")


def test_files_lie_beside_the_workspace(tmp_path, monkeypatch):
    workspace = make_workspace(tmp_path / "night.castlist")
    assert export(workspace, "srt") == tmp_path / "night.cast.srt"
    assert export(workspace, "appearances") == tmp_path / "night.cast.appearances.csv"
    folder = export(workspace, "contact-sheet-png")
    assert folder == tmp_path / "night.cast.contact-sheet-png"
    assert len(list(folder.iterdir())) == 3
    monkeypatch.chdir(workspace)
    assert export(Path(), "edl") == tmp_path / "night.cast.edl"
    assert (tmp_path / "night.cast.edl").read_text("utf-8") == make(workspace, "edl")


def test_workspace_stays_as_it_was(tmp_path):
    workspace = make_workspace(tmp_path / "night.castlist")
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}
    for name in FORMATS:
        make(workspace, name)
    assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*")} == before


def test_film_that_moved_with_its_workspace(tmp_path):
    workspace = make_workspace(tmp_path / "night.castlist", film="elsewhere/Night.mov")
    (tmp_path / "Night.mov").write_bytes(b"film")
    assert (tmp_path / "Night.mov").as_uri() in make(workspace, "fcpxml")


def test_film_whose_name_is_no_text(tmp_path):
    workspace = make_workspace(tmp_path / "night.castlist", film="/films/caf\udce9.mov")
    files = [export(workspace, name) for name in FORMATS]
    assert all(file.exists() for file in files)
    told = json.loads(export(workspace, "json").read_text("utf-8"))
    assert told["film"]["path"] == "/films/caf\udce9.mov"
    assert "file:///films/caf%E9.mov" in export(workspace, "fcpxml").read_text("utf-8")


def test_unfinished_workspace(tmp_path):
    with pytest.raises(WorkspaceError, match="castlist run FILM"):
        make(tmp_path, "edl")
    assert list(tmp_path.iterdir()) == []
    workspace = make_workspace(tmp_path / "w")
    (workspace / "frames.parquet").unlink()
    with pytest.raises(WorkspaceError, match=r"frames\.parquet.*--force scan"):
        make(workspace, "edl")


@pytest.mark.parametrize("change", [{"id": 99}, {"end_frame": 500}, {"start_frame": 0}])
def test_cast_that_does_not_fit_its_tables(tmp_path, change):
    workspace = make_workspace(tmp_path / "w")
    path = workspace / "cast.json"
    data = json.loads(path.read_text("utf-8"))
    data["tracks"][0].update(change)
    path.write_text(json.dumps(data))
    with pytest.raises(WorkspaceError, match="doesn't fit"):
        make(workspace, "edl")


def test_damaged_facts_of_the_film(tmp_path):
    workspace = make_workspace(tmp_path / "w", frame_rate="1/0")
    with pytest.raises(WorkspaceError, match="doesn't fit"):
        make(workspace, "edl")


def test_unknown_format(workspace):
    with pytest.raises(CastlistError, match="lunch: no such format; the formats are json, tracks"):
        make(workspace, "lunch")


def test_impossible_start_timecode(workspace):
    with pytest.raises(TimecodeError, match="no timecode of 25"):
        make(workspace, "edl", start_timecode="01:00:00:25")


def test_folder_that_can_not_be_written(workspace, tmp_path):
    with pytest.raises(CastlistError, match="--out"):
        export(workspace, "edl", tmp_path / "no" / "such" / "folder.edl")


def write_golden() -> None:
    """Write the golden files anew."""
    import tempfile

    castlist.__version__ = "0"
    with tempfile.TemporaryDirectory() as folder:
        workspace = golden_workspace(Path(folder))
        for name in TEXTS:
            path = GOLDEN / f"night{FORMATS[name].suffix}"
            path.write_text(str(make(workspace, name)), "utf-8")


if __name__ == "__main__":
    sys.exit(write_golden())
