"""What is kept under a name is opened once, and a name that is none is refused with the way out."""

import pytest

from webenvs import library
from webenvs.corpora.world.generate import build_world
from webenvs.errors import CorpusError, UnknownNameError
from webenvs.search import engines
from webenvs.testing.golden_world import golden_world


def test_a_corpus_is_opened_once():
    assert library.corpus("tiny") is library.corpus("tiny")


def test_the_knowledge_of_an_embedded_web_comes_with_it():
    pages = library.corpus("tiny")
    assert library.knowledge(pages).corpus.digest == pages.digest


def test_a_world_or_knowledge_given_as_corpus_is_remembered():
    world = build_world(seed=9, pages=100)
    assert library.pages_of(world) is world.corpus
    assert library.knowledge(world.corpus) is world.knowledge
    assert library.pages_of(golden_world()) is golden_world().corpus
    assert library.pages_of("tiny") == "tiny"


def test_a_corpus_without_knowledge_says_how_to_get_some():
    world = build_world(seed=10, pages=100)
    with pytest.raises(CorpusError, match="attach_knowledge"):
        library.knowledge(world.corpus)


@pytest.mark.parametrize("name", ["", "tinny", "x" * 5000, "a\0b", "nowhere/at/all"])
def test_a_name_of_nothing_is_refused(name):
    with pytest.raises(UnknownNameError, match="tiny"):
        library.corpus(name)
    pages = library.corpus("tiny")
    with pytest.raises(UnknownNameError, match="multi-hop"):
        library.task_source(name, pages, engines.retriever(pages, "bm25", {}))


def test_the_tasks_of_a_family_are_made_once_for_the_same_settings():
    pages = library.corpus("tiny")
    retriever = engines.retriever(pages, "bm25", {})
    one = library.task_source("lookup", pages, retriever, level="easy")
    assert library.task_source("lookup", pages, retriever, level="easy") is one
    assert library.task_source("lookup", pages, retriever, level="hard") is not one
