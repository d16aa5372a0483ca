"""Finds and reads what the package ships: tables under ``data/`` and models."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from govtext.errors import DataError, ModelError

PACKAGE = Path(__file__).resolve().parent
DATA = PACKAGE / "data"
DEFAULT_MODEL = "zh_govtext_sm"


@cache
def read_table(name: str) -> tuple[dict[str, str], ...]:
    """Rows of the packaged table ``data/<name>.tsv`` as dicts (UTF-8, tab-separated, header row, ``#`` comment lines).

    Raises DataError if there is no such table.
    """
    path = DATA / f"{name}.tsv"
    if not path.is_file():
        have = ", ".join(sorted(p.stem for p in DATA.glob("*.tsv")))
        raise DataError(f"no packaged table {name!r}; there are: {have}")
    with path.open(encoding="utf-8", newline="") as f:
        lines = (line for line in f if not line.startswith("#"))
        return tuple(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def model_folders() -> dict[str, Path]:
    """The shipped models by name: inside the installed package, or beside it in a source checkout."""
    found: dict[str, Path] = {}
    for root in (PACKAGE / "models", PACKAGE.parent / "models"):
        for meta in sorted(root.glob("*/meta.json")):
            found.setdefault(meta.parent.name, meta.parent)
    return found


def model_path(name: str) -> Path:
    """Folder of the shipped model ``name``; raises ModelError naming the ones there are."""
    found = model_folders()
    if name not in found:
        raise ModelError(f"no model {name!r}; installed models: {', '.join(found) or 'none'}")
    return found[name]


def sample_paths() -> list[Path]:
    """The packaged sample reports, written for this library about places that do not exist."""
    return sorted((DATA / "samples").glob("*.*"))


def example_path() -> Path:
    """The packaged example corpus: a folder with ``reports/``, ``train.jsonl``, ``dev.jsonl``, ``test.jsonl`` and a data statement.

    >>> sorted(path.name for path in example_path().glob("*.jsonl"))
    ['dev.jsonl', 'test.jsonl', 'train.jsonl']
    """
    return DATA / "example"


def labelling_rules_path() -> Path:
    """The packaged table of rough labelling rules for weak supervision."""
    return DATA / "labelling_rules.tsv"
