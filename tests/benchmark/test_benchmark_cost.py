"""What work costs: seconds, memory, and the one thread that it runs on."""

import gc

import numpy as np
import torch

from castlist.benchmark.cost import measured, one_thread


def test_seconds_and_memory_are_measured():
    with measured() as cost:
        kept = np.ones(8_000_000)  # 64 MB
        del kept
    assert cost.seconds > 0
    assert cost.memory is None or 30 < cost.memory < 200
    with measured() as nothing:
        pass
    assert nothing.memory is None or nothing.memory < 30


def test_garbage_of_earlier_work_hides_nothing():
    gc.collect()
    garbage = [np.ones(8_000_000)]
    garbage.append(garbage)  # a cycle, so that it waits for the collector
    del garbage
    with measured() as cost:
        gc.collect()
        kept = np.ones(8_000_000)
        del kept
    assert cost.memory is None or 30 < cost.memory < 200


def test_pages_that_the_heap_keeps_hide_nothing():
    """Freed blocks under one in use stay resident, and a new array would be laid into them."""
    large = np.ones(3_500_000)
    del large  # once freed, glibc takes blocks up to its size from the heap
    blocks = [np.ones(1_000_000) for _ in range(12)]
    pins = [bytes(5_000) for _ in range(100)]
    del blocks
    with measured() as cost:
        kept = np.ones(8_000_000)
        del kept
    assert len(pins) == 100
    assert cost.memory is None or 30 < cost.memory < 200


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
