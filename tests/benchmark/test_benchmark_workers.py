"""Work spread over processes, and what it costs."""

import os

import numpy as np
import pytest
import torch

from castlist.benchmark.cost import measured, one_thread
from castlist.benchmark.workers import spread
from castlist.errors import CastlistError, MissingExtraError


def double(number):
    return 2 * number


def refuse(number):
    raise MissingExtraError("figures", f"number {number}")


def die(number):
    os._exit(1)


def test_one_process_does_all_in_order():
    assert list(spread(lambda number: 2 * number, [1, 2, 3], 1)) == [2, 4, 6]
    assert list(spread(double, [], 4)) == []


def test_two_processes_do_all():
    assert sorted(spread(double, [1, 2, 3], 2)) == [2, 4, 6]


def test_an_error_of_a_process_is_told():
    with pytest.raises(CastlistError, match=r"number 1 needs .*castlist\[figures\]"):
        list(spread(refuse, [1, 1], 2))


def test_a_killed_process_is_told():
    with pytest.raises(CastlistError, match="a worker process was killed"):
        list(spread(die, [1, 2], 2))


def test_seconds_and_memory_are_measured():
    with measured() as cost:
        kept = np.ones(8_000_000)  # 64 MB
        del kept
    assert cost.seconds > 0
    assert cost.memory is None or 30 < cost.memory < 200
    with measured() as nothing:
        pass
    assert nothing.memory is None or nothing.memory < 30


def test_memory_is_not_known_everywhere(monkeypatch, tmp_path):
    monkeypatch.setattr("castlist.benchmark.cost._PROCESS", tmp_path)
    with measured() as cost:
        pass
    assert cost.memory is None


def test_threads_are_given_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
