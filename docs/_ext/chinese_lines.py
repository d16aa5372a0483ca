"""Joins Chinese lines without a blank: in the source a paragraph is wrapped, on the page no gap may stand between two characters."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_WIDE = re.compile(r"[\u2018-\u201d\u2e80-\u9fff\uff00-\uffef]")


def join_lines(app: Sphinx, document: nodes.document) -> None:
    """Drop the line breaks between two full-width characters in running text."""
    for wrap in [text for text in document.findall(nodes.Text) if text == "\n"]:
        inline = wrap.parent
        at = next(i for i, node in enumerate(inline) if node is wrap)
        before, after = ("".join(node.astext() for node in part) for part in (inline[:at], inline[at + 1 :]))
        if _WIDE.match(before[-1:]) and _WIDE.match(after):
            del inline[at]


def setup(app: Sphinx) -> dict[str, Any]:
    """Change every page after it is read."""
    app.connect("doctree-read", join_lines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
