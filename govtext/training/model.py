"""Puts trained stages together as one spaCy model folder with its metadata, scores and checksums."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
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
from govtext.words import Segmenter

PARTS = ("govtext_layout", "govtext_names", "govtext_domains", "govtext_status", "govtext_metrics", "govtext_links")


def build_pipeline(
    words: Segmenter, names: NameRecognizer, domains: DomainClassifier, status: StatusClassifier
) -> Language:
    """A spaCy pipeline from trained stages."""
    nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"@tokenizers": "govtext.Tokenizer.v1"}}})
    nlp.tokenizer.segmenter = words
    stages = {Names: names, DomainTagger: domains, StatusTagger: status}
    for part in PARTS:
        component = nlp.add_pipe(part)
        if type(component) in stages:
            component.stage = stages[type(component)]
    return nlp


def save_model(
    nlp: Language, out: str | Path, *, name: str, version: str, card: str, metrics: Mapping[str, Any]
) -> Path:
    """Write a model folder that appears whole or not at all; an existing one is replaced only when the new one is complete.

    ``card`` is Markdown, ``metrics`` goes to ``metrics.json``. Raises OutputError if the folder cannot be written.
    """
    out = Path(out)
    nlp.meta.update(
        name=name.removeprefix("zh_"), version=version, govtext_format=MODEL_FORMAT, license="MIT",
        description="Chinese government reports: words, layout, names, metrics and policy domains",
        requirements=[f"govtext>={metadata.version('govtext')}"],
    )  # fmt: skip
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from None
    try:
        nlp.to_disk(new)
        (new / "README.md").write_text(card, encoding="utf-8")
        srsly.write_json(new / "metrics.json", metrics)
        write_checksums(new)
        new.chmod(0o755)
        replace_folder(new, out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out


def replace_folder(new: Path, out: Path) -> None:
    """Put a finished folder in the place of another; the old one is back if that fails."""
    if not out.exists():
        new.rename(out)
        return
    old = out.with_name(f".{out.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    out.rename(old)
    try:
        new.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old)
