"""Hugging Face ``datasets``: a DatasetDict with declared features, made from memory and kept in a local folder; no network.

Needs the extra ``train``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govtext.corpus.files import dump, numbered, parse_object
from govtext.corpus.sentence import FIELDS, SCHEME, AnnotatedSentence, Row, Scheme, from_row, to_row
from govtext.errors import DataError, MissingExtraError
from govtext.labels import KINDS
from govtext.output import whole_folder

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features


def features(scheme: Scheme = SCHEME) -> Features:
    """The columns and their types; labels are class labels, ``meta`` is JSON.

    >>> features()["status"].names
    ['achieved', 'planned', 'other']
    """
    hf = load_datasets()
    text, number = hf.Value("string"), hf.Value("int64")
    entity = {"start": number, "end": number, "label": hf.ClassLabel(names=list(scheme.labels)), "text": text}
    metric = {
        "start": number, "end": number, "indicator": text, "kind": hf.ClassLabel(names=list(KINDS)),
        "status": hf.ClassLabel(names=["achieved", "planned"]),
    }  # fmt: skip
    return hf.Features(
        {
            "id": text, "doc": text, "start": number, "end": number, "heads": [text], "text": text, "entities": [entity],
            "metrics": [metric], "domains": [hf.ClassLabel(names=list(scheme.domains))],
            "status": hf.ClassLabel(names=list(scheme.statuses)), "furniture": hf.Value("bool"), "meta": text,
        }
    )  # fmt: skip


def to_datasets(splits: Mapping[str, Iterable[AnnotatedSentence]], *, scheme: Scheme = SCHEME) -> DatasetDict:
    """A DatasetDict of splits such as ``{"train": …, "dev": …}``; raises DataError for a label that the scheme does not have."""
    hf = load_datasets()
    return hf.DatasetDict({name: _dataset(map(to_row, found), scheme) for name, found in splits.items()})


def from_datasets(splits: Mapping[str, Dataset], *, scheme: Scheme = SCHEME) -> dict[str, list[AnnotatedSentence]]:
    """The sentences of each split."""
    return {
        name: [from_row(row, where, scheme=scheme) for where, row in _rows(dataset, f"split {name}")]
        for name, dataset in splits.items()
    }


def matches(path: Path, head: Row | None) -> bool:
    """Whether a folder holds a saved DatasetDict or Dataset."""
    return any((path / name).is_file() for name in ("dataset_dict.json", "dataset_info.json"))


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows of all splits with ``file, split s, row n``."""
    hf = load_datasets()
    try:
        found = hf.load_from_disk(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: not a saved dataset ({error})") from None
    splits = found if isinstance(found, hf.DatasetDict) else {"train": found}
    for name, dataset in splits.items():
        yield from numbered(_rows(dataset, f"{path}, split {name}"), path)


def write_rows(rows: Iterable[Row], path: Path, *, split: str = "train", scheme: Scheme = SCHEME) -> None:
    """Write a folder with one split, whole or not at all; ``to_datasets`` makes several."""
    hf = load_datasets()
    with whole_folder(path, own=own_files(path)) as folder, _quiet(hf):
        hf.DatasetDict({split: _dataset(rows, scheme)}).save_to_disk(str(folder))


def own_files(path: Path) -> list[Path]:
    """The files of a folder that are of this format."""
    if not (path / "dataset_dict.json").is_file():
        return []
    splits = [state.parent for state in path.glob("*/state.json")]
    kinds = ("state.json", "dataset_info.json", "*.arrow")
    return [path / "dataset_dict.json", *(file for split in splits for kind in kinds for file in split.glob(kind))]


def _dataset(rows: Iterable[Row], scheme: Scheme) -> Dataset:
    hf = load_datasets()
    packed = [
        {name: row[name] for name in FIELDS} | {"meta": dump({k: v for k, v in row.items() if k not in FIELDS})}
        for row in rows
    ]
    try:
        return hf.Dataset.from_list(packed, features=features(scheme))
    except (ValueError, KeyError) as error:
        raise DataError(f"a label is not in the scheme: {error}") from None


def _rows(dataset: Dataset, where: str) -> Iterator[tuple[str, Row]]:
    for number, item in enumerate(dataset, 1):
        here = f"{where}, row {number}"
        try:
            row = {name: _named(value, dataset.features[name]) for name, value in item.items()}
        except ValueError as error:
            raise DataError(f"{here}: {error}") from None
        yield here, {**parse_object(str(row.pop("meta", None) or "{}"), here), **row}


def _named(value: Any, feature: Any) -> Any:
    """The value with class labels as names, None for the -1 of a missing one; raises ValueError for a number that is no class."""
    if isinstance(value, list):
        inner = feature[0] if isinstance(feature, list) else feature.feature
        return [_named(x, inner) for x in value]
    if isinstance(value, dict):
        return {name: _named(x, feature[name]) for name, x in value.items()}
    if isinstance(value, int) and hasattr(feature, "int2str"):
        return None if value == -1 else feature.int2str(value)
    return value


@contextmanager
def _quiet(hf: Any) -> Iterator[None]:
    """Without progress bars."""
    shown = not hf.are_progress_bars_disabled()
    hf.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            hf.enable_progress_bars()


def load_datasets() -> Any:
    """The library; raises MissingExtraError if it is not installed."""
    try:
        import datasets
    except ImportError:
        raise MissingExtraError("datasets", "train", "the Hugging Face format") from None
    return datasets
