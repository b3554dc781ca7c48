"""CenterFace: boxes and five landmarks in one picture. It knows nothing of films or of time.

The network (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point",
2019; MIT licence) is fully convolutional: a heatmap of face centres at a quarter of the picture's
size and, for each cell, the face's size, the centre's offset and the landmarks.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from castlist.faces.boxes import iou
from castlist.faces.types import Faces, Floats
from castlist.film.types import Image
from castlist.models import locate

STRIDE = 4  # pixels per cell of the heatmap
MULTIPLE = 32  # the network halves the picture five times
NMS_IOU = 0.3


class CenterFace:
    """Finds faces in pictures scaled so that their long side is `side` pixels.

    Args:
        side: Long side of what the network sees. More finds smaller faces and costs its square.
        threshold: Lowest confidence of a face.
        threads: CPU threads; None takes as many as there are cores.
        path: The network's file; found among the installed packages by default.
    """

    def __init__(
        self,
        *,
        side: int = 640,
        threshold: float = 0.35,
        threads: int | None = None,
        path: Path | None = None,
    ) -> None:
        self.side = side
        self.threshold = threshold
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        # Threads that spin while they wait take the cores that decoding wants.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # it warns of each unused tensor in the file
        self._session = onnxruntime.InferenceSession(
            _any_size(path or locate("centerface")), options, providers=["CPUExecutionProvider"]
        )

    def size_for(self, width: float, height: float) -> tuple[int, int]:
        """Return the (width, height) at which a picture of this size is best handed over."""
        scale = self.side / max(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def __call__(self, picture: Image) -> Faces:
        """Return the faces of a picture of the size that `size_for` names, in its pixels."""
        height, width = picture.shape[:2]
        bottom, right = -height % MULTIPLE, -width % MULTIPLE
        padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT)
        batch = padded.transpose(2, 0, 1)[None].astype(np.float32)  # (1, 3, H, W), RGB, 0 to 255
        heatmap, size, offset, landmarks = self._session.run(None, {"input.1": batch})
        faces = _decode(heatmap[0, 0], size[0], offset[0], landmarks[0], self.threshold)
        limit = np.array([width, height, width, height], np.float32)
        return Faces(np.clip(faces.boxes, 0, limit), faces.scores, faces.landmarks)


def _decode(
    heatmap: Floats, size: Floats, offset: Floats, landmarks: Floats, threshold: float
) -> Faces:
    """Turn the four maps, (h, w), (2, h, w), (2, h, w), (10, h, w), into faces.

    The maps hold y before x. A landmark is a fraction of the box, from its upper left corner.
    """
    y, x = np.nonzero(heatmap > threshold)
    extent = np.exp(size[:, y, x]) * STRIDE  # (2, N): height, width
    centre = (np.stack([y, x]) + offset[:, y, x] + 0.5) * STRIDE
    corner = centre - extent / 2
    boxes = np.stack([corner[1], corner[0], *(corner + extent)[::-1]], axis=1).astype(np.float32)
    points = landmarks[:, y, x].reshape(5, 2, -1) * extent + corner  # (5, 2, N)
    scores = heatmap[y, x].astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    faces = Faces(boxes, scores, points[:, ::-1].transpose(2, 0, 1).astype(np.float32))[order]
    return faces[_suppress(faces.boxes)]


def _suppress(boxes: Floats) -> NDArray[np.intp]:
    """Return the rows that overlap no better row; boxes (N, 4) in falling order of score."""
    kept: list[int] = []
    overlaps = iou(boxes, boxes)
    for row in range(len(boxes)):
        if not kept or overlaps[row, kept].max() < NMS_IOU:
            kept.append(row)
    return np.array(kept, np.intp)


def _any_size(path: Path) -> bytes:
    """Return the network with a free picture size: its file declares a fixed one.

    The file also lists its weights as inputs, which keeps onnxruntime from folding the batch
    normalisations into the convolutions; they are taken off that list.
    """
    model = onnx.load(path)
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in [v for v in model.graph.input if v.name in weights]:
        model.graph.input.remove(value)
    for value in [*model.graph.input, *model.graph.output]:
        for axis, name in ((0, "batch"), (2, "rows"), (3, "columns")):
            suffix = "" if value in model.graph.input else "_out"
            value.type.tensor_type.shape.dim[axis].dim_param = name + suffix
    return bytes(model.SerializeToString())
