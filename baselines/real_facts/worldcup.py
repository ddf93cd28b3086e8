"""Football World Cups: a page a match, a tournament, a team and a stadium, written from results.

Scorers are told of the tournaments whose file names all of them; an own goal is no goal of its
player.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from baselines.real_facts.collected import Collected, Ledger, Sheet
from baselines.real_facts.words import WORLDCUP
from webenvs.corpora.knowledge import spelled_date
from webenvs.records import Record

_ROOT = "https://worldcup.example/"
_FINAL = "Final"
_ROUNDS = {
    "Quarterfinals": "Quarter-finals",
    "Semifinals": "Semi-finals",
    "Third place match": "Match for third place",
    "Third place play-off": "Match for third place",
    "Third-place play-off": "Match for third place",
}
_CITIES = {"St. Petersburg": "Saint Petersburg"}


class Match(Record, frozen=True, kw_only=True):
    """One match as the file has it, under the names that pages use."""

    tournament: str
    year: int
    round: str
    group: str
    date: str
    teams: tuple[str, str]
    score: dict[str, tuple[int, int]]
    goals: tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]
    stadium: str
    city: str
    scorers: bool

    @property
    def name(self) -> str:
        """The two teams."""
        return " v ".join(self.teams)

    @property
    def id(self) -> str:
        """What tells it from other matches of the same teams, at the same tournament too."""
        return f"{self.name} ({self.tournament}, {self.round})"

    @property
    def url(self) -> str:
        """Its page."""
        teams = "-".join(_slug(team) for team in self.teams)
        return f"{_ROOT}{self.year}/{_slug(self.round)}/{teams}"

    @property
    def result(self) -> tuple[int, int]:
        """The goals of both teams, those of extra time included, without a shoot-out."""
        return self.score.get("et", self.score["ft"])

    @property
    def winner(self) -> int | None:
        """Which of the teams won, after a shoot-out if there was one; None for a draw."""
        one, two = self.score.get("p", self.result)
        return None if one == two else int(two > one)


def collect(data: Path) -> Collected:
    """The pages and facts of the tournaments in the data folder."""
    matches = [
        match for path in sorted((data / "worldcup").glob("*.json")) for match in _matches(path)
    ]
    ledger = Ledger()
    full = _full_names([match for match in matches if match.scorers])
    pages = [_match_page(match, full, ledger) for match in matches]
    for key, make in (("tournament", _tournament), ("stadium", _stadium), ("team", _team)):
        for name in sorted({name for match in matches for name in _names(match, key)}):
            held = [match for match in matches if name in _names(match, key)]
            pages += [make(name, held, ledger)]
    for match in matches:
        if not match.scorers:
            ledger.skip("scorers of matches of a tournament that does not name all")
    return Collected(
        pages=tuple(sheet.page() for sheet in pages),
        rows=tuple(ledger.rows(WORLDCUP)),
        left_out=ledger.left_out,
    )


def _matches(path: Path) -> list[Match]:
    whole = json.loads(path.read_text("utf-8"))
    complete = all(_named_all(row) for row in whole["matches"])
    return [_match(whole["name"], row, complete) for row in whole["matches"]]


def _named_all(row: Mapping[str, Any]) -> bool:
    """Whether a match has as many goals with names as its score says."""
    result = row["score"].get("et", row["score"]["ft"])
    return all(len(row.get(f"goals{side}", ())) == result[side - 1] for side in (1, 2))


def _match(tournament: str, row: Mapping[str, Any], complete: bool) -> Match:
    stadium, city = row["ground"].rsplit(", ", 1)
    return Match(
        tournament=tournament,
        year=int(tournament.rsplit(" ", 1)[-1]),
        round="Group stage" if "group" in row else _ROUNDS.get(row["round"], row["round"]),
        group=row.get("group", ""),
        date=row["date"],
        teams=(row["team1"], row["team2"]),
        score={kind: tuple(goals) for kind, goals in row["score"].items()},
        goals=(tuple(row.get("goals1", ())), tuple(row.get("goals2", ()))),
        stadium=stadium,
        city=_CITIES.get(city, city),
        scorers=complete,
    )


def _names(match: Match, key: str) -> tuple[str, ...]:
    """The names of the pages of one kind that a match belongs to."""
    return {
        "tournament": (match.tournament,),
        "stadium": (match.stadium,),
        "team": match.teams,
    }[key]


def _match_page(match: Match, full: Mapping[tuple[str, str], str], ledger: Ledger) -> Sheet:
    """The page of a match; its facts go into the ledger."""
    sheet = Sheet(url=match.url, title=f"{match.name}, {match.tournament}")
    key = ledger.entity(
        match.id, "match", name=match.name, kind=f"{match.tournament} match", url=sheet.url
    )
    one, two = match.teams
    links = [(team, _url("team", team)) for team in match.teams]
    told = sheet.line(f"{one} and {two} met on {spelled_date(match.date)[0]}.", links)
    for team in match.teams:
        ledger.fact(key, "team", ledger.entity(team, "team"), sheet.url, told)
    ledger.fact(key, "date", match.date, sheet.url, told)
    told = sheet.line(
        f"It was a match of the {match.round.lower()} of the {match.tournament}."
        if match.round != "Group stage"
        else f"It was a match of the group stage of the {match.tournament}, in {match.group}.",
        [(match.tournament, _url("tournament", match.tournament))],
    )
    ledger.fact(key, "round", ledger.entity(match.round, "round"), sheet.url, told)
    ledger.fact(key, "tournament", ledger.entity(match.tournament, "tournament"), sheet.url, told)
    told = sheet.line(
        f"It was played at {match.stadium} in {match.city}.",
        [(match.stadium, _url("stadium", match.stadium))],
    )
    ledger.fact(key, "stadium", ledger.entity(match.stadium, "stadium"), sheet.url, told)
    _outcome(match, key, sheet, ledger)
    _scorers(match, key, sheet, full, ledger)
    return sheet


def _outcome(match: Match, key: str, sheet: Sheet, ledger: Ledger) -> None:
    """The lines about score and winner, and their facts."""
    one, two = match.result
    extra = " after extra time" if "et" in match.score else ""
    told = sheet.line(
        f"Score: {match.teams[0]} {one}, {match.teams[1]} {two}{extra}; goals in all: {one + two}."
    )
    ledger.fact(key, "goals", one + two, sheet.url, told)
    if match.winner is None:
        sheet.line("The match ended in a draw.")
        return
    winner, loser = match.teams[match.winner], match.teams[1 - match.winner]
    shots = " {}-{} on penalties".format(*match.score["p"]) if "p" in match.score else ""
    told = sheet.line(f"Winner{shots}: {winner}. Beaten: {loser}.")
    ledger.fact(key, "winner", winner, sheet.url, told)
    ledger.fact(key, "loser", loser, sheet.url, told)


def _full_names(matches: Sequence[Match]) -> Mapping[tuple[str, str], str]:
    """By team and name of a scorer: the full name, where only one player of the team has it so."""
    named: dict[str, dict[str, None]] = {}
    for match in matches:
        for team, goals in zip(match.teams, match.goals, strict=True):
            scored = [goal["name"] for goal in goals if not goal.get("owngoal")]
            named.setdefault(team, {}).update(dict.fromkeys(scored))
    found = {}
    for team, names in named.items():
        for name in names:
            ends = (name.casefold(), f" {name.casefold()}")
            alike = [one for one in names if f" {one.casefold()}".endswith(ends[1])]
            longer = [one for one in alike if one.casefold() != ends[0]] or alike
            found[team, name] = longer[0] if len({*map(str.casefold, longer)}) == 1 else name
    return found


def _player(name: str, team: str, full: Mapping[tuple[str, str], str], ledger: Ledger) -> str:
    """The player of a team whom a file names in full or by the last name; another one elsewhere."""
    named = full[team, name]
    player = ledger.entity(f"{named} ({team})", "player", name=named, kind=f"{team} player")
    aliases = ledger.entities[player].setdefault("aliases", [])
    if name not in (named, *aliases):
        aliases.append(name)
    return player


def _scorers(
    match: Match, key: str, sheet: Sheet, full: Mapping[tuple[str, str], str], ledger: Ledger
) -> None:
    """The lines about goals, and their facts."""
    for team, goals in zip(match.teams, match.goals, strict=True):
        if not goals:
            continue
        told = sheet.line(f"Goals for {team}: {', '.join(map(_goal, goals))}.")
        for goal in goals if match.scorers else ():
            if not goal.get("owngoal"):
                player = _player(goal["name"], team, full, ledger)
                ledger.fact(key, "scorer", player, sheet.url, told)
                ledger.fact(player, "scored_for", team, sheet.url, told)


def _goal(goal: Mapping[str, Any]) -> str:
    minute = f"{goal['minute']}+{goal['offset']}" if goal.get("offset") else str(goal["minute"])
    kind = ", penalty" if goal.get("penalty") else ", own goal" if goal.get("owngoal") else ""
    return f"{goal['name']} (minute {minute}{kind})"


def _tournament(name: str, matches: Sequence[Match], ledger: Ledger) -> Sheet:
    sheet = Sheet(url=_url("tournament", name), title=name)
    key = ledger.entity(name, "tournament")
    ledger.entities[name]["url"] = sheet.url
    year = matches[0].year
    told = sheet.line(f"The {name} was held in {year}: {len(matches)} matches.")
    ledger.fact(key, "year", year, sheet.url, told)
    (final,) = [match for match in matches if match.round == _FINAL]
    (third,) = [match for match in matches if match.round == "Match for third place"]
    for relation, match, place, words in (
        ("champion", final, final.winner, "Champion"),
        ("runner_up", final, 1 - (final.winner or 0), "Runner-up"),
        ("third", third, third.winner, "Third place"),
    ):
        team = match.teams[place or 0]
        told = sheet.line(f"{words}: {team}", [(team, _url("team", team))])
        ledger.fact(key, relation, team, sheet.url, told)
    _listed(sheet, matches)
    return sheet


def _stadium(name: str, matches: Sequence[Match], ledger: Ledger) -> Sheet:
    sheet = Sheet(url=_url("stadium", name), title=name)
    key = ledger.entity(name, "stadium")
    ledger.entities[name]["url"] = sheet.url
    city = matches[0].city
    told = sheet.line(f"{name} is a football stadium in {city}.")
    ledger.fact(key, "city", ledger.entity(f"{city} (city)", "city", name=city), sheet.url, told)
    _listed(sheet, matches)
    return sheet


def _team(name: str, matches: Sequence[Match], ledger: Ledger) -> Sheet:
    sheet = Sheet(url=_url("team", name), title=f"{name} at the World Cup")
    ledger.entity(name, "team")
    ledger.entities[name]["url"] = sheet.url
    years = sorted({match.year for match in matches})
    sheet.line(f"{name} played {len(matches)} matches at World Cups between 1998 and 2022.")
    sheet.line("Years: " + ", ".join(map(str, years)))
    _listed(sheet, matches)
    return sheet


def _listed(sheet: Sheet, matches: Sequence[Match]) -> None:
    """A line with a link for each match, without its result."""
    for match in matches:
        told = f"{match.name}, {match.round}, {match.tournament}"
        sheet.line(told, [(match.name, match.url)])


def _url(kind: str, name: str) -> str:
    return f"{_ROOT}{kind}/{_slug(name)}"


def _slug(name: str) -> str:
    return "_".join(name.replace("/", " ").split())
