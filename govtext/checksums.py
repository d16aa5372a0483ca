"""SHA-256 checksums of a model folder: written when it is made, checked when it is loaded."""

from __future__ import annotations

import hashlib
from pathlib import Path

from govtext.errors import ModelError

FILE = "checksums.txt"  # the format of the sha256sum tool


def write_checksums(folder: Path) -> None:
    """Write the checksums of all files in a folder."""
    lines = [f"{_digest(folder / name)}  {name}" for name in _names(folder)]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def verify_checksums(folder: Path) -> None:
    """Raise ModelError if a file of the folder is missing, added or changed since the checksums were written."""
    try:
        lines = (folder / FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise ModelError(f"{folder}: no {FILE} in the model folder; it is incomplete, install it again") from None
    wanted = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    found = _names(folder)
    for name in sorted({*wanted, *found}):
        if name not in found or name not in wanted or _digest(folder / name) != wanted[name]:
            state = "missing" if name not in found else "not part of the model" if name not in wanted else "changed"
            raise ModelError(f"{folder / name} is {state}; the model is not as it was made, install it again")


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != FILE)


def _digest(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()
