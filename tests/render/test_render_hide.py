"""Hiding faces in the planes of a frame, and where they are to be hidden."""

from __future__ import annotations

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_casts import CUTS, FACES, FRAMES, Face, make_film, make_workspace

from castlist.export.finished import Finished
from castlist.render.faces import FacesToHide
from castlist.render.hide import copied, hide, planes

FORMATS = [
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuvj420p",
    "gray",
    "gbrp",
    "yuv420p10le",
    "yuv444p12le",
]


def noise(form: str, width: int = 98, height: int = 70) -> av.VideoFrame:
    frame = av.VideoFrame(width, height, form)
    rng = np.random.default_rng(3)
    for plane in planes(frame):
        plane[:] = rng.integers(0, 1 << frame.format.components[0].bits, plane.shape)
    return frame


@pytest.mark.parametrize("form", FORMATS)
def test_all_of_the_box_is_blurred_and_nothing_beyond_the_ellipse(form):
    frame = noise(form)
    box = np.array([30.0, 20.0, 60.0, 60.0])
    hidden = copied(frame)
    hide(hidden, box[None])
    for before, after in zip(planes(frame), planes(hidden), strict=True):
        assert before.shape == after.shape
        scale_x, scale_y = before.shape[1] / 98, before.shape[0] / 70
        y, x = np.mgrid[: before.shape[0], : before.shape[1]] + 0.5
        x, y = x / scale_x, y / scale_y
        inside = (x > 30) & (x < 60) & (y > 20) & (y < 60)
        top = 1 << frame.format.components[0].bits
        blurred = after[inside].astype(float) / top
        assert blurred.std() < 0.12 < (before[inside] / top).std()
        assert (before[inside] != after[inside]).mean() > 0.97  # some are what they were by chance
        steps = np.abs(np.diff(after.astype(float), axis=1))[inside[:, 1:] & inside[:, :-1]] / top
        assert steps.max() < 0.12
        # the ellipse: 0.78 of the sides, softly to 1.15 times that, and a pixel
        reach = np.hypot((x - 45) / (30 * 0.78 * 1.15 + 2), (y - 40) / (40 * 0.78 * 1.15 + 2))
        assert (before[reach > 1] == after[reach > 1]).all()
        assert (reach > 1).any()


def test_what_was_hidden_is_nowhere_in_the_result():
    """Two faces with equal means over the cells look the same when hidden."""
    one, other = noise("gray", 64, 64), noise("gray", 64, 64)
    fine = planes(one)[0]
    fine[:] = 128
    pattern = np.indices((64, 64)).sum(axis=0) % 2 * 80
    planes(other)[0][:] = 88 + pattern  # a fine checkerboard, 128 on average
    for frame in (one, other):
        hide(frame, np.array([[20.0, 20.0, 44.0, 44.0]]))
    difference = planes(one)[0][20:44, 20:44].astype(int) - planes(other)[0][20:44, 20:44]
    assert np.abs(difference).max() <= 4


def test_copy_is_ones_own_and_keeps_colours():
    frame = noise("yuv420p10le")
    frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries = 9, 1, 16, 9
    copy = copied(frame)
    before = [plane.copy() for plane in planes(frame)]
    hide(copy, np.array([[10.0, 10.0, 60.0, 60.0]]))
    assert all((a == b).all() for a, b in zip(planes(frame), before, strict=True))
    told = (copy.colorspace, copy.color_range, copy.color_trc, copy.color_primaries)
    assert told == (9, 1, 16, 9)


@given(
    st.tuples(*[st.floats(-200, 200)] * 2),
    st.tuples(*[st.floats(0, 200)] * 2),
    st.sampled_from(["yuv420p", "yuv422p10le"]),
)
def test_boxes_anywhere(corner, size, form):
    """Half outside the picture, wholly outside, or of no size: nothing breaks."""
    frame = noise(form, 34, 26)
    hide(frame, np.array([[*corner, corner[0] + size[0], corner[1] + size[1]]]))
    top = 1 << frame.format.components[0].bits
    assert all(plane.max() < top for plane in planes(frame))


def test_no_box():
    frame = noise("yuv420p")
    before = [plane.copy() for plane in planes(frame)]
    hide(frame, np.empty((0, 4)))
    assert all((a == b).all() for a, b in zip(planes(frame), before, strict=True))


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Finished:
    folder = tmp_path_factory.mktemp("faces")
    path = make_film(folder / "film.mkv", sound=None)
    return Finished.load(make_workspace(folder / "film.castlist", path))


def held(face: Face) -> range:
    """The frames of its track, and a third of a second on either side inside its shot."""
    cuts = [*CUTS, FRAMES]
    start = max(cut for cut in cuts if cut <= face.first)
    end = min(cut for cut in cuts if cut > face.last)
    return range(max(start, face.first - 8), min(end, face.last + 9))


@pytest.mark.parametrize("who", ["C01", "C02", None])
def test_boxes_of_each_frame(film, who):
    faces = FacesToHide(film, lambda track: track.character == who)
    own = [face for face in FACES if face.who == who]
    for frame in range(FRAMES):
        expected = [
            face.on(min(max(frame, face.first), face.last)) for face in own if frame in held(face)
        ]
        assert faces.on(frame).tolist() == [box.tolist() for box in expected]


def test_nobody_to_hide(film):
    faces = FacesToHide(film, lambda track: False)
    assert all(faces.on(frame).shape == (0, 4) for frame in range(FRAMES))
