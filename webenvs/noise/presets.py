"""Named mixtures of noise, from none to adversarial."""

from collections.abc import Mapping

_MILD = (
    "drop:0.03,swap:0.05,cut_snippet:0.1,"
    "truncate:0.02,redirect:0.05,boilerplate:0.3,"
    "timeout:0.03,rate_limited:0.02,server_error:0.01"
)
_MODERATE = (
    "drop:0.08,swap:0.1,duplicate:0.05,distract:0.08,irrelevant:0.03,cut_snippet:0.2,"
    "wrong_snippet:0.05,stale_ranking:0.02,"
    "stale:0.05,truncate:0.05,miss_section:0.05,garble:0.05,rot:0.01,redirect:0.08,"
    "boilerplate:0.4,advertise:0.2,bloat:0.02,"
    "timeout:0.06,rate_limited:0.04,server_error:0.03,refused:0.02,malformed:0.02,partial:0.03,"
    "reword:0.3,cut_report:0.05,delay_report:0.05"
)
_SEVERE = (
    "drop:0.15,empty:0.03,shuffle:0.1,swap:0.2,duplicate:0.1,distract:0.12,irrelevant:0.08,"
    "cut_snippet:0.4,wrong_snippet:0.15,stale_ranking:0.03,"
    "contradict:0.05,stale:0.15,truncate:0.12,miss_section:0.12,garble:0.1,rot:0.03,redirect:0.15,"
    "boilerplate:0.5,advertise:0.3,bloat:0.02,inject:0.05,"
    "timeout:0.1,rate_limited:0.08,server_error:0.06,internal_error:0.02,refused:0.03,"
    "forbidden:0.02,quota:0.02,outage:0.03,malformed:0.05,partial:0.06,"
    "reword:0.5,reformat:0.2,withdraw:0.05,handicap:0.1,"
    "cut_report:0.15,delay_report:0.1,lose_report:0.05,fail_worker:0.05"
)
_ADVERSARIAL = (
    "distract:0.4,irrelevant:0.1,wrong_snippet:0.3,stale_ranking:0.1,"
    "contradict:0.4,stale:0.4,bloat:0.1,inject:0.6,"
    "rename_tools:0.3,rename_arguments:0.3,reword:0.5,reformat:0.5,withdraw:0.1,cut_report:0.2"
)

PRESETS: Mapping[str, str] = {
    "none": "",
    "mild": _MILD,
    "moderate": _MODERATE,
    "severe": _SEVERE,
    "adversarial": _ADVERSARIAL,
}
"""Each a text as `compact.noise_from` reads it. What a game has no tool for is left out of them.

mild is a good day of the web, moderate an ordinary one, severe a bad one; adversarial has no
failures but lies, lures and unfamiliar tools.
"""
