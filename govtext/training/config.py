"""The configuration of a training run: spaCy's config format, checked, with the packaged ``default.cfg`` for what is left out."""

from __future__ import annotations

import configparser
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from confection import Config
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from govtext.corpus.files import read_text
from govtext.errors import DataError

DEFAULT = Path(__file__).with_name("default.cfg")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _check_texts(cls, value: Any) -> Any:
        """A path written ``"C:\\new"`` reads as JSON with a line break, and ``"C:\\Users"`` as no JSON, with its quotes."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (text.startswith(('"', "'", '["')) or any(c < " " for c in text)):
                raise ValueError(
                    "write texts as JSON: paths with / for \\, double quotes round the whole text, comments on lines of their own"
                )
        return value


class Paths(_Section):
    """Files and folders."""

    corpus: str | list[str] | None
    dev: str | None
    format: str | None
    reports: str | None
    exclude: list[str]
    out: str | None

    @property
    def corpora(self) -> list[str]:
        """The files of the corpus."""
        return [self.corpus] if isinstance(self.corpus, str) else self.corpus or []


class Start(_Section):
    """Where training starts, and what the result is called."""

    base: str
    start: Literal["base", "nothing"]
    dev_share: float = Field(ge=0, lt=1)
    seed: int = Field(ge=0)
    version: str
    provenance: str | None
    notice: str | None


class Entities(_Section):
    """How names are trained."""

    epochs: int = Field(ge=1)
    patience: int = Field(ge=1)
    rate: float = Field(gt=0)
    pull: float = Field(ge=0)
    rehearsal: float = Field(ge=0)
    rehearsal_sentences: int = Field(ge=0)
    extra: list[str]
    size: Literal["small", "large"]
    wheel: str | None
    teacher: str | None
    teacher_epochs: int = Field(ge=1)
    scored_sentences: int = Field(ge=0)
    divisions: str | None
    templates: int = Field(ge=0)


class Domains(_Section):
    """How domains and status are trained."""

    pull: float | None = Field(gt=0)
    rehearsal: float = Field(ge=0)
    tolerance: float = Field(ge=0)
    extra: list[str]
    composed: list[str]


class Words(_Section):
    """How words are trained."""

    segmented: str | None
    held_out: str | None
    silver: int = Field(ge=0)
    gold_weight: int = Field(ge=1)
    rounds: int = Field(ge=1)


class TrainingConfig(_Section):
    """All settings of a training run; the comments in ``default.cfg`` say what each is."""

    paths: Paths
    training: Start
    entities: Entities
    domains: Domains
    words: Words


def read_config(path: str | Path | None = None, overrides: Mapping[str, Any] | None = None) -> TrainingConfig:
    """The settings of a config file, with defaults for what it leaves out.

    ``overrides`` are values by dotted name (``{"entities.epochs": 4}``) and win over the file. A section ``[vars]`` holds values that
    others refer to (``${vars.data}``). Relative paths are relative to the working directory. Raises DataError naming the section and key
    that is wrong.

    >>> config = read_config(overrides={"entities.epochs": 4})
    >>> config.entities.epochs, config.training.base
    (4, 'zh_govtext_sm')
    """
    where = str(path or "the overrides")
    merged = Config().from_str(DEFAULT.read_text(encoding="utf-8"), interpolate=False)
    try:
        if path is not None:
            merged = merged.merge(Config().from_str(read_text(Path(path)), interpolate=False))
        settings = Config().from_str(merged.to_str(), overrides=dict(overrides or {}))
    except (ValueError, configparser.Error) as error:
        raise DataError(f"{where}: not a training config ({error})") from None
    settings.pop("vars", None)
    try:
        return TrainingConfig.model_validate(settings)
    except ValidationError as error:
        raise DataError(f"{where}: {'; '.join(_told(e) for e in error.errors())}") from None


def default_config() -> str:
    """The packaged config with a comment on every key."""
    return DEFAULT.read_text(encoding="utf-8")


def parse_overrides(arguments: Sequence[str]) -> dict[str, Any]:
    """Dotted options of a command line as settings; values are JSON where they can be and the setting takes it, text otherwise.

    >>> parse_overrides(["--paths.reports", "2023", "--entities.epochs=4"])
    {'paths.reports': '2023', 'entities.epochs': 4}
    """
    found: dict[str, Any] = {}
    rest = list(arguments)
    while rest:
        name, given, value = rest.pop(0).partition("=")
        if not name.startswith("--") or "." not in name:
            raise DataError(f"no option {name!r}; a config file comes first, then settings as  --section.key value")
        if not given:
            if not rest:
                raise DataError(f"{name} needs a value")
            value = rest.pop(0)
        setting = name.removeprefix("--")
        if setting in found:
            raise DataError(f'{name} stands twice; several files are one list: \'["a.jsonl", "b.jsonl"]\'')
        found[setting] = _value(setting, value)
    return found


def _value(setting: str, text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, (int, float)) and _takes_text(setting) else value


def _takes_text(setting: str) -> bool:
    section, _, key = setting.partition(".")
    part: Any = TrainingConfig.model_fields.get(section)
    field = part and part.annotation.model_fields.get(key)
    return bool(field) and str in (field.annotation, *get_args(field.annotation))


def _told(error: Any) -> str:
    section, *key = error["loc"]
    name = ".".join(map(str, key[:1]))
    if error["type"] == "extra_forbidden":
        place = f"[{section}] has no key {name!r}" if name else f"no section [{section}]"
        return f"{place}; govtext train config prints all there are"
    if error["type"] == "value_error":
        return f"[{section}] {name}: {error['ctx']['error']}, not {error['input']}"
    quotes = " (a text of digits needs quotes in a file)" if error["type"] == "string_type" else ""
    return f"[{section}] {name}: {error['msg'].lower()}, not {error['input']!r}{quotes}"
