"""Small views of one report for notebooks: its entities in the text, its outline, its metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from spacy.tokens import Doc

from govtext.display import entity_rows, name_of, order_of, pad, quantity, section_label, width
from govtext.tables import records, rows
from govtext.views.blocks import Marker, Record, find_blocks
from govtext.views.html import View, element, escape, piece
from govtext.views.page import outline_tree

_METRIC_COLUMNS = ("指标", "原文", "数值", "类型", "时期", "状态", "领域")


def entities(doc: Doc | Record) -> View:
    """The text with its entities marked; what is known of one stands in its tooltip. Printed: the names by label.

    >>> import govtext as gt
    >>> print(entities(gt.analyze("2021年完成固定资产投资84.84亿元。")))
    数量 (1): 84.84亿元
    """
    (record,) = records(doc)
    names: dict[str, Counter[str]] = {}
    for entity in record["entities"]:
        names.setdefault(entity["label"], Counter())[entity["text"]] += 1
    labels = sorted(names, key=lambda label: (order_of("label", label), label))
    lines = (f"{name_of('label', label)} ({names[label].total()}): {_counted(names[label])}" for label in labels)
    return View(html=_marked_text(record, labels), text="\n".join(lines) or "没有标注")


def _counted(names: Counter[str]) -> str:
    return "、".join(f"{name}×{n}" if n > 1 else name for name, n in names.most_common())


def _marked_text(record: Record, labels: Sequence[str]) -> str:
    legend = " ".join(element("mark", escape(name_of("label", label)), class_=label) for label in labels)
    titles = ["\n".join(f"{field}：{value}" for field, value in entity_rows(e)) for e in record["entities"]]
    mark = Marker(record, {label: label for label in labels}, titles=titles)
    paragraphs = (
        element("p", mark(block.start, block.end).strip(), class_=None if block.sentences else "gap")
        for block in find_blocks(record)
    )
    return piece(element("p", legend, class_="legend") + "".join(paragraphs))


def outline(doc: Doc | Record) -> View:
    """The section tree, with the number of metrics in each section and those below it.

    >>> import govtext as gt
    >>> print(outline(gt.analyze("一、2021年工作总结\\n全年完成投资3亿元。\\n二、2022年工作计划\\n完成投资4亿元。")))
    一、2021年工作总结
    二、2022年工作计划
    """
    (record,) = records(doc)
    sections = record["sections"]
    lines = [f"{'  ' * depth}{section_label(record, section)}" for depth, section in _with_depth(sections)]

    def item(number: int) -> str:
        inside = [e for e in record["entities"] if sections[number]["start"] <= e["start"] < sections[number]["end"]]
        count = sum(e["label"] == "METRIC" for e in inside)
        return escape(section_label(record, sections[number])) + (element("small", f"{count} 个数量") if count else "")

    return View(html=piece(outline_tree(sections, item) or "没有章节"), text="\n".join(lines) or "没有章节")


def _with_depth(sections: Sequence[Record]) -> Iterator[tuple[int, Record]]:
    depths: list[int] = []
    for section in sections:
        depths.append(0 if section["parent"] is None else depths[section["parent"]] + 1)
        yield depths[-1], section


def metrics(doc: Doc | Record) -> View:
    """The metrics as a table, in the order of the text.

    >>> import govtext as gt
    >>> print(metrics(gt.analyze("2021年完成固定资产投资84.84亿元。")))
    指标          原文       数值              类型  时期  状态  领域
    ...
    """
    (record,) = records(doc)
    table = [
        (
            row["indicator"], row["mention"], quantity(row), name_of("kind", row["kind"]), row["period"] or "",
            name_of("status", row["status"]), name_of("domain", row["domain"]),
        )
        for row in rows("metrics", record)
    ]  # fmt: skip
    return View(html=_metric_table(table), text=_aligned([_METRIC_COLUMNS, *table]))


def _metric_table(table: Sequence[Sequence[str]]) -> str:
    head = "".join(element("th", name, scope="col") for name in _METRIC_COLUMNS)
    body = "".join(
        element(
            "tr",
            "".join(element("td", escape(cell), class_="number" if i == 2 else None) for i, cell in enumerate(row)),
        )
        for row in table
    )
    return piece(element("table", element("caption", f"共 {len(table)} 个") + element("tr", head) + body))


def _aligned(table: Sequence[Sequence[str]]) -> str:
    columns = [max(map(width, column)) for column in zip(*table, strict=True)]
    return "\n".join("  ".join(map(pad, row, columns)).rstrip() for row in table)
