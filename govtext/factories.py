"""Names of the pipeline's parts for spaCy's registry. Light on purpose: spaCy imports it whenever anybody builds a Language.

Annotations are not postponed here: earlier releases of spaCy 3.8 read them as they stand.
"""

from typing import Any

from spacy.language import Language
from spacy.util import registry


@registry.tokenizers("govtext.Tokenizer.v1")
def make_tokenizer(words: list[str] | None = None) -> Any:
    """Tokenizer that cuts words with the trained segmenter and the lexicon; ``words`` are further ones that stay whole."""

    def create(nlp: Language) -> Any:
        from govtext.components import Tokenizer

        return Tokenizer(nlp.vocab, words=words or ())

    return create


@Language.factory("govtext_layout", assigns=["doc._.report", "doc.spans", "doc.sents"])
def make_layout(nlp: Language, name: str) -> Any:
    """Page furniture, section tree, sentences and metadata."""
    from govtext.components import MAX_LENGTH, Layout

    nlp.max_length = max(nlp.max_length, MAX_LENGTH)
    return Layout(name)


@Language.factory("govtext_names", assigns=["doc.ents"], requires=["doc.sents"])
def make_names(nlp: Language, name: str) -> Any:
    """PLACE, ORG and PROJECT by the trained recogniser."""
    from govtext.components import Names

    return Names(name)


@Language.factory("govtext_status", assigns=["span._.status"], requires=["doc.sents"])
def make_status(nlp: Language, name: str) -> Any:
    """Status of each sentence: achieved, planned or other."""
    from govtext.components import StatusTagger

    return StatusTagger(name)


@Language.factory("govtext_domains", assigns=["span._.domain", "span._.domains"], requires=["doc.sents"])
def make_domains(nlp: Language, name: str) -> Any:
    """Policy domains of each sentence, with probabilities."""
    from govtext.components import DomainTagger

    return DomainTagger(name)


@Language.factory("govtext_metrics", assigns=["doc.ents", "span._.metric"], requires=["doc.sents"])
def make_metrics(nlp: Language, name: str) -> Any:
    """METRIC entities and their records."""
    from govtext.components import Metrics

    return Metrics(name)


@Language.factory(
    "govtext_links", assigns=["span._.place", "span._.organization", "span._.project"], requires=["doc.ents"]
)
def make_links(nlp: Language, name: str) -> Any:
    """Administrative codes of places, full names of organizations, investment and stage of projects."""
    from govtext.components import Links

    return Links(name)
