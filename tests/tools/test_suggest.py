"""Suggestions for labelling: the unsure first, no two alike, with the labels of the model."""

import numpy as np
import pytest

import govtext as gt
from govtext.corpus import read_corpus, write_corpus
from govtext.errors import DataError
from govtext.training.suggest import TARGETS, choose, margin_uncertainty, suggest

TEXT = """云山县2023年工作总结
一、2023年工作回顾
全年新增学位1200个，新建学校2所。石桥街道修通公路十二公里。
全年新增学位1200个，新建学校2所。
举办云山茶文化节，接待游客3万人次。受理群众来信二十余件，全部办结。
二、2024年工作安排
新建县医院门诊楼，增设床位200张。继续推进河道治理，种树5000棵。好。
"""


@pytest.fixture(scope="module")
def report():
    return gt.parse_report(TEXT, id="云山县")


def test_best_first_with_reasons(nlp, report):
    found = suggest(nlp, [report], n=5)
    assert len(found) == 5
    reasons = [s.meta["suggestion"] for s in found]
    assert [r["rank"] for r in reasons] == [1, 2, 3, 4, 5]
    assert all(0 <= r[target] <= 1 for r in reasons for target in TARGETS)
    assert all(r["score"] == pytest.approx(np.mean([r[t] for t in TARGETS]), abs=0.002) for r in reasons)
    assert all(TEXT[s.start : s.end] == s.text and s.doc == "云山县" for s in found)
    assert found == suggest(nlp, [report], n=5)


def test_only_for_what_is_labelled(nlp, report):
    found = suggest(nlp, [report], n=50, of=["domains"], diversity=0)
    scores = [s.meta["suggestion"]["score"] for s in found]
    assert scores == sorted(scores, reverse=True)
    assert set(found[0].meta["suggestion"]) == {"rank", "score", "domains"}


def test_nothing_twice_and_nothing_known(nlp, report):
    found = suggest(nlp, [report, report], n=50)
    texts = [s.text for s in found]
    assert len(texts) == len(set(texts))
    assert "好。" not in texts
    assert not {s.text for s in suggest(nlp, [report], n=50, known=found[:3])} & set(texts[:3])


def test_status_against_its_part(nlp, report, monkeypatch):
    stage = nlp.get_pipe("govtext_status").stage
    monkeypatch.setattr(type(stage), "predict", lambda _, texts, **__: np.array(["planned"] * len(texts), dtype=object))
    found = {s.text: s.meta["suggestion"]["status"] for s in suggest(nlp, [report], n=50, of=["status"])}
    assert found["石桥街道修通公路十二公里。"] == 1
    assert found["新建县医院门诊楼，增设床位200张。"] < 1


def test_pipeline_without_parts(report):
    nlp = gt.load(exclude=["govtext_domains", "govtext_names"])
    found = suggest(nlp, [report], n=3, of=["domains", "names"])
    assert [s.meta["suggestion"]["score"] for s in found] == [0, 0, 0]


def test_names_are_judged_by_the_words_that_the_recogniser_reads(nlp, report, monkeypatch):
    encoder = nlp.get_pipe("govtext_names").stage.encoder
    plain, read = encoder.raw_scores, []

    def noted(texts, words=None):
        read.append(words)
        return plain(texts, words)

    monkeypatch.setattr(encoder, "raw_scores", noted)
    suggest(nlp, [report], n=3, of=["names"])
    tagged, judged = read
    assert any(marks.any() for marks in tagged)
    assert all(np.array_equal(a, b) for a, b in zip(tagged, judged, strict=True))


def test_goes_into_a_tool_and_back(nlp, report, tmp_path):
    found = suggest(nlp, [report], n=5)
    path = write_corpus(found, tmp_path / "tasks.json", "label-studio")
    assert read_corpus(path) == found


def test_choose_spreads():
    texts = ["新建学校两所，学位增加。", "新建学校三所，学位增加。", "公路全线通车。", "河道治理完成。"]
    scores = np.array([0.9, 0.89, 0.7, 0.1])
    assert choose(texts, scores, n=2, diversity=0) == [0, 1]
    assert choose(texts, scores, n=2, diversity=0.5) == [0, 2]
    assert choose(texts, scores, n=9, diversity=0.5, known=texts[:1]) == [2, 3, 1]
    assert choose(texts, scores, n=2, known=texts) == []


def test_uncertainty_of_one_class():
    assert margin_uncertainty(np.ones((3, 1))).tolist() == [0, 0, 0]


def test_errors(nlp, report):
    with pytest.raises(DataError, match=r"\['words'\]; there are: domains, status, names, metrics"):
        suggest(nlp, [report], of=["words"])
    with pytest.raises(DataError, match="diversity of 2"):
        choose(["a"], np.ones(1), n=1, diversity=2)
