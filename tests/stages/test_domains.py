"""The domain and status classifiers: the scikit-learn idiom, context, explanations, abstaining, storing; the tables."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govtext.domains import DomainClassifier, StatusClassifier, crosswalk, describe, schemes
from govtext.domains.classifier import _checksum
from govtext.domains.features import BATCH, NgramVocabulary, normalise
from govtext.domains.inputs import MAX_KEPT, Inputs, read_inputs
from govtext.domains.shape import NAMES, part_of, shape_features
from govtext.errors import DataError, ModelError
from govtext.labels import DOMAINS
from govtext.training.classifiers import evaluate_classifier, expected_calibration_error, write_card
from govtext.training.domains import evaluate as evaluate_examples
from govtext.training.domains import read_composed, read_pointers, read_taxonomy, train_taxonomy
from govtext.types import SentenceContext

PARTS = {
    "transport": (("新建公路", "改造桥梁", "开通公交"), ("三十公里", "五座", "两条线路")),
    "education": (("新建学校", "招聘教师", "扩建幼儿园"), ("六所", "二百名", "四个班")),
    "health": (("扩建医院", "培训医生", "接种疫苗"), ("一座", "八十名", "三万剂")),
    "none": (("各位代表", "同志们", "请予审议"), ("大家好", "谢谢", "请指正")),
}


def corpus() -> tuple[list[str], list[list[str]], list[str]]:
    sentences, labels, docs = [], [], []
    for label, (verbs, objects) in PARTS.items():
        for i, verb in enumerate(verbs):
            for j, thing in enumerate(objects):
                sentences.append(f"{verb}{thing}。")
                labels.append([label])
                docs.append(f"report-{(i + j) % 3}")
    for i, verb in enumerate(PARTS["education"][0]):
        for j, other in enumerate(PARTS["transport"][0]):
            sentences.append(f"{verb}，{other}到校门。")
            labels.append(["education", "transport"])
            docs.append(f"report-{(i + j) % 3}")
    return sentences, labels, docs


@pytest.fixture(scope="module")
def classifier() -> DomainClassifier:
    sentences, labels, docs = corpus()
    return DomainClassifier(mixing=1.0).fit(sentences, labels, groups=docs)


def test_fit_returns_self_and_sets_classes():
    sentences, labels, docs = corpus()
    model = DomainClassifier()
    assert model.fit(sentences, labels, groups=docs) is model
    assert model.classes_.tolist() == sorted(PARTS)


def test_fitting_is_deterministic(classifier):
    sentences, labels, docs = corpus()
    again = DomainClassifier(mixing=1.0).fit(sentences, labels, groups=docs)
    assert again.to_bytes() == classifier.to_bytes()


def test_probabilities_are_distributions_over_the_classes(classifier):
    found = classifier.predict_proba(["改造公路。", "", "完全无关"])
    assert found.shape == (3, len(PARTS))
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found >= 0).all()


def test_no_sentences_give_no_predictions(classifier):
    assert classifier.predict_proba([]).shape == (0, len(PARTS))
    assert classifier.predict([]).tolist() == []


def test_predicts_what_it_was_taught(classifier):
    assert classifier.predict(["开通公路。", "招聘医生。", "扩建学校。"]).tolist() == [
        "transport",
        "health",
        "education",
    ]


def test_secondary_labels_come_after_the_primary_one(classifier):
    found = classifier.predict_labels(["新建学校，新建公路到校门。"])[0]
    assert [name for name, _ in found] == ["education", "transport"]
    assert found[0][1] >= found[1][1]


def test_none_is_never_secondary_and_there_are_at_most_three(classifier):
    classifier_labels = classifier.labels_of(np.array([[0.3, 0.1, 0.4, 0.2]]))
    assert len(classifier_labels[0]) <= 3
    assert "none" not in [name for name, _ in classifier_labels[0][1:]]


def test_abstains_below_the_least_probability(classifier):
    assert classifier.predict(["云"], min_probability=0.999).tolist() == [None]
    assert classifier.predict_labels(["云"], min_probability=0.999) == [[]]


@pytest.mark.parametrize("given_as", ["labels", "context", "groups", "sample_weight"])
def test_lengths_that_differ_are_named(given_as):
    sentences, labels, docs = corpus()
    contexts = [SentenceContext()] * len(sentences)
    options = {"labels": labels, "context": contexts, "groups": docs, "sample_weight": [1.0] * len(sentences)}
    options[given_as] = options[given_as][:-1]
    with pytest.raises(DataError, match=f"{len(sentences)} sentences, but {len(sentences) - 1} entries in {given_as}"):
        DomainClassifier().fit(sentences, options.pop("labels"), **options)


def test_predicting_with_too_few_contexts_is_refused(classifier):
    with pytest.raises(DataError, match="2 sentences, but 1 entries in context"):
        classifier.predict(["一", "二"], context=[SentenceContext()])


def test_one_class_is_refused():
    with pytest.raises(DataError, match="at least two classes"):
        DomainClassifier().fit(["一", "二"], ["a", "a"])


def test_an_unfitted_classifier_says_what_to_do():
    with pytest.raises(ModelError, match="not fitted"):
        DomainClassifier().predict(["一"])
    with pytest.raises(ModelError, match="not fitted"):
        DomainClassifier().to_bytes()


@pytest.mark.parametrize("sentence", ["改造桥梁五座。", "招聘教师二百名。", "接种疫苗三万剂。"])
def test_removing_the_strongest_ngram_lowers_the_probability(classifier, sentence):
    label = classifier.predict([sentence])[0]
    column = classifier.classes_.tolist().index(label)
    reasons = classifier.explain(sentence, label=label)
    ngram = next(feature for feature, weight in reasons if ": " not in feature and weight > 0)
    before, after = classifier.predict_proba([sentence, sentence.replace(ngram, "")])[:, column]
    assert ngram in sentence
    assert after < before


def test_explanations_name_headings_neighbours_and_shape():
    headed = [
        SentenceContext(heads=("一、教育",), previous="教师"),
        SentenceContext(heads=("二、交通",), previous="公路"),
    ] * 12
    sentences = ["完成工程项目若干。", "建成工程项目若干。"] * 12
    model = DomainClassifier(mixing=1.0, min_count=1).fit([s[:2] + c.heads[0] for s, c in zip(sentences, headed, strict=True)],
                                                          ["education", "transport"] * 12, context=headed)  # fmt: skip
    features = [feature for feature, _ in model.explain("完成项目。", context=headed[0], top=100)]
    assert any(f.startswith("heading: ") for f in features)
    assert any(f.startswith("shape: ") for f in features)


def test_explaining_an_unknown_class_lists_the_classes(classifier):
    with pytest.raises(DataError, match="there are: education, health, none, transport"):
        classifier.explain("新建公路。", label="roads")


def test_headings_decide_where_words_do_not():
    heads = {"education": "一、办好人民满意的教育", "transport": "二、打通交通动脉"}
    rows = [(f"{heads[d]}第{i}项", d) for d in heads for i in range(12)]
    contexts = [SentenceContext(heads=(heads[d],)) for _, d in rows]
    model = DomainClassifier(mixing=1.0).fit([text for text, _ in rows], [d for _, d in rows], context=contexts)
    found = model.predict(["按时完成。"] * 2, context=[SentenceContext(heads=(h,)) for h in heads.values()])
    assert found.tolist() == list(heads)


def test_status_depends_on_the_part():
    rows = [
        (f"{verb}{thing}。", status)
        for verb, status in (("完成", "achieved"), ("力争", "planned"))
        for thing in "甲乙丙丁戊己"
    ]
    contexts = [SentenceContext(part="review" if status == "achieved" else "plan") for _, status in rows]
    model = StatusClassifier(mixing=1.0).fit(
        [text for text, _ in rows], [status for _, status in rows], context=contexts
    )
    found = model.predict(["推进庚。"] * 2, context=[SentenceContext(part="review"), SentenceContext(part="plan")])
    assert found.tolist() == ["achieved", "planned"]


def around_rows() -> tuple[list[str], list[str], list[SentenceContext]]:
    """Sentences that say nothing of their class, which those around them do."""
    around = {"education": ("学校开学。", "教师到位。"), "transport": ("公路通车。", "桥梁合龙。")}
    own = {"education": ("学校扩建。", "教师培训。"), "transport": ("公路改造。", "桥梁加固。")}
    rows = [(f"第{i}项完成。", label) for label in around for i in range(8)]
    rows += [(text, label) for label, texts in (own | around).items() for text in (*texts, *around[label])]
    return (
        [text for text, _ in rows],
        [label for _, label in rows],
        [SentenceContext(around=around[label]) for _, label in rows],
    )


@pytest.mark.parametrize("own_vote", [True, False])
def test_the_sentences_around_decide_where_words_do_not(own_vote):
    sentences, labels, contexts = around_rows()
    model = DomainClassifier(mixing=1.0, min_count=1, own_vote=own_vote).fit(sentences, labels, context=contexts)
    told = [SentenceContext(around=("公路通车。",) * 5), SentenceContext(around=("学校开学。", "教师到位。", ""))]
    assert model.predict(["按时竣工。"] * 2, context=told).tolist() == ["transport", "education"]
    reasons = model.explain("按时竣工。", context=told[0], label="transport", top=100)
    assert any(feature.startswith("around: ") and weight > 0 for feature, weight in reasons)


def test_explaining_adds_up_to_the_change_that_a_small_step_makes(classifier):
    sentence = "改造桥梁五座。"
    weights = dict(classifier.explain(sentence, label="transport", top=1000))
    before = classifier.predict_proba([sentence])[0]
    column = classifier.classes_.tolist().index("transport")
    rows = Inputs([sentence], [SentenceContext()]).rows(classifier.vocabulary)
    gram = max(rows.row(0), key=lambda pair: pair[1])[0]
    step = 1e-2
    changed = DomainClassifier.from_bytes(classifier.to_bytes())
    changed.ngram_weights[gram] *= 1 + step
    after = changed.predict_proba([sentence])[0]
    others = np.delete(before, column) / np.delete(before, column).sum()
    log_odds = np.log(after[column] / before[column]) - others @ np.log(
        np.delete(after, column) / np.delete(before, column)
    )
    assert log_odds / step == pytest.approx(weights[classifier.vocabulary.surface(gram, sentence)], rel=0.1)


def test_labels_may_be_shares():
    sentences, labels, _ = corpus()
    model = DomainClassifier(mixing=1.0).fit([*sentences, "护士值班。"], [*labels, {"health": 0.9, "none": 0.1}])
    assert model.classes_.tolist() == sorted(PARTS)
    assert len(model.held_out_proba_) == len(sentences) + 1


# storing


def test_bytes_round_trip(classifier):
    again = DomainClassifier.from_bytes(classifier.to_bytes())
    sentences = ["改造桥梁。", "招聘教师，开通公交。"]
    assert np.array_equal(again.predict_proba(sentences), classifier.predict_proba(sentences))
    assert again.predict_labels(sentences) == classifier.predict_labels(sentences)
    assert again.to_bytes() == classifier.to_bytes()


def test_disk_round_trip(classifier, tmp_path):
    classifier.to_disk(tmp_path / "deep" / "domains")
    again = DomainClassifier.from_disk(tmp_path / "deep" / "domains")
    assert np.array_equal(again.predict_proba(["新建医院。"]), classifier.predict_proba(["新建医院。"]))


@pytest.mark.parametrize("name", ["classifier.json", "weights.npz"])
def test_a_changed_file_is_refused(classifier, tmp_path, name):
    classifier.to_disk(tmp_path)
    data = bytearray((tmp_path / name).read_bytes())
    at = data.index(b'"temperature": ') + 16 if name.endswith("json") else len(data) // 2
    data[at] = data[at] ^ 1
    (tmp_path / name).write_bytes(bytes(data))
    with pytest.raises(ModelError):
        DomainClassifier.from_disk(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]\n", b"not json\nnor arrays", b'{"sha256": "0"}\n'])
def test_bytes_of_something_else_are_refused(data):
    with pytest.raises(ModelError):
        DomainClassifier.from_bytes(data)


def test_a_classifier_without_votes_of_an_earlier_version_still_loads(classifier):
    old = DomainClassifier.from_bytes(classifier.to_bytes())
    old.votes, old.vote_weights, old.vote_bias = (), np.empty((0, 0, 0), np.float32), np.empty((0, 0), np.float32)
    header, _, arrays = old.to_bytes().partition(b"\n")
    described = json.loads(header)
    described = {k: v for k, v in described.items() if k not in ("votes", "sha256")} | {"format": 1}
    described["sha256"] = _checksum(described, arrays)
    again = DomainClassifier.from_bytes(json.dumps(described).encode() + b"\n" + arrays)
    assert np.array_equal(again.predict_proba(["改造桥梁。"]), old.predict_proba(["改造桥梁。"]))


def test_another_kind_of_classifier_is_refused(classifier):
    with pytest.raises(ModelError, match=r"DomainClassifier\.from_disk"):
        StatusClassifier.from_bytes(classifier.to_bytes())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ModelError, match="holds no classifier"):
        DomainClassifier.from_disk(tmp_path / "nowhere")


def test_loading_needs_neither_sklearn_nor_scipy(classifier, tmp_path):
    classifier.to_disk(tmp_path)
    code = (
        "import sys; from govtext.domains import DomainClassifier;"
        f"DomainClassifier.from_disk({str(tmp_path)!r}).predict(['新建公路。']);"
        "print([m for m in ('sklearn', 'scipy', 'spacy', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# inputs


def test_classifiers_of_one_vocabulary_share_the_reading():
    sentences, labels, contexts = around_rows()
    domains = DomainClassifier(min_count=1).fit(sentences, labels, context=contexts)
    status = StatusClassifier(min_count=1).fit(sentences, ["achieved", "planned"] * 12, context=contexts)
    assert domains.vocabulary.fingerprint == status.vocabulary.fingerprint
    inputs = read_inputs(sentences, contexts)
    rows = inputs.rows(domains.vocabulary)
    assert read_inputs(list(sentences), list(contexts)) is inputs
    assert inputs.rows(status.vocabulary) is rows
    other = NgramVocabulary.from_texts(["新建公路"], min_count=1)
    assert list(inputs.rows(other).row(0)) == list(other.rows(inputs.texts).row(0))


@pytest.mark.parametrize("change", ["text", "context"])
def test_other_sentences_or_contexts_are_read_anew(change):
    sentences, contexts = ["公路。", "学校。"], [SentenceContext(), SentenceContext()]
    before = read_inputs(sentences, contexts)
    if change == "text":
        sentences[1] = "医院。"
    else:
        contexts[1] = SentenceContext(is_heading=True)
    assert read_inputs(sentences, contexts) is not before


def test_the_inputs_of_long_calls_are_not_kept():
    sentences = ["公路。"] * (MAX_KEPT + 1)
    contexts = [SentenceContext()] * len(sentences)
    assert read_inputs(sentences, contexts) is not read_inputs(sentences, contexts)


@given(st.lists(st.lists(st.sampled_from(["甲", "乙", "", "丙丁"]), max_size=6), min_size=1, max_size=6))
def test_the_mean_around_is_that_of_the_texts_around(around):
    inputs = Inputs(["公路。"] * len(around), [SentenceContext(around=tuple(texts)) for texts in around])
    values = np.arange(2 * len(inputs.texts), dtype=np.float32).reshape(-1, 2)
    for i, (texts, mean) in enumerate(zip(around, inputs.around_mean(values), strict=True)):
        expected = [values[inputs.texts.index(text)] for text in texts]
        assert mean == pytest.approx(np.mean(expected, axis=0) if texts else [0, 0])
        assert [inputs.texts[n] for n in inputs.around(i)] == texts


# features


def test_ngrams_do_not_reach_into_the_next_text():
    vocabulary = NgramVocabulary.from_texts(["甲乙丙丁", "甲乙", "丙丁", "甲", "丁甲"], min_count=1)
    texts = ["丙", "丁", "甲", "", "乙", "甲乙丙", "丁"]
    together = vocabulary.rows(texts)
    for i, text in enumerate(texts):
        assert list(together.row(i)) == list(vocabulary.rows([text]).row(0))


@given(st.text(max_size=200))
def test_normalising_keeps_every_character_in_its_place(text):
    assert len(normalise(text)) == len(text)


@settings(max_examples=50)
@given(st.lists(st.text(alphabet="新建学校公路，。12 ", max_size=12), min_size=1, max_size=8))
def test_rows_are_the_ngrams_of_their_text(texts):
    vocabulary = NgramVocabulary.from_texts(["新建学校，公路。", "新建公路1条", *texts], min_count=1)
    rows = vocabulary.rows(texts)
    for i, text in enumerate(texts):
        row = dict(rows.row(i))
        plain = normalise(text)
        grams = {plain[a : a + n] for n in (1, 2, 3, 4) for a in range(len(plain) - n + 1)}
        assert {vocabulary.ngram(c) for c in row} <= grams
        assert not row or sum(v * v for v in row.values()) == pytest.approx(1, abs=1e-4)


def test_long_inputs_are_cut_into_batches_without_loss():
    vocabulary = NgramVocabulary.from_texts(["新建公路", "新建学校"], min_count=1)
    texts = ["新建公路" * (BATCH // 8)] * 3 + ["学校"]
    rows = vocabulary.rows(texts)
    assert len(rows) == 4
    assert list(rows.row(0)) == list(rows.row(2))
    assert rows.dot(np.ones((len(vocabulary), 1), dtype=np.float32)).shape == (4, 1)


@given(st.text(max_size=80))
def test_shape_has_a_value_for_every_name(text):
    assert shape_features([text], [SentenceContext()]).shape == (1, len(NAMES))


@pytest.mark.parametrize(
    ("context", "part"),
    [
        (SentenceContext(part="plan", title="某局工作总结"), "plan"),
        (SentenceContext(title="某局2022年工作总结"), "review"),
        (SentenceContext(title="某街道2022年工作总结和2023年工作计划", year=2022, plan_year=2023), None),
        (SentenceContext(year=2022), "review"),
    ],
)
def test_part_falls_back_on_title_and_years(context, part):
    assert part_of(context) == part


# the tables


def test_the_table_holds_exactly_the_domains_of_the_scheme():
    rows = describe()
    assert tuple(row["id"] for row in rows) == DOMAINS
    assert all(value.strip() for row in rows for value in row.values())


def test_an_unknown_domain_lists_the_domains():
    with pytest.raises(DataError, match="economy, finance"):
        describe("sports")


@pytest.mark.parametrize("scheme", ["cap", "state_council", "budget", "cofog"])
def test_every_crosswalk_maps_every_domain_once_in_the_main(scheme):
    rows = crosswalk(scheme)
    assert all(row["domain"] in DOMAINS and row["code"] and row["name"] and row["source"] for row in rows)
    main = [row["domain"] for row in rows if row["relation"] == "main"]
    assert sorted(set(main) | {"none"}) == sorted(DOMAINS)
    assert len(main) == len(set(main))
    pairs = [(row["domain"], row["code"]) for row in rows]
    assert len(pairs) == len(set(pairs))


def test_an_unknown_scheme_lists_the_schemes():
    with pytest.raises(DataError, match=", ".join(schemes())):
        crosswalk("nace")


# training, evaluation, cards


def test_evaluation_and_card(classifier):
    sentences, labels, docs = corpus()
    scores = evaluate_classifier(classifier, sentences, labels, groups=docs, n_bootstrap=20)
    assert scores["accuracy"] > 0.9
    assert scores["n_documents"] == 3
    low, high = scores["intervals"]["accuracy"]
    assert low <= scores["accuracy"] <= high
    assert scores["risk_coverage"][0]["coverage"] == 1.0
    assert json.loads(json.dumps(scores)) == scores
    card = write_card(scores, title="Own taxonomy")
    assert card.startswith("# Own taxonomy")
    assert "| education |" in card


def test_evaluation_wants_one_label_a_sentence(classifier):
    with pytest.raises(DataError, match="2 sentences and 1 labels"):
        evaluate_classifier(classifier, ["一", "二"], ["none"])


def test_calibration_error_of_sure_and_right_is_nothing():
    assert expected_calibration_error(np.ones(5), np.ones(5, dtype=bool)) == 0


def test_own_taxonomy(tmp_path):
    labels, sentences = tmp_path / "labels.tsv", tmp_path / "sentences.tsv"
    labels.write_text("id\tname\nroads\tRoads\nschools\tSchools\n", encoding="utf-8")
    rows = [f"公路工程{c}\troads\t文{i % 3}" for i, c in enumerate("甲乙丙丁戊己")]
    rows += [f"学校工程{c}\tschools|roads\t文{i % 3}" for i, c in enumerate("甲乙丙丁戊己")]
    sentences.write_text("text\tlabel\tdocument\n" + "\n".join(rows), encoding="utf-8")
    known, examples = read_taxonomy(labels, sentences)
    model = train_taxonomy(examples, mixing=1.0)
    assert model.classes_.tolist() == known == ["roads", "schools"]
    assert evaluate_examples(model, examples)["accuracy"] == 1.0


def test_own_taxonomy_with_an_unknown_label(tmp_path):
    labels, sentences = tmp_path / "labels.tsv", tmp_path / "sentences.tsv"
    labels.write_text("id\nroads\n", encoding="utf-8")
    sentences.write_text("text\tlabel\n公路\troad\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2: no label 'road'; there are: roads"):
        read_taxonomy(labels, sentences)


def test_pointers_are_checked_against_the_reports(tmp_path):
    (tmp_path / "r1.txt").write_text("一、工作回顾\n新建公路三十公里。\n", encoding="utf-8")
    row = {"doc": "r1", "start": 7, "end": 16, "sha256": "0" * 16, "domains": ["transport"], "status": "achieved"}
    (tmp_path / "extra.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        read_pointers(tmp_path / "extra.jsonl", reports=tmp_path)


def test_composed_reports_get_the_context_of_their_report(tmp_path):
    lines = [
        "doc\tdomains\tstatus\ttext",
        "a\tnone\tother\t一、2021年工作总结",
        "a\ttransport\tachieved\t新建公路三十公里。",
    ]
    (tmp_path / "composed.tsv").write_text("\n".join(lines), encoding="utf-8")
    found = read_composed(tmp_path / "composed.tsv")
    assert [e.domains for e in found] == [["none"], ["transport"]]
    assert found[1].context.part == "review"
