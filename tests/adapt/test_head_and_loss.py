"""The head, the loss and the patch branch, against plain formulas."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax

from castlist.adapt.head import Head
from castlist.adapt.loss import Distillation, entropy
from castlist.adapt.patches import MASKED, patch_loss, random_mask
from castlist.cluster.distance import Temperatures


@pytest.mark.parametrize("hidden", [0, 16])
def test_outputs_are_cosines_with_the_prototypes(hidden):
    torch.manual_seed(0)
    head = Head(8, outputs=5, hidden=hidden, bottleneck=4)
    x = torch.randn(3, 8)
    outputs = head(x)
    bottleneck, prototypes = head.bottleneck(x).detach(), head.prototypes.detach()
    cosine = bottleneck @ (prototypes / prototypes.norm(dim=1, keepdim=True)).T
    torch.testing.assert_close(outputs.detach(), cosine)
    torch.testing.assert_close(bottleneck.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(head(10 * x), outputs)  # length doesn't matter


def test_without_perceptron_the_bottleneck_is_the_embedding():
    x = torch.randn(3, 8)
    torch.testing.assert_close(Head(8).bottleneck(x), x / x.norm(dim=1, keepdim=True))


def test_loss_is_the_papers_equation_and_the_distances():
    rng = np.random.default_rng(0)
    t, s, c = rng.normal(size=(4, 7)), rng.normal(size=(4, 7)), rng.normal(size=7)
    loss = Distillation(0.04, 0.1, 0.9, torch.from_numpy(c))
    found = loss(loss.target(torch.from_numpy(t)), torch.from_numpy(s))
    p, log_q = softmax((t - c) / 0.04, axis=1), log_softmax(s / 0.1, axis=1)
    assert float(found) == pytest.approx(-(p * log_q).sum(axis=1).mean())
    same = Temperatures(centre=c, teacher=0.04, student=0.1)
    np.testing.assert_allclose(same.p(t), p)
    np.testing.assert_allclose(same.log_q(s), log_q)


def test_centre_follows_the_teachers_mean():
    loss = Distillation(0.04, 0.1, 0.9, torch.zeros(2))
    loss.follow(torch.tensor([2.0, 2.0]))
    torch.testing.assert_close(loss.centre, torch.tensor([0.2, 0.2]))
    still = Distillation(0.04, 0.1, 1.0, torch.zeros(2))
    still.follow(torch.ones(2))
    assert still.centre.tolist() == [0, 0]


def test_with_equal_temperatures_the_loss_is_least_at_the_target():
    torch.manual_seed(0)
    head, loss = Head(8, outputs=512), Distillation(0.1, 0.1, 1.0, torch.zeros(512))
    wanted = torch.randn(1, 8)
    found = torch.randn(1, 8, requires_grad=True)
    optimiser = torch.optim.Adam([found], lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        loss(loss.target(head(wanted)).detach(), head(found)).backward()
        optimiser.step()
    assert float(torch.cosine_similarity(found.detach(), wanted)) > 0.999


def test_entropy_of_points_and_of_nothing_known():
    assert float(entropy(torch.eye(4))) == 0
    assert float(entropy(torch.full((3, 8), 1 / 8))) == pytest.approx(np.log(8))


def test_mask_hides_the_same_number_of_patches_in_each_crop():
    mask = random_mask(5, 49, torch.Generator().manual_seed(0))
    assert mask.sum(dim=1).tolist() == [round(MASKED * 49)] * 5
    assert len({tuple(row.tolist()) for row in mask}) == 5


def test_centre_of_the_patches_follows_the_teachers_masked_tokens():
    torch.manual_seed(0)
    head, loss = Head(6, outputs=9), Distillation(0.04, 0.1, 0.9, torch.zeros(9))
    student, teacher, mask = torch.randn(2, 4, 6), torch.randn(2, 4, 6), torch.rand(2, 4) < 0.5
    patch_loss(head, head, loss, student, teacher, mask)
    torch.testing.assert_close(loss.centre, 0.1 * head(teacher[mask]).detach().mean(dim=0))


def test_patch_loss_counts_masked_patches_only_and_leaves_the_teacher_alone():
    torch.manual_seed(0)
    head, loss = Head(6, outputs=9), Distillation(0.1, 0.1, 1.0, torch.zeros(9))
    student = torch.randn(2, 4, 6, requires_grad=True)
    teacher = torch.randn(2, 4, 6, requires_grad=True)
    mask = torch.tensor([[True, False, False, True], [False, True, False, False]])
    found = patch_loss(head, head, loss, student, teacher, mask)
    by_hand = torch.stack(
        [
            loss(loss.target(head(teacher[i, j][None])), head(student[i, j][None]))
            for i, j in mask.nonzero().tolist()
        ]
    ).mean()
    torch.testing.assert_close(found, by_hand)
    found.backward()
    assert teacher.grad is None
    touched = student.grad.abs().sum(dim=2) > 0
    assert torch.equal(touched, mask)
