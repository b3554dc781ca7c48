"""HDR to SDR: against numbers published in the standards and a plain double-precision reference."""

from fractions import Fraction

import av
import numpy as np
import pytest
from numbered_films import write_film

from castlist.film import hdr
from castlist.film.reader import Film

PQ, HLG = 16, 18  # colour transfer codes of ITU-T H.273
LUMINANCE = np.array([0.2627, 0.6780, 0.0593])


def pq_signal(nits):
    """SMPTE ST 2084, the inverse EOTF."""
    m1, m2 = 0.1593017578125, 78.84375
    c1, c2, c3 = 0.8359375, 18.8515625, 18.6875
    power = (np.asarray(nits, float) / 10000) ** m1
    return ((c1 + c2 * power) / (1 + c3 * power)) ** m2


def hlg_signal(nits):
    """ITU-R BT.2100 for a grey: inverse OOTF at 1000 cd/m2, then the OETF."""
    scene = (np.asarray(nits, float) / 1000) ** (1 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    bright = a * np.log(np.maximum(12 * scene - b, 0.5)) + c
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), bright)


def codes(signal) -> np.ndarray:
    return np.round(np.asarray(signal) * 65535).astype(np.uint16)


def greys(signals) -> np.ndarray:
    return np.repeat(codes(signals)[None, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("signal", "nits"),
    [(0.0, 0.0), (0.50807842, 100.0), (0.58068888, 203.0), (0.75182709, 1000.0), (1.0, 10000.0)],
)
def test_pq_reaches_the_published_luminances(signal, nits):
    assert hdr.pq_to_light(np.array([signal]))[0] == pytest.approx(nits, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("signal", "scene"), [(0.0, 0.0), (0.5, 1 / 12), (1.0, 1.0)])
def test_hlg_reaches_its_fixed_points(signal, scene):
    assert hdr.hlg_to_scene(np.array([signal]))[0] == pytest.approx(scene, abs=1e-6)


@pytest.mark.parametrize(("transfer", "signal"), [("pq", pq_signal), ("hlg", hlg_signal)])
def test_greys_keep_their_light_up_to_diffuse_white(transfer, signal):
    nits = np.array([0.0, 1.0, 5.0, 20.0, 50.0, 100.0, 150.0, 203.0])
    picture = hdr.to_sdr(greys(signal(nits)), transfer)
    expected = 255 * 0.8 * (nits / 203) ** (1 / 2.4)
    assert (np.ptp(picture, axis=2) <= 1).all()  # a grey stays grey
    assert np.abs(picture[0, :, 0] - expected).max() <= 2


@pytest.mark.parametrize(("transfer", "signal"), [("pq", pq_signal), ("hlg", hlg_signal)])
def test_highlights_are_bent_not_clipped(transfer, signal):
    nits = np.array([203, 300, 400, 600, 1000])
    values = hdr.to_sdr(greys(signal(nits)), transfer)[0, :, 0].astype(int)
    assert (np.diff(values) >= 3).all()
    assert abs(values[0] - 204) <= 1
    assert values[-1] < 255


def test_shoulder_is_smooth_and_stays_below_one():
    light = np.linspace(0, 50, 5001, dtype=np.float32)  # 50 is beyond PQ's 10,000 cd/m2
    bent = hdr.shoulder(light)
    knee = 0.8**2.4
    np.testing.assert_array_equal(bent[light < knee], light[light < knee])
    assert bent.max() < 1
    slope = np.diff(bent) / np.diff(light)
    assert (slope > 0).all()
    assert (np.diff(slope) < 1e-3).all()
    assert np.abs(np.diff(slope)).max() < 0.06


def test_colours_of_the_709_triangle_come_back():
    """A 709 colour carried in 2020 PQ shows as itself."""
    to_2020 = np.linalg.inv(hdr._TO_709.astype(float))
    for colour in [(0.8, 0.1, 0.1), (0.1, 0.7, 0.2), (0.1, 0.2, 0.8), (0.75, 0.55, 0.45)]:
        light = (np.array(colour) / 0.8) ** 2.4 * 203
        picture = hdr.to_sdr(codes(pq_signal(to_2020 @ light))[None, None], "pq")
        assert np.abs(picture[0, 0] - 255 * np.array(colour)).max() <= 3


def test_colours_outside_the_triangle_are_clipped():
    picture = hdr.to_sdr(codes(pq_signal(np.array([0.0, 203.0, 0.0])))[None, None], "pq")
    assert picture[0, 0].tolist()[0] == 0
    assert picture[0, 0, 1] > 200


@pytest.mark.parametrize(
    ("name", "trc", "signal"), [("pq", PQ, pq_signal), ("hlg", HLG, hlg_signal)]
)
@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv422p12le"])
def test_hdr_film_is_told_by_its_transfer_and_shown_as_sdr(tmp_path, name, trc, signal, pixels):
    """A film of greys in limited range, encoded without loss."""
    nits = [1.0, 50.0, 203.0, 700.0]
    bits = 12 if "12" in pixels else 10
    frames = []
    for value in signal(nits):
        frame = av.VideoFrame(64, 48, pixels)
        levels = (round((16 + 219 * float(value)) * 2 ** (bits - 8)), 1 << bits - 1, 1 << bits - 1)
        for plane, level in zip(frame.planes, levels, strict=True):
            plane.update(np.full(plane.buffer_size // 2, level, np.uint16).tobytes())
        frame.color_trc, frame.color_primaries, frame.colorspace, frame.color_range = trc, 9, 9, 1
        frames.append(frame)

    def tag(stream):
        context = stream.codec_context
        context.color_trc, context.color_primaries = trc, 9
        context.colorspace, context.color_range = 9, 1

    path = write_film(
        tmp_path / "film.mkv", frames, codec="ffv1", pixels=pixels, rate=Fraction(25), prepare=tag
    )
    with Film.open(path) as film:
        assert film.info.transfer == name
        pictures = [f.picture(32, 24) for f in film.frames()]
        scaled = [f.picture(32, 24) for f in film.frames((40, 30))]
    assert {p.shape for p in pictures} == {(24, 32, 3)}
    assert {p.dtype for p in pictures} == {np.dtype(np.uint8)}
    values = [float(p.mean()) for p in pictures]
    dark, middle, white = (255 * 0.8 * (n / 203) ** (1 / 2.4) for n in nits[:3])
    assert values[:3] == pytest.approx([dark, middle, white], abs=3)
    assert 215 < values[3] < 250
    assert max(np.ptp(p.astype(int)) for p in pictures) <= 3
    assert np.abs(np.subtract(scaled, pictures, dtype=int)).max() <= 3
