"""The rows of webenvs itself: solo search, steps without a new search, planner-and-worker turns."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import peers
import zipf_corpus
from stopwatch import Row, Sample, Stopwatch, measure

REPEATS = 5


def webenvs_rows(corpus: zipf_corpus.ZipfCorpus) -> list[Row]:
    """Our own rows: solo search, steps without a new search, planner-and-worker turns."""
    import gymnasium

    import webenvs
    from webenvs.corpora.corpus import MemoryCorpus
    from webenvs.records import Page, Task
    from webenvs.tasks.taskset import TaskSet

    urls = [f"https://zipf.example/{number:05d}" for number in range(len(corpus.titles))]
    pages = [
        Page(url=url, title=title, text=text)
        for url, title, text in zip(urls, corpus.titles, corpus.texts, strict=True)
    ]
    task = Task(question=peers.QUESTION, answers=(peers.GOLD,), evidence=((urls[0],),))
    tasks = TaskSet([task], "zipf")
    settings = {"corpus": MemoryCorpus(pages, "zipf"), "tasks": tasks, "codec": "hermes"}
    solo = gymnasium.make("webenvs:webenvs/Tasks-v0", disable_env_checker=True, **settings)
    team = webenvs.aec("Tasks-v0", workers=1, **settings)
    queries = itertools.cycle(corpus.queries)
    addresses = itertools.cycle(urls)
    return [
        Row("webenvs search", "webenvs", _solo_search(solo, queries)),
        Row("webenvs no search", "webenvs", _solo_without_search(solo, queries, addresses)),
        Row("webenvs team turns", "webenvs", _team_turns(team, queries)),
        Row("FrozenLake (anchor)", "gymnasium", _frozen_lake()),
    ]


def _frozen_lake() -> Callable[[float], Sample]:
    """Gymnasium's own FrozenLake under a random policy: how fast this machine is today."""
    import gymnasium

    env = gymnasium.make("FrozenLake-v1")
    env.reset(seed=0)
    env.action_space.seed(0)

    def play(_: Stopwatch) -> int:
        for _ in range(100):
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            if terminated or truncated:
                env.reset()
        return 100

    return lambda seconds: measure(play, seconds)


def _solo_search(env: Any, queries: Iterator[str]) -> Callable[[float], Sample]:
    """Three new searches and an answer."""
    seeds = itertools.count()
    seen: list[str] = []
    rewards: list[float] = []

    def play(_: Stopwatch) -> int:
        env.reset(seed=next(seeds))
        asked = itertools.islice(queries, peers.SEARCHES)
        seen.extend([env.step(call("search", "query", query))[0]["text"] for query in asked])
        rewards.append(env.step(call("answer", "text", peers.GOLD))[1])
        return peers.STEPS

    return _checked(play, seen, rewards)


def _solo_without_search(
    env: Any, queries: Iterator[str], addresses: Iterator[str]
) -> Callable[[float], Sample]:
    """Repeats of an earlier search, page fetches and the answer; that search is not timed."""
    seeds = itertools.count()
    seen: list[str] = []
    rewards: list[float] = []

    def play(watch: Stopwatch) -> int:
        env.reset(seed=next(seeds))
        search = call("search", "query", next(queries))
        watch.stop()
        env.step(search)
        watch.start()
        for url in itertools.islice(addresses, REPEATS):
            seen.append(env.step(search)[0]["text"])
            seen.append(env.step(call("fetch", "url", url))[0]["text"])
        rewards.append(env.step(call("answer", "text", peers.GOLD))[1])
        return 2 * REPEATS + 1

    return _checked(play, seen, rewards)


def _team_turns(env: Any, queries: Iterator[str]) -> Callable[[float], Sample]:
    """Two delegations of two new searches and a report each, then the answer."""
    seeds = itertools.count()
    seen: list[str] = []
    rewards: list[float] = []

    def messages() -> dict[str, Iterator[str]]:
        planner = [call("delegate", "task", f"part {part} of the question") for part in (1, 2)]
        report = call("report", "text", "Found the word.")
        worker = [
            message
            for _ in planner
            for message in (
                *(call("search", "query", q) for q in itertools.islice(queries, 2)),
                report,
            )
        ]
        answer = call("answer", "text", peers.GOLD)
        return {"planner_0": iter([*planner, answer]), "worker_0": iter(worker)}

    def play(_: Stopwatch) -> int:
        env.reset(seed=next(seeds))
        script = messages()
        turns = 0
        for player in env.agent_iter():
            observation, reward, terminated, truncated, _ = env.last()
            if terminated or truncated:
                if player == "planner_0":
                    rewards.append(reward)
                env.step(None)
                continue
            if player == "worker_0" and observation["turn"] > 0:
                seen.append(observation["text"])
            env.step(next(script[player]))
            turns += 1
        return turns

    return _checked(play, seen, rewards)


def _checked(
    play: Callable[[Stopwatch], int], seen: list[str], rewards: list[float]
) -> Callable[[float], Sample]:
    """Measures `play`, then makes sure that every page text came and every answer was right."""

    def run(seconds: float) -> Sample:
        seen.clear()
        rewards.clear()
        sample = measure(play, seconds)
        empty = [text for text in seen if "https://zipf.example/" not in text]
        if empty or not seen:
            raise RuntimeError(f"{len(empty)} of {len(seen)} calls failed: {empty[:1]}")
        if min(rewards) <= 0:
            raise RuntimeError(f"A right answer was worth {min(rewards)}.")
        return sample

    return run


def call(tool: str, argument: str, value: str) -> str:
    """A message that calls `tool`, as the hermes codec writes it; `value` needs no escapes."""
    return f'<tool_call>{{"name": "{tool}", "arguments": {{"{argument}": "{value}"}}}}</tool_call>'
