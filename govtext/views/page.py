"""The report page: outline, text with entities and domains, filters, metrics table, search, all in one file without network."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spacy.tokens import Doc

from govtext.display import colour_of, entity_rows, name_of, order_of, percent, section_label
from govtext.tables import records
from govtext.views.blocks import Block, Marker, Record, domain_shares, find_blocks
from govtext.views.html import Page, asset, element, escape, page

CAVEAT = "由 govtext 生成。标注、记录与领域概率由模型给出，可能有误，引用前请核对原文。"
Explanations = Mapping[int, Sequence[tuple[str, float]]]

_META_FIELDS = ("issuer", "place", "level", "year", "plan_year", "date", "meeting", "format", "encoding")
_SECOND_DOMAIN = 0.25  # a paragraph's second domain is shown from this probability
_LINE_STYLES = ("solid", "dashed", "double", "dotted")
_ARROWS = {"up": "↑", "down": "↓"}
_STATUSES = ("achieved", "planned", "other")


def report(doc: Doc | Record, *, explanations: Explanations | None = None) -> Page:
    """One self-contained page for a report: a string that a notebook shows and that ``.save(path)`` writes.

    ``explanations`` maps the start of a sentence to the features that decided its domain, as (feature, weight) pairs; they are
    shown with the sentence. Everything that comes from the report is escaped, and the page forbids any script but its own.

    >>> import govtext as gt
    >>> page = report(gt.analyze("2021年完成固定资产投资84.84亿元。"))
    >>> "84.84亿元" in page
    True
    """
    (record,) = records(doc)
    kept = {s["start"]: s["reasons"] for s in record["sentences"] if s.get("reasons")}
    return _ReportPage(record, explanations or kept).build()


class _ReportPage:
    """Builds the parts of one page; what several parts need is computed once."""

    def __init__(self, record: Record, explanations: Explanations) -> None:
        self.record = record
        self.explanations = explanations
        self.labels = _ordered("label", (e["label"] for e in record["entities"]))
        self.domains = _ordered("domain", (s["domain"] for s in record["sentences"] if s["domain"]))
        self.section_of = {s["start"]: i for i, s in reversed(list(enumerate(record["sections"])))}
        self.starts = [s["start"] for s in record["sentences"]]
        self.mark = Marker(record, {label: f"l l{i}" for i, label in enumerate(self.labels)})

    def build(self) -> Page:
        title = self.record["title"] or self.record["id"]
        return page(
            title=title,
            css=asset("report.css") + self._colours(),
            body="\n".join([_skip_links(), self._header(title), self._toolbar(), self._columns(), self._footer()]),
            data=self._data(),
            scripts=(asset("table.js"), asset("report.js")),
        )

    def _colours(self) -> str:
        """Style rules for the labels and domains of this report."""
        rules = []
        for i, label in enumerate(self.labels):
            colour, line = colour_of("label", label), _LINE_STYLES[i % len(_LINE_STYLES)]
            rules.append(f".l{i}{{background:{colour}22;border-bottom:3px {line} {colour}}}")
            rules.append(f".hide-l{i} .l{i}{{background:none;border-bottom-color:transparent}}")
        rules += [f".d{i}{{--c:{colour_of('domain', domain)}}}" for i, domain in enumerate(self.domains)]
        return "\n" + "\n".join(rules)

    def _header(self, title: str) -> str:
        meta = self.record["meta"]
        rows = [(name_of("field", field), _meta_text(field, meta.get(field))) for field in _META_FIELDS]
        items = "".join(
            element("div", element("dt", name) + element("dd", escape(value))) for name, value in rows if value
        )
        return element("header", element("h1", escape(title)) + element("dl", items, class_="meta"))

    def _toolbar(self) -> str:
        counts = Counter(e["label"] for e in self.record["entities"])
        boxes = "".join(
            element(
                "label",
                element("input", type="checkbox", checked=True, data_label=i)
                + element("span", escape(name_of("label", label)), class_=f"l l{i}")
                + element("small", str(counts[label])),
            )
            for i, label in enumerate(self.labels)
        )
        options = "".join(element("option", name_of("status", status), value=status) for status in _STATUSES)
        select = element("select", element("option", "全部", value="") + options, id="status")
        return element(
            "form",
            element(
                "label",
                "搜索" + element("input", type="search", id="q", autocomplete="off", placeholder="正文中的词句"),
            )
            + element("button", "↑", type="button", id="prev", aria_label="上一处")
            + element("button", "↓", type="submit", id="next", aria_label="下一处")
            + element("output", "", id="hits", for_="q")
            + element("fieldset", element("legend", "标注") + boxes)
            + element("label", "状态" + select)
            + element("button", "清除筛选", type="reset", id="clear", disabled=True)
            + element("output", "", id="shown"),
            id="bar",
            role="search",
            aria_label="搜索与筛选",
        )

    def _columns(self) -> str:
        side = self._outline() + self._domain_filter()
        return element("div", element("div", side, class_="side") + self._text() + self._metrics(), class_="columns")

    def _outline(self) -> str:
        tree = outline_tree(self.record["sections"], self._outline_item)
        body = tree or element("p", "没有识别出章节。", class_="empty")
        return element(
            "nav",
            element("details", element("summary", element("h2", "目录")) + body, open=True),
            aria_label="目录",
            id="outline",
            tabindex=-1,
        )

    def _outline_item(self, number: int) -> str:
        section = self.record["sections"][number]
        sentence = bisect_left(self.starts, section["start"])
        own = self.section_of[section["start"]] == number and section["start"] in self.starts[sentence : sentence + 1]
        target = f"h{number}" if own else f"s{min(sentence, len(self.starts) - 1)}"
        return element("a", escape(section_label(self.record, section)), href=f"#{target}", data_go=target)

    def _domain_filter(self) -> str:
        counts = Counter(s["domain"] for s in self.record["sentences"] if s["domain"])
        total = max(sum(counts.values()), 1)
        top = max(counts.values(), default=1)
        rows = [
            element(
                "li",
                element(
                    "button",
                    element("span", escape(name_of("domain", domain)))
                    + element(
                        "svg",
                        element("rect", width=f"{100 * counts[domain] / top:.1f}%", height="100%"),
                        aria_hidden="true",
                    )
                    + element("small", f"{counts[domain]} 句 {percent(counts[domain] / total)}"),
                    type="button",
                    class_=f"d{i}",
                    aria_pressed="false",
                    data_domain=i,
                ),
            )
            for i, domain in sorted(enumerate(self.domains), key=lambda p: -counts[p[1]])
        ]
        body = element("p", "点选领域，只看相应段落。", class_="hint") + element("ul", "".join(rows))
        return element(
            "section",
            element("details", element("summary", element("h2", "政策领域")) + body, open=True),
            aria_label="按政策领域筛选",
            id="domains",
        )

    def _text(self) -> str:
        blocks = "".join(
            self._paragraph(number, block) if block.sentences else self._furniture(block)
            for number, block in enumerate(find_blocks(self.record))
        )
        hint = element(
            "p", "将鼠标移到标注上，或用 Tab 进入正文后按 ← → 逐个查看；点左侧色带看逐句的领域与概率。", class_="hint"
        )
        return element("main", element("h2", "正文", class_="sr") + hint + blocks, id="text", tabindex=-1)

    def _furniture(self, block: Block) -> str:
        text = self.mark(block.start, block.end).strip()
        lines = sum(bool(line.strip()) for line in self.record["text"][block.start : block.end].splitlines())
        return element(
            "details",
            element("summary", f"页面附属文字（{lines} 行）") + element("div", text, class_="t"),
            class_="furniture",
        )

    def _paragraph(self, number: int, block: Block) -> str:
        rows = [self.record["sentences"][i] for i in block.sentences]
        heading = len(rows) == 1 and bool(rows[0].get("heading"))
        sentences, position = [], block.start
        for i, row in zip(block.sentences, rows, strict=True):
            gap = self.mark(position, row["start"])
            sentences.append(element("span", gap, class_="gap") if gap.strip() else gap)
            sentences.append(self._sentence(i, row, alone=heading))
            position = row["end"]
        body = element("div" if heading else "p", "".join(sentences), class_="t")
        domains = sorted({self.domains.index(row["domain"]) for row in rows if row["domain"]})
        return element(
            "div",
            body if heading else self._ribbon(number, block) + body,
            class_="b heading" if heading else "b",
            data_b=number,
            data_d=" ".join(map(str, domains)),
            data_s=" ".join(sorted({row["status"] for row in rows if row["status"]})),
            data_n=" ".join(map(str, block.sentences)),
            data_h=rows[0]["section"],
        )

    def _sentence(self, number: int, row: Mapping[str, Any], *, alone: bool) -> str:
        html = element("span", self.mark(row["start"], row["end"]), class_="s", id=f"s{number}", tabindex=-1)
        section = self.section_of.get(row["start"])
        if section is None:
            return element("strong", html) if row.get("heading") else html
        level = min(self.record["sections"][section]["level"] + 2, 6)
        if alone:
            return element(f"h{level}", html, id=f"h{section}", tabindex=-1)
        return element("strong", html, id=f"h{section}", tabindex=-1, role="heading", aria_level=level)

    def _ribbon(self, number: int, block: Block) -> str:
        """The button beside a paragraph: its domain with probability; it opens the sentences one by one."""
        shares = domain_shares(self.record, block)
        shown = shares[:1] + [share for share in shares[1:2] if share[1] >= _SECOND_DOMAIN]
        named = [(name_of("domain", domain), percent(share)) for domain, share in shown] or [("未分类", "")]
        names = "".join(element("span", f"{escape(name)} {element('b', share)}") for name, share in named)
        spoken = "，".join(f"{name} {share}".strip() for name, share in named)
        statuses = Counter(self.record["sentences"][i]["status"] for i in block.sentences)
        status = statuses.most_common(1)[0][0]
        if status and status != "other":
            names += element("small", name_of("status", status))
        known = [self.domains.index(domain) for domain, _ in shown if domain in self.domains]
        return element(
            "button",
            names,
            type="button",
            class_=f"ribbon d{known[0]}" if known else "ribbon",
            aria_expanded="false",
            aria_label=f"第 {number + 1} 段，{spoken}，看逐句结果",
        )

    def _metrics(self) -> str:
        rows = "".join(self._metric_row(i, *found) for i, found in enumerate(self._found_metrics(), start=1))
        columns = (("#", "n"), ("指标", "t"), ("数值", "n"), ("类型", "t"), ("时期", "t"), ("状态", "t"), ("领域", "t"))
        head = "".join(
            element(
                "th",
                element("button", name, type="button"),
                scope="col",
                data_sort=sort,
                aria_sort="ascending" if not i else None,
            )
            for i, (name, sort) in enumerate(columns)
        )
        table = element(
            "table",
            element("caption", "点列名排序，点数值到原句", id="metrics-caption")
            + element("thead", element("tr", head))
            + element("tbody", rows),
        )
        body = table if rows else element("p", "没有识别出数量。", class_="empty")
        inner = element("h2", "指标 " + element("output", "", id="rows")) + element("div", body, class_="scroll")
        return element("section", inner, id="metrics", aria_label="指标表", tabindex=-1)

    def _found_metrics(self) -> list[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
        """Number, entity and sentence of each metric that has a record."""
        found, sentence = [], 0
        rows = self.record["sentences"]
        for number, entity in enumerate(self.record["entities"]):
            while sentence < len(rows) and rows[sentence]["end"] <= entity["start"]:
                sentence += 1
            if entity.get("metric"):
                inside = sentence < len(rows) and rows[sentence]["start"] <= entity["start"]
                found.append((number, entity, rows[sentence] if inside else {}))
        return found

    def _metric_row(self, row: int, number: int, entity: Mapping[str, Any], sentence: Mapping[str, Any]) -> str:
        metric, domain = entity["metric"], sentence.get("domain")
        canonical = "canonical_" if metric.get("canonical_value") is not None else ""
        direction, bound = metric.get("direction"), name_of("bound", metric.get("bound"))
        arrow = (
            element("span", _ARROWS[direction], role="img", aria_label=name_of("direction", direction))
            if direction
            else ""
        )
        link = element("a", escape(entity["text"]), href=f"#e{number}", data_go=f"e{number}")
        cells = [
            element("td", str(row), data_v=row),
            element("th", escape(metric.get("indicator") or "—"), scope="row"),
            element(
                "td",
                (element("small", bound) if bound else "") + link,
                data_v=metric.get(f"{canonical}value"),
                data_u=metric.get(f"{canonical}unit") or "",
            ),
            element("td", escape(name_of("kind", metric.get("kind"))) + arrow),
            element("td", escape(metric.get("period") or "")),
            element("td", escape(name_of("status", metric.get("status")))),
            element("td", escape(name_of("domain", domain))),
        ]
        number_of_domain = self.domains.index(domain) if domain else None
        return element("tr", "".join(cells), data_d=number_of_domain, data_s=sentence.get("status"))

    def _data(self) -> dict[str, Any]:
        """What the script shows on demand: names are looked up here, so that the script only places text."""
        return {
            "entities": [[name_of("label", e["label"]), e["text"], entity_rows(e)] for e in self.record["entities"]],
            "sentences": [
                [
                    [[name_of("domain", domain), percent(p)] for domain, p in s["domains"].items()],
                    name_of("status", s["status"]),
                    [[str(feature), f"{weight:+.2f}"] for feature, weight in self.explanations.get(s["start"], ())],
                ]
                for s in self.record["sentences"]
            ],
            "parents": [s["parent"] for s in self.record["sections"]],
        }

    def _footer(self) -> str:
        parts = (("outline", "目录"), ("text", "正文"), ("metrics", "指标"), ("q", "搜索"))
        links = "".join(element("a", name, href=f"#{id}", data_go=id) for id, name in parts)
        return "\n".join(
            [
                element("footer", CAVEAT),
                element("nav", links, id="parts", aria_label="页面各部分"),
                element("div", "", id="tip", role="tooltip", hidden=True),
                element("button", "↩ 回到指标表", type="button", id="back", hidden=True),
            ]
        )


def outline_tree(sections: Sequence[Mapping[str, Any]], item: Any) -> str:
    """Sections as nested lists; ``item`` gives the HTML of one by its number."""
    children: dict[int | None, list[int]] = {}
    for i, section in enumerate(sections):
        children.setdefault(section["parent"], []).append(i)

    def branch(parent: int | None) -> str:
        items = "".join(element("li", item(i) + branch(i)) for i in children.get(parent, ()))
        return element("ol", items) if items else ""

    return branch(None)


def _meta_text(field: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(filter(None, (value.get("name"), value.get("code"))))
    if field == "level":
        return name_of("level", value)
    return "" if value is None else str(value)


def _ordered(kind: str, ids: Iterable[str]) -> list[str]:
    return sorted(set(ids), key=lambda id: (order_of(kind, id), id))


def _skip_links() -> str:
    targets = (("text", "跳到正文"), ("metrics", "跳到指标表"), ("q", "跳到搜索"))
    return element("div", "".join(element("a", name, href=f"#{id}", data_go=id) for id, name in targets), class_="skip")
