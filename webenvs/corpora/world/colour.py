"""Sentences without facts, put together from patterns and words, so that few are alike.

They colour articles, site pages, news and pages about nothing. None holds a digit or a name, and
none says what a relation of the world says.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.prose import Word, Writer, blanks_of, capital


def _row(words: str) -> tuple[str, ...]:
    """The blank-separated words of a row."""
    return tuple(words.split())


_OWN = 0.4
"""The share of sentences that are taken from those of the type, while there are any."""
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "quality": _row(
            "quiet plain crooked handsome draughty cheerful narrow weathered tidy sober "
            "stubborn modest lively faded solid"
        ),
        "thing": _row(
            "barometer parasol notebook tankard lantern clock teapot compass map ladder "
            "violin birdcage telescope stove wardrobe"
        ),
        "food": (
            *("plum cake", "barley soup", "smoked fish", "poppy seed rolls", "pickled pears"),
            *("chestnut bread", "onion tart", "honey biscuits", "cold veal", "rhubarb jam"),
        ),
        "season": ("spring", "summer", "autumn", "winter", "the first frost", "harvest time"),
        "kin": ("sister", "uncle", "niece", "godfather", "neighbour", "landlady", "cousin"),
        "liking": (
            *("early trains", "brass bands", "strong tea", "card games", "long sentences"),
            *("open windows", "old maps", "rainy Sundays", "wooden boats", "sharp pencils"),
        ),
        "dislike": (
            *("telephones", "speeches", "loud dogs", "tight collars", "committee meetings"),
            *("new spellings", "draughts", "late guests", "gravel paths", "borrowed money"),
        ),
        "spot": (
            *("the old cemetery", "the fish market", "the tram depot", "the upper bridge"),
            *("the post office", "the orchard wall", "the brewery yard", "the lock keeper's house"),
            *("the botanical garden", "the coal harbour", "the school yard", "the grain store"),
        ),
        "weather": (
            *("fog", "steady drizzle", "an east wind", "late snow", "summer hail", "dry heat"),
        ),
        "group": (
            *("schoolchildren", "anglers", "pensioners", "students", "apprentices", "hikers"),
            *("choir singers", "stamp collectors", "night nurses", "ferrymen", "bird watchers"),
        ),
        "verdict": (
            *("overlong", "charming", "hard to follow", "better than expected", "worth a detour"),
            *("unjustly forgotten", "too clever by half", "honest work", "an acquired taste"),
        ),
        "material": (
            *("red brick", "pale sandstone", "painted wood", "grey slate", "glazed tiles"),
            *("cast iron", "blue enamel", "oak", "poured concrete", "green copper"),
        ),
        "paperwork": (
            *("minutes", "ledgers", "visitors' books", "drawings", "receipts", "photographs"),
            *("letters", "posters", "seating plans", "keys", "wage books", "catalogues"),
        ),
        "time": (
            *("on weekday mornings", "after dark", "during the holidays", "in the wet months"),
            *("before breakfast", "on market days", "at the end of term", "every other Thursday"),
        ),
        "worry": (
            *("the state of the roof", "a shortage of chairs", "the price of coal", "damp walls"),
            *("missing signposts", "the heating", "noise from the goods yard", "loose paving"),
        ),
    }
)
"""What may fill the blanks of a pattern."""

PATTERNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "person": (
            "{S} was fond of {liking} and could not bear {dislike}.",
            "{Their} {kin} recalled a {quality} child with a passion for {liking}.",
            "A {quality} {thing} from {their} household came to light behind {spot}.",
            "Guests were served {food} and shown the {thing}.",
            "{S} liked to walk to {spot} {time}, in {weather} too.",
            "Letters to {their} {kin} complain of {dislike} and of {worry}.",
            "Among {their} effects were a {thing}, a {quality} {thing2} and a recipe for {food}.",
            "{S} wrote standing up, next to a {thing}, preferably {time}.",
            "An old schoolfellow called {them} {quality} but never dull.",
            "{Their} {kin} kept the {paperwork} in a box with the {thing}.",
            "Those who met {them} {time} remember {liking}, {food} and a {quality} coat.",
            "Reviewers have called {their} recollections {verdict}.",
            "A neighbour's boy was paid in {food} for carrying the {paperwork} to {spot}.",
            "In {season} {they} could be found near {spot}, usually with a {thing}.",
            "{S} never learned to swim, to drive or to refuse {food}.",
            "Of {dislike} {they} said only that they were a matter for {group}.",
            "The {quality} desk at which {they} sat is shown to {group} {time}.",
            "Photographs show a {quality} figure beside a {thing}, squinting in {weather}.",
            "{Their} {kin} thought the fuss about {worry} excessive.",
            "{S} lent books to {group} and rarely got them back.",
            "Plans for a house of {material} near {spot} were never carried out.",
            "On journeys {they} carried a {thing}, {food} and a change of collar.",
        ),
        "place": (
            "Near {spot} stands a {quality} building of {material}.",
            "{Group} gather at {spot} {time}.",
            "Local cooks are proud of {food}, best in {season}.",
            "In {season} the area is known for {weather}.",
            "The path from {spot} to {spot2} is lit by lamps of {material}.",
            "Residents mention {worry} and {dislike} when asked for complaints.",
            "A {quality} fountain of {material} was moved to {spot}.",
            "Guidebooks call the view from {spot} {verdict}.",
            "Benches of {material} invite {group} to rest.",
            "Painters came for the light in {season} and stayed for {food}.",
            "{Group} and {group2} share the hall behind {spot}.",
            "Old {paperwork} mention a {thing} that hung above {spot}.",
            "Roofs of {material} can be seen from far away, except in {weather}.",
            "A {quality} lane leads past {spot} and ends in a field.",
            "On feast days {group} carry a {thing} through the streets.",
            "Every few years there is talk of {worry}, and nothing comes of it.",
            "Walkers are warned of {weather} in {season}.",
            "The bell near {spot} is rung {time} and at no other hour.",
            "Shops sell {food} wrapped in paper with the picture of a {thing}.",
            "Nobody remembers why {spot} is painted blue.",
        ),
        "organisation": (
            "The entrance hall, in {material}, smells of {food} {time}.",
            "The {paperwork} of the early years were lost when a pipe burst.",
            "Its emblem shows a {thing} on {material}.",
            "{Group} are admitted free {time}.",
            "Long debates about {worry} fill the {paperwork}.",
            "A {quality} annexe of {material} was added next to {spot}.",
            "Staff know the {quality} {thing} in the corridor by a nickname.",
            "In {season} the courtyard is open to {group}.",
            "Critics find its annual report {verdict}.",
            "A canteen serves {food} {time}.",
            "The reading room keeps {paperwork} and a {quality} {thing}.",
            "Visitors are asked to leave every {thing} at the porter's lodge.",
            "A {quality} staircase leads from {spot} to the attic with the {paperwork}.",
            "Once a year {group} are treated to {food}.",
            "The house rules forbid {dislike} and say nothing of {liking}.",
            "Anniversaries are marked with {food}, {liking} and one speech.",
            "Its {quality} {thing} has been borrowed by {group} and returned with a dent.",
            "Windows of {material} look out on {spot}.",
            "In {weather} the cellar floods, and the {paperwork} are carried upstairs.",
            "A proposal to sell the {thing} was voted down by a wide margin.",
            "New colleagues are shown {spot} and told about {worry}.",
        ),
        "work": (
            "Critics have called it {verdict}.",
            "A {quality} {thing} plays a part that is never explained.",
            "It owes something to {liking} and something to {weather}.",
            "A scene with {food} has been imitated often.",
            "{Group} are among its most loyal admirers.",
            "Early sketches mention a {thing} and {spot}, both left out later.",
            "One reviewer, who disliked {dislike}, thought it {verdict}.",
            "It is best enjoyed in {season}, people say, or in {weather}.",
            "The {paperwork} about it fill a {quality} cupboard.",
            "A misprint turned a {thing} into a {thing2}, to the delight of {group}.",
            "Translators have struggled with its puns on {food}.",
            "An anniversary edition with pictures of {material} was {verdict}.",
            "It has been compared to {weather} and to {food}, not always kindly.",
            "A {quality} copy turned up near {spot} in a box of {paperwork}.",
            "Teachers recommend it to {group}.",
            "Much has been made of the {thing} that appears at the beginning.",
            "Its first admirers were {group}, its first enemies {group2}.",
            "A parody with a {quality} {thing} was popular for one {quality2} season.",
        ),
        "event": (
            "Tickets are sold {time} at {spot}, never by post.",
            "The stage, of {material}, is stored behind {spot} for the rest of the year.",
            "{Group} sit in front, {group2} at the back; nobody knows why.",
            "Tradition calls for {food} between two speeches.",
            "A {quality} {thing} serves as a gavel, a door stop and a mascot.",
            "It has been postponed because of {weather} more than once.",
            "Critics found it {verdict}; {group} found it short.",
            "The organisers are said to care for {liking} and to dread {dislike}.",
            "{Paperwork} and posters are on show at {spot}.",
            "The closing dinner of {food} is not open to the public.",
            "Speeches may not exceed the time that a {thing} takes to fall over.",
            "One committee deals with {worry}, another with everything else.",
            "Helpers are mostly {group}, paid in {food}.",
            "Regulars greet each other with a {quality} {thing}.",
            "Applause is measured {time} by {group}, with unclear results.",
        ),
        "news": (
            "{Group} had been waiting at {spot} since the early morning.",
            "Questions about {worry} were not taken.",
            "Those who stayed to the end were treated to {food}.",
            "A small protest against {dislike} remained peaceful.",
            "Because of {weather} the event was moved to {spot}.",
            "Further details will be given next week.",
            "One of the {group} called the occasion {verdict}.",
            "A spokesman declined to comment on {worry}.",
            "Similar news had been greeted with a shrug in earlier years.",
            "The hall of {material} was filled to the last seat.",
            "Several {group} asked for {liking} and got {dislike}.",
            "{Group} and {group2} applauded for several minutes.",
            "Those inside got {food}, those outside {weather}.",
            "A banner of {material} had been put up near {spot}.",
            "Not everyone was pleased: a reader calls the affair {verdict}.",
            "Trains ran late because of works at {spot}.",
            "Asked about {worry}, those present smiled and changed the subject.",
            "The evening ended with {liking} and a short fireworks display.",
        ),
        "site": (
            "Please note that the hall next to {spot} is closed {time}.",
            "{Group} are welcome {time}; please ring at the gate of {material}.",
            "We regret {worry} and are working on it.",
            "Our canteen offers {food} {time}.",
            "In {season} the {quality} garden is open to {group}.",
            "Lost property, such as a {thing} or a {thing2}, is kept at the desk.",
            "A {quality} model of {material} can be seen in the foyer.",
            "Guided tours for {group} start at {spot}.",
            "Old {paperwork} may be consulted by appointment {time}.",
            "Please bring your own {thing}; ours is {quality} and much in demand.",
            "Thanks to our friends, {worry} should soon be a thing of the past.",
            "This page was last revised in {season}; {group} have asked for more pictures.",
            "Prams, dogs and anything larger than a {thing} stay outside.",
            "Parking is possible behind {spot}, except {time}.",
            "Our oldest object is a {quality} {thing}, which nobody can explain.",
            "For {group} we offer an afternoon with {food} and {liking}.",
            "The lift of {material} is {quality} but safe.",
            "Volunteers, many of them {group}, look after the {paperwork}.",
            "We do not answer questions about {dislike}.",
            "A booklet about {worry} is available at the desk, together with {food}.",
        ),
        "odd": (
            "{Group} swear by a {quality} {thing}.",
            "The usual advice is to begin {time} and to avoid {weather}.",
            "Handbooks recommend {material}, beginners prefer {material2}.",
            "Opinions differ on the use of {food}.",
            "It went out of fashion with {liking} and came back with {dislike}.",
            "A {quality} society of {group} meets {time} to discuss {worry}.",
            "The literature on the subject is {verdict}.",
            "In {season}, {group} take it up again.",
            "Some trace the custom to {spot}, others to {spot2}.",
            "Every household once had a {thing} for the purpose.",
            "Children learn it from a {kin} or not at all.",
            "The rules fill a {quality} booklet that is out of print.",
            "A museum of the subject, near {spot}, is open {time}.",
            "Experts warn of {weather} and of cheap {material}.",
            "Contests end with {food} and, as a rule, with a quarrel about {worry}.",
            "There are three schools, and each thinks the other two {verdict}.",
            "Good results need patience, {liking} and a {quality} {thing}.",
            "{Group} are said to be better at it than {group2}.",
        ),
    }
)
"""Patterns by what they speak of; a blank with a capital is the word with one, {thing2} another."""

THEMES: Mapping[str, str] = MappingProxyType(
    {
        "person": "person",
        **dict.fromkeys(("city", "country", "region", "river", "bridge"), "place"),
        **dict.fromkeys(("book", "film", "artwork", "paper", "product", "journal"), "work"),
        **dict.fromkeys(("award", "festival", "exhibition"), "event"),
    }
)
"""The theme of a type; the others are organisations."""


def theme_of(type_name: str) -> str:
    """Which patterns speak of entities of the type."""
    return THEMES.get(type_name, "organisation")


class Colour:
    """Sentences of one theme for one page: no pattern comes again before all have been used."""

    def __init__(self, theme: str, dice: Dice, words: Mapping[str, Word], own: Sequence[str] = ()):
        """Draw with `dice`; `words` fill the blanks of pronouns; `own` are sentences of a type."""
        self._patterns = PATTERNS[theme]
        self._dice = dice
        self._words = words
        self._own = dice.some(own, len(own)) if own else []
        self._left: list[str] = []

    def sentence(self, writer: Writer) -> None:
        """Write one sentence."""
        if self._own and self._dice.chance(_OWN):
            writer.fill(self._own.pop(), self._words)
            return
        self._left = self._left or self._dice.some(self._patterns, len(self._patterns))
        self.pattern(writer, self._left.pop())

    def pattern(self, writer: Writer, pattern: str) -> None:
        """Write a given pattern with drawn words."""
        writer.fill(pattern, {**self._words, **_drawn(pattern, self._words, self._dice)})

    def sentences(self, writer: Writer, count: int) -> None:
        """Write `count` sentences with a blank between them."""
        for turn in range(count):
            if turn:
                writer.add(" ")
            self.sentence(writer)


def _drawn(pattern: str, words: Mapping[str, Word], dice: Dice) -> dict[str, Word]:
    """A word for every blank of the pattern that `words` leaves open."""
    drawn: dict[str, Word] = {}
    for blank in blanks_of(pattern):
        if blank not in words:
            choices = WORDS[blank.lower().rstrip("2")]
            word = dice.pick(choices)
            if blank.endswith("2") and word in drawn.values():
                word = next(other for other in choices if other not in drawn.values())
            drawn[blank] = capital(word) if blank[0].isupper() else word
    return drawn
