"""``govtext package``: a wheel that pip installs, and a model that is found by its name."""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import zipfile

import pytest

from govtext.errors import DataError, ModelError, OutputError
from govtext.training.model import save_model
from govtext.training.package import package_model


@pytest.fixture(scope="module")
def model(nlp, tmp_path_factory):
    return save_model(
        nlp, tmp_path_factory.mktemp("made") / "zh_mine", name="zh_mine", version="0.2.0", card="# mine\n", metrics={}
    )


def test_the_record_of_the_wheel_is_right_and_the_same_each_time(model, tmp_path):
    wheel = package_model(model, tmp_path / "dist")
    assert wheel.name == "zh_mine-0.2.0-py3-none-any.whl"
    assert package_model(model, tmp_path / "again").read_bytes() == wheel.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("zh_mine-0.2.0.dist-info/RECORD").decode())))
        assert {row[0] for row in rows} == set(archive.namelist())
        for name, digest, size in rows[:-1]:
            data = archive.read(name)
            assert digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            assert int(size) == len(data)
        metadata = archive.read("zh_mine-0.2.0.dist-info/METADATA").decode()
    assert (
        "Name: zh-mine\nVersion: 0.2.0\n" in metadata
        and "Requires-Dist: govtext>=" in metadata
        and "# mine" in metadata
    )
    with pytest.raises(OutputError, match="exists already"):
        package_model(model, tmp_path / "dist")
    package_model(model, tmp_path / "dist", overwrite=True)


@pytest.mark.parametrize("name", [None, "zh_river", "river2"])
def test_pip_installs_it_and_it_is_found_by_name(model, tmp_path, name):
    wheel, place = package_model(model, tmp_path, name=name), tmp_path / "site"
    called = wheel.name.partition("-")[0]
    assert called == {None: "zh_mine", "zh_river": "zh_river", "river2": "zh_river2"}[name]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", place, wheel]
    subprocess.run(pip, check=True)
    probe = f"import govtext as gt, spacy; print(*[load({called!r}).meta['version'] for load in (gt.load, spacy.load)])"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(place), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", probe],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout.split() == ["0.2.0", "0.2.0"]


def test_what_cannot_be_packed_is_named(nlp, model, tmp_path):
    with pytest.raises(ModelError, match="no model"):
        package_model("zh_nothing", tmp_path)
    save = {"card": "x", "metrics": {}}
    with pytest.raises(DataError, match=r"name of a package: give one .* with --name"):
        package_model(save_model(nlp, tmp_path / "我的模型", name="我的模型", version="1", **save), tmp_path)
    assert package_model(tmp_path / "我的模型", tmp_path, name="mine").name == "zh_mine-1-py3-none-any.whl"
    with pytest.raises(DataError, match="ships with govtext"):
        package_model(model, tmp_path, name="zh_govtext_sm")
    with pytest.raises(DataError, match=r"training\.version"):
        package_model(save_model(nlp, tmp_path / "zh_b", name="zh_b", version="best one", **save), tmp_path)
    (tmp_path / "zh_b" / "README.md").write_text("changed", encoding="utf-8")
    with pytest.raises(ModelError, match="changed"):
        package_model(tmp_path / "zh_b", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        package_model(model, tmp_path / "file")
