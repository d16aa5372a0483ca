"""Puts the reading stages together: a path, bytes or text becomes a Report with its layout; folders are read lazily."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from govtext.clean import find_furniture
from govtext.errors import GovtextError, ReadError, describe_failure
from govtext.formats import DOCUMENTS, SUFFIXES, extract
from govtext.formats.limits import MAX_BYTES, check_size
from govtext.metadata import find_metadata
from govtext.sentences import find_sentences
from govtext.structure import find_sections
from govtext.types import Extract, Report, Section, Sentence, SentenceContext

LINK, NO_SUFFIX = "link to a folder", "no suffix"  # kinds of files that are passed over, beside their suffixes
REACH = 5  # sentences before and after a sentence that its context holds


def read(path: str | Path, *, id: str | None = None) -> Report:
    """Read one file (.txt, .html, .docx, .pdf) as a Report.

    The text of a ``.txt`` is the decoded file unchanged, so offsets refer to the file itself. ``id`` is the file's name
    without its suffix unless given. Raises ReadError with one line that names the file and the next step.

    >>> from govtext.resources import sample_paths
    >>> report = read(sample_paths()[0])
    >>> report.text[report.sentences[0].start : report.sentences[0].end] != ""
    True
    """
    path = Path(path)
    data = read_bytes(path)
    name = file_stem(path)
    return lay_out(extract(data, name=str(path)), id=id or name, path=str(path), name=name)


def read_bytes(path: Path) -> bytes:
    """The content of a file; raises ReadError, before any of it is in memory, if it cannot be opened, is empty or larger than the limit."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ReadError(f"{path}: a device or pipe, not a file; save what it gives as a file")
        with path.open("rb") as file:
            check_size(path.stat().st_size, name=str(path))
            return file.read(MAX_BYTES + 1)  # a file that grows meanwhile is not read without end
    except FileNotFoundError:
        raise ReadError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ReadError(f"{path}: is a folder; read its files with read_folder") from None
    except PermissionError:
        raise ReadError(f"{path}: no permission to read it; check the file's access rights") from None
    except OSError as error:
        raise ReadError(f"{path}: cannot be read ({error.strerror or error})") from None


def file_stem(path: Path) -> str:
    """The file's name without its suffix, with question marks for bytes that are no text.

    >>> file_stem(Path("in/清屿县.txt"))
    '清屿县'
    """
    return path.stem.encode(errors="replace").decode()


def unique_ids(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Files with ids of which no two are the same, also where case does not count: ``file_stem``, numbered where two share it.

    >>> [id for _, id in unique_ids([Path("2023/报告.txt"), Path("2024/报告.txt")])]
    ['报告', '报告-2']
    """
    named: list[tuple[Path, str]] = []
    taken: set[str] = set()
    last: Counter[str] = Counter()  # number of each stem
    for path in paths:
        id = stem = file_stem(path)
        while (key := _folded(id)) in taken:
            last[_folded(stem)] += 1
            id = f"{stem}-{last[_folded(stem)] + 1}"
        taken.add(key)
        named.append((path, id))
    return named


def _folded(id: str) -> str:
    return unicodedata.normalize("NFC", id).casefold()


def parse_report(text: str, *, id: str = "report", title: str | None = None) -> Report:
    """Lay out a text that is already in memory.

    >>> parse_report("一、2021年工作总结\\n全年完成投资3亿元。").sections[0].heading
    '2021年工作总结'
    """
    return lay_out(Extract(text=text, format="text", title=title), id=id, path=None, name=None)


def lay_out(found: Extract, *, id: str, path: str | None, name: str | None) -> Report:
    """Run the layout stages over an extracted text."""
    text = found.text
    furniture = find_furniture(text, known=found.furniture)
    sections = find_sections(text, furniture=furniture, headings=found.headings)
    sentences = find_sentences(text, furniture=furniture, sections=sections)
    meta = find_metadata(text, furniture=furniture, title=found.title, name=name, extra=found.meta)
    return Report(
        text=text, id=id, path=path, format=found.format, encoding=found.encoding, meta=meta,
        furniture=tuple(furniture), sections=tuple(sections), sentences=tuple(sentences),
    )  # fmt: skip


def heading_path(report: Report, section: int | None) -> list[Section]:
    """The sections from the outermost down to ``section``."""
    path: list[Section] = []
    while section is not None:
        node = report.sections[section]
        path.append(node)
        section = node.parent
    return path[::-1]


def sentence_contexts(report: Report) -> list[SentenceContext]:
    """What the stages may know of each sentence of the report beside its words, in the order of the sentences."""
    sentences, text = report.sentences, report.text
    strings = tuple(text[s.start : s.end] for s in sentences)
    meta, last = report.meta, max(len(sentences) - 1, 1)
    shared: dict[str, Any] = {
        field: found.value if (found := getattr(meta, field)) else None for field in ("level", "year", "plan_year")
    }
    shared["title"] = str(meta.title.value) if meta.title else ""
    return [
        SentenceContext(
            heads=_heads(report, s),
            previous=strings[i - 1] if i else "",
            following=strings[i + 1] if i + 1 < len(strings) else "",
            position=i / last,
            part=report.sections[s.section].part if s.section is not None else None,
            is_heading=s.is_heading,
            around=strings[max(0, i - REACH) : i] + strings[i + 1 : i + 1 + REACH],
            **shared,
        )
        for i, s in enumerate(sentences)
    ]


def _heads(report: Report, sentence: Sentence) -> tuple[str, ...]:
    """Heading path as written in the text, without the sentence itself where it is a heading."""
    return tuple(
        report.text[node.heading_start : node.heading_end]
        for node in heading_path(report, sentence.section)
        if not (node.heading_start < sentence.end and sentence.start < node.heading_end)
    )


@dataclass(frozen=True, slots=True)
class FileError:
    """A file that could not be read, and why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """What was found under a folder: reports and other documents, folders that cannot be looked into, how many other files by suffix."""

    paths: list[Path] = field(default_factory=list)
    errors: list[FileError] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)


class ReportFolder:
    """The reports under a folder, read one at a time while one iterates; what cannot be read is collected in ``errors``.

    ``len()`` is the number of files found, ``others`` says how many files of other kinds were passed over, by suffix. Iterating again
    starts afresh, with the errors of the folder alone.
    """

    def __init__(self, folder: str | Path, *, recursive: bool = True, progress: bool = False) -> None:
        found = find_report_files(folder, recursive=recursive)
        self.paths, self.others = found.paths, found.others
        self.errors = list(found.errors)
        self._folder_errors = found.errors
        self._progress = progress

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Report]:
        self.errors = list(self._folder_errors)
        for path in tqdm(self.paths, unit="report", disable=not self._progress):
            try:
                yield read(path)
            except GovtextError as error:
                self.errors.append(FileError(str(path), describe_failure(error, name=str(path))))


def read_folder(folder: str | Path, *, recursive: bool = True, progress: bool = False) -> ReportFolder:
    """The reports of a folder: lazy, sorted by path, with the errors of single files collected in ``.errors``.

    Raises ReadError if the folder does not exist or holds no document.
    """
    return ReportFolder(folder, recursive=recursive, progress=progress)


def expand_paths(paths: Iterable[str | Path]) -> list[Path]:
    """Files as given, and in place of each folder the documents under it; raises ReadError if a folder cannot be looked into."""
    files: list[Path] = []
    for path in map(Path, paths):
        found = find_report_files(path) if path.is_dir() else FolderFiles([path])
        for error in found.errors:
            raise ReadError(f"{error.path}: {error.message}")
        files += found.paths
    return files


def read_each(paths: Iterable[str | Path]) -> Iterator[Report]:
    """The reports of files and folders, read one at a time, each with an id of its own."""
    return (read(path, id=id) for path, id in unique_ids(expand_paths(paths)))


def find_report_files(folder: str | Path, *, recursive: bool = True, without: Path | None = None) -> FolderFiles:
    """The files under a folder, sorted by path; hidden files and the folder ``without`` are passed over, links to folders are not followed.

    Among ``paths`` are documents that ``read`` refuses, such as old Word files, so that its advice is told; those beside which a report of
    the same name lies (converted, that is) are left out. Raises ReadError if the folder does not exist or holds no document.
    """
    folder, found = Path(folder), FolderFiles()
    if not folder.is_dir():
        raise ReadError(f"{folder}: no such folder")

    def note(error: OSError) -> None:
        found.errors.append(
            FileError(str(error.filename), f"cannot be listed ({error.strerror}); check its access rights")
        )

    shut = without and without.resolve()
    for parent, folders, names in os.walk(folder, onerror=note):
        folders[:] = [name for name in folders if recursive and Path(parent, name).resolve() != shut]
        found.others.update(LINK for name in folders if Path(parent, name).is_symlink())
        _sort_files(Path(parent), names, found)
    found.paths.sort()
    if not (found.paths or found.errors):
        raise ReadError(f"{folder}: no report in it; known formats are {', '.join(sorted(SUFFIXES))}")
    return found


def _sort_files(folder: Path, names: list[str], found: FolderFiles) -> None:
    """Put the files of one folder where they belong."""
    paths = [folder / name for name in names if not name.startswith((".", "~$"))]
    reports = {path.stem for path in paths if path.suffix.lower() in SUFFIXES}
    for path in paths:
        suffix = path.suffix.lower()
        if suffix in SUFFIXES or (suffix in DOCUMENTS and path.stem not in reports):
            found.paths.append(path)
        elif suffix not in DOCUMENTS:
            found.others[suffix or NO_SUFFIX] += 1
