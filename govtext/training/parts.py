"""Trains the parts of a pipeline, each on from the base's weights or from nothing, as a config says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

from spacy.language import Language
from tqdm import tqdm

from govtext.corpus import AnnotatedSentence, from_row
from govtext.domains import DomainClassifier, StatusClassifier
from govtext.entities.recognizer import NameRecognizer
from govtext.errors import DataError
from govtext.pipeline import load
from govtext.training.config import TrainingConfig
from govtext.training.corpus import documents
from govtext.training.data import TrainingData, raw_sentences, report_texts, sample_reports
from govtext.training.entities import NamedText, read_named
from govtext.training.scores import ScoredText, read_scores, score_reports, with_possible_names, write_scores
from govtext.training.workspace import Workspace
from govtext.words import Segmenter

LONGEST = 400  # characters of a sentence that a recogniser learns from at once
PARTS = ("words", "entities", "domains")


class Trainer:
    """Trains parts of a pipeline in place; what is finished is kept in the workspace."""

    def __init__(
        self, nlp: Language, config: TrainingConfig, data: TrainingData, workspace: Workspace, *, progress: bool = False
    ) -> None:
        self.nlp, self.config, self.data, self.workspace, self.progress = nlp, config, data, workspace, progress
        self.seed, self.afresh = config.training.seed, config.training.start == "nothing"

    def train(self, part: str) -> None:
        """Train one of ``PARTS``."""
        {"words": self._words, "entities": self._entities, "domains": self._domains}[part]()

    # names

    def _entities(self) -> None:
        train = self._names_from_nothing if self.afresh else self._names_from_base
        component: Any = self.nlp.get_pipe("govtext_names")
        component.stage = self.workspace.stage("entities", NameRecognizer, lambda: train(component.stage))

    def _names_from_base(self, base: NameRecognizer) -> NameRecognizer:
        from govtext.training.finetune import Tuning, finetune_recognizer

        wanted = self.config.entities
        tuning = Tuning(
            epochs=wanted.epochs, rate=wanted.rate, pull=wanted.pull, rehearsal=wanted.rehearsal,
            patience=wanted.patience, seed=self.seed,
        )  # fmt: skip
        return finetune_recognizer(
            base, self._names(), tuning=tuning, checkpoint=self.workspace.folder / "entities.npz", progress=self.progress,
            rehearsal=self._raw_texts(wanted.rehearsal_sentences), segmenter=self._segmenter,
            held_out=[named_texts(sentences) for sentences in documents(self.data.dev).values()],
        )  # fmt: skip

    def _names_from_nothing(self, base: NameRecognizer) -> NameRecognizer:
        from govtext.training.entities import train_recognizer

        wanted, teacher = self.config.entities, self._teacher()
        if wanted.size == "small":
            options = self._options("entities", wanted.epochs)
            return train_recognizer(self._names(), scored=self._scored(teacher) if teacher else (), **options)
        if teacher and not teacher.config.pieces:
            raise DataError(f"{wanted.teacher} is no large recogniser to go on from: change entities.teacher or size")
        trained = wanted.teacher == "train" and teacher
        return trained or self._large("entities", wanted.epochs, start=teacher)

    def _teacher(self) -> NameRecognizer | None:
        wanted = self.config.entities
        if wanted.teacher != "train":
            component: Any = load(wanted.teacher).get_pipe("govtext_names") if wanted.teacher else None
            return component.stage if component else None
        return self.workspace.stage("teacher", NameRecognizer, lambda: self._large("teacher", wanted.teacher_epochs))

    def _large(self, name: str, epochs: int, *, start: NameRecognizer | None = None) -> NameRecognizer:
        from govtext.training.entities import train_large_recognizer

        return train_large_recognizer(
            self._short_names(), wheel=self.config.entities.wheel, start=start,
            raw=report_texts(self.data, seed=self.seed), **self._options(name, epochs),
        )  # fmt: skip

    @property
    def _segmenter(self) -> Segmenter:
        """What cuts the words that a recogniser reads."""
        tokenizer: Any = self.nlp.tokenizer
        segmenter: Segmenter = tokenizer.segmenter
        return segmenter

    def _options(self, name: str, epochs: int) -> dict[str, Any]:
        """What the training of any recogniser needs to know; its result and its checkpoints go to the workspace."""
        return {
            "epochs": epochs, "seed": self.seed, "progress": self.progress,
            "out": self.workspace.folder / f"new-{name}", "checkpoints": self.workspace.folder / f"fit-{name}",
            "segmenter": self._segmenter,
        }  # fmt: skip

    def _scored(self, teacher: NameRecognizer) -> list[ScoredText]:
        """Raw sentences in which there may be names, and some others, with what the teacher thinks of them."""
        path = self.workspace.folder / "scores.npz"
        if not path.exists():
            texts = report_texts(self.data, seed=self.seed)
            bar = tqdm(texts, "reports scored", len(self.data.raw), disable=not self.progress, leave=False)
            some = islice(score_reports(teacher, bar, self._segmenter), self.config.entities.scored_sentences)
            new = path.with_name(".scores.npz")
            write_scores(new, list(some))
            new.rename(path)
        return with_possible_names(read_scores(path), others=0.2, seed=self.seed)

    def _short_names(self) -> list[NamedText]:
        return [example for example in self._names() if len(example.text) <= LONGEST]

    def _names(self) -> list[NamedText]:
        """Sentences with names: those of the corpus, further ones, and made ones."""
        wanted, reports = self.config.entities, self.config.paths.reports
        found = named_texts(self.data.train)
        found += [example for path in wanted.extra for example in _checked(read_named(path, reports=reports), path)]
        if not any(example.entities for example in found):
            raise DataError("the corpus has no names to learn: label some (PLACE, ORG, PROJECT)")
        if wanted.divisions:
            from govtext.training.synthetic import Writer

            found += Writer(wanted.divisions).write(wanted.templates)
        return found

    # domains and status

    def _domains(self) -> None:
        from govtext.training.domains import from_examples, read_composed, read_pointers

        wanted, reports = self.config.domains, self.config.paths.reports
        rows = from_examples(self.data.train)
        if wanted.extra and not reports:
            raise DataError("labels that point into reports (domains.extra) need the reports: set paths.reports")
        rows += [row for path in wanted.extra for row in read_pointers(path, reports=reports or "")]
        rows += [row for path in wanted.composed for row in read_composed(path)]
        domains: Any = self.nlp.get_pipe("govtext_domains")
        status: Any = self.nlp.get_pipe("govtext_status")
        if not any(row.domains or row.status for row in rows):
            raise DataError("the corpus has no domains and no status to learn: label some")
        kinds = {"domains": (domains, DomainClassifier), "status": (status, StatusClassifier)}
        train = _classifiers_from_nothing(rows) if self.afresh else self._classifiers_from_base(rows)
        for name, (component, kind) in kinds.items():
            component.stage = self.workspace.stage(name, kind, partial(train, name, component.stage))

    def _classifiers_from_base(self, rows: Sequence[Any]) -> Callable[[str, Any], Any]:
        from govtext.training.adapt import adapt_classifier
        from govtext.training.domains import from_examples

        wanted = self.config.domains
        rehearsal, dev = sample_reports(), from_examples(self.data.dev)

        def train(name: str, base: Any) -> Any:
            labelled, aside = ([row for row in some if getattr(row, name)] for some in (rows, dev))
            if not labelled:
                return base
            held_out = (
                [row.text for row in aside],
                [getattr(row, name) for row in aside],
                [row.context for row in aside],
            )
            return adapt_classifier(
                base, [row.text for row in labelled], [getattr(row, name) for row in labelled],
                context=[row.context for row in labelled], sample_weight=[row.weight for row in labelled],
                pull=wanted.pull, rehearsal=rehearsal, share=wanted.rehearsal, tolerance=wanted.tolerance,
                held_out=held_out if aside else None,
            )  # fmt: skip

        return train

    # words

    def _words(self) -> None:
        from govtext.training.words import packaged_lexicon, read_segmented, train_segmenter, train_words

        wanted, path = self.config.words, self.config.words.segmented
        if not path:
            raise DataError("no segmented text to learn words from: set words.segmented")
        gold = read_segmented(path)
        tokenizer: Any = self.nlp.tokenizer
        base = tokenizer.segmenter

        def train() -> Segmenter:
            if self.afresh and self.config.paths.reports:
                return train_words(
                    path, self.data.raw, None, held_out=wanted.held_out, silver=wanted.silver,
                    gold_weight=wanted.gold_weight, rounds=wanted.rounds,
                )  # fmt: skip
            silver = []
            if not self.afresh:
                silver = [_cut(base, text) for text in self._raw_texts(wanted.silver)]
            return train_segmenter(
                [*(gold * wanted.gold_weight), *silver], rounds=wanted.rounds, lexicon=packaged_lexicon()
            )

        tokenizer.segmenter = self.workspace.stage("words", Segmenter, train)

    def _raw_texts(self, limit: int) -> list[str]:
        return [text for text, _ in raw_sentences(self.data, limit=limit, seed=self.seed)]


def choose_parts(config: TrainingConfig, data: TrainingData, parts: Sequence[str]) -> tuple[str, ...]:
    """The named parts, or those that there is data for; raises DataError for an unknown one, and if there is nothing to learn from."""
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise DataError(f"no part {unknown[0]!r} to train; there are: {', '.join(PARTS)}")
    there = {
        "words": bool(config.words.segmented),
        "entities": any(e.entities for e in named_texts(data.train)) or bool(config.entities.extra),
        "domains": any(s.domains or s.status for s in data.train) or bool(config.domains.composed or config.domains.extra),
    }  # fmt: skip
    chosen = tuple(part for part in PARTS if (part in parts if parts else there[part]))
    if not chosen or (not config.paths.corpora and chosen != ("words",)):
        raise DataError("nothing to learn from: set paths.corpus (annotated sentences) or words.segmented")
    return chosen


def named_texts(sentences: Sequence[AnnotatedSentence]) -> list[NamedText]:
    """Examples for the recogniser: the sentences in which names are annotated (see ``mark_annotated``), without page furniture."""
    return [
        NamedText(s.text, s.entities, complete="metrics" in s.meta["annotated"], weight=s.meta.get("weight", 1.0))
        for s in sentences
        if "names" in s.meta["annotated"] and not s.furniture
    ]


def _checked(examples: list[NamedText], path: str) -> list[NamedText]:
    """The examples of a file, if they obey the rules of a corpus: known labels, no overlap, no endless sentence."""
    for number, example in enumerate(examples, 1):
        row = {"id": "", "doc": "", "text": example.text, "entities": [asdict(e) for e in example.entities]}
        from_row(row, f"{path}, sentence {number}")
    return examples


def _cut(segmenter: Segmenter, text: str) -> list[str]:
    return [word for start, end in segmenter.segment(text) if (word := text[start:end]).strip()]


def _classifiers_from_nothing(rows: Sequence[Any]) -> Callable[[str, Any], Any]:
    from govtext.training.domains import train_classifiers

    made: dict[str, Any] = {}

    def train(name: str, base: Any) -> Any:
        if not made:
            made.update(zip(("domains", "status"), train_classifiers(rows), strict=True))
        return made[name]

    return train
