"""Weak supervision: rules from tables and Python files, how they are weighed, and the silver labels that come of them."""

from __future__ import annotations

import numpy as np
import pytest

from govtext.corpus import AnnotatedSentence, read_corpus
from govtext.errors import DataError
from govtext.labels import DOMAINS, STATUSES
from govtext.resources import example_path, labelling_rules_path
from govtext.training.weak import (
    ABSTAIN,
    LabelModel,
    label_weakly,
    labelling_function,
    load_functions,
    read_rules,
)
from govtext.types import Entity

HEADER = "of\twhere\tpattern\tlabel\n"


def sentence(text: str, heads: tuple[str, ...] = (), **given: object) -> AnnotatedSentence:
    return AnnotatedSentence(id=text, doc="a", text=text, start=0, end=len(text), heads=heads, **given)  # type: ignore[arg-type]


def rules(tmp_path, *rows: str):
    path = tmp_path / "rules.tsv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    return read_rules(path)


def test_rows_of_one_label_and_place_are_one_function(tmp_path):
    found = rules(tmp_path, "# note", "domains\ttext\t学校\teducation", "domains\ttext\t学位\teducation")
    assert [f.name for f in found] == ["domains text education"]
    assert found[0](sentence("新增学位800个。")) == "education"
    assert found[0](sentence("新建公路。")) is None


def test_each_row_has_its_own_flags_and_groups(tmp_path):
    found = rules(
        tmp_path,
        "domains\ttext\t(.)\\1学校\teducation",
        "domains\ttext\t(?i)mooc\teducation",
        "domains\ttext\t(职)业\\1\teducation",
    )
    assert [found[0](sentence(text)) for text in ("好好学校", "MOOC", "职业职", "学校")] == ["education"] * 3 + [None]
    (mentions,) = rules(tmp_path, "entities\ttext\t青石县\tPLACE", "entities\ttext\t(?i)soho\tPLACE")
    assert mentions(sentence("SOHO在青石县")) == [(5, 8, "PLACE"), (0, 4, "PLACE")]


def test_headings_near_and_far(tmp_path):
    near, far = rules(tmp_path, "domains\theading\t教育\teducation", "domains\theadings\t民生\twelfare")
    made = sentence("新建2所。", ("一、民生改善", "（一）教育"))
    assert near(made) == "education" and far(made) == "welfare"
    assert near(sentence("新建2所。", ("一、教育", "（一）其他"))) is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("domains\ttext\t学校\tschool", "no label 'school'"),
        ("colour\ttext\t学校\teducation", "no rules of 'colour'"),
        ("domains\ttitle\t学校\teducation", "'title' is no place"),
        ("entities\theading\t学校\tORG", "'heading' is no place"),
        ("domains\ttext\t(学校\teducation", "no regular expression"),
        ("domains\ttext\t学*\teducation", "fits every text"),
        ("domains\ttext\t学校", "3 columns"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(tmp_path, row, told):
    with pytest.raises(DataError, match="line 3") as error:
        rules(tmp_path, "domains\ttext\t公路\ttransport", row)
    assert told in str(error.value)


def test_a_table_without_columns_or_rows(tmp_path):
    path = tmp_path / "rules.tsv"
    path.write_text("pattern\tlabel\n学校\teducation\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column 'of'"):
        read_rules(path)
    with pytest.raises(DataError, match="no rule in it"):
        rules(tmp_path, "# nothing")


def test_functions_of_a_python_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from govtext.training.weak import labelling_function\n\n"
        "@labelling_function('status')\ndef promises(s):\n    return 'planned' if s.text.startswith('力争') else None\n",
        encoding="utf-8",
    )
    (found,) = load_functions(path)
    assert found.name == "promises" and found(sentence("力争开工。")) == "planned"
    path.write_text("1 / 0\n", encoding="utf-8")
    with pytest.raises(DataError, match="ZeroDivisionError"):
        load_functions(path)
    path.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(DataError, match="no function"):
        load_functions(path)
    with pytest.raises(DataError, match="no Python file"):
        load_functions(tmp_path / "none.py")


def test_a_function_that_others_contradict_counts_less():
    random = np.random.default_rng(0)
    truth = random.integers(4, size=600)
    votes = np.full((600, 4), ABSTAIN)
    for j, (accuracy, share) in enumerate([(0.9, 0.8), (0.85, 0.8), (0.8, 0.8), (0.3, 0.8)]):
        said = np.where(random.random(600) < accuracy, truth, (truth + random.integers(1, 4, 600)) % 4)
        votes[:, j] = np.where(random.random(600) < share, said, ABSTAIN)
    model = LabelModel.fit(votes, list("abcd"))
    assert model.accuracies[3] < min(model.accuracies[:3])
    spoken = (votes != ABSTAIN).any(axis=1)
    probabilities = model.predict_proba(votes)
    assert (probabilities.argmax(axis=1) == truth)[spoken].mean() > 0.9
    assert np.allclose(probabilities[spoken].sum(axis=1), 1) and not probabilities[~spoken].any()


def test_known_labels_decide():
    votes = np.array([[0, 1]] * 200)
    gold = np.full(200, ABSTAIN)
    gold[:50] = 1
    model = LabelModel.fit(votes, ["x", "y"], gold=gold)
    assert model.accuracies[0] < 0.1 < 0.9 < model.accuracies[1]
    assert model.predict_proba(votes)[0].argmax() == 1


def test_votes_that_are_none():
    with pytest.raises(DataError, match="says anything"):
        LabelModel.fit(np.full((3, 2), ABSTAIN), ["x"])
    with pytest.raises(DataError, match="numbers of 1 labels"):
        LabelModel.fit(np.array([[1]]), ["x"])


def test_silver_labels_carry_their_weight_and_abstentions_stay(tmp_path):
    functions = rules(
        tmp_path, "domains\ttext\t学校\teducation", "domains\theading\t教育\teducation", "status\ttext\t^力争\tplanned"
    )
    made = [
        sentence("新建学校2所。", ("教育",)),
        sentence("力争开工。"),
        sentence("会议听取了汇报。", domains=("economy",)),
    ]
    silver = label_weakly(made, functions)
    first, second, third = silver.sentences
    assert first.domains == ("education",) and first.status is None
    assert first.meta["source"] == "weak" and 0.15 <= first.meta["weight"] <= 0.3
    assert first.meta["functions"] == ["domains heading education", "domains text education"]
    assert second.domains == () and second.status == "planned"
    assert third.domains == () and "weight" not in third.meta
    assert [s.meta["annotated"] for s in silver.sentences] == [["domains"], ["status"], []]
    assert {s.meta["source"] for s in silver.sentences} == {"weak"}
    assert label_weakly(made, functions, min_probability=1.0).sentences[0].domains == ()


def test_the_table_counts_coverage_overlaps_and_conflicts(tmp_path):
    functions = rules(tmp_path, "domains\ttext\t学校\teducation", "domains\ttext\t公路\ttransport")
    made = [sentence("学校。"), sentence("公路。"), sentence("公路通学校。"), sentence("其他。")]
    gold = [sentence("学校好。", domains=("education",)), sentence("公路边的学校。", domains=("education",))]
    table = label_weakly(made, functions, gold=gold).table.set_index("function")
    row = table.loc["domains text transport"]
    assert (row["n"], row["coverage"], row["overlaps"], row["conflicts"]) == (2, 0.5, 0.25, 0.25)
    assert (row["correct"], row["wrong"], row["accuracy"]) == (0, 1, 0.0)
    assert table.loc["domains text education", "accuracy"] == 1.0
    assert row["estimated"] < table.loc["domains text education", "estimated"]


def test_entities_are_mentions_that_do_not_overlap():
    text = "建成云溪水库除险工程，惠及云溪县。"

    @labelling_function("entities")
    def projects(s):
        return [(2, 10, "PROJECT")]

    @labelling_function("entities")
    def places(s):
        return [(2, 6, "PLACE"), (13, 16, "PLACE")]

    @labelling_function("entities")
    def longer(s):
        return [(2, 10, "PROJECT")]

    (found,) = label_weakly([sentence(text)], [projects, places, longer]).sentences
    assert found.entities == (Entity(2, 10, "PROJECT"), Entity(13, 16, "PLACE"))
    assert found.meta["annotated"] == ["names"]
    gold = [sentence(text, entities=(Entity(2, 6, "PLACE"),))] * 60
    (told,) = label_weakly([sentence(text)], [projects, places, longer], gold=gold).sentences
    assert Entity(2, 6, "PLACE") in told.entities


def test_wrong_functions_are_named():
    @labelling_function()
    def school(s):
        return "school"

    @labelling_function("entities")
    def outside(s):
        return [(0, 99, "ORG")]

    @labelling_function()
    def broken(s):
        return s.nothing

    with pytest.raises(DataError, match=r"'broken' fails on sentence 学校。 \(AttributeError"):
        label_weakly([sentence("学校。")], [broken])
    with pytest.raises(DataError, match="'school': no label 'school'"):
        label_weakly([sentence("学校。")], [school])
    with pytest.raises(DataError, match="no mention"):
        label_weakly([sentence("学校。")], [outside])
    with pytest.raises(DataError, match="called 'school'"):
        label_weakly([sentence("学校。")], [school, school])
    with pytest.raises(DataError, match="nothing to label"):
        label_weakly([], [school])
    with pytest.raises(DataError, match="no labelling functions for 'words'"):
        labelling_function("words")  # type: ignore[arg-type]


def test_packaged_rules_label_the_example_corpus():
    gold = read_corpus(example_path() / "train.jsonl")
    silver = label_weakly(gold, read_rules(labelling_rules_path()), gold=read_corpus(example_path() / "dev.jsonl"))
    assert {s.status for s in silver.sentences} <= {None, *STATUSES}
    assert {d for s in silver.sentences for d in s.domains} <= set(DOMAINS)
    truth = {s.id: s.status for s in gold}
    told = [s for s in silver.sentences if s.status]
    assert sum(truth[s.id] == s.status for s in told) / len(told) > 0.65


def test_the_weight_decides_what_silver_labels_teach(nlp):
    from govtext.training.adapt import adapt_classifier
    from govtext.types import SentenceContext

    base = nlp.get_pipe("govtext_domains").stage
    texts, context = ["清淤疏浚沟渠三条。"] * 5, [SentenceContext()] * 5

    def probability(classifier):
        return classifier.predict_proba(texts[:1])[0, list(classifier.classes_).index("safety")]

    found = [
        probability(adapt_classifier(base, texts, ["safety"] * 5, context=context, sample_weight=[weight] * 5))
        for weight in (0, 0.3, 1)
    ]
    assert found[0] == pytest.approx(probability(base), abs=1e-4)
    assert found[0] < found[1] < found[2]
