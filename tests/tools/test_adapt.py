"""Classifiers trained on from their shipped weights: the slope of the loss, and what is kept of the old answers."""

import numpy as np
import pytest

from govtext.domains.inputs import Inputs
from govtext.errors import DataError
from govtext.training.adapt import _Problem, adapt_classifier
from govtext.training.data import sample_reports
from govtext.types import SentenceContext

TEXTS = [
    "第一条为规范水库调度，制定本办法。",
    "本办法自发布之日起施行。",
    "水库管理单位应当建立值班制度。",
    "违反规定的，责令改正。",
]


@pytest.fixture(params=["govtext_domains", "govtext_status"])
def classifier(nlp, request):
    return nlp.get_pipe(request.param).stage


def test_the_slope_is_that_of_the_loss(classifier):
    context = [SentenceContext(previous=TEXTS[i - 1], around=tuple(TEXTS)) for i in range(4)]
    targets = np.random.default_rng(0).dirichlet(np.ones(len(classifier.classes_)), size=4)
    problem = _Problem(classifier, Inputs(TEXTS, context), targets, pull=0.5)
    place, way = np.random.default_rng(1).normal(size=(2, problem.shape[0] * problem.shape[1])) * 0.05
    step = 1e-5
    measured = (problem(place + step * way)[0] - problem(place - step * way)[0]) / (2 * step)
    assert problem(place)[1] @ way == pytest.approx(measured, rel=1e-4)
    probabilities = classifier.predict_proba(TEXTS, context=context)
    assert problem(0 * place)[0] == pytest.approx(-(targets * np.log(probabilities)).sum(), rel=1e-4)


def test_new_labels_are_learned_and_old_answers_kept(nlp):
    old, reports = nlp.get_pipe("govtext_status").stage, sample_reports()
    context = [SentenceContext()] * len(TEXTS)
    new = adapt_classifier(old, TEXTS, ["other"] * 4, context=context, rehearsal=reports)
    other = old.classes_.tolist().index("other")
    gain = (new.predict_proba(TEXTS, context=context) - old.predict_proba(TEXTS, context=context))[:, other]
    assert gain.min() > 0
    texts, contexts = zip(*(pair for report in reports for pair in report), strict=True)
    assert np.mean(old.predict(texts, context=contexts) == new.predict(texts, context=contexts)) > 0.98


def test_what_would_cost_the_old_answers_is_not_learned(nlp):
    """Labels that contradict the base on sentences such as it knows: with no loss allowed it stays as it is."""
    old, reports = nlp.get_pipe("govtext_status").stage, [report[:20] for report in sample_reports()]
    texts, context = zip(*reports[0], strict=True)
    turned = {"achieved": "planned", "planned": "other", "other": "achieved"}
    labels = [turned[name] for name in old.predict(texts, context=context)]
    options = {"context": context, "rehearsal": reports, "share": 0.0}
    kept = adapt_classifier(old, texts, labels, **options, tolerance=-1.0)
    assert np.array_equal(kept.ngram_weights, old.ngram_weights)
    learned = adapt_classifier(old, texts, labels, **options, tolerance=1.0)
    assert np.mean(learned.predict(texts, context=context) == labels) > 0.9


@pytest.mark.parametrize(("told", "learned"), [("other", True), ("achieved", False)])
def test_sentences_set_aside_decide_with_the_base_among_the_candidates(nlp, told, learned):
    old, context = nlp.get_pipe("govtext_status").stage, [SentenceContext()] * len(TEXTS)
    aside = (["本办法由水务局负责解释。"], [told], context[:1])
    options = {"context": context, "rehearsal": sample_reports()}
    new = adapt_classifier(old, TEXTS, ["other"] * 4, **options, held_out=aside)
    assert np.array_equal(new.ngram_weights, old.ngram_weights) != learned
    forced = adapt_classifier(old, TEXTS, ["other"] * 4, **options, held_out=aside, pull=1.0)
    assert not np.array_equal(forced.ngram_weights, old.ngram_weights)


def test_a_label_that_the_base_does_not_have_is_named(classifier):
    context = [SentenceContext()]
    for labels, aside in ((["unheard"], None), ([classifier.classes_[0]], (TEXTS[1:2], ["unheard"], context))):
        with pytest.raises(DataError, match="no class 'unheard'"):
            adapt_classifier(classifier, TEXTS[:1], labels, context=context, held_out=aside)
