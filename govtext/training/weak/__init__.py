"""Weak supervision: many rough rules label sentences, and a model of how far each rule can be trusted makes silver labels of them."""

from __future__ import annotations

from govtext.training.weak.functions import (
    TARGETS,
    LabellingFunction,
    Mention,
    Target,
    labelling_function,
    load_functions,
    read_rules,
)
from govtext.training.weak.label_model import ABSTAIN, LabelModel, Votes
from govtext.training.weak.silver import Silver, label_weakly

__all__ = [
    "ABSTAIN",
    "TARGETS",
    "LabelModel",
    "LabellingFunction",
    "Mention",
    "Silver",
    "Target",
    "Votes",
    "label_weakly",
    "labelling_function",
    "load_functions",
    "read_rules",
]
