"""Markers land on the right frame, in each format for editing programs and at each rate.

The expected timecodes are counted on one frame at a time, as SMPTE ST 12-1 tells it; those of the
film with a variable rate are computed from its times in fractions.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from made_films import APPEARANCES, FRAMES, ODD_NAMES, make_workspace

from castlist.errors import CastlistError
from castlist.export import colours, make

VARIABLE = [0]
for _n in range(FRAMES):  # telephone-like: 33 or 34 ms, now and then 67 or 100
    VARIABLE.append(VARIABLE[-1] + (100 if _n % 41 == 7 else 67 if _n % 13 == 3 else 33 + _n % 2))


@dataclass(frozen=True)
class Case:
    """A film, and the timeline it is put on."""

    rate: Fraction
    start: str
    pts: tuple[int, ...] | None = None
    container: Fraction | None = None
    """What the film's container says, if that isn't the timeline's rate."""

    @property
    def counted(self) -> int:
        return -(-self.rate.numerator // self.rate.denominator)

    def place(self, edge: int) -> int:
        """Where frame `edge` begins on the timeline."""
        if self.pts is None:
            return edge
        nearest = Fraction(self.pts[edge], 1000) * self.rate + Fraction(1, 2)
        return nearest.numerator // nearest.denominator

    def timecodes(self) -> list[str]:
        """The timecode of each place from the start on."""
        hours, minutes, seconds, frames = map(int, re.split("[:;]", self.start))
        drop = ";" in self.start
        found = []
        for _ in range(self.place(FRAMES) + 2):
            colon = ";" if drop else ":"
            found.append(f"{hours:02d}:{minutes:02d}:{seconds:02d}{colon}{frames:02d}")
            frames += 1
            if frames == self.counted:
                frames, seconds = 0, seconds + 1
            if seconds == 60:
                seconds, minutes = 0, minutes + 1
                if drop and minutes % 10:
                    frames = self.counted // 15
            if minutes == 60:
                minutes, hours = 0, (hours + 1) % 24
        return found

    def markers(self) -> list[tuple[str, int, int]]:
        """Character, first place, and the one after the last."""
        return [(who, self.place(a), self.place(b + 1)) for who, _, a, b, _ in APPEARANCES]


def ntsc(counted: int) -> Fraction:
    return Fraction(1000 * counted, 1001)


CASES = {
    "23.976": Case(ntsc(24), "00:59:59:00"),
    "24": Case(Fraction(24), "01:00:00:00"),
    "25": Case(Fraction(25), "10:00:00:00"),
    "29.97 non-drop": Case(ntsc(30), "00:58:58:10"),
    "29.97 drop": Case(ntsc(30), "00:58:58;10"),
    "29.97 drop, tenth minute": Case(ntsc(30), "00:59:58;10"),
    "30": Case(Fraction(30), "00:00:00:00"),
    "50": Case(Fraction(50), "09:59:58:00"),
    "59.94 non-drop": Case(ntsc(60), "01:00:59:00"),
    "59.94 drop": Case(ntsc(60), "01:00:59;00"),
    "60": Case(Fraction(60), "23:59:59:00"),
    "variable on 30": Case(Fraction(30), "01:00:00:00", tuple(VARIABLE), Fraction(27)),
    "variable on 25": Case(Fraction(25), "01:00:00:00", tuple(VARIABLE), Fraction(27)),
    "variable on 29.97 drop": Case(ntsc(30), "00:58:58;10", tuple(VARIABLE), Fraction(27)),
    "24 in milliseconds": Case(
        Fraction(24), "01:00:00:00", tuple(round(n * 1000 / 24) for n in range(FRAMES + 1))
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def workspace(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(
        tmp_path_factory.mktemp("made") / "night.castlist",
        rate=case.container or case.rate,
        pts=list(case.pts) if case.pts else None,
        time_base=Fraction(1, 1000) if case.pts else None,
        film="/films/Night & Day.mov",
        sound=True,
    )


def written(workspace: Path, case: Case, format_: str) -> str:
    made = make(workspace, format_, start_timecode=case.start, rate=case.rate)
    assert isinstance(made, str)
    return made


NAMES = {"C01": "Anna", "C02": "C02", "C03": "Carla"}


def test_edl(workspace, case):
    text = written(workspace, case, "edl")
    assert text.startswith("TITLE: Night & Day\nFCM: ")
    assert ("\nFCM: DROP FRAME\n" in text) == (";" in case.start)
    event = re.compile(
        r"^(\d{3,})  001      V     C        (\S+) (\S+) (\S+) (\S+) *\n"
        r"(.*) \|C:ResolveColor(\w+) \|M:(.*) \|D:(\d+)$",
        re.MULTILINE,
    )
    expected: dict[int, list[tuple[str, int]]] = {}
    for who, begin, past in case.markers():
        expected.setdefault(begin, []).append((who, past - begin))
    timecodes = case.timecodes()
    found = event.findall(text)
    assert len(found) == len(expected) == 6
    for number, (row, (begin, here)) in enumerate(zip(found, expected.items(), strict=True), 1):
        assert int(row[0]) == number
        assert row[1:5] == (timecodes[begin], timecodes[begin + 1]) * 2
        assert row[5] == ", ".join(f"{who} {frames} frames" for who, frames in here)
        assert row[6] == {"C01": "Blue", "C02": "Red", "C03": "Green"}[here[0][0]]
        assert row[7] == " + ".join(NAMES[who] for who, _ in here)
        assert int(row[8]) == max(frames for _, frames in here)


def check_timeline(timeline: Any, case: Case) -> None:
    """Compare a timeline as OpenTimelineIO has read it."""
    rate = float(case.rate)
    markers = timeline.tracks.markers
    timecodes = case.timecodes()
    assert len(markers) == len(APPEARANCES)
    for marker, (who, begin, past) in zip(markers, case.markers(), strict=True):
        where = marker.marked_range
        assert marker.name == NAMES[who]
        assert where.start_time.rate == pytest.approx(rate, rel=1e-9)
        assert (where.start_time.value, where.end_time_exclusive().value) == (begin, past)
        at = timeline.global_start_time + where.start_time
        at = otio.opentime.RationalTime(at.value % (24 * 3600 * case.counted), rate)
        assert otio.opentime.to_timecode(at, rate, ";" in case.start) == timecodes[begin]
    video, audio = timeline.tracks
    assert (video.kind, audio.kind) == ("Video", "Audio")
    for track in (video, audio):
        (clip,) = track
        assert clip.media_reference.target_url == "file:///films/Night%20%26%20Day.mov"
        assert clip.source_range.start_time.value == 0
        assert clip.source_range.duration.value == case.place(FRAMES)


def test_otio(workspace, case):
    text = written(workspace, case, "otio")
    timeline = otio.adapters.read_from_string(text, "otio_json")
    check_timeline(timeline, case)
    assert [m.color for m in timeline.tracks.markers[:2]] == ["BLUE", "RED"]
    told = [dict(m.metadata["castlist"]) for m in timeline.tracks.markers]
    assert [(t["character"], t["shot"], tuple(t["tracks"])) for t in told] == [
        (who, shot, tracks) for who, shot, _, _, tracks in APPEARANCES
    ]


def test_fcp7(workspace, case):
    text = written(workspace, case, "fcp7")
    check_timeline(otio.adapters.read_from_string(text, "fcp_xml"), case)
    sequence = ElementTree.fromstring(text).find("project/children/sequence")
    ntsc = "TRUE" if case.rate.denominator > 1 else "FALSE"
    assert sequence.findtext("rate/timebase") == str(case.counted)
    assert sequence.findtext("rate/ntsc") == ntsc
    assert sequence.findtext("timecode/string") == case.start
    assert sequence.findtext("timecode/displayformat") == ("DF" if ";" in case.start else "NDF")
    assert sequence.findtext("media/video/format/samplecharacteristics/width") == "640"
    markers = sequence.findall("marker")
    own = [int(m.findtext("pproColor")) for m in markers]
    blue, red, green = colours.PREMIERE[:3]
    assert own == [blue, red, blue, red, blue, blue, green]
    assert [int(markers[1].findtext(f"color/{c}")) for c in ("red", "green", "blue")] == [
        *(0xD2, 0x2C, 0x36)
    ]
    assert markers[-1].findtext("comment") == "C03, shot 2"


def seconds(text: str) -> Fraction:
    assert text.endswith("s")
    return Fraction(text[:-1])


def test_fcpxml(workspace, case):
    root = ElementTree.fromstring(written(workspace, case, "fcpxml"))
    frame = seconds(root.find("resources/format").get("frameDuration"))
    assert frame == 1 / case.rate
    sequence = root.find("event/project/sequence")
    drop = "DF" if ";" in case.start else "NDF"
    assert sequence.get("tcFormat") == drop
    length = case.place(FRAMES)
    assert seconds(sequence.get("duration")) == length * frame
    start = int(otio.opentime.from_timecode(case.start, float(case.rate)).value)
    assert seconds(sequence.get("tcStart")) == start * frame
    clip = sequence.find("spine/asset-clip")
    assert seconds(clip.get("offset")) == start * frame
    assert seconds(clip.get("start")) == 0
    asset = root.find(f"resources/asset[@id='{clip.get('ref')}']")
    assert asset.get("src") == "file:///films/Night%20%26%20Day.mov"
    assert seconds(asset.get("duration")) == length * frame
    assert asset.get("hasAudio") == "1"
    for found in (clip.findall("marker"), root.findall("event/asset-clip/keyword")):
        assert [
            (m.get("value"), seconds(m.get("start")) / frame, seconds(m.get("duration")) / frame)
            for m in found
        ] == [(NAMES[who], begin, past - begin) for who, begin, past in case.markers()]


def test_tables_have_the_same_timecodes(workspace, case):
    timecodes = case.timecodes()
    rows = list(csv.DictReader(written(workspace, case, "appearances").splitlines()))
    assert [(r["character"], r["start_timecode"], r["end_timecode"]) for r in rows] == [
        (who, timecodes[begin], timecodes[past]) for who, begin, past in case.markers()
    ]


@pytest.mark.parametrize("rate", [24, 25, 30])
def test_fcpxml_by_opentimelineios_reader(tmp_path, rate):
    """It knows whole rates only, and rounds down times that floating point has just below."""
    workspace = make_workspace(tmp_path / "night.castlist", rate=rate)
    text = make(workspace, "fcpxml")
    timeline = otio.adapters.read_from_string(text, "fcpx_xml")
    clips = list(timeline.find_children(descended_from_type=otio.schema.Clip))
    markers = [m for clip in clips for m in clip.markers]
    assert [m.name for m in markers] == [NAMES[who] for who, *_ in APPEARANCES]
    for marker, (_, _, first, _, _) in zip(markers, APPEARANCES, strict=True):
        assert first - 1 <= marker.marked_range.start_time.value <= first


def test_media_with_a_timecode_of_its_own(tmp_path):
    """Programs count a file's frames from its own timecode, and so do clips and their markers."""
    workspace = make_workspace(
        tmp_path / "night.castlist", rate=ntsc(30), start_timecode="00:58:58;10"
    )
    first = otio.opentime.from_timecode("00:58:58;10", float(ntsc(30))).value
    root = ElementTree.fromstring(make(workspace, "fcpxml"))
    clip = root.find("event/project/sequence/spine/asset-clip")
    assert seconds(clip.get("start")) * ntsc(30) == first
    assert seconds(clip.find("marker").get("start")) * ntsc(30) == first + APPEARANCES[0][2]
    timeline = otio.adapters.read_from_string(make(workspace, "otio"), "otio_json")
    assert timeline.tracks[0][0].source_range.start_time.value == first
    assert timeline.global_start_time.value == first
    assert timeline.tracks.markers[0].marked_range.start_time.value == APPEARANCES[0][2]
    assert "00:58:58;15 00:58:58;16" in make(workspace, "edl")


def test_odd_names(tmp_path):
    workspace = make_workspace(tmp_path / "night.castlist", names=ODD_NAMES)
    plain = {'Bell, "Anna" & <Co> | 😀', "يوسف --> بن|يعقوب", "Łukasz Żółć; 'x' \\ % = {}"}
    for format_, adapter in (("otio", "otio_json"), ("fcp7", "fcp_xml")):
        timeline = otio.adapters.read_from_string(make(workspace, format_), adapter)
        assert {m.name for m in timeline.tracks.markers} == plain
    root = ElementTree.fromstring(make(workspace, "fcpxml"))
    assert {m.get("value") for m in root.iter("marker")} == plain
    assert {m.get("value") for m in root.iter("keyword")} == {n.replace(",", "") for n in plain}
    names = re.findall(r"\|M:([^|\n]*) \|D:\d+$", make(workspace, "edl"), re.MULTILINE)
    assert set(names) >= {n.replace("|", "/") for n in plain if "Ł" not in n}
    assert len(names) == 6


def test_rate_that_opentimelineio_has_no_timecode_for(tmp_path):
    workspace = make_workspace(tmp_path / "night.castlist", rate=18)
    assert (
        otio.adapters.read_from_string(make(workspace, "otio"), "otio_json").duration().rate == 18
    )
    with pytest.raises(CastlistError, match="--rate"):
        make(workspace, "fcp7")
