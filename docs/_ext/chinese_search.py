"""Search that finds Chinese by pairs of characters: whatever stands in a page is found, however words are cut.

Pages and queries are cut in the same way, 固定资产 into 固定, 定资 and 资产, and a page is found if it has all pairs. Sphinx's own search
cuts the pages into words with jieba, but leaves a query such as 固定资产投资 whole, and finds nothing.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.zh import SearchChinese

_RUNS = re.compile(r"[\u3400-\u9fff]+|[A-Za-z0-9_]+")


class ChinesePairs(SearchChinese):
    """Sphinx's Chinese search, cut into pairs of characters on both sides; Latin words stay whole and are stemmed."""

    js_splitter_code = r"""
function splitQuery(query) {
    const runs = query.match(/[\u3400-\u9fff]+|[A-Za-z0-9_]+/g) || [];
    return runs.flatMap((run) => /[\u3400-\u9fff]/.test(run) && run.length > 1
        ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
        : [run]);
}
"""

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options | {"dict": ""})  # no dictionary of words

    def split(self, input: str) -> list[str]:
        """The terms of a page: pairs of Chinese characters, whole Latin words.

        >>> ChinesePairs({}).split("固定资产 analyze")
        ['固定', '定资', '资产', 'analyze']
        """
        terms: list[str] = []
        for run in _RUNS.findall(input):
            if run.isascii():
                self.latin_terms.add(run)
            terms += [run] if run.isascii() else [a + b for a, b in pairwise(run)] or [run]
        return terms


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of Sphinx's search for ``zh``."""
    app.add_search_language(ChinesePairs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
