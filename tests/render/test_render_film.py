"""Whole films: blurred where faces are and nowhere else, cut where nobody is, with their sound."""

from __future__ import annotations

import json
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from made_casts import (
    FACES,
    FRAMES,
    HEIGHT,
    RATE,
    SOUND,
    WIDTH,
    Face,
    make_film,
    make_workspace,
    number_of,
    sweep,
)

from castlist import render
from castlist.errors import CastlistError
from castlist.film.reader import Film

HELD = 8
VARIABLE = [0]
for _n in range(FRAMES - 1):
    VARIABLE.append(VARIABLE[-1] + (120 if _n % 17 == 5 else 33 + _n % 2))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lossless film, so that what must not change can be compared exactly."""
    return make_film(tmp_path_factory.mktemp("film") / "film.mkv")


@pytest.fixture(scope="module")
def workspace(film: Path) -> Path:
    return make_workspace(film.with_suffix(".castlist"), film)


def shown(path: Path) -> tuple[list[np.ndarray], list[Fraction]]:
    """The pictures as shown, and their times."""
    with Film.open(path) as opened:
        frames = list(opened.frames())
        return [f.picture() for f in frames], [f.pts * opened.info.time_base for f in frames]


def sound_packets(path: Path) -> list[tuple[Fraction, bytes]]:
    with av.open(str(path)) as container:
        return [
            (p.pts * p.time_base, bytes(p))
            for p in container.demux(container.streams.audio[0])
            if p.dts is not None
        ]


def check_blurred(
    before: list[np.ndarray], after: list[np.ndarray], faces: Collection[Face]
) -> None:
    """All of each box is other than it was, and nothing that is clear of the ellipses."""
    assert len(before) == len(after) == FRAMES
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    for frame, (was, now) in enumerate(zip(before, after, strict=True)):
        clear = np.ones(was.shape[:2], bool)
        for face in faces:
            if face.first - HELD <= frame <= face.last + HELD:
                x1, y1, x2, y2 = face.on(min(max(frame, face.first), face.last))
                inside = (x > x1) & (x < x2) & (y > y1) & (y < y2)
                if face.first <= frame <= face.last:
                    assert (was[inside] != now[inside]).any(axis=1).mean() > 0.97
                    assert now[inside].std() < 0.6 * was[inside].std()
                reach_x, reach_y = 0.9 * (x2 - x1) + 3, 0.9 * (y2 - y1) + 3
                clear &= np.hypot((x - (x1 + x2) / 2) / reach_x, (y - (y1 + y2) / 2) / reach_y) > 1
        assert (was[clear] == now[clear]).all()
        assert clear.sum() > HEIGHT * WIDTH / 2


def test_every_frame_of_an_appearance_is_blurred_inside_the_box_and_not_outside(
    film, workspace, tmp_path
):
    told = []
    out = render.blur(
        workspace, ["C01"], tmp_path / "blurred.mkv", hook=lambda *said: told.append(said)
    )
    before, times = shown(film)
    after, new_times = shown(out)
    assert new_times == times
    check_blurred(before, after, [face for face in FACES if face.who == "C01"])
    assert sound_packets(out) == sound_packets(film)
    size = film.stat().st_size
    assert told == [
        ("reading", size, size),
        *(("render", n + 1, FRAMES) for n in range(FRAMES)),
    ]


def test_all_others_are_blurred_unknown_ones_too(film, workspace, tmp_path):
    out = render.blur(workspace, ["C02"], tmp_path / "blurred.mkv", others=True)
    check_blurred(shown(film)[0], shown(out)[0], [face for face in FACES if face.who != "C02"])


def test_several_are_blurred(film, workspace, tmp_path):
    out = render.blur(workspace, ["C01", "C02"], tmp_path / "blurred.mkv")
    check_blurred(shown(film)[0], shown(out)[0], [face for face in FACES if face.who])


def test_times_and_sound_of_a_film_whose_rate_varies(tmp_path):
    film = make_film(
        tmp_path / "film.mp4", codec="libx264", pts=VARIABLE, ticks=90000 // 90, options={"bf": "2"}
    )
    out = render.blur(make_workspace(tmp_path / "w", film), ["C01"], tmp_path / "out.mp4")
    _, times = shown(film)
    after, new_times = shown(out)
    assert new_times == times
    assert [number_of(picture) for picture in after] == list(range(FRAMES))
    assert sound_packets(out) == sound_packets(film)


def test_sound_that_begins_later_still_does(tmp_path):
    film = make_film(tmp_path / "film.mkv", later=Fraction(3, 10))
    out = render.blur(make_workspace(tmp_path / "w", film), ["C01"], tmp_path / "out.mkv")
    assert sound_packets(out)[0][0] >= Fraction(27, 100)
    assert sound_packets(out) == sound_packets(film)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_films_that_are_shown_turned(tmp_path, degrees, mirrored):
    def turn(stream):
        stream.set_display_rotation(degrees, hflip=mirrored)

    film = make_film(tmp_path / "film.mkv", prepare=turn, sound=None)
    face = Face("C01", 32, 50, (30, 60, 54, 90))
    workspace = make_workspace(tmp_path / "w", film, [face])
    out = render.blur(workspace, ["C01"], tmp_path / "out.mkv")
    with Film.open(film) as before, Film.open(out) as after:
        assert (after.info.rotation, after.look) == (before.info.rotation, before.look)
        pairs = list(zip(before.frames(), after.frames(), strict=True))
    was, now = pairs[40][0].picture(), pairs[40][1].picture()
    assert (was[62:88, 32:52] != now[62:88, 32:52]).any(axis=2).mean() > 0.97
    assert now[62:88, 32:52].std() < 0.6 * was[62:88, 32:52].std()
    far = np.ones(was.shape[:2], bool)
    far[28:122, 5:80] = False
    assert (was[far] == now[far]).all()


def test_pixel_aspect_and_start_timecode_are_kept(tmp_path):
    def squeeze(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)
        stream.container.metadata["timecode"] = "01:00:00:00"

    film = make_film(tmp_path / "film.mov", codec="libx264", prepare=squeeze)
    workspace = make_workspace(tmp_path / "w", film)
    for out in (
        render.blur(workspace, ["C01"], tmp_path / "out.mov"),
        render.only(workspace, ["C01"], tmp_path / "only.mp4"),
    ):
        with Film.open(out) as opened:
            assert opened.info.sample_aspect_ratio == Fraction(16, 11)
            assert opened.info.codec == "h264"
            if out.suffix == ".mov":
                assert opened.info.start_timecode == "01:00:00:00"


def test_ten_bits_and_hdr_are_kept(tmp_path, caplog):
    def hdr(stream):
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9

    film = make_film(
        tmp_path / "film.mp4",
        codec="libx265",
        pixels="yuv420p10le",
        options={"x265-params": "log-level=error", "preset": "ultrafast"},
        prepare=hdr,
        frames=10,
    )
    workspace = make_workspace(tmp_path / "w", film, [Face("C01", 2, 7, (20, 40, 50, 80))])
    out = render.blur(workspace, ["C01"], tmp_path / "out.mp4")
    with Film.open(film) as before, Film.open(out) as after:
        assert after.info.transfer == before.info.transfer == "pq"
        assert after.info.codec == "hevc"
        frame = next(after.frames()).decoded
    assert frame.format.name == "yuv420p10le"
    assert (frame.color_primaries, frame.color_trc, frame.colorspace) == (9, 16, 9)
    assert "metadata of its HDR" in caplog.text
    assert "are written as" not in caplog.text


def test_pixels_that_can_not_be_kept_are_told_of(tmp_path, caplog):
    film = make_film(tmp_path / "film.mkv", pixels="bgr0", sound=None)
    out = render.blur(make_workspace(tmp_path / "w", film), ["C01"], tmp_path / "out.mkv")
    assert "its pixels (bgr0) are written as yuv420p" in caplog.text
    assert [number_of(picture) for picture in shown(out)[0]] == list(range(FRAMES))


def stretches(who: Collection[str]) -> list[tuple[int, int]]:
    """First frame and the one after the last of what is kept, for tracks that don't touch."""
    return sorted((face.first, face.last + 1) for face in FACES if face.who in who)


@pytest.mark.parametrize("who", [["C01"], ["C02"]])
@pytest.mark.parametrize("kind", ["even.mkv", "even.mp4", "variable.mp4"])
def test_only_has_the_right_frames_at_the_right_times_with_their_sound(tmp_path, who, kind):
    pts = VARIABLE if kind.startswith("variable") else [n * 1000 // RATE for n in range(FRAMES)]
    codec = "libx264" if kind.endswith("mp4") else "ffv1"
    film = make_film(tmp_path / f"film{kind}", codec=codec, pts=pts)
    out = render.only(make_workspace(tmp_path / "w", film), who, tmp_path / kind)
    pictures, times = shown(out)
    kept = stretches(who)
    assert [number_of(picture) for picture in pictures] == [
        frame for first, past in kept for frame in range(first, past)
    ]
    edges = [Fraction(time, 1000) for time in (*pts, pts[-1] + 40)]
    expected, length, wave = [], Fraction(0), []
    whole = sweep(round(edges[-1] * SOUND))
    for first, past in kept:
        expected += [length + edges[frame] - edges[first] for frame in range(first, past)]
        length += edges[past] - edges[first]
        samples = round(length * SOUND) - sum(map(len, wave))
        begin = round(edges[first] * SOUND)
        wave.append(whole[begin : begin + samples])
    assert times == expected
    heard = decoded_sound(out)
    assert abs(len(heard) / SOUND - length) <= Fraction(1024, SOUND)
    wave = np.concatenate(wave)
    common = min(len(wave), len(heard))
    # the same sound, and no shift of it is nearer than none
    alike = [
        np.corrcoef(wave[200 : common - 200], heard[200 + shift : common - 200 + shift])[0, 1]
        for shift in range(-30, 31, 5)
    ]
    assert int(np.argmax(alike)) == 6
    assert alike[6] > 0.97


def decoded_sound(path: Path) -> np.ndarray:
    """The samples as players hear them, from the first picture's time on."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    start = round(frames[0].pts * frames[0].time_base * SOUND)
    wave = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return wave[-start:] if start < 0 else np.concatenate([np.zeros(start, np.float32), wave])


def test_only_joins_the_stretches_of_several(film, workspace, tmp_path):
    out = render.only(workspace, ["C01", "C02"], tmp_path / "out.mkv")
    kept = sorted({f for first, past in stretches(["C01", "C02"]) for f in range(first, past)})
    assert [number_of(picture) for picture in shown(out)[0]] == kept
    assert abs(len(decoded_sound(out)) / SOUND - len(kept) / RATE) <= 1024 / SOUND


def test_only_from_a_film_with_sound_that_ends_early_or_starts_late(tmp_path):
    film = make_film(tmp_path / "film.mkv", sound="pcm_s16le", later=Fraction(1, 2))
    out = render.only(make_workspace(tmp_path / "w", film), ["C01"], tmp_path / "out.mkv")
    heard = decoded_sound(out)
    frames = sum(past - first for first, past in stretches(["C01"]))
    assert abs(len(heard) / SOUND - frames / RATE) <= 1024 / SOUND
    silent = round((0.5 - 5 / RATE) * SOUND)  # from frame 5 to half a second
    assert np.abs(heard[: silent - 1100]).max() < 0.01
    assert np.abs(heard[silent + 1100 : silent + 5000]).max() > 0.1


def test_silent_films(tmp_path):
    film = make_film(tmp_path / "film.mkv", sound=None)
    workspace = make_workspace(tmp_path / "w", film)
    for out in (
        render.blur(workspace, ["C01"], tmp_path / "a.mkv"),
        render.only(workspace, ["C02"], tmp_path / "b.mkv"),
    ):
        with av.open(str(out)) as container:
            assert not container.streams.audio
            assert container.streams.video


def test_characters_by_name(film, workspace, tmp_path):
    data = json.loads((workspace / "cast.json").read_text("utf-8"))
    named = tmp_path / "named.castlist"
    named.mkdir()
    for path in workspace.glob("*.parquet"):
        (named / path.name).write_bytes(path.read_bytes())
    data["characters"][0]["name"] = "Anna, the 1st"
    (named / "cast.json").write_text(json.dumps(data))
    out = render.only(named, ["Anna, the 1st"], tmp_path / "out.mkv", film=film)
    assert len(shown(out)[0]) == sum(past - first for first, past in stretches(["C01"]))


@pytest.mark.parametrize(
    ("who", "out", "reason"),
    [
        (["C99"], "x.mkv", "C99: no such character; the film has C01, C02"),
        (["C01"], "x.avi", "name a file that ends with .mp4"),
        (["C01"], "no/x.mkv", "there is no folder"),
    ],
)
@pytest.mark.parametrize("way", [render.blur, render.only])
def test_refusals(workspace, tmp_path, who, out, reason, way):
    with pytest.raises(CastlistError, match=reason):
        way(workspace, who, tmp_path / out)
    assert list(tmp_path.iterdir()) == []


def test_film_is_not_written_over_itself(film, workspace):
    before = film.read_bytes()
    with pytest.raises(CastlistError, match="is the film itself"):
        render.blur(workspace, ["C01"], film)
    assert film.read_bytes() == before


def test_another_film_is_refused(workspace, tmp_path):
    other = make_film(tmp_path / "other.mkv", sound=None)
    with pytest.raises(CastlistError, match="isn't the film that"):
        render.blur(workspace, ["C01"], tmp_path / "out.mkv", film=other)


def test_film_that_is_gone(tmp_path):
    film = make_film(tmp_path / "film.mkv", sound=None)
    workspace = make_workspace(tmp_path / "w", film)
    film.unlink()
    with pytest.raises(CastlistError, match=r"film\.mkv: can't be read"):
        render.only(workspace, ["C01"], tmp_path / "out.mkv")


def test_sound_and_pictures_that_the_file_can_not_hold(tmp_path):
    prores = make_film(tmp_path / "film.mov", codec="prores_ks", pixels="yuv422p10le", sound=None)
    with pytest.raises(CastlistError, match=r"pictures \(prores\).*mkv"):
        render.blur(make_workspace(tmp_path / "p", prores), ["C01"], tmp_path / "out.mp4")
    film = make_film(tmp_path / "film.avi", codec="mpeg4", ticks=25, sound="adpcm_yamaha")
    with pytest.raises(CastlistError, match=r"sound \(adpcm_yamaha\).*mkv or .mov"):
        render.blur(make_workspace(tmp_path / "w", film), ["C01"], tmp_path / "out.m4v")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "out"))]


@pytest.mark.parametrize("way", [render.blur, render.only])
def test_stopped_half_way_it_leaves_what_was_there(workspace, tmp_path, way):
    out = tmp_path / "out.mkv"
    out.write_bytes(b"an older film")

    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        way(workspace, ["C01"], out, hook=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["out.mkv"]
    assert out.read_bytes() == b"an older film"
