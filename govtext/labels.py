"""The label sets of the annotation scheme, as constants."""

from __future__ import annotations

from typing import Final, get_args

from govtext.types import Bound, Kind, Label, Level, Status

ENTITY_LABELS: Final[tuple[str, ...]] = get_args(Label)
NAME_LABELS: Final[tuple[str, ...]] = ("PLACE", "ORG", "PROJECT")
KINDS: Final[tuple[str, ...]] = get_args(Kind)
STATUSES: Final[tuple[str, ...]] = get_args(Status)
BOUNDS: Final[tuple[str, ...]] = get_args(Bound)
LEVELS: Final[tuple[str, ...]] = get_args(Level)
DOMAINS: Final[tuple[str, ...]] = (
    "economy", "finance", "business", "industry", "innovation", "trade", "agriculture", "transport",
    "energy_resources", "urban", "environment", "education", "health", "employment", "welfare", "culture",
    "safety", "governance", "government", "defense_affairs", "none",
)  # fmt: skip
