"""Character offsets on a Doc: nothing is dropped, nothing is moved."""

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, SpanGroup

from govtext.spans import CharIndex, outermost, set_entities, set_sentence_starts, split_words, words_and_spaces
from govtext.types import Entity

VOCAB = spacy.blank("zh").vocab
TEXT = st.text(alphabet="长沙县3.8亿元 \n\t\u3000，。ab", max_size=60)


def make_doc(text: str, words: list[tuple[int, int]]) -> Doc:
    tokens, spaces = words_and_spaces(text, words)
    return Doc(VOCAB, words=tokens, spaces=spaces)


def pairs(text: str, data: st.DataObject) -> list[tuple[int, int]]:
    """Some segmentation of the text into words without white space."""
    words, start = [], None
    for i, c in enumerate(text):
        cut = start is not None and (c.isspace() or data.draw(st.booleans()))
        if cut:
            words.append((start, i))
            start = None
        if start is None and not c.isspace():
            start = i
    if start is not None:
        words.append((start, len(text)))
    return words


@given(TEXT, st.data())
def test_doc_text_is_the_text(text, data):
    words = pairs(text, data)
    doc = make_doc(text, words)
    assert doc.text == text
    assert [(t.idx, t.idx + len(t)) for t in doc if not t.is_space] == words


@given(TEXT, st.data())
def test_split_words_makes_every_offset_an_edge(text, data):
    doc = make_doc(text, pairs(text, data))
    if not len(doc):
        return
    a, b = sorted((data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(1, len(text)))))
    if a == b:
        return
    split = split_words(doc, [a, b])
    assert split.text == text
    trimmed = text[a:b]
    if trimmed == trimmed.strip(" "):  # a blank may be the trailing space of a word
        assert CharIndex(split).span(a, b).text == trimmed


def test_split_words_carries_everything_over():
    text = "长沙县人民政府在星沙办公。星沙很好。"
    doc = make_doc(text, [(0, 7), (7, 8), (8, 10), (10, 12), (12, 13), (13, 15), (15, 17), (17, 18)])
    set_sentence_starts(doc, [0, 13])
    doc.spans["sections"] = SpanGroup(
        doc, name="sections", spans=[CharIndex(doc).span(0, 18, label="section", span_id="0")]
    )
    doc = set_entities(doc, [Entity(0, 7, "ORG")])
    doc.user_data["kept"] = 1
    split = set_entities(doc, [Entity(0, 3, "PLACE"), Entity(8, 10, "PLACE")])
    assert [t.text for t in split][:2] == ["长沙县", "人民政府"]
    assert [s.text for s in split.sents] == ["长沙县人民政府在星沙办公。", "星沙很好。"]
    assert [(s.text, s.label_, s.id_) for s in split.spans["sections"]] == [(text, "section", "0")]
    assert [(e.text, e.label_) for e in split.ents] == [("长沙县", "PLACE"), ("星沙", "PLACE")]
    assert split.user_data["kept"] == 1


def test_the_same_doc_where_nothing_is_split():
    doc = make_doc("长沙县", [(0, 3)])
    assert split_words(doc, [0, 3]) is doc


def test_a_span_inside_a_word_is_an_error_and_not_dropped():
    doc = make_doc("长沙县", [(0, 3)])
    with pytest.raises(ValueError, match="0:2"):
        CharIndex(doc).span(0, 2)


def test_outermost_name_wins():
    names = [Entity(0, 8, "PROJECT"), Entity(20, 22, "PLACE")]
    metrics = [Entity(2, 4, "METRIC"), Entity(8, 9, "METRIC"), Entity(19, 23, "METRIC")]
    assert outermost(names, metrics) == [Entity(0, 8, "PROJECT"), Entity(8, 9, "METRIC"), Entity(19, 23, "METRIC")]
