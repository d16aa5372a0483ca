"""Packs a model folder into a wheel that pip installs and spaCy finds; written directly, so that nothing is built or downloaded."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import srsly

from govtext.checksums import verify_checksums
from govtext.errors import DataError
from govtext.output import check_target, whole_file
from govtext.pipeline import model_folder
from govtext.resources import model_folders

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)*")
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file in the archive: the same model gives the same wheel
INIT = '''"""A govtext model."""

from pathlib import Path

from spacy.util import get_model_meta, load_model_from_init_py

__version__ = get_model_meta(Path(__file__).parent)["version"]


def load(**overrides):
    """The pipeline."""
    return load_model_from_init_py(__file__, **overrides)
'''


def package_model(model: str | Path, out: str | Path, *, name: str | None = None, overwrite: bool = False) -> Path:
    """Write the wheel of a model (a name or folder) into the folder ``out`` and return its path.

    Once it is installed (``pip install zh_mine-0.1.0-py3-none-any.whl``), ``govtext.load("zh_mine")`` and ``spacy.load("zh_mine")`` find the
    model. ``name`` is what the package is called, with or without ``zh_``; without it as the model was when it was trained. Raises
    ModelError if the model is damaged, DataError if its name or version cannot be those of a package, OutputError if the wheel is
    there already or cannot be written.
    """
    folder = model_folder(model)
    verify_checksums(folder)
    meta = srsly.read_json(folder / "meta.json")
    if name:
        meta["name"] = name.removeprefix(f"{meta['lang']}_")
    name, version = f"{meta['lang']}_{meta['name']}", meta["version"]
    if not NAME.fullmatch(name):
        raise DataError(f"{name!r} cannot be the name of a package: give one of letters, digits and _ with --name")
    if model_folders().get(name, folder) != folder:
        raise DataError(f"{name!r} is a model that ships with govtext and would be loaded instead: give another --name")
    if not VERSION.fullmatch(version):
        raise DataError(f"{version!r} cannot be the version of a package; 0.1.0 can: set training.version")
    path = Path(out) / f"{name}-{version}-py3-none-any.whl"
    check_target(path, overwrite=overwrite)
    with whole_file(path, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for member, data in _members(folder, name, version, meta):
            archive.writestr(zipfile.ZipInfo(member, EPOCH), data, zipfile.ZIP_DEFLATED)
            record.append(f"{member},sha256={_digest(data)},{len(data)}")
        table = f"{name}-{version}.dist-info/RECORD"
        archive.writestr(zipfile.ZipInfo(table, EPOCH), "\n".join([*record, f"{table},,", ""]))
    return path


def _members(folder: Path, name: str, version: str, meta: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of the wheel; the model's folder in it is as it was made."""
    yield f"{name}/__init__.py", INIT.encode()
    yield f"{name}/meta.json", srsly.json_dumps(meta, indent=2).encode()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield f"{name}/{name}-{version}/{file.relative_to(folder).as_posix()}", file.read_bytes()
    info = f"{name}-{version}.dist-info"
    yield f"{info}/METADATA", _metadata(folder, name, version, meta).encode()
    yield f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: govtext\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    yield f"{info}/entry_points.txt", f"[spacy_models]\n{name} = {name}\n".encode()


def _metadata(folder: Path, name: str, version: str, meta: dict[str, Any]) -> str:
    lines = [
        "Metadata-Version: 2.1", f"Name: {name.replace('_', '-')}", f"Version: {version}", f"Summary: {meta.get('description', '')}",
        f"License: {meta.get('license', '')}", "Requires-Python: >=3.11",
        *(f"Requires-Dist: {requirement}" for requirement in meta.get("requirements", ())),
        "Description-Content-Type: text/markdown",
    ]  # fmt: skip
    return "\n".join([*lines, "", (folder / "README.md").read_text(encoding="utf-8")])


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
