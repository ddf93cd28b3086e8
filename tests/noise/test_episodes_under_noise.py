"""Episodes under noise: what one call meets does not hang on the others, and 0 is nothing."""

from webenvs.players.message import say


def statuses(session, messages):
    for message in messages:
        session.act(message)
    return [
        (call.tool, str(call.arguments), result.status)
        for turn in session.state.turns
        for call, result in zip(turn.calls, turn.results, strict=True)
    ]


def test_the_same_call_misbehaves_alike_whatever_happened_between(begin):
    """Two rollouts of one question see comparable worlds."""
    settings = {"noise": "timeout:0.4,server_error:0.2", "turns": 60, "seed": 12}
    queries = [say("search", query=f"river {n}") for n in range(25)]
    fetches = [say("fetch", url=f"https://small.example/{n}") for n in ("alba", "brena", "veit")]
    plain = dict.fromkeys(statuses(begin(**settings), queries + fetches))
    mixed = dict.fromkeys(statuses(begin(**settings), (fetches + queries)[::-1]))
    assert set(plain) == set(mixed)
    other = dict.fromkeys(statuses(begin(**{**settings, "seed": 13}), queries + fetches))
    assert set(other) != set(plain)


def test_workers_share_the_count_of_occurrences_so_that_retries_are_retries(begin):
    """A failure met by one worker is not met again by the next one that tries the same."""
    found = []
    for seed in range(40):
        session = begin(game="team", noise="timeout:0.5", seed=seed)
        session.act({"calls": [{"name": "delegate", "arguments": {"task": t}} for t in "AB"]})
        one, two = (session.act(say("search", query="river")).results[0].status for _ in "AB")
        found.append((one, two))
    assert {("timeout", "ok"), ("ok", "timeout"), ("ok", "ok")} <= set(found)


def test_strength_zero_is_exactly_the_clean_web(begin):
    messages = [
        say("search", query="river"),
        say("fetch", url="https://small.example/alba"),
        say("answer", text="Tarn"),
    ]
    clean, zero = begin(), begin(noise="timeout:0,drop:0.0")
    statuses(clean, messages[:2])
    statuses(zero, messages[:2])
    assert clean.state == zero.state
