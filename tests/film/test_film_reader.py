"""Reading films: numbers, times and pictures survive each codec; bad files say what they are."""

import errno
import logging
import os
import threading
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numbered_films import HEIGHT, WIDTH, coded, number_of, write_film
from PIL import Image

from castlist.errors import FilmError
from castlist.film import reader
from castlist.film.reader import Clock, Film

QUICK = {"deadline": "realtime", "cpu-used": "8"}


def decoding_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "castlist-decode"]


@pytest.mark.parametrize(
    ("encoder", "suffix", "pixels", "codec"),
    [
        ("libx264", "mp4", "yuv420p", "h264"),
        ("libx265", "mkv", "yuv420p10le", "hevc"),
        ("libsvtav1", "mp4", "yuv420p", "av1"),
        ("libvpx-vp9", "webm", "yuv420p", "vp9"),
        ("prores_ks", "mov", "yuv422p10le", "prores"),
        ("mpeg2video", "ts", "yuv420p", "mpeg2video"),
        ("mpeg4", "avi", "yuv420p", "mpeg4"),
        ("ffv1", "mkv", "yuv444p", "ffv1"),
        ("gif", "gif", "rgb8", "gif"),
        ("libsvtav1", "avif", "yuv420p", "av1"),  # and the still picture that is its cover
    ],
)
def test_every_frame_of_every_codec_comes_in_order_and_on_time(
    tmp_path, encoder, suffix, pixels, codec
):
    if encoder not in av.codecs_available:
        pytest.skip(f"this PyAV has no encoder {encoder}")
    pictures = [coded(i) for i in range(30)]
    path = write_film(tmp_path / f"film.{suffix}", pictures, codec=encoder, pixels=pixels)
    if hasattr(os, "sched_getscheduler"):
        assert os.sched_getscheduler(0) == os.SCHED_OTHER
    with Film.open(path) as film:
        frames = [(f.index, number_of(f.picture()), f.pts) for f in film.frames()]
        info = film.info
    assert [index for index, _, _ in frames] == list(range(30))
    assert [number for _, number, _ in frames] == list(range(30))
    seconds = [(pts - frames[0][2]) * info.time_base for _, _, pts in frames]
    assert seconds == [Fraction(i, 25) for i in range(30)]
    assert (info.codec, info.frame_rate, info.frames) == (codec, 25, 30)
    assert (info.width, info.height, info.rotation) == (WIDTH, HEIGHT, 0)
    assert (info.transfer, info.interlaced, info.sample_aspect_ratio) == ("sdr", False, 1)
    assert info.duration == pytest.approx(1.2)


def test_ntsc_frame_rate_is_exact(tmp_path):
    rate = Fraction(24000, 1001)
    path = write_film(tmp_path / "film.mkv", [coded(i) for i in range(48)], rate=rate)
    with Film.open(path) as film:
        assert film.info.frame_rate == rate


def test_variable_frame_rate_keeps_its_times(tmp_path):
    ticks = [0, 1, 2, 5, 6, 10, 30, 31]
    in_order = {"bf": "0"}  # else mp4 tells durations in decoding order
    pictures = [coded(i) for i in range(8)]
    path = write_film(tmp_path / "film.mp4", pictures, pts=ticks, options=in_order)
    with Film.open(path) as film:
        frames = list(film.frames())
        seconds = [f.pts * film.info.time_base for f in frames]
    assert seconds == [Fraction(t, 25) for t in ticks]
    assert [number_of(f.picture()) for f in frames] == list(range(8))
    assert [f.duration * film.info.time_base * 25 for f in frames[:7]] == [1, 1, 3, 1, 4, 20, 1]
    assert film.info.frame_rate == Fraction(8 * 25, 32)


def without_rate(path: Path) -> Path:
    """Blank a WebM's DefaultDuration: put an EBML Void element of the same length in its place."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x23\xe3\x83")  # then one byte of size, and the value
    size = 4 + (data[at + 3] & 0x7F)
    data[at : at + size] = bytes([0xEC, 0x80 | size - 2]).ljust(size, b"\0")
    path.write_bytes(data)
    return path


def uneven(count: int) -> list[int]:
    """Times of frames that a browser records 30 times a second, in milliseconds."""
    late = np.random.default_rng(0).integers(-8, 9, count)
    return [0, *(round(i * 1000 / 30) + int(late[i]) for i in range(1, count))]


@pytest.mark.parametrize(
    ("times", "least", "most"),
    [
        pytest.param(uneven(90), 28, 32, id="recorded"),
        pytest.param([0, *(2000 + t for t in uneven(20))], 28, 32, id="still at first"),
        pytest.param([0, 3, 8, 12, 15, 19], 240, 260, id="fast indeed"),
        pytest.param([0, 50], 20, 20, id="two frames"),
        pytest.param([0], 25, 25, id="one frame"),
    ],
)
def test_film_whose_header_has_no_rate(tmp_path, times, least, most):
    """FFmpeg says 1000 frames per second, and a scan would hold so many in memory."""
    pictures = [coded(i) for i in range(len(times))]
    path = tmp_path / "film.webm"
    write_film(path, pictures, codec="libvpx-vp9", rate=1000, pts=times, options=QUICK)
    with av.open(str(without_rate(path))) as container:
        assert container.streams.video[0].guessed_rate == 1000
    with Film.open(path) as film:
        assert least <= film.info.frame_rate <= most
        frames = list(film.frames())
    assert [f.pts for f in frames] == times
    assert [number_of(f.picture()) for f in frames] == list(range(len(times)))


def test_rate_of_a_header_that_can_not_be_is_not_believed(tmp_path):
    """A header of one frame each millisecond, the clock's ticks, before 30 frames a second."""
    path = tmp_path / "film.webm"
    pictures = [coded(i) for i in range(40)]
    write_film(path, pictures, codec="libvpx-vp9", rate=1000, pts=uneven(40), options=QUICK)
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate > 120
    with Film.open(path) as film:
        assert 28 <= film.info.frame_rate <= 32


def test_stream_without_times_is_counted_out(tmp_path, caplog):
    path = write_film(tmp_path / "film.h264", [coded(i) for i in range(12)])
    with Film.open(path) as film:
        frames = list(film.frames())
        steps = {(b.pts - a.pts) * film.info.time_base for a, b in pairwise(frames)}
    assert steps == {Fraction(1, 25)}
    assert [number_of(f.picture()) for f in frames] == list(range(12))
    assert "12 times were missing or out of order" in caplog.text


def test_frames_can_be_read_twice(film_path):
    with Film.open(film_path) as film:
        assert [f.pts for f in film.frames()] == [f.pts for f in film.frames()]


def test_sample_aspect_ratio_is_told_but_not_applied(tmp_path):
    def squeeze(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(16, 11)

    path = write_film(tmp_path / "film.mp4", [coded(3)] * 3, prepare=squeeze)
    with Film.open(path) as film:
        assert film.info.sample_aspect_ratio == Fraction(16, 11)
        assert (film.info.width, film.info.height) == (WIDTH, HEIGHT)
        assert next(film.frames()).picture().shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("suffix", "rate", "timecode"),
    [
        ("mov", Fraction(24000, 1001), "01:00:00:00"),
        ("mov", Fraction(30000, 1001), "00:59:58;28"),
        ("mp4", Fraction(25), "10:00:00:00"),
        ("mkv", Fraction(60000, 1001), "09:59:58;00"),
        ("mxf", Fraction(25), "09:58:00:00"),
    ],
)
def test_start_timecode_of_the_container(tmp_path, suffix, rate, timecode):
    def stamp(stream):
        stream.container.metadata["timecode"] = timecode

    codec = "mpeg2video" if suffix == "mxf" else "libx264"
    path = tmp_path / f"film.{suffix}"
    write_film(path, [coded(i) for i in range(5)], codec=codec, rate=rate, prepare=stamp)
    with Film.open(path) as film:
        assert film.info.start_timecode == timecode
        assert not film.info.sound


def test_film_without_a_start_timecode(film_path):
    with Film.open(film_path) as film:
        assert film.info.start_timecode is None


def test_start_timecode_that_no_frame_has_is_left_out(tmp_path, caplog):
    def stamp(stream):
        stream.container.metadata["timecode"] = "01:00:00:99"

    path = write_film(tmp_path / "film.mkv", [coded(0)] * 5, prepare=stamp)
    with Film.open(path) as film:
        assert film.info.start_timecode is None
    assert "01:00:00:99 is no timecode" in caplog.text


def test_interlaced_film_says_so(tmp_path):
    fields = {"flags": "+ildct+ilme"}
    path = write_film(tmp_path / "f.ts", [coded(1)] * 5, codec="mpeg2video", options=fields)
    with Film.open(path) as film:
        assert film.info.interlaced


def test_film_that_changes_size_keeps_its_first(tmp_path):
    wide = write_film(tmp_path / "a.h264", [coded(i) for i in range(4)])
    small = write_film(tmp_path / "b.h264", [coded(i, 96, 64) for i in range(4, 8)])
    both = tmp_path / "both.h264"
    both.write_bytes(wide.read_bytes() + small.read_bytes())
    with Film.open(both) as film:
        pictures = [f.picture() for f in film.frames()]
    assert {p.shape for p in pictures} == {(HEIGHT, WIDTH, 3)}
    assert [number_of(p) for p in pictures] == list(range(8))


def test_frames_are_estimated_where_the_header_does_not_count_them(tmp_path):
    path = write_film(tmp_path / "film.mkv", [coded(i) for i in range(50)])
    with Film.open(path) as film:
        assert film.info.frames == 50


# Which stream


def write_streams(path: Path, *streams: tuple[str, int, bool]) -> Path:
    """Write pictures of these codecs and widths side by side; the last tells if it is default."""
    as_told = {"default_mode": "passthrough"} if path.suffix == ".mkv" else {}
    with av.open(str(path), "w", options=as_told) as container:
        made = []
        for codec, width, default in streams:
            stream = container.add_stream(codec, rate=25)
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            stream.width, stream.height = width, width // 2
            stream.disposition = av.stream.Disposition.default if default else 0
            made.append(stream)
        for stream in made:
            for index in range(4):
                picture = av.VideoFrame.from_ndarray(coded(index, stream.width, stream.height))
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("first", "second", "width"),
    [
        pytest.param((96, False), (192, False), 192, id="largest"),
        pytest.param((192, False), (96, False), 192, id="largest first"),
        pytest.param((192, False), (96, True), 96, id="default"),
        pytest.param((96, True), (192, True), 192, id="both default"),
    ],
)
def test_default_stream_else_the_largest(tmp_path, first, second, width):
    path = write_streams(tmp_path / "film.mkv", ("mpeg4", *first), ("mpeg4", *second))
    with av.open(str(path)) as container:
        dispositions = [s.disposition & av.stream.Disposition.default for s in container.streams]
    assert list(map(bool, dispositions)) == [first[1], second[1]]
    with Film.open(path) as film:
        assert film.info.width == width
        assert {f.picture().shape for f in film.frames()} == {(width // 2, width, 3)}


def with_unknown_codec(path: Path) -> Path:
    """Give the MPEG-4 stream of an AVI a name that no decoder has."""
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZZ9Q"))
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context is None
    return path


def test_unknown_codec(tmp_path):
    path = with_unknown_codec(write_streams(tmp_path / "film.avi", ("mpeg4", 192, True)))
    with pytest.raises(FilmError, match=r"film\.avi: its codec is unknown here"):
        Film.open(path)


def test_unknown_codec_beside_a_known_one(tmp_path):
    streams = ("mpeg4", 384, True), ("mjpeg", 192, False)
    path = with_unknown_codec(write_streams(tmp_path / "film.avi", *streams))
    with Film.open(path) as film:
        assert (film.info.codec, film.info.width) == ("mjpeg", 192)
        assert [number_of(frame.picture()) for frame in film.frames()] == [0, 1, 2, 3]


# The thread


def test_breaking_off_ends_the_thread(film_path):
    with Film.open(film_path) as film:
        for frame in film.frames():
            if frame.index == 3:
                break
        assert not decoding_threads()


def test_closing_the_film_ends_an_open_iterator(film_path):
    with Film.open(film_path) as film:
        frames = film.frames()
        next(frames)
        assert decoding_threads()
    assert not decoding_threads()
    assert len(list(frames)) < 49


def test_decoding_runs_ahead_but_only_so_far(film_path, monkeypatch):
    made = []

    class Counted(reader.FilmFrame):
        def __init__(self, *args):
            made.append(args[0])
            super().__init__(*args)

    monkeypatch.setattr(reader, "FilmFrame", Counted)
    with Film.open(film_path) as film:
        frames = film.frames()
        next(frames)
        deadline = time.monotonic() + 10
        while len(made) < reader._AHEAD and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        assert reader._AHEAD <= len(made) <= reader._AHEAD + 2


def test_error_in_the_thread_reaches_the_consumer(film_path, monkeypatch):
    def fail(self, pts, duration):
        raise RuntimeError("no more ink")

    monkeypatch.setattr(Clock, "next", fail)
    with Film.open(film_path) as film, pytest.raises(RuntimeError, match="no more ink"):
        list(film.frames())
    assert not decoding_threads()


def test_film_deleted_after_opening(film_path):
    with Film.open(film_path) as film:
        film_path.unlink()
        with pytest.raises(FilmError, match="no such file"):
            list(film.frames())


# Times


@pytest.mark.parametrize(
    ("given", "expected", "mended"),
    [
        pytest.param([0, 10, 20], [0, 10, 20], 0, id="in order"),
        pytest.param([7, 17], [7, 17], 0, id="not from zero"),
        pytest.param([-20, -10, 0], [-20, -10, 0], 0, id="from below zero"),
        pytest.param([0, None, None, 30], [0, 10, 20, 30], 2, id="missing"),
        pytest.param([None, None, None], [0, 10, 20], 3, id="all missing"),
        pytest.param([0, 10, 10, 20], [0, 10, 11, 20], 1, id="repeated"),
        pytest.param([0, 10, 5, 20], [0, 10, 11, 20], 1, id="backward a little"),
        pytest.param([0, 500, 5000], [0, 500, 5000], 0, id="long still"),
        pytest.param([900, 1000, 0, 10, 50], [900, 1000, 1010, 1020, 1060], 3, id="clock restarts"),
        pytest.param([0, 10, 10**7, 30, 40], [0, 10, 20, 30, 40], 1, id="one wild leap"),
        pytest.param([0, 10, -900, 30], [0, 10, 20, 30], 1, id="one wild fall"),
        pytest.param([0, 10**7, 10**7 + 10], [0, 10, 20], 2, id="clock leaps for good"),
    ],
)
def test_clock(given, expected, mended):
    clock = Clock(Fraction(1, 100))
    assert [clock.next(pts, 10) for pts in given] == expected
    assert clock.mended == mended


# Damage


def test_truncated_film_gives_what_it_has(tmp_path, caplog):
    noise = np.random.default_rng(0).integers(0, 255, (100, HEIGHT, WIDTH, 3), np.uint8)
    index_first = {"movflags": "faststart"}
    path = write_film(
        tmp_path / "film.mp4", noise, options={"g": "10"}, container_options=index_first
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with Film.open(path) as film:
        frames = list(film.frames())
        assert film.info.frames == 100
    assert 30 < len(frames) < 60
    assert [f.pts * film.info.time_base for f in frames] == [
        Fraction(i, 25) for i in range(len(frames))
    ]
    assert "breaks off" in caplog.text
    assert "of 4.0 s" in caplog.text


def test_damage_in_the_middle_is_skipped(tmp_path, caplog):
    noise = np.random.default_rng(0).integers(0, 255, (60, HEIGHT, WIDTH, 3), np.uint8)
    path = write_film(tmp_path / "film.mkv", noise, options={"g": "10"})
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for position, size in packets[20:25]:
        data[position + 8 : position + size] = bytes(size - 8)
    path.write_bytes(data)
    with Film.open(path) as film:
        frames = list(film.frames())
    assert 50 <= len(frames) < 60
    assert frames[-1].pts == 59 * 40
    assert all(b.pts > a.pts for a, b in pairwise(frames))
    assert "damaged packets were skipped" in caplog.text


def test_whole_film_logs_nothing(film_path, caplog):
    with caplog.at_level(logging.DEBUG, logger="castlist"), Film.open(film_path) as film:
        assert len(list(film.frames())) == 50
    assert not caplog.records


def test_no_frame_decodes(film_path):
    data = bytearray(film_path.read_bytes())
    start = data.index(b"mdat") + 4
    size = int.from_bytes(data[start - 8 : start - 4]) - 8
    data[start : start + size] = bytes(size)
    film_path.write_bytes(data)
    with pytest.raises(FilmError, match=r"film\.mp4: no frame of it can be decoded"):
        Film.open(film_path)


def test_mp4_without_its_index(film_path):
    data = film_path.read_bytes()
    film_path.write_bytes(data[: data.index(b"moov")])
    with pytest.raises(FilmError, match="cut off lacks its index"):
        Film.open(film_path)


# What isn't a film


def test_missing(tmp_path):
    with pytest.raises(FilmError, match=r"none\.mp4: no such file"):
        Film.open(tmp_path / "none.mp4")


def refuse(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(("place", "name"), [(Path, "exists"), (av, "open")])  # folder, file
def test_what_may_not_be_read(film_path, monkeypatch, place, name):
    monkeypatch.setattr(place, name, refuse)
    with pytest.raises(FilmError, match=r"film\.mp4: can't be read \(Permission denied\)"):
        Film.open(film_path)


def test_ffmpeg_says_as_python_does_what_may_not_be_read():
    with pytest.raises(PermissionError):
        av.error.err_check(-errno.EACCES)


def test_folder(tmp_path):
    with pytest.raises(FilmError, match="is a folder"):
        Film.open(tmp_path)


def test_empty(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(FilmError, match=r"empty\.mp4: the file is empty"):
        Film.open(path)


@pytest.mark.parametrize("name", ["notes.txt", "notes.nfo", "notes.mp4", "notes.srt"])
def test_text(tmp_path, name):
    path = tmp_path / name
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nIt was a dark and stormy night.\n" * 40)
    with pytest.raises(FilmError, match=name):
        Film.open(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp", "tiff"])
def test_picture(tmp_path, suffix):
    path = tmp_path / f"still.{suffix}"
    cv2.imwrite(str(path), coded(5))
    with pytest.raises(FilmError, match="is a picture, not a film"):
        Film.open(path)


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels"), [("gif", "gif", "rgb8"), ("avif", "libsvtav1", "yuv420p")]
)
def test_picture_of_a_kind_that_may_move(tmp_path, suffix, codec, pixels):
    path = write_film(tmp_path / f"still.{suffix}", [coded(5)], codec=codec, pixels=pixels)
    with pytest.raises(FilmError, match="is a picture, not a film"):
        Film.open(path)


def test_picture_that_lasts_no_time(tmp_path):
    path = tmp_path / "still.gif"
    Image.fromarray(coded(5)).save(path)
    with pytest.raises(FilmError, match="is a picture, not a film"):
        Film.open(path)


def test_film_of_one_frame(tmp_path):
    with Film.open(write_film(tmp_path / "film.mp4", [coded(5)])) as film:
        assert [number_of(frame.picture()) for frame in film.frames()] == [5]


@pytest.mark.parametrize("cover", [False, True])
def test_sound(tmp_path, cover):
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44100)
        if cover:
            art = container.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
            picture = av.VideoFrame.from_ndarray(coded(9)).reformat(format="yuvj420p")
            container.mux(art.encode(picture))
            container.mux(art.encode())
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8192), np.int16), layout="stereo")
        silence.rate = 44100
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    with av.open(str(path)) as container:
        assert len(container.streams.video) == cover
    with pytest.raises(FilmError, match="is a sound file"):
        Film.open(path)
