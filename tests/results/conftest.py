"""Records with a real layout and tags set by hand, so that results are tested apart from the model."""

import pytest

import govtext as gt

NO_METRIC = dict.fromkeys(
    ("indicator_start", "indicator_end", "indicator_id", "value", "value_max", "unit", "bound", "direction", "period", "baseline",
     "canonical_value", "canonical_unit", "dimension")
)  # fmt: skip
LINKS = ("metric", "place", "organization", "project")


@pytest.fixture(scope="session")
def make_record():
    """``make_record(text, entities=[(mention, label, {"metric": …})], domains=[{…} for each sentence])``."""

    def make(text, *, entities=(), domains=(), id="report", title=None, metrics_status="achieved"):
        report = gt.parse_report(text, id=id)
        found, position = [], 0
        for mention, label, known in entities:
            position = text.index(mention, position)
            row = {"start": position, "end": position + len(mention), "label": label, "text": mention}
            row |= dict.fromkeys(LINKS) | known
            if row["metric"]:
                row["metric"] = NO_METRIC | {"indicator": "", "kind": "level", "status": "achieved"} | row["metric"]
            found.append(row)
            position += len(mention)
        rows = []
        for i, sentence in enumerate(report.sentences):
            shares = domains[i % len(domains)] if domains else {}
            top = next(iter(shares), None)
            part = report.sections[sentence.section].part if sentence.section is not None else None
            rows.append(
                {"start": sentence.start, "end": sentence.end, "section": sentence.section, "heading": sentence.is_heading,
                 "domain": top, "probability": shares.get(top), "domains": shares, "labels": [d for d, p in shares.items() if p >= 0.05],
                 "status": {"review": "achieved", "plan": "planned", None: "other"}[part]}
            )  # fmt: skip
        meta = dict.fromkeys(("date", "year", "plan_year", "issuer", "level", "meeting", "place"))
        meta |= {field: value.value for field in meta if (value := getattr(report.meta, field)) and field != "place"}
        if report.meta.place:
            meta["place"] = {"name": report.meta.place.value, "code": None}
        return {
            "id": id, "title": title, "text": text, "meta": meta | {"sources": {}, "format": "text", "encoding": None},
            "sections": [
                {f: getattr(s, f) for f in ("start", "end", "level", "number", "heading", "parent", "part")} for s in report.sections
            ],
            "sentences": rows, "words": [], "entities": found,
        }  # fmt: skip

    return make


@pytest.fixture(scope="session")
def county(make_record):
    """A short report with every kind of entity, three domains, review and plan."""
    text = (
        "云山县2023年工作总结\n来源：云山县政府办公室　字体大小：大 中 小\n"
        "一、2023年工作回顾\n（一）工业稳步增长\n全年规上工业总产值84.5亿元，增长6.2%。云山经开区新引进企业12家。\n"
        "（二）教育提质扩面\n1.新增学位。县一中扩建工程完工，新增学位1200个。普惠园覆盖率达91%。\n"
        "二、2024年工作安排\n规上工业总产值增长7%左右。新建小学2所。\n"
    )
    output = {"indicator": "规上工业总产值", "indicator_id": "industrial_output", "period": "2023"}
    entities = [
        ("84.5亿元", "METRIC", {"metric": output | {"value": 8450000000, "unit": "元"}}),
        ("6.2%", "METRIC", {"metric": output | {"value": 6.2, "unit": "%", "kind": "change", "direction": "up"}}),
        ("云山经开区", "PLACE", {"place": {"name": "云山经开区", "code": "349921", "level": "county", "path": ["安徽省", "云山县"]}}),
        ("12家", "METRIC", {"metric": {"indicator": "企业", "value": 12, "unit": "家"}}),
        ("县一中", "ORG", {"organization": {"name": "云山县第一中学", "kind": "school"}}),
        ("扩建工程", "PROJECT", {"project": {"stage": "completed"}}),
        ("1200个", "METRIC", {"metric": {"indicator": "学位", "value": 1200, "unit": "个"}}),
        ("91%", "METRIC", {"metric": {"indicator": "普惠园覆盖率", "value": 91, "unit": "%", "kind": "share"}}),
        ("7%", "METRIC", {"metric": output | {"value": 7, "unit": "%", "kind": "change", "bound": "about", "status": "planned", "period": "2024"}}),
        ("2所", "METRIC", {}),
    ]  # fmt: skip
    domains = [
        {"none": 0.9}, {"economy": 0.6}, {"industry": 0.8}, {"industry": 0.93, "economy": 0.05}, {"industry": 0.7, "business": 0.3},
        {"education": 0.9}, {"education": 0.9}, {"education": 0.95}, {"education": 0.85, "welfare": 0.1}, {"economy": 0.5},
        {"industry": 0.9}, {"education": 0.8, "urban": 0.2},
    ]  # fmt: skip
    return make_record(text, entities=entities, domains=domains, id="云山县-2023", title="云山县2023年工作总结")
