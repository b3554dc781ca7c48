"""Scanning: few looks at steady faces, more at moving ones, comings and goings to the frame."""

import weakref
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_films import (
    HEIGHT,
    WIDTH,
    Script,
    ToldDetector,
    ToldFrame,
    film_info,
    frames,
    landmarks_in,
    square,
)

from castlist.faces import quality, store
from castlist.faces.filters import Filters
from castlist.faces.scan import FaceScanner, Scanned, stride_for, waiting_size
from castlist.faces.types import Detections


def scan(
    script: Script,
    count: int,
    *,
    stride: int = 6,
    cuts: frozenset[int] = frozenset(),
    skip_until: int = -1,
    **told: object,
) -> tuple[list[Scanned], list[int]]:
    """Scan a told film; return what is found, batch by batch, and the frames looked at."""
    detector = ToldDetector(script, **told)
    scanner = FaceScanner(detector, film_info(), stride=stride, skip_until=skip_until)
    found: list[Scanned] = []
    for frame in frames(count):
        found += scanner.push(frame, starts_shot=frame.index == 0 or frame.index in cuts)
    found += scanner.finish()
    assert len(detector.looked) == len(set(detector.looked))  # nothing is looked at twice
    return found, sorted(detector.looked)


def joined(found: list[Scanned]) -> tuple[list[int], Detections, list[bytes]]:
    return (
        [int(frame) for batch in found for frame in batch.frames],
        Detections.concatenate([batch.faces for batch in found]),
        [crop for batch in found for crop in batch.crops],
    )


def assert_same(a: list[Scanned], b: list[Scanned]) -> None:
    (looked_a, faces_a, crops_a), (looked_b, faces_b, crops_b) = joined(a), joined(b)
    assert looked_a == looked_b
    for name in vars(faces_a):
        np.testing.assert_array_equal(getattr(faces_a, name), getattr(faces_b, name))
    assert crops_a == crops_b


@pytest.mark.parametrize(
    ("rate", "stride"),
    [(24, 10), (25, 10), (29.97, 12), (30, 12), (60, 24), (12, 5), (4, 2), (1, 1)],
)
def test_five_anchors_in_two_seconds(rate, stride):
    assert stride_for(rate) == stride


@pytest.mark.parametrize(
    ("size", "turned", "aspect", "waits"),
    [
        ((640, 360), 0, Fraction(1), None),
        ((1920, 1088), 0, Fraction(1), None),
        ((1088, 1920), 90, Fraction(1), None),
        ((1440, 1080), 0, Fraction(4, 3), None),  # crops come from 1920 x 1080
        ((2704, 1520), 0, Fraction(1), None),
        ((3840, 2160), 0, Fraction(1), (1920, 1080)),
        ((2880, 2160), 0, Fraction(4, 3), (1920, 1080)),
        ((2160, 3840), 90, Fraction(1), None),  # crops come from 1920 x 3413
        ((4320, 7680), 90, Fraction(1), (1920, 3413)),
        ((7680, 4320), 0, Fraction(1), (1920, 1080)),
    ],
)
def test_frames_of_large_films_wait_at_the_size_of_crop_pictures(size, turned, aspect, waits):
    width, height = size
    info = replace(film_info(aspect=aspect), width=width, height=height, rotation=turned)
    assert waiting_size(info) == waits


@pytest.mark.parametrize("script", [lambda i: [], lambda i: [square(100), square(300)]])
def test_still_scene_is_seen_on_its_anchors_and_its_last_frame(script):
    found, looked = scan(script, 50, stride=6)
    assert looked == [0, 6, 12, 18, 24, 30, 36, 42, 48, 49]
    frames_found, faces, crops = joined(found)
    assert frames_found == looked
    assert len(faces) == len(crops) == 10 * len(script(0))


def test_slow_face_costs_no_more_than_a_still_one():
    _, looked = scan(lambda i: [square(100 + 2 * i)], 25, stride=6)  # 12 of 60 pixels a stride
    assert looked == [0, 6, 12, 18, 24]


def test_fast_face_is_seen_on_every_frame():
    _, looked = scan(lambda i: [square(25 * i)], 25, stride=6)  # overlap of neighbours 0.41
    assert looked == list(range(25))


def test_only_the_hasty_stretch_is_seen_densely():
    def script(i: int) -> list:
        return [square(100 if i < 13 else min(400, 100 + (i - 12) * 60))]

    _, looked = scan(script, 49, stride=6)
    assert {12, 13, 14, 15, 16, 17, 18} <= set(looked)
    assert set(looked) - set(range(12, 19)) == {0, 6, 24, 30, 36, 42, 48}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_first_and_last_frame_of_a_face_are_found(data):
    count = data.draw(st.integers(1, 60), "frames")
    stride = data.draw(st.integers(1, 9), "stride")
    first = data.draw(st.integers(0, count - 1), "first")
    last = data.draw(st.integers(first, count - 1), "last")
    anchors = {*range(0, count, stride), count - 1}
    found, looked = scan(
        lambda i: [square(50), square(200)][: 1 + (first <= i <= last)], count, stride=stride
    )
    frame = joined(found)[1].frame
    there = sorted({int(f) for f in frame if (frame == f).sum() == 2})
    if anchors & set(range(first, last + 1)):
        assert (there[0], there[-1]) == (first, last)
    else:
        assert there == []  # it came and went between two anchors
    assert anchors <= set(looked)
    if first == 0 and last == count - 1:
        assert set(looked) == anchors


def test_unsure_face_may_come_and_go_unnoticed():
    def script(i: int) -> list:
        return [square(50), *([square(200)] if i > 14 else [])]

    _, looked = scan(script, 25, stride=6, scores=(0.9, 0.4))
    assert looked == [0, 6, 12, 18, 24]
    _, looked = scan(script, 25, stride=6, scores=(0.9, 0.5))
    assert {14, 15} <= set(looked)


def test_nothing_is_looked_for_across_a_cut():
    def script(i: int) -> list:
        return [square(50 if i < 20 else 400)]

    _, looked = scan(script, 40, stride=6, cuts=frozenset({20}))
    assert looked == [0, 6, 12, 18, 19, 20, 26, 32, 38, 39]
    _, uncut = scan(script, 40, stride=6)
    assert set(range(18, 22)) <= set(uncut)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(1, 39)), st.integers(1, 8))
def test_first_and_last_frame_of_each_shot_are_looked_at_once(cuts, stride):
    found, looked = scan(lambda i: [square(100)], 40, stride=stride, cuts=frozenset(cuts))
    assert joined(found)[0] == looked  # handed over in order, each once
    first = [0, *sorted(cuts)]
    last = [cut - 1 for cut in first[1:]] + [39]
    anchors = {f for a, b in zip(first, last, strict=True) for f in range(a, b, stride)}
    assert set(looked) == anchors | {*first, *last}


def test_film_of_one_frame():
    found, looked = scan(lambda i: [square(100)], 1)
    assert looked == [0]
    assert joined(found)[1].frame.tolist() == [0]


def test_no_frame_at_all():
    scanner = FaceScanner(ToldDetector(lambda i: []), film_info(), stride=6)
    assert scanner.finish() == []


def restless(i: int) -> list:
    """Comings, goings and fast movements."""
    faces = [square(40 + 3 * i)]
    if 10 < i < 33:
        faces.append(square(300 + 30 * (i % 7), 200))
    return faces if i % 23 else []


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_scan_that_skips_what_was_found_finds_the_rest(data):
    cuts = frozenset(data.draw(st.sets(st.integers(1, 35), max_size=4), "cuts"))
    stride = data.draw(st.integers(1, 9), "stride")
    whole, _ = scan(restless, 36, stride=stride, cuts=cuts)
    done = data.draw(st.integers(0, len(whole)), "batches found in the earlier run")
    skip = int(whole[done - 1].frames[-1]) if done else -1
    rest, looked = scan(restless, 36, stride=stride, cuts=cuts, skip_until=skip)
    assert_same(rest, whole[done:])
    assert len([frame for frame in looked if frame <= skip]) <= 1  # the anchor it goes on from


def test_boxes_are_in_the_films_pixels_and_crops_upright():
    box = square(123, 77, 90)
    found, _ = scan(lambda i: [box], 1, seen=(160, 90))
    _, faces, crops = joined(found)
    np.testing.assert_allclose(faces.boxes, [box], atol=1e-3)
    np.testing.assert_allclose(faces.landmarks, landmarks_in(np.array([box])), atol=1e-3)
    assert faces.pts.tolist() == [500]
    picture = ToldFrame(0).picture()
    crop = store.decode(crops[0])
    assert crop.shape == (192, 192, 3)
    inside = picture[77:167, 123:213].mean()
    assert crop.mean() == pytest.approx(inside, abs=6)
    size = picture.shape[1], picture.shape[0]
    expected = quality.quality(crop, faces.landmarks[0], size)
    assert faces.quality == pytest.approx([expected], rel=0.05)


def test_pictures_are_seen_with_square_pixels():
    detector = ToldDetector(lambda i: [square(100)])
    asked = []
    detector.size_for = lambda width, height: asked.append((width, height)) or (WIDTH, HEIGHT)
    detector.seen = (WIDTH, HEIGHT)
    scanner = FaceScanner(detector, film_info(aspect=Fraction(3, 2)), stride=6)
    found = scanner.push(ToldFrame(0), starts_shot=True) + scanner.finish()
    assert asked == [(960, 360)]
    np.testing.assert_allclose(joined(found)[1].boxes, [square(100)], atol=1e-3)


def test_blurred_faces_are_left_out_though_they_were_looked_for():
    detector = ToldDetector(lambda i: [square(100)])
    scanner = FaceScanner(detector, film_info(), stride=2)
    found = []
    for frame in frames(7, flat=frozenset({2, 4})):
        found += scanner.push(frame, starts_shot=frame.index == 0)
    looked, faces, crops = joined(found + scanner.finish())
    assert looked == [0, 2, 4, 6]
    assert faces.frame.tolist() == [0, 6]
    assert len(crops) == 2


def test_filters_are_those_handed_in():
    detector = ToldDetector(lambda i: [square(0, side=20), square(100), square(300, side=80)])
    filters = Filters(min_height=30 / HEIGHT, most=1)
    scanner = FaceScanner(detector, film_info(), stride=6, filters=filters)
    found = scanner.push(ToldFrame(0), starts_shot=True) + scanner.finish()
    np.testing.assert_allclose(joined(found)[1].boxes, [square(300, side=80)], atol=1e-3)


def test_only_the_frames_of_two_intervals_are_held():
    class Held(ToldFrame):
        pass  # can be referred to weakly

    scanner = FaceScanner(ToldDetector(lambda i: [square(100)]), film_info(), stride=6)
    alive: list[weakref.ref] = []
    for index in range(40):
        frame = Held(index)
        alive.append(weakref.ref(frame))
        scanner.push(frame, starts_shot=index == 0)
        del frame
        assert sum(ref() is not None for ref in alive) <= 13
