"""Files that come, don't come, or come damaged."""

import hashlib
import io
import stat
import sys
import tarfile
from dataclasses import replace

import pytest

from castlist import models
from castlist.errors import ModelError

CONTENT = b"weights" * 1000
HTTPS = replace(
    models.model("lvface-t"),
    name="big",
    source="https://example.org/big.onnx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
)
NPM = replace(HTTPS, name="packed", source="npm:some-package@1.2.3:package/model/w.onnx")
OWN = replace(HTTPS, name="mine", source="own", sha256="", size=0)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CASTLIST_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def known(monkeypatch):
    entries = {m.name: m for m in (HTTPS, NPM, OWN)}
    monkeypatch.setattr(models, "manifest", lambda: entries)


@pytest.mark.parametrize("name", ["centerface", models.DEFAULT_ENCODER])
def test_what_a_run_needs_comes_with_the_installation_and_is_free(name):
    assert models.locate(name).stat().st_size == models.model(name).size
    assert models.model(name).commercial == "yes"
    assert models.fetch(name) == models.locate(name)


def test_available_lists_all_with_their_state(known, folder):
    folder.mkdir()
    (folder / "mine.pt").write_bytes(b"12345")
    states = {s.name: s for s in models.available()}
    assert [(s.present, s.size) for s in states.values()] == [
        (False, len(CONTENT)),
        (False, len(CONTENT)),
        (True, 5),
    ]
    assert states["mine"].path == folder / "mine.pt"
    assert states["big"].licence == HTTPS.licence


def test_unknown_names_list_the_known():
    with pytest.raises(ModelError, match=r"'nobody'.*centerface, sface"):
        models.locate("nobody")


def test_absent_files_say_how_to_get_them(known, folder):
    with pytest.raises(ModelError, match="castlist models fetch big"):
        models.locate("big")
    with pytest.raises(ModelError, match=r"put your own copy at .*mine"):
        models.locate("mine")
    with pytest.raises(ModelError, match=r"put your own copy at .*mine"):
        models.fetch("mine")


def test_an_absent_package_is_named(monkeypatch):
    gone = replace(HTTPS, source="pip:no-such-distribution:a/b.dat")
    monkeypatch.setattr(models, "manifest", lambda: {"big": gone})
    with pytest.raises(ModelError, match=r"pip install .*no-such-distribution"):
        models.locate("big")


def test_another_file_is_refused(known, folder):
    folder.mkdir()
    (folder / "big.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match=r"big\.onnx.*sha256"):
        models.locate("big")


def test_digest_is_the_manifests_or_that_of_the_own_file(known, folder):
    assert models.digest("big") == HTTPS.sha256
    folder.mkdir()
    (folder / "mine.pth").write_bytes(CONTENT)
    assert models.digest("mine") == HTTPS.sha256


class _Answer(io.BytesIO):
    """An HTTP answer that may break off."""

    def __init__(self, data, breaks=False):
        super().__init__(data)
        self.breaks = breaks

    def read(self, size=-1):
        data = super().read(min(size, 3000))
        if not data and self.breaks:
            raise ConnectionResetError("connection reset")
        return data


def _serve(monkeypatch, answer):
    asked = []

    def urlopen(address, timeout):
        asked.append(address)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(models.urllib.request, "urlopen", urlopen)
    return asked


def test_fetching_brings_the_file_once(known, folder, monkeypatch):
    asked, told = _serve(monkeypatch, _Answer(CONTENT)), []
    path = models.fetch("big", lambda *progress: told.append(progress))
    assert path == folder / "big.onnx" == models.locate("big")
    assert path.read_bytes() == CONTENT
    assert told == [("fetch", 3000, 7000), ("fetch", 6000, 7000), ("fetch", 7000, 7000)]
    assert models.fetch("big") == path
    assert asked == [HTTPS.source]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (_Answer(CONTENT[:-1]), "another file"),  # cut, or changed on its server
        (_Answer(CONTENT[:4000], breaks=True), "connection reset"),
        (OSError("no network"), "no network"),
    ],
)
def test_a_failed_download_leaves_nothing(answer, message, known, folder, monkeypatch):
    _serve(monkeypatch, answer)
    with pytest.raises(ModelError, match=message):
        models.fetch("big")
    assert list(folder.iterdir()) == []


def test_a_folder_that_cant_be_made_is_named(known, folder):
    folder.write_text("a file in its place")
    with pytest.raises(ModelError, match="can't be fetched into"):
        models.fetch("big")


def _npm(tmp_path, monkeypatch, script):
    """Put a stand-in for npm on the path, written in Python."""
    tool = tmp_path / "bin" / "npm"
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\n{script}")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tool.parent))


def _archive(path, name="package/model/w.onnx"):
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(CONTENT)
        archive.addfile(member, io.BytesIO(CONTENT))


posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for npm is a script")


@posix
def test_fetching_from_npm(known, folder, tmp_path, monkeypatch):
    _archive(tmp_path / "made.tgz")
    script = f"""import shutil, sys
assert sys.argv[1:3] == ["pack", "some-package@1.2.3"], sys.argv
shutil.copy({str(tmp_path / "made.tgz")!r}, "some-package-1.2.3.tgz")
"""
    _npm(tmp_path, monkeypatch, script)
    assert models.fetch("packed") == folder / "packed.onnx"
    assert models.locate("packed").read_bytes() == CONTENT


@posix
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise SystemExit('404 Not Found')", "404 Not Found"),
        ("", "exit status 0"),  # says nothing and brings nothing
        ("open('a.tgz', 'w').write('no archive')", "doesn't hold package/model/w.onnx"),
    ],
)
def test_npms_failures_are_explained(script, message, known, folder, tmp_path, monkeypatch):
    _npm(tmp_path, monkeypatch, script)
    with pytest.raises(ModelError, match=message):
        models.fetch("packed")
    assert list(folder.iterdir()) == []


def test_without_npm_the_way_around_is_named(known, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"install Node\.js, or put .*w\.onnx at .*packed\.onnx"):
        models.fetch("packed")


class TestStrangers:
    def test_measured_ones_are_those_of_the_manifest(self, caplog):
        assert tuple(models.strangers("sface")) == (0.15, 0.12)
        assert caplog.text == ""

    def test_a_guess_is_warned_of_once(self, caplog):
        models.strangers.cache_clear()
        assert models.model("arcface-r50").strangers is None
        for _ in range(2):
            assert models.strangers("arcface-r50") == models.UNMEASURED
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        assert "arcface-r50" in record.message
        assert "guess" in record.message

    def test_unknown_one(self):
        with pytest.raises(ModelError, match="nobody"):
            models.strangers("nobody")
