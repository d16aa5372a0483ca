"""Puts trained stages together as one spaCy model folder with its card, scores and checksums.

python -m govtext.training.model --words DIR --names DIR --classifiers DIR --scores dev=scores.json --provenance text.md --out DIR
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.language import Language

from govtext.checksums import write_checksums
from govtext.components import DomainTagger, Names, StatusTagger
from govtext.domains import DomainClassifier, StatusClassifier
from govtext.entities.recognizer import NameRecognizer
from govtext.errors import OutputError
from govtext.pipeline import MODEL_FORMAT
from govtext.training.card import write_card
from govtext.words import Segmenter

AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux's renameat2
PARTS = ("govtext_layout", "govtext_names", "govtext_domains", "govtext_status", "govtext_metrics", "govtext_links")


def build_pipeline(
    words: Segmenter, names: NameRecognizer, domains: DomainClassifier, status: StatusClassifier
) -> Language:
    """A spaCy pipeline from trained stages."""
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "govtext.Tokenizer.v1"}}})
    tokenizer: Any = nlp.tokenizer
    tokenizer.segmenter = words
    stages: dict[Any, Any] = {Names: names, DomainTagger: domains, StatusTagger: status}
    for part in PARTS:
        component: Any = nlp.add_pipe(part)
        if type(component) in stages:
            component.stage = stages[type(component)]
    return nlp


def save_model(
    nlp: Language, out: str | Path, *, name: str, version: str, card: str, metrics: Mapping[str, Any], notice: str = "",
    settings: str = "",
) -> Path:  # fmt: skip
    """Write a model folder that appears whole or not at all; an existing one is replaced only when the new one is complete.

    ``card`` is Markdown, ``metrics`` goes to ``metrics.json``, ``notice`` (whose work the weights build on) to ``NOTICE``, ``settings``
    (of the training) to ``training.cfg``. Raises OutputError if the folder cannot be written.
    """
    out = Path(out)
    nlp.meta.update(
        name=name.removeprefix("zh_"), version=version, govtext_format=MODEL_FORMAT, license="MIT",
        description="Chinese government reports: words, layout, names, metrics and policy domains",
        requirements=[f"govtext>={metadata.version('govtext')}"],
    )  # fmt: skip
    texts = {"README.md": card, "NOTICE": notice, "training.cfg": settings}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new = out.with_name(f".{out.name}.new")
        shutil.rmtree(new, ignore_errors=True)  # of a run that was killed
        new.mkdir()
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from None
    try:
        nlp.to_disk(new)
        for file, text in texts.items():
            if text:
                (new / file).write_text(text, encoding="utf-8")
        srsly.write_json(new / "metrics.json", metrics)
        write_checksums(new)
        replace_folder(new, out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out


def replace_folder(new: Path, out: Path) -> None:
    """Put a finished folder in the place of another, in one step where the system can; the old one is back if that fails."""
    if not out.exists():
        new.rename(out)
    elif _exchange(new, out):
        shutil.rmtree(new)
    else:
        old = out.with_name(f".{out.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
        try:
            new.rename(out)
        except OSError:
            old.rename(out)
            raise
        shutil.rmtree(old)


def _exchange(a: Path, b: Path) -> bool:
    """Let two folders swap their names in one step (Linux); False where the system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    return rename is not None and rename(AT_FDCWD, bytes(a), AT_FDCWD, bytes(b), RENAME_EXCHANGE) == 0


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part in ("words", "names", "classifiers"):
        parser.add_argument(f"--{part}", type=Path, required=True, help=f"folder of the trained {part}")
    parser.add_argument("--scores", nargs="*", default=[], help="NAME=FILE: scores (JSON) for card and metrics.json")
    parser.add_argument("--provenance", type=Path, required=True, help="Markdown on data, licences and training")
    parser.add_argument("--notice", type=Path, help="text on whose work the weights build on")
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--out", type=Path, required=True, help="model folder; its name is the model's")
    options = parser.parse_args(arguments)
    metrics = {name: srsly.read_json(path) for name, _, path in (s.partition("=") for s in options.scores)}
    nlp = build_pipeline(
        Segmenter.from_disk(options.words),
        NameRecognizer.from_disk(options.names),
        DomainClassifier.from_disk(options.classifiers / "domains"),
        StatusClassifier.from_disk(options.classifiers / "status"),
    )
    parts = [path.read_text(encoding="utf-8") for path in sorted(options.classifiers.glob("*.md"))]  # their own cards
    parts = [f"#{part.strip()}\n" for part in parts]
    provenance = "\n".join([*parts, options.provenance.read_text(encoding="utf-8")])
    name = options.out.name
    card = write_card(name, options.version, metrics, provenance=provenance)
    notice = options.notice.read_text(encoding="utf-8") if options.notice else ""
    save_model(nlp, options.out, name=name, version=options.version, card=card, metrics=metrics, notice=notice)


if __name__ == "__main__":
    main()
