"""What a generated world is made of: the forms of an entity type and of a relation, in words too.

Page text and questions are worded apart: `statements`, `rosters` and `news` are what pages say,
`nouns`, `asks` and `predicates` are what questions say, so that finding a page is not a look-up of
the question's own template.
"""

from webenvs.corpora import knowledge
from webenvs.corpora.knowledge import EntityWords, ValueKind
from webenvs.records import Record


class EntityType(Record, frozen=True, kw_only=True):
    """One type of entity: how it is called, introduced and laid out on its page.

    `share` is its part of all articles. `article` stands before a name in running text ("the ").
    `question_article` does so in questions, where `noun` (the name of the type if empty) and
    `plural` stand for the type, `who` is its relative pronoun and `broader` a wider type. `intros`
    and `alias_note` open the article. `sections` pair a heading with the relations told under it; a
    relation with a leading "<" is told from the object's side.
    """

    name: str
    title: str
    share: float
    intros: tuple[str, ...]
    alias_note: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    article: str = ""
    question_article: str = ""
    who: str = "that"
    noun: str = ""
    plural: str = ""
    broader: str = ""

    @property
    def words(self) -> EntityWords:
        """How questions speak of the type."""
        noun = self.noun or self.name
        return EntityWords(
            name=self.name,
            noun=noun,
            plural=self.plural or f"{noun}s",
            article=self.question_article,
            who=self.who,
            broader=self.broader,
        )


class Relation(Record, frozen=True, kw_only=True):
    """One relation from the entity type `domain` to `range`: a type, or year, date or number.

    `functional`: a subject has at most one object; `inverse_functional`: an object has at most one
    subject; `symmetric`: with every fact its inverse is a fact too, and no page tells it from the
    object's side. `fixed` facts always stand on the page of their subject. Page text: `statements`
    on the subject's page ({S} subject, {o} one or more objects, {they}, {them}, {their} and {is}
    agreeing with the subject), `rosters` on the object's page ({s} one or more subjects, {S} and
    {their} the page's own entity), `roll` the title of a list page, `news` pairs of headline and
    text. Questions: `nouns` lead from the subject {x} to the object, `asks` ask for the object,
    `predicates` describe the subject by its object {x}. A date fills {o} and {x} with its
    preposition ("on 4 May 1931"), years and numbers stand bare.
    """

    name: str
    domain: str
    range: str
    statements: tuple[str, ...]
    asks: tuple[str, ...]
    predicates: tuple[str, ...]
    nouns: tuple[str, ...]
    rosters: tuple[str, ...] = ()
    news: tuple[tuple[str, str], ...] = ()
    roll: str = ""
    functional: bool = True
    inverse_functional: bool = False
    symmetric: bool = False
    fixed: bool = False

    @property
    def kind(self) -> ValueKind:
        """What its objects are: entities, years, dates or numbers."""
        return self.known.kind

    @property
    def known(self) -> knowledge.Relation:
        """The relation as knowledge has it, without the words of pages."""
        return knowledge.Relation(
            name=self.name,
            domain=self.domain,
            range=self.range,
            nouns=self.nouns,
            asks=self.asks,
            predicates=self.predicates,
            functional=self.functional,
            inverse_functional=self.inverse_functional,
            symmetric=self.symmetric,
        )
