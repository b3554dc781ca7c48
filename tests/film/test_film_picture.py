"""From stored frames to pictures as shown: turned, in the right colours, at any size."""

from fractions import Fraction

import av
import numpy as np
import pytest
from numbered_films import write_film

from castlist.film.picture import Look
from castlist.film.reader import Film

UNIT = 1 << 16
RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 180, 30), (30, 30, 200), (230, 230, 230)
CORNERS = ((RED, GREEN), (BLUE, WHITE))  # as stored: top row, bottom row


def quarters(width: int = 128, height: int = 64) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    for y, row in enumerate(CORNERS):
        for x, colour in enumerate(row):
            picture[y * height // 2 : (y + 1) * height // 2, x * width // 2 :] = colour
    return picture


def corners_of(picture: np.ndarray) -> list[list[tuple[int, int, int]]]:
    """Name the colour in the middle of each quarter."""
    height, width = picture.shape[:2]
    known = np.array([RED, GREEN, BLUE, WHITE])
    found = []
    for y in (height // 4, 3 * height // 4):
        row = [picture[y, x].astype(int) for x in (width // 4, 3 * width // 4)]
        found.append([tuple(known[np.abs(known - c).sum(axis=1).argmin()].tolist()) for c in row])
    return found


@pytest.mark.parametrize(
    ("matrix", "rotation", "shown"),
    [
        pytest.param((1, 0, 0, 1), 0, ((RED, GREEN), (BLUE, WHITE)), id="upright"),
        pytest.param((0, 1, -1, 0), 90, ((BLUE, RED), (WHITE, GREEN)), id="90 clockwise"),
        pytest.param((-1, 0, 0, -1), 180, ((WHITE, BLUE), (GREEN, RED)), id="upside down"),
        pytest.param((0, -1, 1, 0), 270, ((GREEN, WHITE), (RED, BLUE)), id="90 counterclockwise"),
        pytest.param((-1, 0, 0, 1), 0, ((GREEN, RED), (WHITE, BLUE)), id="mirrored"),
        pytest.param((1, 0, 0, -1), 180, ((BLUE, WHITE), (RED, GREEN)), id="flipped"),
        pytest.param((0, 1, 1, 0), 270, ((RED, BLUE), (GREEN, WHITE)), id="transposed"),
        pytest.param((0, -1, -1, 0), 90, ((WHITE, GREEN), (BLUE, RED)), id="anti-transposed"),
    ],
)
def test_display_matrix(tmp_path, matrix, rotation, shown):
    """The matrix maps a stored point (x, y) to (a x + c y, b x + d y), y pointing down."""
    a, b, c, d = (UNIT * entry for entry in matrix)

    def turn(stream):
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])

    path = write_film(tmp_path / "film.mp4", [quarters()] * 3, prepare=turn)
    with Film.open(path) as film:
        info, picture = film.info, next(film.frames()).picture()
        small = next(film.frames()).picture(24, 20)
    assert info.rotation == rotation
    assert picture.shape == (info.height, info.width, 3)
    assert picture.flags.c_contiguous
    assert (info.width > info.height) == (rotation in (0, 180))
    assert corners_of(picture) == [list(row) for row in shown]
    assert small.shape == (20, 24, 3)
    assert corners_of(small) == [list(row) for row in shown]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_boxes_are_found_again_in_the_stored_picture(rotation, mirrored):
    stored = np.zeros((40, 60), bool)
    stored[5:12, 20:50] = True
    shown = np.rot90(stored[:, ::-1] if mirrored else stored, -rotation // 90)
    y, x = np.nonzero(shown)
    box = np.array([[x.min(), y.min(), x.max() + 1, y.max() + 1]], np.float32)
    look = Look(*shown.shape[::-1], rotation, mirrored, "sdr", 1)
    assert look.stored(box).tolist() == [[20, 5, 50, 12]]
    assert look.stored(np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_frame_scaled_before_it_is_shown(tmp_path, rotation):
    matrix = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    a, b, c, d = (UNIT * entry for entry in matrix[rotation])

    def turn(stream):
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])

    path = write_film(tmp_path / "film.mp4", [quarters()] * 3, prepare=turn)
    with Film.open(path) as film:
        direct = next(film.frames()).picture(48, 40)
        frame = next(film.frames((48, 40)))
        whole = next(film.frames())
        assert (frame.pts, frame.duration) == (whole.pts, whole.duration)
    turned = rotation in (90, 270)
    assert (frame.decoded.width, frame.decoded.height) == ((40, 48) if turned else (48, 40))
    assert corners_of(frame.picture(48, 40)) == corners_of(direct)
    assert np.abs(frame.picture(12, 10).astype(int) - whole.picture(12, 10)).mean() < 2


@pytest.mark.parametrize("pixels", ["pal8", "bayer_rggb8"])
def test_frame_of_colours_that_are_not_written_stays_as_it_is(pixels):
    frame = av.VideoFrame(64, 48, pixels)
    look = Look(64, 48, 0, False, "sdr", 1)
    assert look.scaled(frame, 32, 24) is frame


WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # of red and blue


def solid(colour, matrix: int, *, full: bool, ten_bits: bool, size=(64, 48)) -> av.VideoFrame:
    """A frame of one colour, encoded as ITU-R BT.601, 709 and 2020 say."""
    red_weight, blue_weight = WEIGHTS[matrix]
    red, green, blue = np.array(colour) / 255
    luma = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    chroma = (blue - luma) / (2 - 2 * blue_weight), (red - luma) / (2 - 2 * red_weight)
    scale = 4 if ten_bits else 1
    if full:
        top = 256 * scale - 1
        values = [luma * top, *(128 * scale + c * top for c in chroma)]
    else:
        values = [(16 + 219 * luma) * scale, *((128 + 224 * c) * scale for c in chroma)]
    frame = av.VideoFrame(*size, "yuv420p10le" if ten_bits else "yuv420p")
    kind = np.uint16 if ten_bits else np.uint8
    for plane, value in zip(frame.planes, values, strict=True):
        count = plane.buffer_size // np.dtype(kind).itemsize
        plane.update(np.full(count, round(value), kind).tobytes())
    frame.color_range = 2 if full else 1
    frame.colorspace = matrix
    return frame


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("ten_bits", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (30, 20)])
def test_colours_follow_matrix_and_range(matrix, full, ten_bits, size):
    for colour in [(0, 0, 0), (255, 255, 255), (220, 40, 60), (30, 200, 90), (20, 60, 230)]:
        frame = solid(colour, matrix, full=full, ten_bits=ten_bits)
        look = Look.of(frame)
        for shown in (frame, look.scaled(frame, 40, 30)):
            picture = look.picture(shown, *size)
            assert picture.shape == (size[1], size[0], 3)
            assert np.abs(picture.astype(int) - colour).max() <= 5


@pytest.mark.parametrize(
    ("size", "matrix"),
    [((720, 576), 6), ((720, 480), 6), ((1280, 544), 1), ((1920, 1080), 1), ((960, 720), 1)],
)
def test_untagged_film_is_601_if_small_and_709_if_high(size, matrix):
    frame = solid((220, 40, 60), matrix, full=False, ten_bits=False, size=size)
    frame.colorspace = 2
    picture = Look.of(frame).picture(frame, 16, 16)
    assert np.abs(picture.astype(int) - (220, 40, 60)).max() <= 5


@pytest.mark.parametrize("pixels", ["rgb24", "gbrp", "gray", "bgra", "yuv411p", "nv12", "p010le"])
def test_rare_pixel_formats_convert(pixels):
    grey = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, np.uint8)).reformat(format=pixels)
    picture = Look.of(grey).picture(grey, 20, 10)
    assert np.abs(picture.astype(int) - 128).max() <= 2


def test_scaling_down_averages(tmp_path):
    stripes = np.zeros((96, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    path = write_film(
        tmp_path / "film.mkv", [stripes], codec="ffv1", pixels="yuv444p", rate=Fraction(25)
    )
    with Film.open(path) as film:
        small = next(film.frames()).picture(16, 12)
    assert np.abs(small.astype(int) - 127).max() <= 2
