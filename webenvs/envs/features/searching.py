"""What a player could search for: the request, its parts, names that were read, with words."""

from collections.abc import Iterable
from functools import lru_cache

from webenvs.envs.features.asked import Step, Tie
from webenvs.envs.features.candidate import Candidate
from webenvs.envs.features.solving import Solver
from webenvs.players.script.concepts import KINDS, related

Query = tuple[str, float]


def searches(solver: Solver) -> dict[str, list[Candidate]]:
    """Searches by the kind of their slots, those not made yet, the likeliest to lead on first."""
    asked = solver.known.asked
    progress = solver.open_step / len(solver.steps)
    return {
        "search_request": _new(solver, [(asked.text, 0.5)], 0.0),
        "search_part": _new(solver, [(part, 0.3) for part in asked.parts], 0.0),
        "search_entity": _new(solver, _names(solver), progress),
        "search_joined": _new(solver, _joined(solver), progress),
    }


def _new(solver: Solver, queries: Iterable[Query], progress: float) -> list[Candidate]:
    known = solver.known
    found: dict[str, Candidate] = {}
    for query, strength in queries:
        call = ("search", query)
        if query not in found and call not in known.done:
            again = call in known.tries
            found[query] = Candidate(
                "search", {"query": query}, query, progress, strength, again=again
            )
    return list(found.values())


def _names(solver: Solver) -> list[Query]:
    """Names that the open step starts from, then those that it may lead to."""
    number = solver.open_step
    step = solver.steps[number]
    queries = [
        (name, 1.0 - 0.4 * place)
        for tie in step.ties
        for place, (_, name) in enumerate(solver.sources[tie.place][:2])
    ]
    if step.type == "name":
        queries += [(one.text, 0.6 * one.strength) for one in solver.found[number][:4]]
    return queries


def _joined(solver: Solver) -> list[Query]:
    """Names that the open step starts from with its words, with other words, with each other."""
    step = solver.steps[solver.open_step]
    queries: list[Query] = []
    for tie in step.ties:
        others = [solver.sources[one.place][:1] for one in step.ties if one is not tie]
        rest = " ".join([one[0][1] for one in others if one])
        said, near = worded(step, tie)
        for place, (_, name) in enumerate(solver.sources[tie.place][:2]):
            strength = 1.0 - 0.4 * place
            queries.append((f"{name} {said}".strip(), strength))
            if rest:
                queries.append((f"{name} {rest} {step.noun}".strip(), strength))
            queries.append((f"{name} {near}".strip(), strength - 0.3))
    queries.sort(key=lambda one: -one[1])
    return queries


@lru_cache(maxsize=4096)
def worded(step: Step, tie: Tie) -> tuple[str, str]:
    """The words of a tie and of what a step seeks; other words for them."""
    said = dict.fromkeys([*step.noun.split(), *tie.hop.text.split()])
    meant = sorted({label for one in tie.hop.about for label in one})
    near = [word for label in meant for word in related(label)][:6]
    kinds = [word for kind in sorted(step.kinds) for word in KINDS.get(kind, "").split()[:4]]
    return " ".join(said), " ".join(dict.fromkeys([*near, *kinds]))
