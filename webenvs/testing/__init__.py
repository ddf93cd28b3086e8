"""Conformance checks for parts of your own: call them from your own tests.

    from webenvs.testing import check_corpus

    def test_my_corpus_keeps_the_contract():
        check_corpus(MyCorpus())

Each raises AssertionError with a message that says which promise is broken, and returns nothing.
"""

from webenvs.testing.codecs import check_codec
from webenvs.testing.corpora import check_corpus
from webenvs.testing.environments import check_environment
from webenvs.testing.games import check_aec, check_faces_agree, check_parallel
from webenvs.testing.players import check_player
from webenvs.testing.retrievers import check_retriever

__all__ = [
    "check_aec",
    "check_codec",
    "check_corpus",
    "check_environment",
    "check_faces_agree",
    "check_parallel",
    "check_player",
    "check_retriever",
]
