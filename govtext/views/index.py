"""The start page of a folder of report pages: a sortable table with links."""

from __future__ import annotations

import hashlib
import re
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


_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = {"index", "con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
_LONGEST = 200  # bytes of a file name


def page_name(id: str) -> str:
    """The file name of a report's page, which every system can have and which stays in its folder; its id where that will do.

    >>> page_name("清屿县2021年"), page_name("../a").startswith("_a-")
    ('清屿县2021年.html', True)
    """
    plain = _UNSAFE.sub("_", id).strip(". ").encode(errors="replace")[:_LONGEST].decode(errors="ignore")
    if plain != id or plain.partition(".")[0].lower() in _RESERVED or not plain:
        plain += "-" + hashlib.sha256(id.encode(errors="surrogatepass")).hexdigest()[:8]
    return plain + ".html"


def index(docs: Docs) -> Page:
    """A page with one row a report, linked to its page (``page_name``) beside it; reads the reports one by one.

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
    link = element("a", escape(row["title"] or row["report"]), href=quote(page_name(row["report"]), safe=""))
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
