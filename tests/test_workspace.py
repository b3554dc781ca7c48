"""The workspace: one run at a time, finished stages passed over, damage told in one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import filelock
import pytest

from castlist.atomic import atomic_path
from castlist.errors import WorkspaceError
from castlist.workspace import Course, Stage, Workspace

STAGES = ("a", "b", "c")
FILES = {"a": ("one", "two"), "b": ("folder",), "c": ()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "film.castlist"


def run(
    folder: Path,
    settings: dict[str, object] | None = None,
    *,
    film: str = "film",
    force: str | None = None,
    until: str = "c",
    break_at: str | None = None,
    raised: str | None = None,
) -> list[str]:
    """Go through all stages of a run; return those that were due."""
    stages = {name: Stage(1 + (name == raised), FILES[name]) for name in STAGES}
    course = Course(Workspace(folder), stages, film, force=force, until=until)
    ran = []
    for stage in STAGES:
        if course.due(stage, {"value": (settings or {}).get(stage)}):
            ran.append(stage)
            if stage == break_at:
                break
            for file in FILES[stage]:
                (folder / file).mkdir(exist_ok=True)
            course.done()
    return ran


class TestCourse:
    def test_first_run_runs_all_and_the_second_nothing(self, folder):
        assert run(folder) == ["a", "b", "c"]
        before = (folder / "manifest.json").stat().st_mtime_ns
        assert run(folder) == []
        assert (folder / "manifest.json").stat().st_mtime_ns == before

    def test_new_settings_run_their_stage_and_all_after_it(self, folder):
        run(folder)
        assert run(folder, {"b": 1}) == ["b", "c"]
        assert run(folder, {"b": 1}) == []
        assert run(folder) == ["b", "c"]  # back to the old ones: only the last result is kept

    def test_another_film_runs_all(self, folder):
        run(folder)
        assert run(folder, film="another") == ["a", "b", "c"]

    @pytest.mark.parametrize(("force", "ran"), [("a", "abc"), ("b", "bc"), ("c", "c")])
    def test_force_runs_a_stage_and_all_after_it(self, folder, force, ran):
        run(folder)
        assert run(folder, force=force) == list(ran)
        assert run(folder) == []

    def test_until_ends_before_the_later_stages_and_keeps_them(self, folder):
        assert run(folder, until="a") == ["a"]
        assert run(folder, until="b") == ["b"]
        assert run(folder) == ["c"]
        assert run(folder, until="a") == []
        assert run(folder) == []

    def test_until_a_changed_stage_forgets_the_later_ones(self, folder):
        run(folder)
        assert run(folder, {"b": 1}, until="b") == ["b"]
        assert list(Workspace(folder).seconds()) == ["a", "b"]
        assert run(folder, {"b": 1}) == ["c"]

    @pytest.mark.parametrize("stage", STAGES)
    def test_broken_off_stage_runs_again(self, folder, stage):
        run(folder)
        again = list(STAGES[STAGES.index(stage) :])
        assert run(folder, {stage: 1}, break_at=stage) == [stage]
        assert run(folder, {stage: 1}) == again

    def test_broken_off_stage_is_not_taken_for_its_old_result(self, folder):
        run(folder)
        run(folder, {"b": 1}, break_at="b")
        assert run(folder) == ["b", "c"]

    @pytest.mark.parametrize("stage", STAGES)
    def test_raised_version_runs_its_stage_and_all_after_it(self, folder, stage):
        run(folder)
        assert run(folder, raised=stage) == list(STAGES[STAGES.index(stage) :])
        assert run(folder, raised=stage) == []

    @pytest.mark.parametrize(("file", "ran"), [("one", "abc"), ("two", "abc"), ("folder", "bc")])
    def test_stage_is_due_if_a_file_of_it_is_gone(self, folder, file, ran):
        run(folder)
        (folder / file).rmdir()
        assert run(folder) == list(ran)
        assert run(folder) == []

    def test_force_drops_the_parts_of_its_stage_and_of_all_later_ones(self, folder):
        run(folder)
        parts = [Workspace(folder).parts_for(stage, "key") for stage in STAGES]
        run(folder, force="b", break_at="b")
        assert not any(part.exists() for part in parts[1:])

    def test_parts_go_when_their_stage_is_finished(self, folder):
        run(folder, break_at="b")
        own = Workspace(folder).parts_for("b", "key")
        assert run(folder) == ["b", "c"]
        assert not own.exists()
        own.mkdir(parents=True)  # as one leaves them that was killed just after it
        assert run(folder) == []
        assert not own.exists()

    def test_key_tells_settings_stages_versions_and_films_apart(self, folder):
        keys = set()
        for film in ("one", "two"):
            for value in ({}, {"x": 1}, {"x": "1"}):
                for version in (1, 2):
                    stages = dict.fromkeys(STAGES, Stage(version))
                    course = Course(Workspace(folder), stages, film, force=None, until="c")
                    for stage in STAGES:
                        course.due(stage, value)
                        keys.add(course.key)
        assert len(keys) == 2 * 3 * 2 * 3

    def test_seconds_of_killed_runs_count_up_to_their_last_part(self, folder):
        for _ in range(3):  # two are killed
            course = Course(Workspace(folder), {"a": Stage(1)}, "film", force=None, until="a")
            assert course.due("a", {})
            own = Workspace(folder).parts_for("a", course.key)
            begun = own.joinpath("spent").stat().st_mtime
            (own / "part").write_text("whole")
            os.utime(own / "part", (begun + 40, begun + 40))
        course.done()
        assert 80 <= Workspace(folder).seconds()["a"] < 90

    def test_seconds_and_settings_are_noted(self, folder):
        run(folder, {"a": "small"}, until="b")
        noted = json.loads((folder / "manifest.json").read_text())["stages"]
        assert noted["a"]["settings"] == {"value": "small"}
        assert set(Workspace(folder).seconds()) == {"a", "b"}
        assert all(seconds >= 0 for seconds in Workspace(folder).seconds().values())


class TestLock:
    def test_two_at_once_in_one_process(self, folder):
        with Workspace(folder).locked():
            with pytest.raises(WorkspaceError, match=r"film.castlist: another castlist.*--out"):
                Workspace(folder).locked().__enter__()
            assert run(folder) == ["a", "b", "c"]  # whoever holds it goes on

    def test_two_processes(self, folder):
        code = (
            "import sys; from pathlib import Path; from castlist.workspace import Workspace\n"
            "with Workspace(Path(sys.argv[1])).locked():\n"
            "    print('locked', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout.readline() == b"locked\n"
            with pytest.raises(WorkspaceError, match="another castlist"):
                Workspace(folder).locked().__enter__()
            other.kill()  # a killed one holds nothing
        with Workspace(folder).locked():
            pass

    def test_free_again_after_an_error(self, folder):
        with pytest.raises(ZeroDivisionError), Workspace(folder).locked():
            raise ZeroDivisionError
        with Workspace(folder).locked():
            pass

    def test_leftovers_of_a_killed_run_go_and_all_else_stays(self, folder):
        workspace = Workspace(folder)
        parts = workspace.parts_for("scan", "key")
        left = []
        for path in (folder / "cast.json", parts / "000000010.parquet"):
            with atomic_path(path) as beside:
                beside.write_text("whole")
                left.append(beside)
        for path in left:
            path.write_text("half")
        own = [folder / "notes.tmp", folder / "sub" / ".mail.tmp", folder / ".mail.tmp"]
        own += [folder / "sub" / ".film.1.tmp", folder / ".folder.1.tmp" / "file"]
        for path in own:
            path.parent.mkdir(exist_ok=True)
            path.write_text("the user's own")
        with workspace.locked():
            assert not any(path.exists() for path in left)
        assert (folder / "cast.json").read_text() == "whole"
        assert (parts / "000000010.parquet").read_text() == "whole"
        assert all(path.exists() for path in own)

    def test_folder_that_nobody_may_write_to(self, folder, monkeypatch):
        def refuse(*_, **__):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
        with pytest.raises(WorkspaceError, match=r"nothing can be written.*denied.*--out"):
            Workspace(folder).locked().__enter__()

    def test_what_fails_inside_is_told_as_it_is(self, folder):
        with pytest.raises(PermissionError, match="elsewhere"), Workspace(folder).locked():
            raise PermissionError(13, "Permission denied", "elsewhere")


class TestFolder:
    def test_is_made_with_its_parents(self, folder):
        Workspace(folder)
        assert folder.is_dir()

    def test_file_in_its_place(self, tmp_path):
        path = tmp_path / "film.castlist"
        path.write_text("a file")
        with pytest.raises(WorkspaceError, match=r"film.castlist: is a file.*--out"):
            Workspace(path)

    def test_file_on_the_way_to_it(self, tmp_path):
        (tmp_path / "film").write_text("a file")
        with pytest.raises(WorkspaceError, match=r"can't be made.*--out"):
            Workspace(tmp_path / "film" / "film.castlist")

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"stages"', "7", "\x00"])
    def test_damaged_manifest(self, folder, text):
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(text)
        with pytest.raises(WorkspaceError, match=r"manifest.json.*--out"):
            Workspace(folder)

    @pytest.mark.parametrize("file", ["crops/mine.jpg", "a.mail.tmp", "cast.json", ".dir.tmp/x"])
    def test_folder_of_something_else_is_not_touched(self, folder, file):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text("mine")
        with pytest.raises(WorkspaceError, match=r"film.castlist: isn't empty.*workspace.*--out"):
            Workspace(folder).refuse_others()
        assert [path for path in folder.rglob("*") if path.is_file()] == [folder / file]

    def test_run_killed_before_its_manifest_was_there_goes_on(self, folder):
        folder.mkdir(parents=True)
        with atomic_path(folder / "manifest.json") as beside:
            beside.write_text("half")
            name = beside.name
        (folder / "manifest.json").unlink()
        for file in (".lock", name, "edits.jsonl", ".edits.jsonl.lock"):
            (folder / file).write_text("")
        Workspace(folder).refuse_others()
        with Workspace(folder).locked():
            assert run(folder) == ["a", "b", "c"]
        assert not (folder / name).exists()
        Workspace(folder).refuse_others()

    def test_belongs_to_one_film_as_long_as_that_is_there(self, folder):
        one, other = folder.parent / "film.mp4", folder.parent / "film.webm"
        folder.mkdir(parents=True)
        one.write_text("one")
        other.write_text("other")
        Workspace(folder).belongs_to(one, "1")
        before = Workspace(folder).manifest.read_bytes()
        with pytest.raises(WorkspaceError, match=r"of .*film.mp4; name.*film.webm with --out"):
            Workspace(folder).belongs_to(other, "2")
        assert Workspace(folder).manifest.read_bytes() == before
        Workspace(folder).belongs_to(other, "1")  # a copy
        Workspace(folder).belongs_to(one, "1")
        Workspace(folder).belongs_to(one, "3")  # edited
        one.unlink()
        Workspace(folder).belongs_to(other, "2")

    def test_film_is_the_same_by_whatever_path(self, folder, monkeypatch):
        folder.mkdir(parents=True)
        (folder.parent / "film.mp4").write_text("film")
        monkeypatch.chdir(folder.parent)
        Workspace(folder).belongs_to(Path("film.mp4"), "1")
        monkeypatch.chdir(folder)
        Workspace(folder).belongs_to(Path("../film.mp4"), "2")

    def test_manifest_of_another_version_begins_anew(self, folder):
        run(folder)
        path = folder / "manifest.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": 0}))
        assert run(folder) == ["a", "b", "c"]

    def test_parts_of_other_scans_go(self, folder):
        workspace = Workspace(folder)
        old = workspace.parts_for("scan", "old")
        (old / "part").write_text("old")
        assert workspace.parts_for("scan", "old") == old
        assert (old / "part").exists()
        new = workspace.parts_for("scan", "new")
        assert new.is_dir()
        assert not old.exists()
        workspace.drop_parts("scan")
        assert not new.exists()
        workspace.drop_parts("scan")  # there are none any more
