"""Writes the card of a model folder: what it is, what it was made from, what it scores, where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMES = ("PLACE", "ORG", "PROJECT", "names", "METRIC")


def write_card(name: str, version: str, metrics: Mapping[str, Any], *, provenance: str) -> str:
    """The card as Markdown.

    ``metrics`` holds the scores by the name of the evaluated data, each with ``entities``, ``entities_overlap``, ``metric_records``,
    ``sentences``, ``domains`` and ``status_accuracy``; ``provenance`` is Markdown on data, licences and training.
    """
    return "\n".join(_lines(name, version, metrics, provenance)) + "\n"


def write_training_card(
    name: str, version: str, *, base: str, parts: Sequence[str], kept: Sequence[str], afresh: bool, scores: str, provenance: str = ""
) -> str:  # fmt: skip
    """The card of a model made by ``govtext train``: ``parts`` trained from ``base`` (or ``afresh``), ``kept`` ones as they were there.

    ``scores`` is a Markdown table, empty if nothing was set aside.
    """
    how = "trained from nothing" if afresh else f"trained on from {base}"
    rest = f" The rest ({', '.join(kept)}) is as in {base}; see its card." if kept else ""
    chosen = ", by which the best result was chosen, too; on others it is rather worse" if {*parts} - {"words"} else ""
    measured = (
        f"Measured on documents that were set aside{chosen}:\n\n{scores}"
        if scores
        else "Not measured: no document was set aside."
    )
    return (
        f"""# {name} {version}

A spaCy pipeline for Chinese government reports. Parts {how}: {", ".join(parts)}.{rest}

## Scores

{measured.strip()}

## Made by

`govtext train {parts[0] if len(parts) == 1 else "all"}` with the settings in `training.cfg`. No sentence of the training data is in this folder.

{provenance.strip()}
""".rstrip()
        + "\n"
    )


def _lines(name: str, version: str, metrics: Mapping[str, Any], provenance: str) -> Iterator[str]:
    yield f"# {name} {version}"
    yield ""
    yield "A spaCy pipeline for Chinese government reports: words, layout, names, metrics with records, policy domains and status."
    yield ""
    for data, scores in metrics.items():
        yield from _scores(data, scores)
    yield provenance.strip()


def _scores(data: str, scores: Mapping[str, Any]) -> Iterator[str]:
    yield f"## Scores: {data}"
    yield ""
    yield "| | precision | recall | F | F, overlap counts | n |"
    yield "|---|---|---|---|---|---|"
    for label in NAMES:
        s = scores["entities"].get(label)
        if s:
            loose = scores["entities_overlap"].get(label)
            overlap = f"{loose['f']:.3f}" if loose else ""
            yield f"| {label} | {s['p']:.3f} | {s['r']:.3f} | {s['f']:.3f} | {overlap} | {s['n']} |"
    s = scores["sentences"]
    yield f"| sentences | {s['p']:.3f} | {s['r']:.3f} | {s['f']:.3f} | | {s['n']} |"
    s = scores["metric_records"]
    yield f"| metric records | {s['p']:.3f} | {s['r']:.3f} | {s['f']:.3f} | | {s['n']} |"
    yield ""
    yield (
        f"A metric record is right when its span, indicator, kind and status are. Of the spans found, the indicator is right in "
        f"{s['indicator']:.3f}, the kind in {s['kind']:.3f}, the status in {s['status']:.3f}."
    )
    yield ""
    d = scores["domains"]
    yield (
        f"Policy domains: primary domain right {d['primary_accuracy']:.3f}, one of the gold domains {d['in_gold_set']:.3f}, "
        f"macro-F {d['macro_f']:.3f} (n = {d['n']}). Status of sentences: {scores['status_accuracy']:.3f}."
    )
    yield ""
