"""Label Studio: tasks with pre-annotations for import, its JSON and JSON_MIN exports, and the labelling configuration.

Label Studio counts characters (before version 1.5: UTF-16 code units); exports carry the text of each region, so both are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from govtext.corpus.files import (
    Span,
    dump,
    numbered,
    read_objects,
    settle_spans,
    split_labels,
    without_lost_metrics,
)  # fmt: skip
from govtext.corpus.sentence import SCHEME, Row, Scheme, listed, offsets_of
from govtext.display import colour_of, name_of
from govtext.errors import DataError
from govtext.labels import STATUSES
from govtext.output import whole_file

_CHOICES = ("domain", "secondary", "status")  # the controls of the configuration that label the whole sentence
_WHOLE = re.compile(r"[0-9]{1,9}")
_MINIMAL = {"annotation_id", "annotator", "lead_time"}  # fields of every task of a JSON_MIN export
_IN_RESULT = {"text", "entities", "domains", "status"}


def label_config(scheme: Scheme = SCHEME) -> str:
    """The labelling configuration (XML) of a project: entities in the text, primary and further domains, status.

    >>> "<Label value=\\"PLACE\\"" in label_config()
    True
    """
    labels = "\n".join(
        f"    <Label value={quoteattr(name)} background={quoteattr(colour_of('label', name))}/>"
        for name in scheme.labels
    )
    domains = "\n".join(f"    {_choice('domain', name)}" for name in scheme.domains)
    statuses = "\n".join(f"    {_choice('status', name)}" for name in scheme.statuses)
    return f"""<View>
  <Header value="$heading" size="6"/>
  <Labels name="label" toName="text">
{labels}
  </Labels>
  <Text name="text" value="$text" granularity="symbol"/>
  <Header value="领域 domain" size="6"/>
  <Choices name="domain" toName="text" choice="single-radio" layout="inline">
{domains}
  </Choices>
  <Header value="其他领域 further domains" size="6"/>
  <Choices name="secondary" toName="text" choice="multiple" layout="inline">
{domains}
  </Choices>
  <Header value="状态 status" size="6"/>
  <Choices name="status" toName="text" choice="single-radio" layout="inline">
{statuses}
  </Choices>
</View>
"""


def matches(path: Path, head: Row | None) -> bool:
    """Whether a file looks like this format, by its first object."""
    return head is not None and (isinstance(head.get("data"), dict) or bool(head.keys() & _MINIMAL))


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Rows with ``file, item n``.

    Of several annotations the last that was not cancelled counts. Tasks without one are passed over if others have one (they wait to be
    labelled); in a file where none has, the pre-annotations are read.
    """
    tasks = list(read_objects(path))
    labelled = [_annotations(task, where) for where, task in tasks]
    is_export = any(labelled)
    found = []
    for (where, task), finished in zip(tasks, labelled, strict=True):
        if not isinstance(task.get("data"), dict):
            found.append((where, _from_minimal(task, where)))
        elif finished:
            found.append((where, _row(task["data"], finished[-1], where)))
        elif not is_export:
            found.append((where, _row(task["data"], (listed(task, "predictions", where) or [{}])[-1], where)))
    return numbered(found, path)


def write_rows(rows: Iterable[Row], path: Path, *, model_version: str = "govtext") -> None:
    """Write tasks for import, the labels as pre-annotations; the file appears whole or not at all."""
    with whole_file(path, encoding="utf-8", newline="\n") as f:
        for number, row in enumerate(rows):
            f.write((",\n" if number else "[\n") + dump(_task(row, model_version)))
        f.write("\n]\n" if f.tell() else "[]\n")


def _choice(kind: str, name: str) -> str:
    shown = name_of(kind, name)
    return f"<Choice value={quoteattr(shown)} alias={quoteattr(name)}/>"


def _annotations(task: Row, where: str) -> list[Row]:
    found = listed(task, "annotations", where, of=object) or listed(task, "completions", where, of=object)
    return [a for a in found if isinstance(a, dict) and not a.get("was_cancelled")]


def _task(row: Row, model_version: str) -> Row:
    result = [
        {
            "id": f"e{i}", "from_name": "label", "to_name": "text", "type": "labels",
            "value": {"start": e["start"], "end": e["end"], "text": e["text"], "labels": [e["label"]]},
        }
        for i, e in enumerate(row["entities"])
    ]  # fmt: skip
    chosen = (row["domains"][:1], row["domains"][1:], [row["status"]] if row["status"] else [])
    result += [
        {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": values}}
        for name, values in zip(_CHOICES, chosen, strict=True)
        if values
    ]
    rest = {key: value for key, value in row.items() if key not in _IN_RESULT}
    data = {"text": row["text"], "heading": " > ".join(row["heads"]), "sentence": rest}
    return {"data": data, "predictions": [{"model_version": model_version, "result": result}]}


def _row(data: Row, annotation: Row, where: str) -> Row:
    marks = [r for r in listed(annotation, "result", where) if isinstance(r.get("value"), dict)]
    regions = [r["value"] for r in marks if r.get("type") == "labels" and "start" in r["value"]]
    choices = {str(r.get("from_name", "")): r["value"] for r in marks if r.get("type") == "choices"}
    return _assemble(data, regions, choices, where)


def _from_minimal(task: Row, where: str) -> Row:
    """A task of a JSON_MIN export, which has one key for each control."""
    if not task.keys() & _MINIMAL:
        raise DataError(f"{where}: no task of Label Studio; export as JSON or JSON_MIN")
    regions = [
        r for value in task.values() if isinstance(value, list) for r in value if isinstance(r, dict) and "labels" in r
    ]
    return _assemble(task, regions, {name: task[name] for name in _CHOICES if task.get(name)}, where)


@cache
def _ids() -> dict[str, str]:
    """Ids of domains and statuses by the names shown, which Label Studio gives back if the aliases were taken out."""
    kinds = {"domain": SCHEME.domains, "status": SCHEME.statuses}
    return {name_of(kind, name): name for kind, names in kinds.items() for name in names}


def _chosen(value: Any, where: str) -> list[str]:
    """What a control holds: one choice, a list, or an object with one of both under ``choices``."""
    if not isinstance(value, dict):
        value = {"choices": value}
    return [value["choices"]] if isinstance(value.get("choices"), str) else listed(value, "choices", where, of=str)


def _assemble(data: Row, regions: list[Row], choices: Mapping[str, Any], where: str) -> Row:
    text = data.get("text")
    if not isinstance(text, str) or not text:
        raise DataError(f"{where}: no text under data.text")
    mentions = [r.get("text") for r in regions]
    spans = settle_spans(text, [_offsets(r, where) for r in regions], mentions, where)
    ordered = sorted(choices, key=lambda name: _CHOICES.index(name) if name in _CHOICES else 0)
    kept = data.get("sentence")
    row: Row = {**(kept if isinstance(kept, dict) else {}), "text": text}
    chosen = dict.fromkeys(_ids().get(value, value) for name in ordered for value in _chosen(choices[name], where))
    row |= split_labels(chosen, STATUSES)
    row["entities"] = [
        {"start": start, "end": end, "label": label, "text": mention}
        for (start, end), region, mention in zip(spans, regions, mentions, strict=True)
        for label in listed(region, "labels", where, of=str)
    ]
    return without_lost_metrics(row, where)


def _offsets(region: Row, where: str) -> Span:
    """Start and end of a region; some exports write them as strings."""
    digits = {key: int(v) for key, v in region.items() if isinstance(v, str) and _WHOLE.fullmatch(v)}
    return offsets_of({**region, **digits}, where)
