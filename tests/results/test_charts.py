"""The charts: the right numbers, the right marks, and never a missing glyph."""

import sys
import warnings

import pytest

from govtext import charts
from govtext.errors import DataError, MissingExtraError
from govtext.labels import DOMAINS

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def chinese_font():
    try:
        charts.chinese_fonts()
    except DataError:
        pytest.skip("needs a font with Chinese characters")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def two_years(make_record):
    """Last year's report with targets and this year's with results, of one county."""

    def report(year, growth, target, revenue, revenue_target):
        text = f"云山县{year}年工作总结\n生产总值增长{growth}%，预算收入{revenue}亿元。\n计划生产总值增长{target}%，预算收入{revenue_target}亿元。\n"

        def metric(indicator, kind, unit, value, status, period):
            return {"metric": {"indicator": indicator, "indicator_id": indicator, "kind": kind, "unit": unit, "value": value,
                               "status": status, "period": str(period)}}  # fmt: skip

        entities = [
            (f"{growth}%", "METRIC", metric("gdp", "change", "%", growth, "achieved", year)),
            (f"{revenue}亿元", "METRIC", metric("revenue", "level", "元", revenue * 10**8, "achieved", year)),
            (f"{target}%", "METRIC", metric("gdp", "change", "%", target, "planned", year + 1)),
            (
                f"{revenue_target}亿元",
                "METRIC",
                metric("revenue", "level", "元", revenue_target * 10**8, "planned", year + 1),
            ),
        ]
        record = make_record(text, entities=entities, domains=[{"economy": 0.9}, {"finance": 0.8}], id=f"云山县-{year}")
        record["meta"]["place"] = {"name": "云山县", "code": None}
        record["meta"]["year"] = year
        return record

    return [report(2022, 5.5, 6.5, 20, 22), report(2023, 6.1, 6, 21, 23)]


@pytest.fixture(autouse=True)
def any_indicator(monkeypatch):
    """Takes indicators as they are, without the table of indicators."""
    monkeypatch.setattr(sys.modules["govtext.tables.panel"], "indicator_id", lambda name: name)


def drawn(ax):
    """The chart drawn for real; a missing glyph or a layout that fails is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.canvas.draw()
    return ax


def labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_domain_shares(county):
    ax = drawn(charts.domains(county))
    assert labels(ax.yaxis)[-1] in ("工业产业", "教育")
    assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(100)
    assert "无具体领域" not in labels(ax.yaxis)
    assert "无具体领域" in labels(charts.domains(county, include_none=True).yaxis)


@pytest.mark.parametrize(
    ("by", "columns"),
    [("year", ["2022", "2023"]), ("place", ["云山县"]), ("report", ["云山县-2022", "云山县-2023"])],
)
def test_domain_shares_by_group(two_years, by, columns):
    ax = drawn(charts.domains(two_years, by=by))
    assert labels(ax.xaxis) == columns and set(labels(ax.yaxis)) == {"宏观经济", "财税金融"}


def test_domain_shares_of_review_and_plan(county):
    ax = drawn(charts.domains(county, by="status"))
    assert labels(ax.xaxis) == ["完成", "计划"]


def test_heatmap_rows_are_sections(county):
    ax = drawn(charts.heatmap(county))
    assert labels(ax.yaxis)[-4:] == [
        "一、2023年工作回顾",
        "（一）工业稳步增长",
        "（二）教育提质扩面",
        "二、2024年工作安排",
    ]
    values = ax.images[0].get_array().tolist()
    assert [sum(row) for row in values] == pytest.approx([1] * len(values))
    assert labels(drawn(charts.heatmap([county, county])).yaxis)[0].startswith("云山县-2023：")


def test_compare_two_corpora(county, two_years):
    ax = drawn(charts.compare(county, two_years, names=("样本", "对照")))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["样本", "对照"]
    left, right = (points.get_offsets()[:, 0].sum() for points in ax.collections[1:])
    assert left == pytest.approx(100) and right == pytest.approx(100)


def test_series_of_results_and_targets(two_years):
    ax = drawn(charts.metrics(two_years, "revenue"))
    achieved, planned = ax.lines
    assert achieved.get_ydata().tolist() == [20, 21] and planned.get_xdata().tolist() == [2023, 2024]
    assert ax.get_ylabel() == "亿元" and planned.get_markerfacecolor() == "white"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["revenue（完成）", "revenue（计划）"]


def test_series_refuse_to_mix_units(two_years):
    two_years[0]["entities"][0]["metric"]["unit"] = "个百分点"
    with pytest.raises(DataError, match="different units"):
        charts.metrics(two_years, "gdp")
    two_years[0]["entities"][0]["metric"]["unit"] = "%"
    with pytest.raises(DataError, match="name one or more"):
        charts.metrics(two_years)
    with pytest.raises(DataError, match=r"gt\.tables\.metrics"):
        charts.metrics(two_years, "exports")


def test_targets_against_results(two_years):
    ax = drawn(charts.targets(two_years))
    target, result = (points.get_offsets()[:, 0].tolist() for points in ax.collections[1:])
    assert (target, result) == ([6.5], [6.1]) and labels(ax.yaxis) == ["gdp增速"]
    assert drawn(charts.targets(two_years, unit="元")).get_xlabel() == "亿元"


def test_targets_without_a_pair_say_what_is_needed(two_years):
    with pytest.raises(DataError, match="the one with the results"):
        charts.targets(two_years[0])
    with pytest.raises(DataError, match="there are pairs in %"):
        charts.targets(two_years, unit="人")


def test_title_axis_and_legend_leave_room_for_one_another(county, two_years):
    for ax in (
        charts.metrics(two_years, "gdp"),
        charts.targets(two_years),
        charts.compare(county, two_years, names=("本县", "全部")),
    ):
        ax.set_title("标题")
        ax.figure.canvas.draw()
        title, legend = ax.title.get_window_extent(), ax.get_legend().get_window_extent()
        ticks = [label.get_window_extent() for label in ax.get_xticklabels()]
        below = min(box.y0 for box in (ax.xaxis.label.get_window_extent(), *ticks) if box.height)
        assert title.y0 >= ax.get_window_extent().y1 and legend.y1 <= below


def test_draws_into_the_axes_given(county):
    figure, axes = pyplot.subplots(1, 2)
    assert charts.domains(county, ax=axes[1]) is axes[1]
    assert not axes[0].patches and len(pyplot.get_fignums()) == 1
    assert figure is axes[1].figure


def test_width_is_in_centimetres(county):
    assert charts.domains(county, width_cm=8).figure.get_figwidth() == pytest.approx(8 / 2.54)


def test_settings_of_the_user_stay(county):
    before = dict(pyplot.rcParams)
    charts.domains(county)
    assert dict(pyplot.rcParams) == before


def test_no_domain_is_a_clear_error(make_record):
    record = make_record("一句没有领域的话。\n")
    for chart in (charts.domains, charts.heatmap):
        with pytest.raises(DataError, match="no sentence with a domain"):
            chart(record)


def test_every_domain_name_can_be_drawn(make_record):
    text = "\n".join(f"第{i}句话。" for i in range(len(DOMAINS))) + "\n"
    record = make_record(text, domains=[{domain: 0.9} for domain in DOMAINS])
    assert len(labels(drawn(charts.domains(record, include_none=True)).yaxis)) == len(DOMAINS)


def test_unknown_fonts_with_the_characters_are_found(monkeypatch):
    monkeypatch.setattr(charts, "read_table", lambda name: ({"family": "Missing Sans"},))
    assert charts.chinese_fonts()


def test_without_a_font_the_message_says_what_to_install(monkeypatch, county):
    monkeypatch.setattr(charts, "_installed_families", list)
    with pytest.raises(DataError, match="fonts-noto-cjk"):
        charts.domains(county)


def test_without_matplotlib_the_message_names_the_extra(monkeypatch, county):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingExtraError, match=r"govtext\[viz\]"):
        charts.domains(county)
