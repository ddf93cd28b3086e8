"""Queries as interchange text: triples of "V@name" and "C@label", as WebShaper writes them.

A query that the triples alone tell is a JSON list of triples; for any other one an object holds
them together with what they leave out (the members behind a label, inequalities, ...).
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from webenvs.corpora.knowledge import Value
from webenvs.errors import SettingError, nearest
from webenvs.tasks.kp.query import Atom, Const, Post, Query, Term, Var

TARGET = "?"
"""How the target may be written instead of as "V@T"."""

_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_MARKS = {"V@": "V", "@V": "V", "C@": "C", "@C": "C"}
_FIELDS = ("triples", "target", "constants", "sym", "neqs", "post")


def write_triples(query: Query, target: str = "") -> str:
    """A query as JSON text; `target` = "?" writes its target so. `read_triples` gives it back.

    A constant is "C@" and its label, or its members joined by "_"; where that does not tell its
    members, they stand beside it under `constants`, and a label that is taken gets a number.
    """
    labels, beside = _labels(query)
    names = {query.target: TARGET} if target == TARGET else {}

    def written(term: Term) -> str:
        return labels[term] if isinstance(term, Const) else names.get(term.name, f"V@{term.name}")

    triples = [[written(atom.subject), atom.relation, written(atom.object)] for atom in query.atoms]
    rest: dict[str, Any] = {}
    if query.target != "T":
        rest["target"] = query.target
    if beside:
        rest["constants"] = beside
    sym = [place for place, atom in enumerate(query.atoms) if atom.mode == "sym"]
    if sym:
        rest["sym"] = sym
    if query.neqs:
        rest["neqs"] = query.neqs
    if query.post:
        rest["post"] = _post_written(query.post)
    whole = {"triples": triples, **rest} if rest else triples
    return msgspec.json.encode(whole).decode()


def read_triples(text: str) -> Query:
    """The query that `write_triples` wrote, or that a bare list of triples tells.

    The target is "?" or, if no triple has that, the variable T. Terms are read tolerantly
    (`term_of`). Raises SettingError naming the triple or field that is wrong.
    """
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise SettingError(f"The triples are not JSON ({wrong}).") from None
    return _query_of(found)


def term_of(text: str) -> Term:
    """A term: "V@X" or "@VX" a variable, "C@x", "@Cx" or bare text a constant, "?" the target.

    Whole numbers are read as such.
    """
    if text == TARGET:
        return Var(TARGET)
    mark, rest = _MARKS.get(text[:2]), text[2:]
    if mark == "V":
        return Var(rest)
    return Const(members=(value_of(rest if mark else text),))


def value_of(label: str) -> Value:
    """A value as a label tells it: a whole number if it is written as one, else the text."""
    return int(label) if _WHOLE.fullmatch(label) and label != "-0" else label


def _labels(query: Query) -> tuple[Mapping[Const, str], dict[str, Any]]:
    """How each constant is written, and what stands beside those that do not tell themselves."""
    labels: dict[Const, str] = {}
    beside: dict[str, Any] = {}
    taken: dict[str, Const] = {}
    terms = [term for atom in query.atoms for term in (atom.subject, atom.object)]
    for term in terms:
        if isinstance(term, Const) and term not in labels:
            plain = "C@" + (term.label or "_".join(str(member) for member in term.members))
            label, number = plain, 2
            while label in taken:
                label, number = f"{plain}#{number}", number + 1
            taken[label] = term
            labels[term] = label
            if term_of(label) != term:
                beside[label] = {"members": term.members, "label": term.label}
    return MappingProxyType(labels), beside


def _post_written(post: Post) -> dict[str, Any]:
    fields = msgspec.to_builtins(post)
    if post.other is not None:
        fields["other"] = msgspec.json.decode(write_triples(post.other))
    return dict(fields)


def _query_of(found: Any) -> Query:
    if isinstance(found, list):
        found = {"triples": found}
    if not isinstance(found, dict) or "triples" not in found:
        raise SettingError("The text is neither a list of triples nor an object with 'triples'.")
    for field in found:
        if field not in _FIELDS:
            hint = nearest(field, _FIELDS)
            meant = f" Did you mean {hint!r}?" if hint else ""
            raise SettingError(
                f"There is no field {field!r}.{meant} Allowed: {', '.join(_FIELDS)}."
            )
    target = _field(found, "target", str, "T")
    consts = _field(found, "constants", dict[str, Const], {})
    sym = set(_field(found, "sym", list[int], []))
    rows = found["triples"]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise SettingError(f"triples = {rows!r} is not allowed: it must be a list of triples.")
    atoms = tuple(
        _atom(place, row, consts, "sym" if place in sym else "dir", target)
        for place, row in enumerate(rows)
    )
    neqs = _field(found, "neqs", tuple[tuple[str, str], ...], ())
    return Query(atoms=atoms, target=target, neqs=neqs, post=_post(found.get("post")))


def _atom(place: int, row: Any, consts: Mapping[str, Const], mode: Any, target: str) -> Atom:
    texts = isinstance(row, list) and all(isinstance(part, str) for part in row)
    if not texts or len(row) != 3:
        raise SettingError(
            f"triples[{place}] = {row!r} is not allowed: a triple must be three texts, such as "
            "['V@T', 'playsFor', 'C@FC Norla']."
        )
    ends = [
        Var(target) if part == TARGET else consts.get(part) or term_of(part)
        for part in (row[0], row[2])
    ]
    return Atom(ends[0], row[1], ends[1], mode)


def _post(found: Any) -> Post | None:
    if found is None:
        return None
    if not isinstance(found, dict):
        raise SettingError(f"post = {found!r} is not allowed: post must be an object.")
    other = found.get("other")
    rest = {name: value for name, value in found.items() if name != "other"}
    post: Post = _field({"post": rest}, "post", Post, None)
    return msgspec.structs.replace(post, other=None if other is None else _query_of(other))


def _field(found: Mapping[str, Any], name: str, shape: Any, default: Any) -> Any:
    """One field of the object in its type; raises SettingError with what is wrong."""
    if name not in found:
        return default
    try:
        value = found[name]
        tagged = shape == dict[str, Const] and isinstance(value, dict)
        if tagged:
            value = {label: {"type": "const", **one} for label, one in value.items()}
        return msgspec.convert(value, shape)
    except (msgspec.ValidationError, TypeError) as wrong:
        raise SettingError(f"{name} = {found[name]!r} is not allowed: {wrong}.") from None
