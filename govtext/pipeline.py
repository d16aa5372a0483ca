"""The way in: load a model, analyze one report, or stream many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from govtext import extensions
from govtext.checksums import verify_checksums
from govtext.components import MAX_LENGTH
from govtext.errors import DataError, ModelError, ReadError
from govtext.formats import SUFFIXES
from govtext.report import parse_report, read
from govtext.resources import DEFAULT_MODEL, model_folders, model_path
from govtext.types import Report


def load(
    name: str | Path = DEFAULT_MODEL, *, exclude: Iterable[str] = (), config: dict[str, Any] | None = None
) -> Language:
    """Load a pipeline: the name of a shipped model, a folder, or an installed model package.

    ``exclude`` names components to leave out and ``config`` overrides settings, as in ``spacy.load``:
    ``config={"nlp": {"tokenizer": {"words": [...]}}}`` gives words that stay whole. Nothing is downloaded and nothing unpickled.
    Raises ModelError if there is no such model, it is damaged, or it was made for another version of the library.
    """
    folder = model_folder(name)
    verify_checksums(folder)
    try:
        nlp = spacy.load(folder, exclude=list(exclude), config=config or {})
    except ModelError:
        raise
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ModelError(f"{folder}: the model cannot be loaded ({error}); install it again") from error
    _check_version(nlp, folder)
    nlp.max_length = max(nlp.max_length, MAX_LENGTH)
    return nlp


def analyze(source: str | Path | Report, nlp: Language | None = None) -> Doc:
    """Analyze one report: a path, a Report, or the text itself.

    A ``str`` is taken for a path if it is one line that ends like a report file (.txt, .html, .docx, .pdf), for text otherwise.
    Without ``nlp`` the default model is loaded once and kept.

    >>> doc = analyze("2021年完成固定资产投资84.84亿元，同比增长5.2%。")
    >>> [e.text for e in doc.ents]
    ['84.84亿元', '5.2%']
    """
    nlp = nlp or _default()
    return nlp(_to_doc(_to_report(source), nlp))


def add_words(nlp: Language, words: Iterable[str] | str | Path) -> None:
    """Add words that the tokenizer must keep whole; longer ones win over shorter ones. A path is a file with one word a line.

    >>> nlp = load()
    >>> add_words(nlp, ["固定资产投资"])
    >>> "固定资产投资" in [t.text for t in nlp.make_doc("完成固定资产投资3亿元")]
    True
    """
    if isinstance(words, str | Path):
        try:
            lines = Path(words).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{words}: not a UTF-8 word list with one word a line ({error})") from None
        words = [line.split("\t")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    tokenizer: Any = nlp.tokenizer
    tokenizer.segmenter.add_words(words)


def analyze_all(
    sources: Iterable[str | Path | Report], nlp: Language | None = None, *, n_process: int = 1, batch_size: int = 8
) -> Iterator[Doc]:
    """Analyze many reports, in order; with ``n_process`` > 1 in as many processes, each with the model loaded once."""
    nlp = nlp or _default()
    docs = (_to_doc(_to_report(source), nlp) for source in sources)
    yield from nlp.pipe(docs, n_process=n_process, batch_size=batch_size)


def _to_report(source: str | Path | Report) -> Report:
    if isinstance(source, Report):
        return source
    if isinstance(source, Path) or _looks_like_path(source):
        return read(source)
    if not source.strip():
        raise ReadError("the text is empty; give a report's text, a path or a Report")
    return parse_report(source)


def _looks_like_path(source: str) -> bool:
    return len(source) < 1024 and "\n" not in source and Path(source).suffix.lower() in SUFFIXES


def _to_doc(report: Report, nlp: Language) -> Doc:
    doc = nlp.make_doc(report.text)
    extensions.write_report(doc, report)
    return doc


def model_folder(name: str | Path) -> Path:
    """The folder of a shipped model, of a path, or of an installed model package; raises ModelError if there is none."""
    if isinstance(name, str) and name in model_folders():  # a folder of that name in the way does not count
        return model_path(name)
    path = Path(name)
    if isinstance(name, Path) or path.is_dir():
        if not (path / "meta.json").is_file():
            raise ModelError(f"{path}: not a model folder (no meta.json in it)")
        return path
    try:
        package: Any = __import__(str(name))
        return next(Path(package.__file__).parent.glob("*/meta.json")).parent
    except (AttributeError, ImportError, StopIteration, TypeError, ValueError):
        return model_path(str(name))


def _check_version(nlp: Language, folder: Path) -> None:
    wanted = nlp.meta.get("govtext_format")
    if wanted != MODEL_FORMAT:
        raise ModelError(
            f"{folder}: the model has format {wanted}, govtext {metadata.version('govtext')} reads format {MODEL_FORMAT};"
            " train it again or install the version that made it"
        )


MODEL_FORMAT = 1  # raised when an older model can no longer be read


@cache
def _default() -> Language:
    return load()
