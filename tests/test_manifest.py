"""Castlist's own manifest is whole; the user's is added to it, or refused in one sentence."""

import sys
from pathlib import Path

import pytest

from castlist import manifest, models
from castlist.errors import ModelError
from castlist.manifest import KINDS


@pytest.mark.parametrize("entry", manifest.manifest().values(), ids=lambda entry: entry.name)
def test_entries_are_complete(entry):
    assert entry.role in ("detector", "encoder")
    assert entry.commercial in ("yes", "no", "not stated")
    assert entry.licence
    assert entry.input
    assert entry.note
    assert (entry.dim > 0) == (entry.role == "encoder")
    if entry.source == "own":
        assert (entry.sha256, entry.size) == ("", 0)
    else:
        assert entry.source.startswith(("pip:", "npm:", "https://"))
        assert len(entry.sha256) == 64
        assert entry.size > 0


@pytest.mark.parametrize(
    ("platform", "variables", "wanted"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/castlist/models"),
        ("linux", {"HOME": "/home/a"}, "/home/a/.local/share/castlist/models"),
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/castlist/models"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/castlist/models"),
    ],
)
def test_folder_of_each_system(platform, variables, wanted, monkeypatch):
    for name in ("CASTLIST_MODELS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert manifest.folder() == Path(wanted)


class TestOwn:
    """Of `models.toml` in the folder of models."""

    @pytest.fixture
    def tell(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CASTLIST_MODELS", str(tmp_path))
        return (tmp_path / "models.toml").write_text

    def test_least_that_has_to_be_said(self, tell, tmp_path):
        tell('[mine]\nkind = "iresnet-34"\nlicence = "my own"\n')
        *others, mine = models.available()
        assert [status.name for status in others][:2] == ["centerface", "sface"]
        assert (mine.name, mine.licence, mine.present) == ("mine", "my own", False)
        assert mine.model == manifest.Model(
            name="mine",
            role="encoder",
            kind="iresnet-34",
            source="own",
            sha256="",
            size=0,
            commercial="not stated",
            licence="my own",
            dim=512,
            input="what its kind sees",
            note="",
        )
        with pytest.raises(ModelError, match=r"put your own copy at .*mine\.pth"):
            models.locate("mine")
        (tmp_path / "mine.safetensors").write_bytes(b"12345")
        assert models.locate("mine") == tmp_path / "mine.safetensors"

    def test_all_that_can_be_said(self, tell, tmp_path):
        packaged = Path(manifest.__file__).with_name("models.toml").read_text("utf-8")
        entry = packaged[packaged.index("[arcface-r50]") : packaged.index("[arcface-r100]")]
        entry = entry.replace("[arcface-r50]", '["Ours, 2024"]')
        tell(entry + "same = 0.3\ndifferent = 0\nstrangers = [0, 0.2]\n", "utf-8")
        ours = models.model("Ours, 2024")
        assert ours.note.startswith("IResNet-50 with ArcFace")
        assert (ours.same, ours.different, ours.commercial) == (0.3, 0, "no")
        assert tuple(models.strangers("Ours, 2024")) == (0, 0.2)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("[mine", "can't be read"),
            ("\x00", "can't be read"),
            ('[sface]\nkind = "vit-t"\nlicence = ""', "sface: castlist has a model of that name"),
            ("mine = 1", "mine: needs a kind and a licence"),
            ('[mine]\nkind = "vit-t"', "mine: needs a kind and a licence"),
            ('[mine]\nkind = "resnet"\nlicence = ""', "kind can't be 'resnet', but iresnet-18, "),
            ('[mine]\nkind = "sface"\nlicence = ""', "kind can't be 'sface'"),
            ('[mine]\nkind = []\nlicence = ""', r"kind can't be \[\]"),
            ('[mine]\nkind = "vit-t"\nlicence = 7', "licence can't be 7$"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\nsame = "high"', "same can't be 'high'"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\nstrangers = [1.0]', "strangers can't be"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\nstrangers = [1, ""]', "strangers can't be"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\nrole = "detector"', "role .*, but encoder"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\nsource = "pip:x"', "source .*, but own"),
            ('[mine]\nkind = "vit-t"\nlicence = ""\ncolour = "red"', "a field colour"),
        ],
    )
    def test_what_is_wrong_is_told(self, tell, tmp_path, text, reason):
        tell(text)
        with pytest.raises(ModelError, match=rf"models\.toml: .*{reason}"):
            manifest.manifest()

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind_has_a_reader(self, tell, tmp_path, monkeypatch, kind):
        from torch import nn

        from castlist.encoders import iresnet, load, vit

        read = []

        def reader(file, shape, **more):
            read.append((file, shape, more.pop("adaface", False)))
            assert more == {"name": "mine"}
            return nn.Identity()

        monkeypatch.setattr(iresnet, "load", reader)
        monkeypatch.setattr(vit, "load", reader)
        tell(f'[mine]\nkind = "{kind}"\nlicence = ""\n')
        (tmp_path / "mine.pt").write_bytes(b"weights")
        load("mine")
        network, shape = kind.split("-")
        shape = vit.SHAPES[shape] if network == "vit" else int(shape)
        assert read == [(tmp_path / "mine.pt", shape, network == "adaface")]
        assert network == "vit" or shape in iresnet.BLOCKS
