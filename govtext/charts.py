"""Charts of analyzed reports: domain shares, metric series, targets against results, section × domain, two corpora.

Every function returns the matplotlib Axes, draws into ``ax`` if one is given, and else makes a figure ``width_cm`` wide (8 fits a
column of a journal, 16 a page). Chinese text is set in the first family of ``data/chinese_fonts.tsv`` that is installed, or in any
font that has the characters. Needs the extra ``viz``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from govtext import tables
from govtext.display import colour_of, name_of, order_of, percent, section_label
from govtext.errors import DataError, MissingExtraError
from govtext.resources import read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Docs = tables.Docs
By = Literal["report", "year", "place", "status"]

_CM = 1 / 2.54
_POINTS = 9  # size of the text, as journals want it
_UPRIGHT = 30  # characters of column labels that fit beside one another
_PROBE = "报告亿镇"
_PAIR = ("#d55e00", "#0072b2")  # Okabe and Ito: told apart with any colour vision, and in grey
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_MARKERS = "os^Dv*P"
_NO_DOMAINS = "no sentence with a domain; analyze the reports with govtext.analyze() first"
_SCALES = ((1e8, "亿"), (1e4, "万"), (1, ""))


def domains(
    docs: Docs, *, by: By | None = None, include_none: bool = False, ax: Axes | None = None, width_cm: float = 16
) -> Axes:
    """Share of the sentences that each policy domain has, as bars; with ``by`` as a grid of domain × report, year, place or status.

    Sentences without a field (domain ``none``) are left out of the shares unless ``include_none``. ``by="status"`` sets what was done
    beside what is planned. Raises DataError if no sentence has a domain.

    >>> import govtext as gt
    >>> ax = domains(gt.analyze("2021年完成固定资产投资84.84亿元。"))
    >>> ax.get_xlabel()
    '占句子的比例（%）'
    """
    sentences = _sentences(docs, include_none=include_none)
    if by is None:
        total = _all_shares(sentences).sort_values()
        with _drawing(ax, width_cm, height_cm=2 + 0.55 * len(total)) as axes:
            _draw_bars(axes, total)
        return axes
    if by == "status":
        sentences = sentences[sentences["status"].isin(("achieved", "planned"))]
        sentences = sentences.assign(status=sentences["status"].map(lambda status: name_of("status", status)))
    shares = _shares(sentences, by).T
    shares = shares.loc[shares.mean(axis=1).sort_values(ascending=False).index]
    with _drawing(ax, width_cm, height_cm=3 + 0.6 * len(shares)) as axes:
        _draw_grid(axes, shares.rename(index=lambda domain: name_of("domain", domain)))
    return axes


def heatmap(docs: Docs, *, level: int = 2, ax: Axes | None = None, width_cm: float = 16) -> Axes:
    """Section × domain: how the sentences of each section, down to ``level``, spread over the policy domains.

    Rows are the sections in the order of the text, with the report's id before the heading if there are several reports.
    """
    records = list(tables.records(docs))
    rows = [(i, *row) for i, record in enumerate(records) for row in _section_sentences(record, level)]
    if not rows:
        raise DataError(_NO_DOMAINS)
    sentences = pd.DataFrame(rows, columns=["report", "section", "domain"])
    shares = _shares(sentences, ["report", "section"])
    shares.index = pd.Index([_section_name(records, *key) for key in shares.index])
    with _drawing(ax, width_cm, height_cm=3.5 + 0.6 * len(shares)) as axes:
        _draw_grid(axes, shares.rename(columns=lambda domain: name_of("domain", domain)))
    return axes


def compare(
    docs_a: Docs, docs_b: Docs, *, names: tuple[str, str] = ("甲", "乙"), ax: Axes | None = None, width_cm: float = 16
) -> Axes:
    """Domain shares of two corpora side by side, ordered by how much they differ; ``names`` go into the legend."""
    shares = pd.DataFrame({i: _all_shares(_sentences(docs)) for i, docs in enumerate((docs_a, docs_b))}).fillna(0.0)
    shares = shares.loc[(shares[1] - shares[0]).sort_values().index]
    labels = [name_of("domain", str(domain)) for domain in shares.index]
    with _drawing(ax, width_cm, height_cm=2.5 + 0.6 * len(shares)) as axes:
        _draw_dumbbells(axes, labels, (shares[0] * 100).tolist(), (shares[1] * 100).tolist(), names=names)
        axes.set_xlabel("占句子的比例（%）")
    return axes


def metrics(
    docs: Docs, *indicators: str, kind: Literal["level", "change", "share", "rank"] | None = None,
    ax: Axes | None = None, width_cm: float = 16,
) -> Axes:  # fmt: skip
    """Series of indicators over the years, one line an indicator and place: results filled, targets hollow and dashed.

    ``indicators`` are ids or names of the indicator table. Without ``kind`` the kind of figure that is found most often is drawn. Raises
    DataError if nothing is found, or if the figures have different units.

    >>> import govtext as gt
    >>> doc = gt.analyze("2021年工作总结\\n2021年，地区生产总值增长8.1%。")
    >>> metrics(doc, "地区生产总值").get_ylabel()
    '%'
    """
    if not indicators:
        raise DataError("no indicator given; name one or more, such as metrics(docs, '地区生产总值')")
    panel = tables.panel(docs, indicators=indicators, status=None)
    if kind is None and len(panel):
        kind = panel["kind"].mode().iloc[0]
    panel = panel[panel["kind"] == kind]
    units = sorted(set(panel["unit"].fillna("")))
    if not units:
        raise DataError(
            f"no figure of {', '.join(indicators)} with a year; gt.tables.metrics(docs) lists what there is"
        )
    if len(units) > 1:
        raise DataError(f"the figures have different units ({', '.join(units)}); draw them in charts of their own")
    with _drawing(ax, width_cm, height_cm=width_cm * 0.6) as axes:
        _draw_series(axes, panel, units[0])
    return axes


def targets(
    docs: Docs,
    *,
    indicators: Sequence[str] | None = None,
    unit: str = "%",
    ax: Axes | None = None,
    width_cm: float = 16,
) -> Axes:
    """The target of each indicator against its result in the same year and place, for figures in ``unit``.

    Give the reports of both years: last year's says what was planned, this year's what came of it. Raises DataError if no indicator has both.
    """
    pairs = _target_pairs(tables.panel(docs, indicators=indicators, status=None))
    found = pairs[pairs["unit"] == unit]
    if found.empty:
        others = sorted(set(pairs["unit"].dropna()) - {unit})
        hint = (
            f"there are pairs in {', '.join(others)}"
            if others
            else "give the report with the targets and the one with the results"
        )
        raise DataError(f"no indicator has both a target and a result in {unit} for the same year; {hint}")
    scale, label = _scale(found[["value_planned", "value_achieved"]].abs().max().max(), unit)
    planned, achieved = ((found[f"value_{status}"] / scale).tolist() for status in ("planned", "achieved"))
    with _drawing(ax, width_cm, height_cm=2.5 + 0.8 * len(found)) as axes:
        _draw_dumbbells(axes, _pair_labels(found), planned, achieved, names=("目标", "结果"), hollow=True)
        axes.set_xlabel(label)
    return axes


def chinese_fonts() -> list[str]:
    """The installed font families that have Chinese characters, the best first; raises DataError with what to install if there is none."""
    families = _installed_families()
    if not families:
        raise DataError(
            "no font with Chinese characters is installed: on Debian or Ubuntu run  apt install fonts-noto-cjk, elsewhere install"
            " Noto Sans SC from fonts.google.com; or name a font file: matplotlib.font_manager.fontManager.addfont('font.ttf')"
        )
    return families


def _installed_families() -> list[str]:
    """Known families that are installed, else any family that has the characters."""
    fonts = _matplotlib("font_manager")
    known = [row["family"] for row in read_table("chinese_fonts")]
    installed = {entry.name for entry in fonts.fontManager.ttflist}
    if not installed.intersection(known):
        _add_new_fonts(fonts)  # matplotlib keeps a list of its own, which misses fonts installed since
        installed = {entry.name for entry in fonts.fontManager.ttflist}
    found = [family for family in known if family in installed]
    return found or sorted({entry.name for entry in fonts.fontManager.ttflist if _has_chinese(entry.fname)})


def _add_new_fonts(fonts: Any) -> None:
    listed = {entry.fname for entry in fonts.fontManager.ttflist}
    for path in sorted(set(fonts.findSystemFonts()) - listed):
        if _has_chinese(path):
            fonts.fontManager.addfont(path)


@cache
def _has_chinese(path: str) -> bool:
    ft2font = _matplotlib("ft2font")
    try:
        characters = ft2font.FT2Font(path).get_charmap()
    except (OSError, RuntimeError):
        return False  # not a font that matplotlib can read
    return all(ord(c) in characters for c in _PROBE)


def _matplotlib(module: str) -> Any:
    try:
        from importlib import import_module

        return import_module(f"matplotlib.{module}")
    except ImportError:
        raise MissingExtraError("matplotlib", "viz", "drawing charts") from None


@contextmanager
def _drawing(ax: Axes | None, width_cm: float, *, height_cm: float) -> Iterator[Axes]:
    """The Axes to draw into, with fonts and sizes set for what is made inside, and without the upper and right edge."""
    pyplot = _matplotlib("pyplot")
    families = [*chinese_fonts(), "DejaVu Sans"]
    style = {
        "font.family": families,
        "font.size": _POINTS,
        "axes.titlesize": _POINTS + 1,
        "figure.dpi": 120,
        "savefig.dpi": 300,
    }
    if ax is None:  # outside of the context, which would keep a notebook from showing all but the first figure
        _, ax = pyplot.subplots(figsize=(width_cm * _CM, height_cm * _CM), dpi=120, layout="constrained")
    with pyplot.rc_context(style):
        ax.tick_params(labelfontfamily=families, labelsize=_POINTS, length=0)
        ax.spines[["top", "right"]].set_visible(False)
        yield ax
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            text.set(fontfamily=families, fontsize=_POINTS)


def _sentences(docs: Docs, *, include_none: bool = False) -> pd.DataFrame:
    """The sentences that have a domain, with year and place of their report."""
    records = list(tables.records(docs))
    table = tables.sentences(records)
    table = table[table["domain"].notna() & (include_none | (table["domain"] != "none"))]
    if table.empty:
        raise DataError(_NO_DOMAINS)
    return table.merge(tables.reports(records)[["report", "year", "place"]], on="report")


def _all_shares(sentences: pd.DataFrame) -> pd.Series[float]:
    """Share of each domain in all the sentences."""
    return _shares(sentences.assign(all=0), "all").iloc[0]


def _shares(sentences: pd.DataFrame, by: str | list[str]) -> pd.DataFrame:
    """Share of each domain in each group; domains in their usual order."""
    counts = sentences.groupby(by)["domain"].value_counts().unstack(fill_value=0)
    counts = counts[sorted(counts.columns, key=lambda domain: order_of("domain", str(domain)))]
    return counts.div(counts.sum(axis=1), axis=0)


def _section_sentences(record: tables.Record, level: int) -> Iterator[tuple[int, str]]:
    """Number of the section at ``level`` (-1 before the first) and domain of each sentence."""
    sections = record["sections"]
    for sentence in record["sentences"]:
        if sentence["domain"] in (None, "none"):
            continue
        section = sentence["section"]
        while section is not None and sections[section]["level"] > level and sections[section]["parent"] is not None:
            section = sections[section]["parent"]
        yield -1 if section is None else section, sentence["domain"]


def _section_name(records: Sequence[tables.Record], report: int, section: int) -> str:
    record = records[report]
    heading = "（开头）" if section < 0 else _shortened(section_label(record, record["sections"][section]))
    return heading if len(records) == 1 else f"{record['id']}：{heading}"


def _shortened(heading: str, *, length: int = 16) -> str:
    return heading if len(heading) <= length else heading[: length - 1] + "…"


def _target_pairs(panel: pd.DataFrame) -> pd.DataFrame:
    on = ["place", "year", "indicator_id", "kind", "unit"]
    planned, achieved = (panel[panel["status"] == status] for status in ("planned", "achieved"))
    pairs = planned.merge(achieved, on=on, suffixes=("_planned", "_achieved"))
    return pairs.astype({"value_planned": float, "value_achieved": float})


def _pair_labels(pairs: pd.DataFrame) -> list[str]:
    """Indicator of each pair, with place and year where they differ between pairs."""
    parts = [pairs[name].astype(str) for name in ("place", "year") if pairs[name].nunique() > 1]
    kinds = pairs["kind"].map(lambda kind: "增速" if kind == "change" else "")
    names = pairs["indicator_achieved"].str.cat(kinds)
    return [" ".join(label) for label in zip(*parts, names, strict=True)]


def _scale(largest: float, unit: str) -> tuple[float, str]:
    """Divisor and label for an axis: 亿元 and 万元 rather than long numbers; percent as it is.

    >>> _scale(2.864e10, "元"), _scale(6.2, "%")
    ((100000000.0, '亿元'), (1, '%'))
    """
    divisor, name = next(((d, n) for d, n in _SCALES if largest >= d), _SCALES[-1])
    return divisor, name + unit


def _draw_bars(ax: Axes, shares: pd.Series) -> None:
    bars = ax.barh(
        [name_of("domain", str(domain)) for domain in shares.index],
        shares * 100,
        color=[colour_of("domain", str(domain)) for domain in shares.index],
        height=0.7,
    )
    ax.bar_label(bars, labels=[f"{share:.1%}" for share in shares], padding=3)
    ax.set_xlabel("占句子的比例（%）")
    ax.margins(x=0.1, y=0.01)


def _draw_grid(ax: Axes, shares: pd.DataFrame) -> None:
    """Shares as a grid of shades, with the percent written into each cell that has some."""
    values = shares.to_numpy(dtype=float)
    top = max(values.max(), 0.01)
    ax.imshow(values, cmap="Blues", vmin=0, vmax=top, aspect="auto")
    columns = [str(c) for c in shares.columns]
    turn: dict[str, Any] = (
        {"rotation": 60, "ha": "left", "rotation_mode": "anchor"} if sum(map(len, columns)) > _UPRIGHT else {}
    )
    ax.set_xticks(range(len(columns)), columns, **turn)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(shares.index)), [str(i) for i in shares.index])
    ax.spines[:].set_visible(False)
    for (i, j), share in _cells(values):
        if share >= 0.005:
            ax.text(
                j,
                i,
                percent(share)[:-1],
                ha="center",
                va="center",
                fontsize=_POINTS - 1.5,
                color="white" if share > 0.6 * top else "black",
            )
    ax.set_xlabel("每格为百分比（%）")


def _cells(values: Any) -> Iterator[tuple[tuple[int, int], float]]:
    return (((i, j), float(share)) for i, row in enumerate(values) for j, share in enumerate(row))


def _draw_dumbbells(
    ax: Axes,
    labels: Sequence[str],
    left: Sequence[float],
    right: Sequence[float],
    *,
    names: tuple[str, str],
    hollow: bool = False,
) -> None:
    """Two points a row, joined by a line; ``hollow`` draws the first as a ring."""
    rows = range(len(labels))
    ax.hlines(rows, left, right, color="#999999", linewidth=2, zorder=1)
    face = "white" if hollow else _PAIR[0]
    ax.scatter(
        left, rows, s=36, marker="o", facecolor=face, edgecolor=_PAIR[0], linewidth=1.6, label=names[0], zorder=2
    )
    ax.scatter(right, rows, s=36, marker="D" if not hollow else "o", color=_PAIR[1], label=names[1], zorder=3)
    ax.set_yticks(rows, labels)
    ax.grid(axis="x", color="#e5e5e5", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.margins(x=0.06, y=0.08)
    ax.invert_yaxis()
    _put_legend_below(ax, lines=3.2)  # tick labels and the label of the axis stand between


def _draw_series(ax: Axes, panel: pd.DataFrame, unit: str) -> None:
    values = panel["value"].astype(float)
    scale, label = _scale(values.abs().max(), unit)
    groups = list(panel.assign(value=values / scale).groupby(["place", "indicator"], dropna=False, sort=False))
    for i, ((place, indicator), rows) in enumerate(groups):
        name = " ".join(str(part) for part in (place if panel["place"].nunique() > 1 else "", indicator) if part)
        colour, marker = _LINES[i % len(_LINES)], _MARKERS[i % len(_MARKERS)]
        for status in ("achieved", "planned"):
            part = rows[rows["status"] == status].sort_values("year")
            style: dict[str, Any] = {"linestyle": "--", "markerfacecolor": "white"} if status == "planned" else {}
            if len(part):
                legend = f"{name}（{name_of('status', status)}）"
                ax.plot(part["year"], part["value"], color=colour, marker=marker, label=legend, **style)
    ax.set_ylabel(label)
    ax.set_xticks(sorted(set(panel["year"])))
    ax.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    ax.margins(x=0.08)
    _put_legend_below(ax, lines=1.8)


def _put_legend_below(ax: Axes, *, lines: float) -> None:
    """A legend ``lines`` of text below the axes, so that the place above is free for a title."""
    figure: Any = ax.get_figure()
    shifted = _matplotlib("transforms").ScaledTranslation(0, -lines * _POINTS / 72, figure.dpi_scale_trans)
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=ax.transAxes + shifted, ncols=2, frameon=False
    )
