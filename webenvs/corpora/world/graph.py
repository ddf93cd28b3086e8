"""A generated world: its corpus, which players see, and its knowledge, which they never see."""

from dataclasses import dataclass

from webenvs.corpora.corpus import Corpus
from webenvs.corpora.knowledge import Knowledge

ROOT = "https://world.example"


@dataclass(frozen=True)
class World:
    """The pages of a generated web and the facts behind them."""

    corpus: Corpus
    knowledge: Knowledge
