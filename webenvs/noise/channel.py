"""Noise on the way between players: a report is cut, late or lost, or its worker has failed."""

from typing import Annotated

import msgspec
from msgspec.structs import replace

from webenvs.noise.draw import Draw
from webenvs.noise.model import Detail, Report
from webenvs.records import FAILURES, Record

Count = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]

_MARK = " [...]"
_LOST = "No report has come: it was lost on its way. You can delegate the task again."
_FAILED = "The worker failed before it could report. You can delegate the task again."


class CutReport(Record, frozen=True, kw_only=True):
    """Only the first part of a report arrives: a share of it, drawn from `least` to `most`."""

    least: Share = 0.2
    most: Share = 0.7

    def __post_init__(self) -> None:
        """Raise ValueError unless least <= most."""
        if self.least > self.most:
            raise ValueError(f"least = {self.least} must be at most most = {self.most}")

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """The report with a mark where it breaks off; what is no report has nothing to cut."""
        length = len(report.content)
        if report.status != "ok" or length < 2:
            return report, {}
        share = self.least + (self.most - self.least) * draw.uniform("share")
        kept = min(length - 1, max(1, int(length * share)))
        content = report.content[:kept].rstrip() + _MARK
        return replace(report, content=content, truncated=True), {"kept": kept, "of": length}


class DelayReport(Record, frozen=True, kw_only=True):
    """A report arrives `messages` of its caller later; it is lost if those do not come."""

    messages: Count = 1

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """The report with its delay; what has failed is not on its way."""
        if report.status in FAILURES:
            return report, {}
        return replace(report, delay=report.delay + self.messages), {"messages": self.messages}


class LoseReport(Record, frozen=True, kw_only=True):
    """A report never arrives."""

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """Word that no report has come."""
        return _instead(report, Report(status="timeout", content=_LOST))


class FailWorker(Record, frozen=True, kw_only=True):
    """The worker fails before it can report."""

    def report(self, draw: Draw, report: Report) -> tuple[Report, Detail]:
        """Word that the worker has failed."""
        return _instead(report, Report(status="server_error", content=_FAILED))


def _instead(report: Report, failure: Report) -> tuple[Report, Detail]:
    """The failure, unless another one has come first."""
    return (report if report.status in FAILURES else failure), {}
