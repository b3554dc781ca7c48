"""Still faces, and how one is filmed."""

import logging

import cv2
import numpy as np
import pytest

from castlist.benchmark.stills import SIDES, Cover, Look, Pose, film, read_stills
from castlist.errors import CastlistError

PLAIN = Look(gain=np.ones(3), gamma=1, side=np.zeros(2), blur=0, noise=0, jpeg=95)
RNG = np.random.default_rng(0)
FRONTAL = Pose(yaw=0, pitch=0, roll=0, zoom=1, shift=np.zeros(2))


@pytest.fixture
def still(tmp_path, photograph):
    folder = tmp_path / "stills" / "eileen"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "one.png"), photograph[0][..., ::-1])
    return read_stills(tmp_path / "stills")["eileen"][0]


def filmed(still, side=160, pose=FRONTAL, look=PLAIN, cover=None):
    jpeg = film(still, side, pose, look, cover, np.random.default_rng(0))
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB).astype(float)


def test_photographs_without_a_face_are_passed_over(tmp_path, photograph, caplog):
    for person, picture in (("b", photograph[0]), ("a", photograph[0] * 0 + 90)):
        (tmp_path / person).mkdir()
        cv2.imwrite(str(tmp_path / person / "x.png"), picture[..., ::-1])
    with caplog.at_level(logging.WARNING):
        found = read_stills(tmp_path)
    assert list(found) == ["b"]
    assert found["b"][0].file == "b/x.png"
    assert [len(wide) for wide in found["b"][0].sizes] == list(SIDES)
    assert "passed over: no face" in caplog.text


@pytest.mark.parametrize("case", ["missing", "empty", "damaged"])
def test_a_folder_without_faces_is_told_of(tmp_path, case):
    folder = tmp_path / "stills"
    if case != "missing":
        (folder / "a").mkdir(parents=True)
    if case == "damaged":
        (folder / "a" / "x.jpg").write_bytes(b"no picture")
    with pytest.raises(CastlistError, match=r"x\.jpg" if case == "damaged" else "stills"):
        read_stills(folder)


def test_the_plain_look_is_the_still_itself(still):
    assert abs(filmed(still) - still.sizes[1]).mean() < 4


def test_a_pose_moves_the_middle_as_it_says():
    pose = Pose(yaw=0, pitch=0, roll=90, zoom=2, shift=np.array([0.25, 0]))
    x, y, w = pose.homography(100, 200) @ [75, 50, 1]
    np.testing.assert_allclose((x / w, y / w), (150, 200))  # a quarter right becomes a half down


def test_a_turned_face_is_narrower_and_nearer_on_one_side():
    turned = Pose(yaw=40, pitch=0, roll=0, zoom=1, shift=np.zeros(2)).homography(100, 100)
    corners = np.array([[0, 0, 1], [100, 0, 1], [100, 100, 1], [0, 100, 1]]) @ turned.T
    (x1, y1), (x2, y2), (_, y3), (_, y4) = corners[:, :2] / corners[:, 2:]
    assert x2 - x1 < 90
    assert abs((y4 - y1) - (y3 - y2)) > 10


def test_light_blur_cover_and_compression_do_what_they_are_called(still):
    plain = filmed(still)
    dark = filmed(still, look=Look(np.full(3, 0.5), 1, np.zeros(2), 0, 0, 95))
    assert abs(dark.mean() - plain.mean() / 2) < 2
    one_sided = filmed(still, look=Look(np.ones(3), 1, np.array([-0.8, 0]), 0, 0, 95))
    assert (one_sided - plain)[:, :40].mean() > 5 > -5 > (one_sided - plain)[:, -40:].mean()
    soft = filmed(still, look=Look(np.ones(3), 1, np.zeros(2), 4, 0, 95))
    assert abs(np.diff(soft, axis=0)).mean() < 0.6 * abs(np.diff(plain, axis=0)).mean()
    grainy = filmed(still, look=Look(np.ones(3), 1, np.zeros(2), 0, 20, 95))
    assert abs(np.diff(grainy, axis=0)).mean() > 1.5 * abs(np.diff(plain, axis=0)).mean()
    red = filmed(still, cover=Cover(angle=0, depth=0.2, colour=np.array([255.0, 0, 0])))
    np.testing.assert_allclose(red[80, -10], [255, 0, 0], atol=12)
    np.testing.assert_allclose(red[80, 40], plain[80, 40], atol=25)  # the other side is as it was
    coarse = film(still, 160, FRONTAL, Look(np.ones(3), 1, np.zeros(2), 0, 0, 20), None, RNG)
    assert len(coarse) < 6000
