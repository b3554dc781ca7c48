"""What transformers learn besides: to tell what is under patches that they weren't shown.

VideoClusterNet (2024), section 3.2, in iBOT's form (Zhou et al., 2022): the student sees a crop
with some patches masked, the teacher sees it whole, and a second head distils the teacher's
tokens of those patches into the student's. Convolutional networks have no such branch.
"""

from __future__ import annotations

import torch
from torch import Tensor

from castlist.adapt.head import Head
from castlist.adapt.loss import Distillation

MASKED = 0.3
"""Share of the patches that the student isn't shown, as in iBOT."""


def random_mask(crops: int, patches: int, generator: torch.Generator) -> Tensor:
    """Return (crops, patches), true where a patch is masked: the same number in each crop."""
    order = torch.rand(crops, patches, generator=generator).argsort(dim=1)
    return order < max(1, round(MASKED * patches))


def patch_loss(
    student_head: Head,
    teacher_head: Head,
    distillation: Distillation,
    student: Tensor,
    teacher: Tensor,
    mask: Tensor,
) -> Tensor:
    """Return the mean loss over the masked patches, whose centre then follows the teacher.

    Args:
        student_head: The patch head that learns.
        teacher_head: Its running mean.
        distillation: Its loss; the centre moves from step to step, as in iBOT.
        student: Tokens of the student, which saw the masked crops, (B, P, width).
        teacher: Tokens of the teacher, which saw them whole.
        mask: (B, P), true where a patch was masked.
    """
    with torch.no_grad():
        outputs = teacher_head(teacher[mask])
        target = distillation.target(outputs)
        distillation.follow(outputs.mean(dim=0))
    return distillation(target, student_head(student[mask]))
