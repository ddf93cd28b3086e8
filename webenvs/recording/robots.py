"""robots.txt as RFC 9309 reads it: which paths of a host a program may ask, and how often."""

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from webenvs.records import Record

SIZE_LIMIT = 512_000
"""Bytes of a robots.txt that are read."""

_LONGEST_DELAY = 60.0
_SAFE = "/?&=;:@!$'()*+,~-._#[]"
_AGENT = re.compile(r"[A-Za-z_-]+")


class Rules(Record, frozen=True, kw_only=True):
    """What one host asks of one program: its rules, `(allowed, pattern)`, and seconds to wait."""

    rules: tuple[tuple[bool, str], ...] = ()
    delay: float = 0.0

    def allows(self, url: str) -> bool:
        """Whether `url` may be asked: the longest rule that fits decides, allowing before not."""
        parts = urlsplit(url)
        path = _spelled((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        if path == "/robots.txt":
            return True
        fitting = [(len(rule), allowed) for allowed, rule in self.rules if _fits(rule, path)]
        return max(fitting)[1] if fitting else True


def read_robots(data: bytes, agent: str) -> Rules:
    """The rules of a robots.txt for the program `agent`, a name such as "webenvs-recorder/1.0".

    The groups that name it count together; if none does, those for all programs.
    """
    found = _AGENT.match(agent)
    name = found[0].lower() if found else ""
    groups: dict[str, tuple[list[tuple[bool, str]], list[float]]] = {}
    named: list[str] = []
    heading = False
    for field, value in _lines(data):
        if field == "user-agent":
            named = named if heading else []
            token = _AGENT.match(value)
            named.append("*" if value.startswith("*") else token[0].lower() if token else "")
            groups.setdefault(named[-1], ([], []))
        else:
            for each in named:
                _note(field, value, *groups[each])
        heading = field == "user-agent"
    rules, delays = groups.get(name) or groups.get("*") or ([], [])
    return Rules(rules=tuple(rules), delay=max(delays, default=0.0))


def _lines(data: bytes) -> list[tuple[str, str]]:
    """The fields of the file and their values, comments and other lines left out."""
    text = data[:SIZE_LIMIT].decode("utf-8-sig", errors="replace")
    rows = []
    for line in re.split(r"[\r\n]+", text):
        field, colon, value = line.partition("#")[0].partition(":")
        known = field.strip().lower()
        if colon and known in ("user-agent", "allow", "disallow", "crawl-delay"):
            rows.append((known, value.strip()))
    return rows


def _note(field: str, value: str, rules: list[tuple[bool, str]], delays: list[float]) -> None:
    if field == "crawl-delay":
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value):
            delays.append(min(float(value), _LONGEST_DELAY))
    elif value:
        rules.append((field == "allow", _spelled(value)))


def _spelled(path: str) -> str:
    """`path` percent-encoded in one way, so that rules and paths can be compared."""
    return quote(unquote_to_bytes(path.replace("%2F", "%252F").replace("%2f", "%252F")), safe=_SAFE)


def _fits(rule: str, path: str) -> bool:
    """Whether `rule`, with * for anything and $ for the end, fits the beginning of `path`."""
    ends = rule.endswith("$")
    first, *rest = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    for number, piece in enumerate(rest, start=1):
        if ends and number == len(rest):
            return len(path) - len(piece) >= place and path.endswith(piece)
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return not ends or place == len(path)
