"""Scores, intervals, confusion, calibration and errors on records made by hand; comparison of models; splits without leaks."""

import json
from dataclasses import replace

import pytest

from govtext.corpus import AnnotatedSentence, write_corpus
from govtext.errors import DataError, MissingExtraError
from govtext.training.evaluate import compare, evaluate, rebuild_report
from govtext.training.learning import learning_curve
from govtext.training.splits import check_leak, find_leaks, split_documents, without_leaks
from govtext.types import Entity, Metric

TEXT = "云山县新建学校2所。石桥街道完成投资3亿元，增长5%。谢谢大家！"
CUTS = [(0, 10), (10, 27), (27, 32)]


def gold(doc="a"):
    s1, s2, s3 = (TEXT[a:b] for a, b in CUTS)
    return [
        AnnotatedSentence(
            id=f"{doc}1", doc=doc, text=s1, start=0, end=10, entities=(Entity(0, 3, "PLACE"), Entity(7, 9, "METRIC")),
            metrics=(Metric(7, 9, indicator="学校"),), domains=("education", "urban"), status="achieved",
        ),
        AnnotatedSentence(
            id=f"{doc}2", doc=doc, text=s2, start=10, end=27,
            entities=(Entity(0, 4, "PLACE"), Entity(8, 11, "METRIC"), Entity(14, 16, "METRIC")),
            metrics=(Metric(8, 11, indicator="投资"), Metric(14, 16, indicator="投资", kind="change")),
            domains=("economy",), status="achieved",
        ),
        AnnotatedSentence(id=f"{doc}3", doc=doc, text=s3, start=27, end=32, domains=("none",), status="other"),
    ]  # fmt: skip


def entity(start, end, label, **metric):
    metric = {"indicator": "投资", "kind": "level", "status": "achieved", **metric} if label == "METRIC" else None
    return {"start": start, "end": end, "label": label, "text": TEXT[start:end], "metric": metric}


def record(doc="a", *, domains=("education", "economy", "none"), entities=None, sentences=CUTS, probability=0.9):
    rows = [
        {"start": a, "end": b, "section": None, "domain": d, "probability": probability, "domains": {d: probability}, "status": st}
        for (a, b), d, st in zip(sentences, domains, ("achieved", "achieved", "other"), strict=True)
    ]  # fmt: skip
    if entities is None:
        entities = [
            entity(0, 3, "PLACE"), entity(7, 9, "METRIC", indicator="新建学校"), entity(10, 14, "PLACE"), entity(18, 21, "METRIC"),
            entity(24, 26, "METRIC", kind="change"),
        ]  # fmt: skip
    return {"id": doc, "text": TEXT, "sections": [], "sentences": rows, "entities": entities}


def values(evaluation, *names):
    return [round(evaluation.scores[name].value, 3) for name in names]


def test_everything_right():
    e = evaluate([record()], gold())
    names = (
        "entities.micro.f",
        "overlap.PLACE.f",
        "records.f",
        "sentences.f",
        "domains.accuracy",
        "domains.macro_f",
        "status.accuracy",
    )
    assert values(e, *names) == [1] * 7
    assert values(e, "domains.ece") == [0.1]
    assert (e.errors, e.missing, e.documents) == ([], [], ["a"])


def test_exact_and_overlap():
    found = [entity(0, 2, "PLACE"), entity(7, 9, "METRIC"), entity(10, 14, "ORG"), entity(22, 24, "PLACE")]
    e = evaluate([record(entities=found)], gold())
    assert values(e, "entities.PLACE.p", "entities.PLACE.r", "entities.METRIC.p", "entities.METRIC.r") == [
        0,
        0,
        1,
        0.333,
    ]
    assert values(e, "overlap.PLACE.p", "overlap.PLACE.r") == [0.5, 0.5]
    assert e.scores["entities.micro.r"].n == 5
    kinds = sorted((g.kind, g.gold, g.predicted, g.count) for g in e.errors)
    assert kinds == [
        ("edges", "PLACE", "PLACE", 1),
        ("label", "PLACE", "ORG", 1),
        ("missed", "METRIC", "nothing", 2),
        ("record", "indicator", "other indicator", 1),
        ("spurious", "nothing", "PLACE", 1),
    ]
    edges = next(g.examples[0] for g in e.errors if g.kind == "edges")
    assert (edges.gold, edges.predicted, edges.sentence) == ("云山县 PLACE", "云山 PLACE", TEXT[:10])
    assert e.errors[0].kind == "missed"


def test_records_need_indicator_kind_and_status():
    found = [
        entity(7, 9, "METRIC"),
        entity(18, 21, "METRIC", kind="share"),
        entity(24, 26, "METRIC", kind="change", status="planned"),
    ]
    e = evaluate([record(entities=found)], gold())
    assert values(e, "records.f", "records.indicator", "records.kind", "records.status") == [0, 0.667, 0.667, 0.667]


def test_domains_confusion_and_set():
    e = evaluate([record(domains=("urban", "economy", "economy"))], gold())
    assert values(e, "domains.accuracy", "domains.in_gold_set", "domains.macro_f") == [0.333, 0.667, 0.222]
    assert e.confusion["domains"] == {
        "economy": {"economy": 1},
        "urban": {},
        "education": {"urban": 1},
        "none": {"economy": 1},
    }
    assert e.reliability == [
        {"from": 0.9, "to": 1.0, "n": 3, "probability": pytest.approx(0.9), "accuracy": pytest.approx(1 / 3)}
    ]


def test_sentences_and_furniture():
    shifted = [(0, 9), (10, 27), (27, 32)]
    e = evaluate([record(sentences=shifted)], [*gold()[:2], replace(gold()[2], furniture=True)])
    assert values(e, "sentences.p", "sentences.r") == [0.5, 0.5]
    assert (e.furniture, e.leaked) == (1, 1)


def test_missing_documents_count():
    e = evaluate([record("a")], [*gold("a"), *gold("b")])
    assert e.missing == ["b"]
    assert values(e, "entities.micro.r", "domains.accuracy", "sentences.r") == [0.5, 0.5, 0.5]
    assert e.confusion["domains"]["none"] == {"none": 1, "nothing": 1}


def test_sentences_without_labels_are_left_out():
    unlabelled = [replace(s, domains=(), status=None) for s in gold()]
    e = evaluate([record()], unlabelled)
    assert not any(name.startswith(("domains", "status")) for name in e.scores)
    assert (e.reliability, e.confusion["domains"]) == ([], {})
    assert "Calibration" not in e.to_markdown()


BARE = [replace(s, entities=(), metrics=()) for s in gold("bare") * 9]


@pytest.mark.parametrize(
    ("change", "measured"),
    [
        (
            lambda s: replace(s, metrics=(), entities=tuple(e for e in s.entities if e.label != "METRIC")),
            {"names": (1, 2)},
        ),
        (
            lambda s: replace(s, entities=tuple(e for e in s.entities if e.label == "METRIC")),
            {"METRIC": (1, 3), "records": (1, 3)},
        ),
        (lambda s: replace(s, meta={"annotated": ["domains", "status"]}), {}),
        (lambda s: replace(s, entities=(), metrics=()), {}),
        (lambda s: s, {"names": (1, 2), "METRIC": (1, 3), "records": (1, 3)}),
    ],
)
def test_only_what_is_annotated_is_measured(change, measured):
    e = evaluate([record(), record("bare")], [*map(change, gold()), *BARE])
    for name in ("names", "METRIC", "records"):
        key = name if name == "records" else f"entities.{name}"
        found = (e.scores[f"{key}.p"].value, e.scores[f"{key}.f"].n) if f"{key}.f" in e.scores else None
        assert found == measured.get(name)
    assert not any(group.kind == "spurious" for group in e.errors)
    assert e.scores["domains.accuracy"].value == 1
    assert ("records.f" in compare(e, e).differences) == ("records" in measured)


def test_one_document_has_no_interval_and_few_no_certainty(tmp_path):
    e = evaluate([record()], gold())
    assert (e.scores["domains.accuracy"].low, e.scores["domains.accuracy"].high) == (None, None)
    assert "One document" in e.to_markdown() and "| domains.accuracy | 1.000 | – | 3 |" in e.to_markdown()
    assert "p cannot go below 1.000" in compare(e, e).to_markdown()
    assert "cannot" not in compare(many(()), many(())).to_markdown()
    pytest.importorskip("matplotlib")
    assert e.plot(tmp_path / "e.png", against=e).stat().st_size > 5000


def test_intervals_come_from_documents():
    docs = [f"d{i}" for i in range(12)]
    records = [record(d, domains=("education", "economy", "none" if i % 3 else "trade")) for i, d in enumerate(docs)]
    corpus = [s for d in docs for s in gold(d)]
    e = evaluate(records, corpus)
    score = e.scores["domains.accuracy"]
    assert score.low < score.value < score.high
    assert evaluate(records, corpus).to_dict() == e.to_dict()
    assert evaluate(records, corpus, confidence=0.5).scores["domains.accuracy"].low > score.low


def test_nothing_to_evaluate_on():
    with pytest.raises(DataError, match="no annotated sentence"):
        evaluate([record()], [])


def many(wrong):
    docs = [f"d{i}" for i in range(20)]
    found = [record(d, domains=("education", "economy", "trade" if i in wrong else "none")) for i, d in enumerate(docs)]
    return evaluate(found, [s for d in docs for s in gold(d)])


def test_compare_models():
    better, worse = many(()), many(range(15))
    d = compare(worse, better).differences["domains.accuracy"]
    assert (round(d.first, 3), d.second, round(d.difference, 3)) == (0.75, 1.0, 0.25)
    assert 0 < d.low < d.difference < d.high
    assert d.p < 0.01
    same = compare(many((1, 2)), many((3, 4))).differences["domains.accuracy"]
    assert same.low < 0 < same.high
    assert same.p > 0.5


def test_compare_models_with_other_labels():
    own = evaluate([record(domains=("own", "economy", "none"))], gold())
    assert compare(own, evaluate([record()], gold())).differences["domains.accuracy"].difference == pytest.approx(1 / 3)


def test_compare_needs_the_same_documents():
    with pytest.raises(DataError, match="different documents"):
        compare(many(()), evaluate([record()], gold()))
    with pytest.raises(DataError, match="no measure 'f'; there are: entities"):
        compare(many(()), many(()), measures=["f"])


def test_output(tmp_path):
    e = many((1, 2, 3))
    assert json.loads(json.dumps(e.to_dict()))["scores"]["domains.accuracy"]["n"] == 60
    text = e.to_markdown(title="Model")
    assert text.startswith("# Model\n\n20 documents")
    assert "**domain: none → trade** (3)" in text
    assert "谢谢大家！ — gold: none; predicted: trade (3 times)" in text
    assert "Errors" not in e.to_markdown(title="Model", n_errors=0)
    others = tuple(replace(x, sentence=f"{i}谢谢！") for i, x in enumerate(e.errors[0].examples))
    told = replace(e, errors=[replace(e.errors[0], examples=others)]).to_markdown(title="Model")
    assert all(f"- {i}谢谢！ — gold: none; predicted: trade (d" in told for i in range(3))
    assert "| domains.accuracy | 0.950 |" in text and "| none | trade | 3 |" in text
    assert "| domains.accuracy |" in compare(e, e).to_markdown(("old", "new"))


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_picture(suffix, tmp_path):
    pytest.importorskip("matplotlib")
    path = many((1,)).plot(tmp_path / f"e{suffix}")
    assert path.stat().st_size > 5000


def test_picture_errors(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"no picture format '\.gif'"):
        many(()).plot(tmp_path / "e.gif")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"govtext\[viz\]"):
        many(()).plot(tmp_path / "e.png")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "there.json"], "exists already"),
        (["-o", "folder"], "is a folder"),
        (["-o", "there.json/e.json"], "cannot be written"),
        (["--picture", "new/e.jpg"], "no picture format '.jpg'"),
        (["-o", "new/e.json", "--markdown", "there.json"], "exists already"),
    ],
)
def test_where_nothing_can_be_written_nothing_is_measured(command, tmp_path, monkeypatch, options, told):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("govtext.training.evaluate.evaluate", None)
    (tmp_path / "folder").mkdir()
    (tmp_path / "there.json").touch()
    code, _, err = command("evaluate", "model", "gold.jsonl", *options)
    assert code == 1 and told in err and err.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder", "there.json"]


def test_the_folder_of_scores_is_made(command, tmp_path):
    corpus = write_corpus(gold(), tmp_path / "gold.jsonl")
    code, _, err = command("evaluate", "model", corpus, "-o", tmp_path / "new" / "e.json")
    assert (code, err) == (0, "")
    assert json.loads((tmp_path / "new" / "e.json").read_text("utf-8"))["documents"] == ["a"]


# with the pipeline


def test_pipeline_on_sentences_alone(nlp):
    sentences = [
        AnnotatedSentence(
            id="1", doc="d", text="全年完成固定资产投资84.84亿元。", start=500, end=518, heads=("一、工作回顾", "（一）经济发展"),
            entities=(Entity(10, 17, "METRIC"),), metrics=(Metric(10, 17, indicator="固定资产投资"),),
        ),
        AnnotatedSentence(id="2", doc="d", text="（二）教育", start=600, end=605, heads=("一、工作回顾",)),
        AnnotatedSentence(
            id="3", doc="d", text="新增学位1200个。", start=605, end=615, heads=("一、工作回顾", "（二）教育"),
            entities=(Entity(4, 9, "METRIC"),),
        ),
    ]  # fmt: skip
    report, placed = rebuild_report("d", sentences)
    assert (
        report.text == "一、工作回顾\n（一）经济发展\n全年完成固定资产投资84.84亿元。\n（二）教育\n新增学位1200个。\n"
    )
    assert [report.text[s.start : s.end] for s in placed] == [s.text for s in sentences]
    e = evaluate(nlp, sentences)
    assert values(e, "entities.METRIC.f", "sentences.f") == [1, 1]


def test_pipeline_on_reports(nlp, tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    assert values(evaluate(nlp, gold(), reports=tmp_path), "entities.METRIC.f") == [1]
    with pytest.raises(DataError, match="the report has '云山县新建学校2所', the corpus '云山县新建学校2所。'"):
        evaluate(nlp, [replace(gold()[0], end=9)], reports=tmp_path)


# splits


def corpus(*docs, size=4):
    """Sentences of documents whose texts differ."""
    return [
        AnnotatedSentence(id=f"{d}{i}", doc=d, text=f"{d}第{i}件事已经办完，{d * 3}的群众都很满意。", start=0, end=0)
        for d in docs
        for i in range(size)
    ]


DOCS = "甲乙丙丁戊己庚辛壬癸"


def test_split_keeps_documents_whole():
    sentences = corpus(*DOCS)
    train, dev = split_documents(sentences, share=0.3, seed=4)
    assert len(dev) == 12
    assert {s.doc for s in train}.isdisjoint(s.doc for s in dev)
    assert sorted(s.id for s in train + dev) == sorted(s.id for s in sentences)
    assert [s.id for s in train] == [s.id for s in sentences if s in train]
    assert split_documents(sentences, share=0.3, seed=4) == (train, dev)
    assert any(split_documents(sentences, share=0.3, seed=seed)[1] != dev for seed in range(5))
    check_leak(train, dev)


def copied(doc, sentences):
    return [replace(s, doc=doc, id=f"{doc}-{s.id}") for s in sentences]


def test_near_duplicates_stay_together():
    sentences = corpus(*DOCS)
    sentences += copied("子", sentences[:3])
    for seed in range(8):
        train, dev = split_documents(sentences, seed=seed)
        check_leak(train, dev)
        assert ("甲" in {s.doc for s in dev}) == ("子" in {s.doc for s in dev})


def test_leaks_are_refused_with_their_names():
    sentences = corpus(*DOCS)
    with pytest.raises(DataError, match="甲 on both sides"):
        check_leak(sentences, sentences[:2])
    with pytest.raises(DataError, match=r"乙 and 子 \(\d+%\)"):
        check_leak(sentences, copied("子", sentences[4:7]))


def test_leaks_are_left_out():
    sentences = corpus(*DOCS)
    dev = [*sentences[:2], *copied("子", sentences[4:7])]
    assert {s.doc for s in without_leaks(sentences, dev)} == set(DOCS[2:])


def test_leaks_of_whole_texts():
    train, dev = corpus("甲"), corpus("乙")
    check_leak(train, dev)
    shared = "两份报告除了这一句以外都不相同，可是整篇文字几乎一样长。"
    with pytest.raises(DataError, match="甲 and 乙"):
        check_leak(train, dev, texts={"甲": shared, "乙": shared + "完"})


def test_short_and_empty_texts():
    assert find_leaks({"a": "云山县", "b": ""}, {"c": "云山县", "d": ""}) == find_leaks(
        {"a": "云山县"}, {"c": "云 山县"}
    )


@pytest.mark.parametrize("share", [0, 1, -1])
def test_split_errors(share):
    with pytest.raises(DataError, match="between 0 and 1"):
        split_documents(corpus(*DOCS), share=share)
    with pytest.raises(DataError, match="two documents that differ"):
        split_documents(corpus("甲"))
    with pytest.raises(DataError, match="seed is 0 or more"):
        split_documents(corpus(*DOCS), seed=-1)


# learning curve


def test_learning_curve(nlp):
    parts = []

    def fit(part):
        parts.append({s.doc for s in part})
        return nlp

    curve = learning_curve(corpus(*DOCS), gold(), fit, shares=(1, 0.25, 0.5), measures=["entities.METRIC.f"])
    assert [(p.documents, p.sentences) for p in curve.points] == [(2, 8), (5, 20), (10, 40)]
    assert parts[0] < parts[1] < parts[2] == set(DOCS)
    assert curve.to_markdown().splitlines()[-1].startswith("| 10 | 40 | 1.000 (–) |")
    assert json.dumps(curve.to_dict())
    with pytest.raises(DataError, match="above 0 and at most at 1"):
        learning_curve(corpus("甲"), gold(), fit, shares=(0, 1))
