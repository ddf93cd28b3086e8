"""What a question has said so far, and what is still to be told of each variable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webenvs import seeding
from webenvs.corpora.knowledge import EntityWords, Knowledge
from webenvs.tasks.kp.phrasing import Phrases, phrases, words_of
from webenvs.tasks.kp.plan import Tree
from webenvs.tasks.kp.query import Atom, Var, variables_of


@dataclass
class Speech:
    """The atoms used, the variables said and how each is called again.

    `tree` tells which variables have sentences of their own; `key` chooses among phrasings.
    `again` are the variables spoken of more than once, `proper` those called by a name, `open`
    those whose description is not finished; `within` bounds the variables of a sentence. `tagged`
    are the variables that need a letter, because two things of their noun are spoken of.
    """

    knowledge: Knowledge
    atoms: Sequence[Atom]
    neqs: Sequence[tuple[str, str]]
    tree: Tree
    key: tuple[object, ...]
    tagged: Mapping[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    proper: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    open: list[str] = field(default_factory=list)
    types: dict[str, EntityWords] = field(default_factory=dict)
    within: frozenset[str] | None = None

    def introduce(self, name: str) -> None:
        """Note that the variable has been spoken of; later it is "that club", or "club A"."""
        words = self.words(name)
        tag = self.tagged.get(name, "")
        self.said[name] = f"{words.noun} {tag}" if tag else f"that {words.noun}"

    def refer(self, name: str) -> str:
        """How a variable that has been introduced is called again."""
        self.again.add(name)
        return self.said[name]

    def words(self, name: str) -> EntityWords:
        """The words of a variable's type, which its relations tell."""
        if name not in self.types:
            self.types[name] = self._words(name)
        return self.types[name]

    def own(self, name: str) -> list[int]:
        """The atoms still to be told of a variable, the short ones first.

        Those that lead to a thing whose description is open are left to it; those that lead out of
        the sentence are left to a later one.
        """
        ranked = []
        for place, atom in enumerate(self.atoms):
            if place not in self.used and name in variables_of(atom):
                other = next((one for one in variables_of(atom) if one != name), None)
                if other is None or self._reachable(other):
                    ranked.append((self._rank(other), place))
        return [place for _, place in sorted(ranked)]

    def unlike(self, name: str) -> list[str]:
        """The variables told already that this one must differ from."""
        pairs = [pair for pair in self.neqs if name in pair]
        others = [one if other == name else other for one, other in pairs]
        return [other for other in dict.fromkeys(others) if other in self.said and other != name]

    def is_another(self, name: str) -> bool:
        """Whether "another" says it: of the things told, one has its noun, and that is the one."""
        noun = self.words(name).noun
        alike = [one for one in self.said if one != name and self.words(one).noun == noun]
        return len(alike) == 1 and alike == self.unlike(name)

    def phrases(self, place: int) -> Phrases:
        """The words of an atom's relation."""
        return phrases(self.knowledge, self.atoms[place].relation)

    def is_date(self, relation: str) -> bool:
        """Whether the objects of a relation are dates."""
        known = self.knowledge.relations.get(relation)
        return known is not None and known.kind == "date"

    def choice(self, options: Sequence[str], *key: object) -> str:
        """One of the options, by the question's key."""
        return options[0] if len(options) == 1 else seeding.choice(options, *self.key, *key)

    def noun_for(self, place: int) -> str:
        """The template of a noun phrase for the object of an atom."""
        return self.choice(self.phrases(place).nouns, place, "noun")

    def _words(self, name: str) -> EntityWords:
        types = []
        for atom in self.atoms:
            relation = self.knowledge.relations.get(atom.relation)
            if relation is not None:
                ends = ((atom.subject, relation.domain), (atom.object, relation.range))
                types += [kind for term, kind in ends if term == Var(name) and kind]
        best = sorted(types, key=lambda kind: (-types.count(kind), types.index(kind)))
        return words_of(self.knowledge, best[0] if best else "")

    def _reachable(self, other: str) -> bool:
        if other in self.open:
            return False
        return other in self.said or self.within is None or other in self.within

    def _rank(self, other: str | None) -> int:
        """Constants first, then things known, then new things by how much is told of them."""
        if other is None:
            return 0
        return 1 if other in self.said else 2 + self.tree.loads.get(other, 0)
