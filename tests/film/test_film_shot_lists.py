"""Imported shot lists: each format ends up at the right frames, or says what is wrong."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest

from castlist.errors import MissingExtraError
from castlist.film.reader import Film
from castlist.film.shot_lists import ShotListError, read_shot_list

NTSC = Fraction(30000, 1001)


@pytest.fixture
def info(film_path):
    with Film.open(film_path) as film:
        return replace(film.info, time_base=Fraction(1, 25))


def played(shots, pts) -> list[int]:
    """Push frames with these times; return the cuts."""
    pts = list(pts)
    durations = [b - a for a, b in zip(pts, [*pts[1:], 2 * pts[-1] - pts[-2]], strict=True)]
    cuts = []
    for index, (time, duration) in enumerate(zip(pts, durations, strict=True)):
        frame = SimpleNamespace(index=index, pts=time, duration=duration)
        new = shots.push(frame)
        assert new in ([], [index])
        cuts += new
    return cuts + shots.finish()


EDL = """\
TITLE: A FILM
FCM: NON-DROP FRAME

001  REEL1    V     C        00:00:10:00 00:00:12:00 01:00:00:00 01:00:02:00
* FROM CLIP NAME: FIRST.MOV
002  REEL1    AA/V  C        00:00:20:00 00:00:21:10 01:00:02:00 01:00:03:10
003  REEL1    A     C        00:00:20:00 00:00:21:10 01:00:01:00 01:00:02:10
004  REEL2    B     C        00:00:30:00 00:00:31:00 01:00:03:10 01:00:04:10
005  REEL2    V     C        00:00:31:00 00:00:31:00 01:00:04:10 01:00:04:10
005  REEL3    V     D    010 00:00:40:00 00:00:42:00 01:00:04:10 01:00:06:10
006  TITLES   V     K B      00:00:00:00 00:00:01:00 01:00:05:00 01:00:06:00
007  REEL3    V     W001 004 00:01:40:00 00:01:42:00 01:00:07:00 01:00:09:00
"""


def test_edl_of_25_frames(tmp_path, info):
    path = tmp_path / "list.edl"
    path.write_text(EDL)
    # the dissolve from 110 counts from its middle; a gap begins at 160; a wipe from 175, likewise
    cuts = [50, 85, 115, 160, 177]
    assert played(read_shot_list(path, info), range(225)) == cuts


def test_edl_counts_from_the_films_first_frame(tmp_path, info):
    path = tmp_path / "LIST.EDL"
    path.write_text(EDL)
    assert played(read_shot_list(path, info), range(9000, 9225))[:2] == [50, 85]


@pytest.mark.parametrize(
    ("fcm", "mark"), [("FCM: DROP FRAME", ":"), ("FCM: NON-DROP FRAME", ";"), ("", ";")]
)
def test_edl_in_drop_frame_code(tmp_path, info, fcm, mark):
    """From 00:59:00 to 01:00:00 no number is left out but the two of minute 59."""
    first = "00:00:00:00 00:01:00:00 00:59:00{0}02 01:00:00{0}00"
    second = "00:00:00:00 00:00:10:00 01:00:00{0}00 01:00:10{0}00"
    lines = [fcm, f"001 R V C {first}", f"002 R V C {second}"]
    path = tmp_path / "list.edl"
    path.write_text("\n".join(lines).format(mark))
    ntsc = replace(info, frame_rate=NTSC, time_base=1 / NTSC)
    assert played(read_shot_list(path, ntsc), range(2000)) == [1798]


def test_edl_of_another_rate_is_refused(tmp_path, info):
    path = tmp_path / "list.edl"
    path.write_text(EDL.replace("01:00:03:10 ", "01:00:03:29 "))
    with pytest.raises(ShotListError, match=r"line 8: 01:00:03:29 is no timecode of 25 frames"):
        read_shot_list(path, info)


def test_edl_for_a_film_of_variable_rate_is_refused(tmp_path, info):
    path = tmp_path / "list.edl"
    path.write_text(EDL)
    with pytest.raises(ShotListError, match="constant frame rate"):
        read_shot_list(path, replace(info, frame_rate=Fraction(3840000, 239239)))


@pytest.mark.parametrize("reel", ["A ROLL 2", "A  V  C", "MY D 010", ""])
def test_edl_whose_reels_have_spaces_or_no_name(tmp_path, info, reel):
    path = tmp_path / "list.edl"
    path.write_text(EDL.replace("REEL3", reel))
    assert played(read_shot_list(path, info), range(225)) == [50, 85, 115, 160, 177]


@pytest.mark.parametrize("kind", ["K", "K O", "KB", "K B (F)", "K    024", "K O  024"])
def test_edl_keys_begin_no_shot(tmp_path, info, kind):
    path = tmp_path / "list.edl"
    path.write_text(EDL.replace("K B", kind))
    assert played(read_shot_list(path, info), range(225)) == [50, 85, 115, 160, 177]


@pytest.mark.parametrize(
    "event",
    [
        "002  REEL1    V     X        00:00:20:00 00:00:21:10 01:00:02:00 01:00:03:10",
        "002  REEL1    V              00:00:20:00 00:00:21:10 01:00:02:00 01:00:03:10",
        "002  REEL1    V     C        00:00:20:00 00:00:21:10 01:00:02:00 01:00:03:10 M2",
        "002  REEL1    V     C        0:00:20:00 0:00:21:10 1:00:02:00 1:00:03:10",
    ],
)
def test_edl_event_that_is_not_understood_is_told(tmp_path, info, event):
    path = tmp_path / "list.edl"
    lines = EDL.splitlines()
    lines[5] = event
    path.write_text("\n".join(lines))
    with pytest.raises(ShotListError, match=r"list\.edl: line 6 is no event of CMX 3600: 002"):
        read_shot_list(path, info)


def test_edl_without_events(tmp_path, info):
    path = tmp_path / "list.edl"
    path.write_text("TITLE: NOTHING\nFCM: NON-DROP FRAME\n")
    with pytest.raises(ShotListError, match="no video event"):
        read_shot_list(path, info)


PYSCENEDETECT = """\
Timecode List:,00:00:02.000,00:00:03.400
Scene Number,Start Frame,Start Timecode,Start Time (seconds),End Frame,End Time (seconds)
1,1,00:00:00.000,0.000,50,2.000
2,51,00:00:02.000,2.000,85,3.400
3,86,00:00:03.400,3.400,100,4.000
"""


@pytest.mark.parametrize(
    ("text", "cuts"),
    [
        pytest.param(PYSCENEDETECT, [50, 85], id="pyscenedetect"),
        pytest.param("start_seconds\n0\n2.0\n3.4\n", [50, 85], id="seconds"),
        pytest.param("shot;start_seconds\n1;0\n2;2,00\n3;3,41\n", [50, 85], id="decimal comma"),
        pytest.param("shot\tstart_seconds\n1\t0\n2\t2\n", [50], id="tabs"),
        pytest.param("Start_Frame,name\n0,a\n50,b\n\n85,c\n", [50, 85], id="frames"),
        pytest.param("\ufeffstart_frame\n85\n50\n50\n", [50, 85], id="unordered"),
    ],
)
def test_csv(tmp_path, info, text, cuts):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    assert played(read_shot_list(path, info), range(100)) == cuts


def test_seconds_find_the_nearest_frame_of_a_variable_rate(tmp_path, info):
    path = tmp_path / "list.csv"
    path.write_text("start_seconds\n0\n0.399\n0.79\n1.2\n")
    pts = [100, 105, 110, 112, 114, 120, 130, 140]  # in 25ths of a second
    assert played(read_shot_list(path, info), pts) == [2, 5, 6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column start_seconds or start_frame"),
        ("begin,end\n1,2\n", "no column start_seconds or start_frame"),
        ("start_seconds\n", "no shot in it"),
        ("start_seconds\nsoon\n", r"no number to begin a shot in \['soon'\]"),
        ("name,start_frame\nonly a name\n", "no whole number to begin a shot"),
        ("start_seconds\n1/0\n", "no number to begin a shot"),
        ("start_frame\n0\n1.5\n", r"no whole number to begin a shot in \['1\.5'\]"),
        (f"start_seconds\n{'9' * 200_000}\n", r"isn't a CSV file \(field larger"),
    ],
)
def test_csv_that_is_no_shot_list(tmp_path, info, text, message):
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(ShotListError, match=message):
        read_shot_list(path, info)


@pytest.mark.parametrize("text", ["start_frame\n0\n500\n", "start_seconds\n0\n20\n"])
def test_list_of_a_longer_film_warns(tmp_path, info, caplog, text):
    path = tmp_path / "list.csv"
    path.write_text(text)
    assert played(read_shot_list(path, info), range(100)) == []
    assert "1 of its shots begin after the film's end" in caplog.text


def test_list_that_ends_with_the_film_does_not_warn(tmp_path, info, caplog):
    path = tmp_path / "list.edl"
    path.write_text(EDL)
    played(read_shot_list(path, info), range(225))
    assert not caplog.records


def test_unknown_kind_and_missing_file(tmp_path, info):
    with pytest.raises(ShotListError, match=r"list\.docx: is no shot list"):
        read_shot_list(tmp_path / "list.docx", info)
    with pytest.raises(ShotListError, match=r"list\.csv: no such file"):
        read_shot_list(tmp_path / "list.csv", info)


# OpenTimelineIO


def timeline(rate: float):
    """Clip of 50, gap of 10, clip of 40 with a dissolve before the last clip of 30."""
    otio = pytest.importorskip("opentimelineio", reason="the extra 'otio' isn't installed")

    def span(start, length):
        time = otio.opentime.RationalTime
        return otio.opentime.TimeRange(time(start, rate), time(length, rate))

    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    track.append(otio.schema.Clip("a", source_range=span(7, 50)))
    track.append(otio.schema.Gap(source_range=span(0, 10)))
    track.append(otio.schema.Clip("b", source_range=span(0, 40)))
    offset = otio.opentime.RationalTime(5, rate)
    track.append(otio.schema.Transition("SMPTE_Dissolve", in_offset=offset, out_offset=offset))
    track.append(otio.schema.Clip("c", source_range=span(9, 30)))
    made = otio.schema.Timeline("film", global_start_time=otio.opentime.RationalTime(90000, rate))
    made.tracks.append(otio.schema.Track("A1", kind=otio.schema.TrackKind.Audio))
    made.tracks.append(track)
    return otio, made


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(24000, 1001), NTSC])
def test_otio(tmp_path, info, rate):
    otio, made = timeline(float(rate))
    path = tmp_path / "list.otio"
    otio.adapters.write_to_file(made, str(path))
    film = replace(info, frame_rate=rate, time_base=1 / rate)
    assert played(read_shot_list(path, film), range(130)) == [50, 60, 100]


def test_otio_in_seconds_of_another_rate(tmp_path, info):
    otio, made = timeline(50.0)
    path = tmp_path / "list.otio"
    otio.adapters.write_to_file(made, str(path))
    assert played(read_shot_list(path, info), range(65)) == [25, 30, 50]


def nested(*, trimmed: tuple[int, int] | None = None, deep: bool = False):
    """Clip of 24, a stack of sound and two clips of 24 (under a third of 48), clip of 24."""
    otio = pytest.importorskip("opentimelineio", reason="the extra 'otio' isn't installed")
    schema, time = otio.schema, otio.opentime.RationalTime

    def span(start, length):
        return otio.opentime.TimeRange(time(start, 24), time(length, 24))

    def track(*lengths, kind="Video"):
        clips = [schema.Clip(source_range=span(3, length)) for length in lengths]
        return schema.Track(kind, clips, kind=kind)

    inside = track(24, 24)
    if deep:
        inside = schema.Track("deep", [schema.Stack("deeper", [inside])])
    stack = schema.Stack("scene", [track(20, 28, kind="Audio"), inside, track(48)])
    stack.source_range = span(*trimmed) if trimmed else None
    first, last = track(24, 24)[:]
    whole = track()
    whole.extend([first.deepcopy(), stack, last.deepcopy()])
    made = schema.Timeline("film")
    made.tracks.append(whole)
    return otio, made


@pytest.mark.parametrize(
    ("shape", "cuts"),
    [
        pytest.param({}, [24, 48, 72], id="whole"),
        pytest.param({"deep": True}, [24, 48, 72], id="two deep"),
        pytest.param({"trimmed": (6, 30)}, [24, 42, 54], id="trimmed at both ends"),
        pytest.param({"trimmed": (24, 24)}, [24, 48], id="trimmed to one clip"),
        pytest.param({"trimmed": (2, 20), "deep": True}, [24, 44], id="within a clip"),
    ],
)
def test_otio_clips_in_nested_stacks(tmp_path, info, shape, cuts):
    otio, made = nested(**shape)
    path = tmp_path / "list.otio"
    otio.adapters.write_to_file(made, str(path))
    film = replace(info, frame_rate=Fraction(24), time_base=Fraction(1, 24))
    frames = 48 + shape.get("trimmed", (0, 48))[1]
    assert played(read_shot_list(path, film), range(frames)) == cuts


def test_otio_track_of_which_a_part_is_shown(tmp_path, info):
    otio, made = timeline(25.0)
    time = otio.opentime.RationalTime
    made.tracks[1].source_range = otio.opentime.TimeRange(time(30, 25), time(60, 25))
    path = tmp_path / "list.otio"
    otio.adapters.write_to_file(made, str(path))
    assert played(read_shot_list(path, info), range(60)) == [20, 30]


def test_otio_timeline_of_sound(tmp_path, info):
    otio, made = timeline(25.0)
    del made.tracks[1]
    path = tmp_path / "list.otio"
    otio.adapters.write_to_file(made, str(path))
    with pytest.raises(ShotListError, match=r"list\.otio: has no video track"):
        read_shot_list(path, info)


@pytest.mark.parametrize("text", ["not json", "{}", '{"OTIO_SCHEMA": "Timeline.1", "name": "x"}'])
def test_otio_without_video(tmp_path, info, text):
    pytest.importorskip("opentimelineio", reason="the extra 'otio' isn't installed")
    path = tmp_path / "list.otio"
    path.write_text(text)
    with pytest.raises(ShotListError, match=r"list\.otio: (isn't a timeline|has no video track)"):
        read_shot_list(path, info)


def test_otio_not_installed(tmp_path, info, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentimelineio", None)
    path = tmp_path / "list.otio"
    path.write_text("{}")
    with pytest.raises(MissingExtraError, match=r"castlist\[otio\]"):
        read_shot_list(path, info)
