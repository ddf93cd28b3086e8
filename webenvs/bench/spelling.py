"""How numbers are spelled in tables, figures and sentences: percent, points, intervals, counts."""

from webenvs.bench.statistics import Interval
from webenvs.bench.summary import Estimate
from webenvs.players.usage import Usage

MISSING = "n/a"


def percent(share: float | None) -> str:
    """A share in percent with one decimal, without the sign: 0.9134 is 91.3."""
    return MISSING if share is None else _plain(f"{100 * share:.1f}")


def points(difference: float | None) -> str:
    """A difference of shares in percentage points, always signed: +12.3."""
    return MISSING if difference is None else _plain(f"{100 * difference:+.1f}")


def share_interval(interval: Interval) -> str:
    """An interval of a share in percent: [88.1, 94.2]."""
    return f"[{percent(interval.low)}, {percent(interval.high)}]"


def points_interval(interval: Interval) -> str:
    """An interval of a difference in percentage points: [-1.2, +3.4]."""
    return f"[{points(interval.low)}, {points(interval.high)}]"


def amount(value: float | None, decimals: int = 1) -> str:
    """A mean or count with thousands separated."""
    return MISSING if value is None else _plain(f"{value:,.{decimals}f}")


def tokens(usage: Usage, value: float) -> str:
    """A mean of tokens; not known where a server left counts out."""
    return MISSING if usage.unknown else amount(value, 0)


def money(value: float | None) -> str:
    """A sum with four digits after the point where it is below 1."""
    return MISSING if value is None else amount(value, 2 if value >= 1 else 4)


def p_value(value: float) -> str:
    """A p-value with three decimals; below 0.001 it says so."""
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def hops(number: int) -> str:
    """A number of hops; 0 is unknown."""
    return str(number) if number else "unknown"


def level(value: float) -> str:
    """A level in percent: 95 %."""
    return f"{100 * value:g} %"


def score(estimate: Estimate) -> str:
    """A score with its interval and the interval's kind."""
    return (
        f"{percent(estimate.mean)} % {share_interval(estimate.interval)} ({estimate.interval.kind})"
    )


def _plain(spelled: str) -> str:
    """`spelled` without the sign of a zero."""
    zero = spelled.lstrip("+-").strip("0.,") == ""
    return spelled.lstrip("+-") if zero else spelled
