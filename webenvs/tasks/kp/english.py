"""English grammar for question templates: articles, plurals, agreement, participles, lists."""

import re
from collections.abc import Sequence

_IRREGULAR_NOUNS = {"person": "people", "man": "men", "woman": "women", "child": "children"}
_IRREGULAR_VERBS = {"is": "are", "was": "were", "has": "have", "does": "do", "goes": "go"}
_ADVERBS = re.compile(
    r"(?:also|always|currently|first|formerly|later|mainly|never|now|officially|once|originally"
    r"|still|today|usually)"
)
_PARTICIPLES = re.compile(
    r"(?:\w*ed|born|built|bought|begun|cut|drawn|driven|fought|found|given|held|known|laid|lost|made"
    r"|put|run|sent|set|shown|sold|spoken|sung|taught|told|torn|won|worn|written)"
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_SILENT = ("hour", "honest", "honour", "heir")
_AS_CONSONANT = ("uni", "use", "usu", "eu", "one", "once", "ura", "uto")
_ARTICLE = re.compile(r"^(?:an?|the|another) ", re.IGNORECASE)
_ARTICLE_AT_END = re.compile(r"(?:^|(?<= ))(?:an?|the) $")
_SLOT = "{x}"
_NOUN_ENDS = re.compile(
    r" (?:(?:of|in|on|at|by|for|to|from|with|behind|through)\b"
    r"|(?:that|when|where|who|whom|whose|which)\b|\{x\})"
)


def article(noun: str) -> str:
    """The indefinite article of a noun: "a club", "an award", "a university"."""
    word = noun.lower()
    if word.startswith(_SILENT) or re.match(r"8|1[18](?!\d)", word):
        return "an"
    return "an" if word[:1] in "aeiou" and not word.startswith(_AS_CONSONANT) else "a"


def plural(noun: str) -> str:
    """The plural of a noun; of several words the head is put in the plural: "cities of birth"."""
    head, of, rest = noun.partition(" of ")
    *before, last = head.split(" ")
    return " ".join([*before, _plural_word(last)]) + of + rest


def plural_phrase(phrase: str) -> str:
    """The plural of a noun phrase: "home grounds of {x}", "universities attended by {x}"."""
    alternatives = phrase.split(" or ")
    if len(alternatives) > 1:
        return " or ".join(plural_phrase(one) for one in alternatives)
    found = _NOUN_ENDS.search(phrase)
    head, rest = (phrase[: found.start()], phrase[found.start() :]) if found else (phrase, "")
    words = head.split(" ")
    last = len(words) - 1
    while last > 0 and is_participle(words[last]):
        last -= 1
    words[last] = _plural_word(words[last])
    return " ".join(words) + rest


def plural_verb(predicate: str) -> str:
    """A predicate of one thing as one of several: "plays for {x}" becomes "play for {x}"."""
    words = predicate.split(" ")
    place = next((n for n, word in enumerate(words) if not _ADVERBS.fullmatch(word)), 0)
    verb, rest = _plural_of_verb(words[place]), " ".join(words[place + 1 :])
    if verb in ("are", "were") and rest.startswith(("a ", "an ")):
        rest = plural_phrase(without_article(rest))
    return " ".join([*words[:place], verb, *([rest] if rest else [])]).replace(" its ", " their ")


def is_participle(word: str) -> bool:
    """Whether a word can stand as a participle: "founded", "held"."""
    return _PARTICIPLES.fullmatch(word) is not None


def reduced(predicate: str) -> str:
    """The participle that stands for a relative clause: "founded in {x}"; empty if there is none.

    Only predicates in the passive have one ("was founded in {x}", "is based in {x}").
    """
    copula, _, rest = predicate.partition(" ")
    words = rest.split(" ")
    first = words[1] if _ADVERBS.fullmatch(words[0]) and len(words) > 1 else words[0]
    return rest if copula in ("was", "is") and is_participle(first) else ""


def fill(template: str, words: str) -> str:
    """`template` with `words` for its {x}, without a doubled article and with "an" where due."""
    before, slot, after = template.partition(_SLOT)
    if not slot:
        return template
    standing = _ARTICLE_AT_END.search(before)
    if standing and _ARTICLE.match(words):
        before = before[: standing.start()]
    elif standing and standing[0] in ("a ", "an "):
        before = before[: standing.start()] + article(words) + " "
    if words == "1":
        after = re.sub(r"^ (\w+[^s])s\b", r" \1", after)  # 1 goal
    return before + words + after.replace(_SLOT, words)


def listed(items: Sequence[str], last: str, apart: bool = False) -> str:
    """`items` as a list whose final one follows the word `last`; `apart` sets a comma before it."""
    if len(items) < 2:
        return "".join(items)
    comma = "," if apart else ""
    return f"{', '.join(items[:-1])}{comma} {last} {items[-1]}"


def ordinal(number: int) -> str:
    """A rank in words: "second", "third", "11th"."""
    if number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def sentence(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def tidy(text: str) -> str:
    """`text` without a comma before another mark, and without "that that"."""
    return re.sub(r",(?=[,.?;)])", "", text).replace(" that that ", " that the same ")


def spaced(name: str) -> str:
    """A relation's or type's name as words: playsFor and plays_for become "plays for"."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.replace("_", " ").replace("-", " "))
    words = [word if word.isupper() else word.lower() for word in parted.split()]
    return " ".join(words) or "thing"


def without_article(phrase: str) -> str:
    """A noun phrase without the article at its head."""
    return _ARTICLE.sub("", phrase)


def _plural_word(word: str) -> str:
    if word in _IRREGULAR_NOUNS:
        return _IRREGULAR_NOUNS[word]
    if re.search(r"(?:kni|li|wi)fe$", word):
        return word[:-2] + "ves"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:s|x|z|ch|sh)$", word) else "s")


def _plural_of_verb(word: str) -> str:
    if word in _IRREGULAR_VERBS:
        return _IRREGULAR_VERBS[word]
    if re.search(r"[^aeiou]ies$", word) and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|x|z|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^s]s$", word) else word
