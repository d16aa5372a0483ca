"""The start page of a folder of report pages: a sortable table with links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

from govtext.display import name_of, percent
from govtext.tables import Docs, records, rows
from govtext.views.blocks import Record
from govtext.views.html import Page, asset, element, escape, page
from govtext.views.page import CAVEAT

_COLUMNS = (
    ("报告", "t"), ("地区", "t"), ("级别", "t"), ("年份", "n"), ("发布日期", "t"), ("字数", "n"), ("句数", "n"), ("标注", "n"),
    ("指标", "n"), ("主要领域", "t"),
)  # fmt: skip


def index(docs: Docs) -> Page:
    """A page with one row a report, linked to ``<id>.html`` beside it; reads the reports one by one.

    >>> import govtext as gt
    >>> 'href="report.html"' in index(gt.analyze("2021年完成固定资产投资84.84亿元。"))
    True
    """
    body = "".join(_row(record) for record in records(docs))
    head = "".join(
        element("th", element("button", name, type="button"), scope="col", data_sort=sort) for name, sort in _COLUMNS
    )
    table = element("table", element("thead", element("tr", head)) + element("tbody", body))
    content = (
        element(
            "header",
            element("h1", "报告目录") + element("p", f"共 {body.count('<tr>')} 份报告。点列名排序。", class_="hint"),
        )
        + element("main", element("div", table, class_="scroll"), id="index")
        + element("footer", CAVEAT)
    )
    return page(title="报告目录", body=content, css=asset("report.css"), scripts=(asset("table.js"),))


def _row(record: Record) -> str:
    (row,) = rows("reports", record)
    link = element("a", escape(row["title"] or row["report"]), href=f"{quote(row['report'], safe='')}.html")
    numbers = (row["year"], None, row["characters"], row["sentences"], row["entities"], row["metrics"])
    cells = [element("td", escape(row["place"] or "")), element("td", escape(name_of("level", row["level"])))]
    cells += [
        element("td", escape(row["date"] or "")) if i == 1 else element("td", "" if n is None else str(n), data_v=n)
        for i, n in enumerate(numbers)
    ]
    return element(
        "tr", element("th", link, scope="row") + "".join(cells) + element("td", escape("、".join(_top_domains(record))))
    )


def _top_domains(record: Record, *, count: int = 3) -> Iterator[str]:
    """The domains that most sentences are about, with their shares."""
    domains = Counter(s["domain"] for s in record["sentences"] if s["domain"] not in (None, "none"))
    total = max(sum(domains.values()), 1)
    return (f"{name_of('domain', domain)} {percent(n / total)}" for domain, n in domains.most_common(count))
