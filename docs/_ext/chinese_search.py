"""Search that finds Chinese by pairs of characters: whatever stands in a page is found, however words are cut.

Pages and queries are cut in the same way, 固定资产 into 固定, 定资 and 资产, and a page is found if it has all pairs. Sphinx's own search
cuts pages into words with jieba but leaves a query such as 固定资产投资 whole, and finds nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

_RUNS = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9_]+")


class ChinesePairs(SearchLanguage):
    """Chinese in pairs of characters, Latin words and numbers whole, in pages and (the JavaScript) in queries."""

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = r"""
function splitQuery(query) {
    const runs = query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || [];
    return runs.flatMap((run) => /[\u3400-\u9fff]/.test(run) && run.length > 1
        ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
        : [run]);
}
"""

    def split(self, input: str) -> list[str]:
        """The terms of a page.

        >>> ChinesePairs({}).split("固定资产, analyze 句")
        ['固定', '定资', '资产', 'analyze', '句']
        """
        runs = _RUNS.findall(input)
        return [
            term for run in runs for term in ([run] if run.isascii() or len(run) == 1 else map("".join, pairwise(run)))
        ]

    def stem(self, word: str) -> str:
        """The word as it is looked up: in lower case."""
        return word.lower()


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of Sphinx's search for ``zh``."""
    app.add_search_language(ChinesePairs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
