"""Reads HTML pages of government sites: charset, content container, text with its headings, page metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from govtext.errors import ReadError
from govtext.formats.limits import MAX_DEPTH, MAX_ELEMENTS
from govtext.formats.markup import render, visible_lengths
from govtext.formats.txt import decode, reads_as_chinese
from govtext.resources import read_table
from govtext.types import Extract

_XML_DECLARATION = re.compile(r"\s{0,99}<\?xml[^>]{0,200}\?>")
_DOCTYPE_SUBSET = re.compile(r"<!DOCTYPE[^>\[]{0,200}\[[^\]]{0,100000}\]\s{0,99}>", re.IGNORECASE)
_HEAD = 4096  # characters in which a declaration begins
_SITE_SUFFIX = re.compile(r"\s{0,9}(?:[_|｜]|\s[-–—]\s|-{1,3}(?=[^-]{0,30}(?:网|政府|门户)))")
_PAGE_DATE = re.compile(r"(?:日期|时间)\s{0,9}[:：]\s{0,9}((?:19|20)\d\d\s?[-年/.]\s?\d{1,2}\s?[-月/.]\s?\d{1,2})")
_PAGE_SOURCE = re.compile(r"来源\s{0,9}[:：]\s{0,9}([^\s|:：]{2,40})")
_SUBSTANTIAL = 500  # characters that are an article, however much the page holds beside it
_TELLING = 8  # characters of a text that is not on the page twice by chance
_MAX_ARTICLE = 1_000_000  # characters; a longer page is read whole
_DAMAGE = 0.001  # share of undecodable characters that a page may have


def read_html(data: bytes, *, name: str) -> Extract:
    """The article of a page: text, headings, title, and in ``meta`` the date, source, site and column the page names.

    The known content containers of government sites (data/html_containers.tsv) come first, trafilatura's general
    extractor after them. Raises ReadError if the page holds no text or is nested too deeply.
    """
    source, encoding = _decode_html(data, name=name)
    root = _parse(source, name=name)
    layout = render(_article(root))
    if not layout.text:
        raise ReadError(
            f"{name}: the page holds no text (is it filled in by a script?); save it from a browser, or as .txt"
        )
    meta = _page_meta(root)
    return Extract(
        text=layout.text, format="html", encoding=encoding, title=_title(root, meta), headings=tuple(layout.headings),
        meta=tuple((field, value) for field, value in meta.items() if field != "title"),
    )  # fmt: skip


def _decode_html(data: bytes, *, name: str) -> tuple[str, str]:
    """Decode by BOM or detection, then as a Chinese page with a few damaged characters; the charset it declares is often wrong."""
    try:
        return decode(data, name=name)
    except ReadError:
        for encoding in ("utf-8", "gb18030"):
            text = data.decode(encoding, "replace")
            if text.count("\ufffd") <= _DAMAGE * len(text) + 1 and reads_as_chinese(text):
                return text, encoding
        raise


def _parse(source: str, *, name: str) -> etree._Element:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    clean = _without_declarations(source).replace("\0", "")
    try:
        root = etree.fromstring(clean.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    if any("depth" in entry.message for entry in parser.error_log):
        raise ReadError(_too_deep(name))
    if root is None:
        raise ReadError(f"{name}: the page holds no text; fetch it again, or save it as .txt")
    _check_shape(root, name=name)
    return root


def _without_declarations(source: str) -> str:
    """The page without an XML declaration and without a DOCTYPE that declares entities, which the parser would take for text."""
    source = _XML_DECLARATION.sub("", source, count=1) if _XML_DECLARATION.match(source) else source
    start = source[:_HEAD].upper().find("<!DOCTYPE")
    subset = _DOCTYPE_SUBSET.match(source, start) if start >= 0 else None
    return source[:start] + source[subset.end() :] if subset else source


def _check_shape(root: etree._Element, *, name: str) -> None:
    """Refuse pages that nest deeper or hold more elements than any report."""
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH:
            raise ReadError(_too_deep(name))
        if count > MAX_ELEMENTS:
            raise ReadError(
                f"{name}: more than {MAX_ELEMENTS} elements, more than a report has; save the report itself"
            )


def _too_deep(name: str) -> str:
    return f"{name}: elements are nested more than {MAX_DEPTH} deep; save the page from a browser, or as .txt"


def _article(root: etree._Element) -> etree._Element:
    """The known container of the article, else the element that the general extractor points to."""
    container = _known_container(root)
    return container if container is not None else _general_container(root)


def _known_container(root: etree._Element) -> etree._Element | None:
    """The innermost known container that holds nearly all the text that any of them holds.

    None if that is next to nothing of the page: then it holds attachments or a notice, and the article is elsewhere.
    """
    known = {(row["kind"], row["value"]) for row in read_table("html_containers")}
    lengths = visible_lengths(root)
    found = [(element, lengths[element]) for element in root.iter(etree.Element) if known & _names(element)]
    longest = max((length for _, length in found), default=0)
    if longest < _SUBSTANTIAL and longest < 0.1 * lengths[root]:
        return None
    return next((e for e, length in reversed(found) if length and length >= 0.8 * longest), None)


def _names(element: etree._Element) -> set[tuple[str, str]]:
    classes = element.get("class", "").lower().split()
    return {("tag", str(element.tag)), ("id", element.get("id", "").lower()), *(("class", c) for c in classes)}


def _general_container(root: etree._Element) -> etree._Element:
    """The innermost element with nearly all the text that trafilatura takes for the article; the page if it finds none.

    The element is read whole, for trafilatura itself drops short lines, and with them the headings.
    """
    from trafilatura import extract

    page = etree.tostring(root, encoding="unicode")
    article = "".join((extract(page, include_comments=False, favor_recall=True) or "").split())
    if len(article) > _MAX_ARTICLE:
        return root
    weights = _weights(root, _Article(article))
    element = root
    while heavy := [child for child in element if weights.get(child, 0) >= 0.9 * max(weights[root], 1)]:
        element = heavy[0]
    return element


def _weights(root: etree._Element, article: _Article) -> dict[etree._Element, int]:
    """Characters of each element, those below it included, that stand in the article."""
    weights: dict[etree._Element, int] = {}
    for _, element in etree.iterwalk(root, events=("end",)):
        weights[element] = weights.get(element, 0) + article.shared(element.text)
        parent = element.getparent()
        if parent is not None:
            weights[parent] = weights.get(parent, 0) + weights[element] + article.shared(element.tail)
    return weights


class _Article:
    """The text that the general extractor found, without white space, and where in it the last piece of the page stood."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = {text[i : i + _TELLING] for i in range(len(text))}
        self._position = 0

    def shared(self, text: str | None) -> int:
        """Characters of a piece of the page if it stands in the article, else 0."""
        squeezed = "".join((text or "").split())
        if len(squeezed) < _TELLING or squeezed[:_TELLING] not in self._starts:
            return 0
        found = self._text.find(squeezed, self._position)  # pieces mostly come in order: the search is short
        found = self._text.find(squeezed) if found < 0 else found
        if found < 0:
            return 0
        self._position = found
        return len(squeezed)


def _page_meta(root: etree._Element) -> dict[str, str]:
    """Fields of the ``<meta>`` elements; date and source also from the line that the page shows."""
    given = dict(_meta_elements(root))
    found: dict[str, str] = {}
    for row in read_table("html_meta"):
        if value := given.get(row["name"]):
            found.setdefault(row["field"], value)
    shown = render(root).text if {"date", "source"} - found.keys() else ""
    for field, pattern in (("date", _PAGE_DATE), ("source", _PAGE_SOURCE)):
        if field not in found and (match := pattern.search(shown)):
            found[field] = match[1]
    return found


def _meta_elements(root: etree._Element) -> Iterator[tuple[str, str]]:
    for element in root.iter("meta"):
        key = element.get("name") or element.get("property") or ""
        content = " ".join((element.get("content") or "").split())
        if key and content:
            yield key.lower(), content


def _title(root: etree._Element, meta: dict[str, str]) -> str | None:
    """The article's title: its meta element, the only ``<h1>``, or ``<title>`` without the site's name."""
    if "title" in meta:
        return meta["title"]
    headings = [text for h1 in root.iter("h1") if (text := _one_line(h1))]
    if len(headings) == 1:
        return headings[0]
    title = root.find(".//title")
    whole = _one_line(title) if title is not None else ""
    return _SITE_SUFFIX.split(whole)[0].strip() or whole or None


def _one_line(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())
