"""Work spread over processes: results, errors, and a process that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from castlist.benchmark.workers import spread
from castlist.errors import CastlistError, MissingExtraError


def double(number):
    return 2 * number


def refuse(number):
    raise MissingExtraError("figures", f"number {number}")


def die(number):
    os._exit(1)


def note(folder):
    """Leave the process's number, and be at work for long."""
    (folder / str(os.getpid())).touch()
    time.sleep(100)


def test_workers_end_with_the_process_that_started_them(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\n"
        "from castlist.benchmark.workers import spread\n"
        "from test_benchmark_workers import note\n"
        "if __name__ == '__main__':\n"
        f"    list(spread(note, [Path({str(tmp_path)!r})] * 2, 2))\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, script]) as parent:
        workers = []
        while len(workers) < 2:
            assert parent.poll() is None
            time.sleep(0.05)
            workers = [int(path.name) for path in tmp_path.iterdir() if path.suffix != ".py"]
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(map(alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process):
    """Tell whether a process runs; a dead one that nobody has asked about doesn't."""
    try:
        os.kill(process, 0)
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


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
