"""Trains parts of a model by a config and writes a whole new model folder: ``govtext train``, and the same from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confection import Config
from spacy.language import Language

from govtext.checksums import FILE as CHECKSUMS
from govtext.corpus.files import read_text
from govtext.errors import DataError, OutputError
from govtext.pipeline import load, model_folder
from govtext.training.card import write_training_card
from govtext.training.config import TrainingConfig, read_config
from govtext.training.data import TrainingData, read_data
from govtext.training.evaluate import Score, evaluate, main_measures
from govtext.training.evaluation_report import interval
from govtext.training.model import save_model
from govtext.training.parts import PARTS, Trainer, choose_parts
from govtext.training.words import evaluate_segmenter, read_segmented
from govtext.training.workspace import Workspace, digest

INPUTS = (
    "paths.corpus", "paths.dev", "paths.reports", "entities.extra", "entities.wheel", "entities.divisions", "domains.extra",
    "domains.composed", "words.segmented", "words.held_out",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trained:
    """A finished training: the model folder, and the scores of the base and of the new model on the documents set aside."""

    path: Path
    parts: tuple[str, ...]
    before: dict[str, Score]
    after: dict[str, Score]

    def to_markdown(self) -> str:
        """A table of the scores before and after; empty if nothing was set aside."""
        if not self.after:
            return ""
        lines = [
            f"| {name} | {self.before[name].value:.3f} | {s.value:.3f} | {interval(s)} | {s.n} |"
            for name, s in self.after.items()
        ]
        return "\n".join(["| measure | before | after | interval | n |", "|---|---|---|---|---|", *lines, ""])


def train(
    config: TrainingConfig | str | Path | None = None, parts: Sequence[str] = (), *, overrides: Mapping[str, Any] | None = None,
    overwrite: bool = False, restart: bool = False, progress: bool = False,
) -> Trained:  # fmt: skip
    """Train parts of a model and write a whole model; the other parts are those of the base.

    ``config`` is a TrainingConfig, a config file, or None for the defaults; ``overrides`` are settings by dotted name
    (``{"paths.out": "zh_mine"}``). ``parts`` are some of "words", "entities" and "domains" (with status); without them all that there is
    data for. An interrupted run goes on when it is started again with the same settings and data; with ``restart`` it starts over.
    The model folder appears when it is complete; one that is there already is replaced only with ``overwrite``, in one step.

    Raises DataError if corpus or settings are wrong or a document stands on both sides of the split, OutputError if the
    model cannot be written.
    """
    if not isinstance(config, TrainingConfig):
        config = read_config(config, overrides)
    out = _out(config, overwrite)
    provenance, notice = _text(config.training.provenance), _text(config.training.notice)
    data = read_data(config)
    parts = choose_parts(config, data, parts)
    with Workspace(out, _dependencies(config, parts), restart=restart) as workspace:
        nlp = load(config.training.base)
        before = _scores(nlp, config, data)
        trainer = Trainer(nlp, config, data, workspace, progress=progress)
        try:
            for part in parts:
                trainer.train(part)
        except OSError as error:
            raise OutputError(f"{error.filename or workspace.folder}: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise DataError(f"the reports that words are learned from must be UTF-8 ({error})") from None
        trained = Trained(out, parts, before, _scores(nlp, config, data))
        _save(nlp, config, trained, provenance, notice or _base_notice(config.training.base))
    return trained


def _out(config: TrainingConfig, overwrite: bool) -> Path:
    if not config.paths.out:
        raise DataError("no folder for the new model: set paths.out (--out)")
    out = Path(config.paths.out).absolute()
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already: choose another folder, or replace it with --overwrite")
    if out.exists() and not (out / "meta.json").is_file():
        raise OutputError(f"{out} is no model folder; it is left as it is, choose another name")
    return out


def _dependencies(config: TrainingConfig, parts: Sequence[str]) -> dict[str, Any]:
    """All that the result depends on, by name: settings, and checksums of what is read in place of its path."""
    settings = config.model_dump()
    found = {f"{section}.{key}": value for section, values in settings.items() for key, value in values.items()}
    for name in INPUTS:
        paths = [found[name]] if isinstance(found[name], str) else found[name] or []
        found[name] = digest(paths) if paths else None
    found["training.base"] = digest([model_folder(config.training.base) / CHECKSUMS])
    return {**found, "paths.out": "", "parts": list(parts)}


def _scores(nlp: Language, config: TrainingConfig, data: TrainingData) -> dict[str, Score]:
    """The main measures on what was set aside, those that its labels allow."""
    scores = _word_scores(nlp, config.words.held_out)
    if not data.dev:
        return scores
    found = evaluate(nlp, data.dev, reports=data.layouts)
    return scores | {name: found.scores[name] for name in main_measures(found)}


def _word_scores(nlp: Any, path: str | None) -> dict[str, Score]:
    if not path:
        return {}
    gold = read_segmented(path)
    f = evaluate_segmenter(gold, nlp.tokenizer.segmenter).f
    return {"words.f": Score(f, None, None, sum(map(len, gold)))}


def _save(nlp: Language, config: TrainingConfig, trained: Trained, provenance: str, notice: str) -> None:
    start, base = config.training, Path(config.training.base).name
    kept = [part for part in PARTS if part not in trained.parts]
    card = write_training_card(
        trained.path.name, start.version, base=base, parts=trained.parts, kept=kept, afresh=start.start == "nothing",
        scores=trained.to_markdown(), provenance=provenance,
    )  # fmt: skip
    metrics = {
        name: {measure: asdict(score) for measure, score in scores.items()}
        for name, scores in (("dev", trained.after), (f"dev, {base}", trained.before))
    }
    save_model(
        _fresh(nlp, start.base), trained.path, name=trained.path.name, version=start.version, card=card, metrics=metrics,
        notice=notice, settings=Config(_published(config)).to_str(),
    )  # fmt: skip


def _published(config: TrainingConfig) -> dict[str, Any]:
    """The settings without the files and folders that they name; of the folder of a model its name stays."""
    settings = config.model_dump(exclude={"paths"})
    for section, key in (name.split(".") for name in (*INPUTS, "training.provenance", "training.notice")):
        if section in settings:
            settings[section][key] = [] if isinstance(settings[section][key], list) else None
    for section, key in (("training", "base"), ("entities", "teacher")):
        settings[section][key] = settings[section][key] and Path(settings[section][key]).name
    return settings


def _fresh(trained: Any, base: str) -> Language:
    """The base with the trained parts, without the words of the reports that the pipeline has read in the meantime."""
    fresh: Any = load(base)
    fresh.tokenizer.segmenter = trained.tokenizer.segmenter
    for name in ("govtext_names", "govtext_domains", "govtext_status"):
        fresh.get_pipe(name).stage = trained.get_pipe(name).stage
    return fresh


def _text(path: str | None) -> str:
    return read_text(Path(path)) if path else ""


def _base_notice(base: str) -> str:
    """The notice of the base, whose weights the new model may build on."""
    path = model_folder(base) / "NOTICE"
    return path.read_text(encoding="utf-8") if path.is_file() else ""
