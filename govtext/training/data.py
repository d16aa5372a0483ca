"""What a training run reads: annotated sentences split by document, and raw sentences of reports."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from govtext.corpus import AnnotatedSentence, read_corpus
from govtext.corpus.files import read_json_lines
from govtext.corpus.sentence import Row, from_row, offsets_of
from govtext.errors import DataError
from govtext.formats import SUFFIXES
from govtext.report import find_report_files, read, sentence_contexts
from govtext.resources import example_path, sample_paths
from govtext.training.config import TrainingConfig
from govtext.training.corpus import Example, documents, read_examples
from govtext.training.splits import check_leak, split_documents, without_leaks
from govtext.training.words import read_segmented
from govtext.types import SentenceContext

POINTER = ("doc", "start", "end", "sha256")  # what a row without text has of a sentence of the reports
REPEATED = 0.05  # of segmented sentences may stand on both sides of a split: titles, phrases


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Sentences to learn from and sentences of other documents to measure on.

    ``raw`` are the report files whose text may be learned from (packaged ones if there are no reports), ``layouts`` is the folder of the
    reports measured on, if there is one.
    """

    train: list[Example]
    dev: list[Example]
    raw: list[Path]
    layouts: Path | None = None


def read_data(config: TrainingConfig) -> TrainingData:
    """Read and split the corpus of a config.

    Silver labels (``meta["source"]`` is "weak") are learned from, never measured on: those of documents that are set aside, and of sentences
    that people have labelled, are left out. Raises DataError if a document, or nearly the same one, stands on both sides; if there is one
    document only and a part of it would have to be set aside; and for all that ``read_corpus`` refuses.
    """
    reports = Path(config.paths.reports) if config.paths.reports else None
    if reports and not reports.is_dir():
        raise DataError(f"{reports}: no such folder of reports")
    found = [e for path in config.paths.corpora for e in _read_examples(path, reports, config.paths.format)]
    train = [e for e in found if not _is_silver(e)]
    start = config.training
    if config.paths.dev:
        dev = _read_examples(config.paths.dev, reports, config.paths.format)
        if any(map(_is_silver, dev)):
            raise DataError(f"{config.paths.dev} holds silver labels: measure on sentences that people have labelled")
        check_leak(train, dev)
    elif found and start.dev_share:
        train, dev = split_documents(train, share=start.dev_share, seed=start.seed)
    else:
        dev = []
    known = {(e.doc, e.start) for e in train}
    train += [e for e in without_leaks(filter(_is_silver, found), dev) if (e.doc, e.start) not in known]
    if config.words.segmented and config.words.held_out:
        _check_segmented(config.words.segmented, config.words.held_out)
    held_out = {e.doc for e in dev} | set(config.paths.exclude)
    for path in config.entities.extra:
        if Path(path).suffix != ".txt":  # composed sentences, of no report
            _check_rows(path, held_out, needed=("entities",))
    for path in config.domains.extra:
        _check_rows(path, held_out, needed=POINTER)
    files = _raw_files(reports) if reports else [*sample_paths(), *_raw_files(example_path())]
    layouts = _layouts(dev, reports) if dev else None
    return TrainingData(train, dev, [file for file in files if file.stem not in held_out], layouts)


def _raw_files(folder: Path) -> list[Path]:
    """The reports under a folder, without documents that must be converted first."""
    return [file for file in find_report_files(folder).paths if file.suffix.lower() in SUFFIXES]


def raw_sentences(data: TrainingData, *, limit: int, seed: int) -> list[tuple[str, SentenceContext]]:
    """Sentences, not annotated ones, of the reports that are not measured on, with their contexts, drawn by ``seed``."""
    shut = {e.text for e in (*data.train, *data.dev)}
    return [pair for pair in _sentences(data.raw, limit=4 * limit, seed=seed) if pair[0] not in shut][:limit]


def sample_reports() -> list[list[tuple[str, SentenceContext]]]:
    """The sentences of each packaged sample report, with their contexts."""
    return [_sentences([path], limit=10_000, seed=0) for path in sample_paths()]


def _sentences(paths: Iterable[Path], *, limit: int, seed: int) -> list[tuple[str, SentenceContext]]:
    """Different sentences of the reports, of all or of so many that there are ``limit``, in random order."""
    files, rng = list(paths), random.Random(seed)
    rng.shuffle(files)
    found: dict[str, SentenceContext] = {}
    for file in files:
        report = read(file)
        texts = (report.text[s.start : s.end] for s in report.sentences)
        found |= zip(texts, sentence_contexts(report), strict=True)
        if len(found) > limit:
            break
    sentences = [(text, context) for text, context in found.items() if 6 <= len(text) <= 300]
    rng.shuffle(sentences)
    return sentences


def report_texts(data: TrainingData, *, seed: int) -> Iterator[list[str]]:
    """The sentences of each report that is not measured on, in the order of ``seed``."""
    files = list(data.raw)
    random.Random(seed).shuffle(files)
    for file in files:
        report = read(file)
        yield [report.text[s.start : s.end] for s in report.sentences]


def _read_examples(corpus: str, reports: Path | None, format: str | None) -> list[Example]:
    path = Path(corpus)
    if path.is_file() and not path.read_bytes().strip():
        raise DataError(f"{path} is empty: no annotated sentence in it")
    return read_examples(path, reports=_layouts(read_corpus(path, format), reports), format=format)


def _layouts(sentences: Sequence[AnnotatedSentence], reports: Path | None) -> Path | None:
    """The folder of reports, if it has those of the sentences."""
    there = reports and all((reports / f"{doc}.txt").is_file() for doc in documents(sentences))
    return reports if there else None


def _is_silver(sentence: AnnotatedSentence) -> bool:
    return sentence.meta.get("source") == "weak"


def _check_segmented(learned: str, held_out: str) -> None:
    """Raise DataError if more sentences are both learned from and measured on than there are phrases that come again and again."""
    known, measured = (["".join(words) for words in read_segmented(path)] for path in (learned, held_out))
    both = set(known).intersection(measured)
    if len(both) > REPEATED * len(measured):
        raise DataError(
            f"{held_out}: {len(both)} of its sentences stand in {learned} too, such as {min(both)[:30]!r}; take them out"
        )


def _check_rows(path: str, held_out: Iterable[str], *, needed: Sequence[str]) -> None:
    """Raise DataError if further sentences lack a field, hold an unknown label, or are of documents that are measured on."""
    docs = set()
    for where, row in read_json_lines(Path(path)):
        missing = [name for name in (*needed, *(() if "text" in row else POINTER)) if name not in row]
        if missing:
            raise DataError(f"{where}: no {missing[0]!r} in it")
        text = row["text"] if "text" in row else "　" * _length(row, where)
        from_row({**row, "id": "", "doc": "", "text": text, "start": 0, "end": len(text)}, where)
        docs.add(str(row.get("doc")))
    both = sorted(docs & set(held_out))
    if both:
        raise DataError(
            f"{path} has sentences of {', '.join(both[:5])}, which are set aside to measure on; take them out"
        )


def _length(row: Row, where: str) -> int:
    """The characters of a sentence that a row points to."""
    start, end = offsets_of(row, where)
    if not 0 <= start < end:
        raise DataError(f"{where}: start {start} and end {end} are no stretch of text")
    return end - start
