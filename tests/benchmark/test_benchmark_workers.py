"""Work spread over processes: results, errors, and a process that is killed."""

import os

import pytest

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
