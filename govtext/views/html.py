"""The bricks of the views: escaped HTML elements, JSON inside a page, whole pages and notebook pieces."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from govtext.errors import OutputError

_ASSETS = Path(__file__).parent
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\ufffd")
_VOID = frozenset({"input", "meta", "rect"})
_JSON_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def escape(text: object) -> str:
    """Text that is safe between tags and inside quoted attributes; control characters become U+FFFD.

    >>> escape('"><img onerror=alert(1)>')
    '&quot;&gt;&lt;img onerror=alert(1)&gt;'
    """
    return html.escape(str(text).translate(_CONTROLS))


def element(tag: str, content: str = "", **attributes: object) -> str:
    """An HTML element around content that is already HTML; attribute values are escaped, False and None leave one out.

    A trailing underscore in an attribute's name is dropped, other underscores become hyphens.

    >>> element("a", escape("1 < 2"), href="#s1", class_="jump", aria_current=None)
    '<a href="#s1" class="jump">1 &lt; 2</a>'
    """
    start = "".join([f"<{tag}", *_attributes(attributes), ">"])
    return start if tag in _VOID else f"{start}{content}</{tag}>"


def _attributes(attributes: dict[str, object]) -> list[str]:
    return [
        f" {name}" if value is True else f' {name}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
        for name in [key.rstrip("_").replace("_", "-")]
    ]


def embedded_json(value: Any) -> str:
    """JSON that is safe inside a ``<script>`` element: nothing in it can end the element.

    >>> embedded_json(["</script>"])
    '["\\\\u003c/script\\\\u003e"]'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_JSON_ESCAPES)


@cache
def asset(name: str) -> str:
    """The text of a style sheet, script or template that the views ship."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def page(*, title: str, body: str, css: str, scripts: tuple[str, ...], data: Any = None) -> Page:
    """A whole page whose content policy allows its own style and scripts by their hashes, and nothing else."""
    inline = [f"<script>{script}</script>" for script in scripts]
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; script-src {' '.join(map(_hash, scripts))};"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    return Page(
        Template(asset("page.html")).substitute(
            policy=policy,
            title=escape(title),
            css=css,
            body=body,
            data=embedded_json(data),
            scripts="\n".join(inline),
        )
    )


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


class Page(str):
    """A self-contained HTML page: a string that can be saved, and that a notebook shows in a frame of its own."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<Page of {len(self):,} characters>"

    def save(self, path: str | Path) -> Path:
        """Write the page as UTF-8, whole or not at all; a file that is there is replaced. Raises OutputError."""
        path = Path(path)
        try:
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}); give a folder that exists") from None
        try:
            with os.fdopen(descriptor, "wb") as f:
                f.write(self.encode("utf-8", "replace"))
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except OSError as error:
            Path(draft).unlink(missing_ok=True)
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
        return path

    def _repr_html_(self) -> str:
        return element(
            "iframe",
            srcdoc=str(self),
            sandbox="allow-scripts allow-modals",
            title="govtext",
            width="100%",
            height="720",
            frameborder="0",
        )


@dataclass(frozen=True, slots=True)
class View:
    """A piece for a notebook: HTML there, plain text when printed."""

    html: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<View of {len(self.html):,} characters>"

    def _repr_html_(self) -> str:
        return self.html


def piece(content: str) -> str:
    """A piece for a notebook, in a box that scrolls, with the style of the pieces."""
    return element("style", asset("piece.css")) + element("div", content, class_="govtext", lang="zh-CN", tabindex=0)
