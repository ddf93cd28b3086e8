"""The peers' side of bench_env_steps.py: a search server and one client process for each peer.

Runs under the interpreter that has the peers installed and needs nothing of webenvs. `check`
prints which packages are there; `server` serves the shared corpus over HTTP; `skyrl URL` and `gem
URL` play episodes against it, one measurement for each line {"seconds": 3.0} on standard input. All
answers are JSON lines on standard output. A process ends when its standard input does.
"""

import argparse
import importlib.metadata
import itertools
import json
import os
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import stopwatch
import zipf_corpus

TOP_K = 5
SEARCHES = 3
STEPS = SEARCHES + 1
QUESTION = "Which word do the pages hide?"
GOLD = "word"
QUERIES = 20_000

SERVER_NEEDS = ("bm25s", "fastapi", "msgspec", "uvicorn")
NEEDS = {
    "skyrl": ("skyrl-gym", "requests"),
    "gem": ("gem-llm", "requests", "msgspec"),
}
INSTALL = "skyrl-gym==0.4.0 gem-llm==0.1.0 bm25s==0.3.16 requests msgspec fastapi uvicorn"

Search = Callable[[str, int], list[dict[str, Any]]]
"""search(query, k): that many documents with their scores, best first."""
Episode = Callable[[Iterator[str]], "tuple[list[str], float]"]


def main() -> None:
    """Do what the first argument says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("role", choices=["check", "server", "skyrl", "gem"])
    parser.add_argument("url", nargs="?", help="where the server is; needed by skyrl and gem")
    arguments = parser.parse_args()
    channel = _private_channel()
    if arguments.role == "check":
        _say(channel, {name: _version(name) for name in all_needs()})
    elif arguments.role == "server":
        serve(channel)
    else:
        if arguments.url is None:
            parser.error(f"{arguments.role} needs the url of the server")
        episode = {"skyrl": skyrl_episodes, "gem": gem_episodes}[arguments.role](arguments.url)
        answer_requests(channel, episode, arguments.url)


def all_needs() -> tuple[str, ...]:
    """Every package that the server or a peer needs."""
    return tuple(sorted({*SERVER_NEEDS, *itertools.chain(*NEEDS.values()), "numpy"}))


def skyrl_episodes(url: str) -> Episode:
    """Episodes of SkyRL-Gym's `search` environment: a fresh environment each, as its trainer does.

    Chat messages in, chat messages out; the answer is scored by exact match.
    """
    import skyrl_gym
    from skyrl_gym.envs.search.env import SearchEnvConfig

    config = SearchEnvConfig(search_url=f"{url}/retrieve", topk=TOP_K, log_requests=False)
    extras = {"reward_spec": {"ground_truth": {"target": [GOLD]}}, "max_turns": STEPS}
    prompt = [{"role": "user", "content": QUESTION}]

    def episode(queries: Iterator[str]) -> tuple[list[str], float]:
        env = skyrl_gym.make("search", env_config=config, extras=extras)
        env.init(list(prompt))
        seen = []
        for query in itertools.islice(queries, SEARCHES):
            out = env.step(f"<search>{query}</search>")
            seen.append(out["observations"][0]["content"])
        out = env.step(f"<answer>{GOLD}</answer>")
        env.close()
        return seen, float(out["reward"])

    return episode


def gem_episodes(url: str) -> Episode:
    """Episodes of GEM's ToolEnvWrapper with its SearchTool, on one environment, reset each time.

    Under the wrapper stands the least environment GEM's contract allows: one question, scored by
    GEM's own exact match. GEM's QaEnv does the same on a Hugging Face dataset and costs more.
    """
    import gem
    from gem.tools.search_tool import SearchTool
    from gem.tools.tool_env_wrapper import ToolEnvWrapper
    from gem.utils.parsing import extract_last_tagged_answer
    from gem.utils.qa_em import em_check

    class OneQuestion(gem.Env):
        """Asks the question; any message that no tool understands is the answer."""

        def reset(self, seed: int | None = None) -> tuple[str, dict[str, Any]]:
            super().reset(seed)
            return QUESTION, {}

        def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
            answer = extract_last_tagged_answer(action)
            right = answer is not None and em_check(answer, [GOLD])
            return "", float(right), True, False, {}

    tool = SearchTool(search_url=f"{url}/retrieve", topk=TOP_K)
    env = ToolEnvWrapper(OneQuestion(), tools=[tool])
    seeds = itertools.count()

    def episode(queries: Iterator[str]) -> tuple[list[str], float]:
        env.reset(seed=next(seeds))
        asked = itertools.islice(queries, SEARCHES)
        seen = [env.step(f"<search>{query}</search>")[0] for query in asked]
        reward = env.step(f"<answer>{GOLD}</answer>")[1]
        return seen, float(reward)

    return episode


def answer_requests(channel: TextIO, episode: Episode, url: str) -> None:
    """Say that the peer is ready, then measure once for each line of standard input."""
    queries = itertools.cycle(zipf_corpus.build(queries=QUERIES).queries)
    _check(*episode(queries))
    _say(channel, {"ready": True, "python": sys.version.split()[0]})
    for line in sys.stdin:
        before = _server_cpu(url)
        sample = measured(episode, queries, json.loads(line)["seconds"])
        server_cpu_s = _server_cpu(url) - before
        _say(channel, sample._replace(server_cpu_s=server_cpu_s)._asdict())


def measured(episode: Episode, queries: Iterator[str], seconds: float) -> stopwatch.Sample:
    """One measurement; what the episodes showed is checked after the time is taken."""
    played: list[tuple[list[str], float]] = []

    def play(_: stopwatch.Stopwatch) -> int:
        played.append(episode(queries))
        return STEPS

    sample = stopwatch.measure(play, seconds)
    for seen, reward in played:
        _check(seen, reward)
    return sample


def serve(channel: TextIO) -> None:
    """Serve Search-R1's POST /retrieve on a free port of this machine until standard input ends.

    JSON ({"query"} or {"queries"}) is answered in JSON with a list for each query; MessagePack is
    answered as GEM wants it, with the documents of its one query. GET /cpu tells the CPU-seconds of
    this process.
    """
    import msgspec
    from fastapi import FastAPI, Request, Response

    corpus = zipf_corpus.build()
    found = _search_over(corpus)
    app = FastAPI()

    @app.post("/retrieve")
    async def retrieve(request: Request) -> Response:
        body = await request.body()
        if body.startswith(b"{"):
            asked = msgspec.json.decode(body)
            queries = asked.get("queries") or [asked["query"]]
            answer = {"result": [found(query, asked["topk"]) for query in queries]}
            return Response(msgspec.json.encode(answer), media_type="application/json")
        asked = msgspec.msgpack.decode(body)
        answer = {"result": found(asked["query"], asked["topk"])}
        return Response(msgspec.msgpack.encode(answer), media_type="application/msgpack")

    @app.get("/cpu")
    async def cpu() -> dict[str, float]:
        return {"cpu_s": time.process_time()}

    _run(app, channel, corpus.digest)


def _search_over(corpus: zipf_corpus.ZipfCorpus) -> Search:
    """A search over the corpus by bm25s, answering as Search-R1's server does."""
    import bm25s

    contents = [f"{title}\n{text}" for title, text in zip(corpus.titles, corpus.texts, strict=True)]
    index = bm25s.BM25(method="lucene")
    index.index(bm25s.tokenize(contents, stopwords=[], show_progress=False), show_progress=False)

    def found(query: str, k: int) -> list[dict[str, Any]]:
        words = bm25s.tokenize([query], stopwords=[], show_progress=False)
        places, scores = index.retrieve(words, k=k, show_progress=False)
        return [
            {"document": {"id": str(place), "contents": contents[place]}, "score": score}
            for place, score in zip(places[0].tolist(), scores[0].tolist(), strict=True)
        ]

    return found


def _run(app: Any, channel: TextIO, digest: str) -> None:
    """Run the app on a free port, whose url goes into the channel, until standard input ends."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    # asyncio turns Nagle's delay off only for sockets made for TCP by name; with the delay every
    # request on a kept connection waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        url = f"http://127.0.0.1:{door.getsockname()[1]}"
        _say(channel, {"ready": True, "url": url, "digest": digest})
        threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
        server.run(sockets=[door])


def _stop_at_end_of_input(server: Any) -> None:
    sys.stdin.read()
    server.should_exit = True


def _check(seen: list[str], reward: float) -> None:
    """Both peers show a failed search as text: refuse to count an episode that held one."""
    for text in seen:
        if f"Doc {TOP_K}" not in text or f"Doc {TOP_K + 1}" in text:
            raise RuntimeError(f"A search did not bring {TOP_K} documents: {text[:300]!r}")
    if len(seen) != SEARCHES or reward != 1.0:
        raise RuntimeError(f"An episode went wrong: {len(seen)} searches, reward {reward}.")


def _server_cpu(url: str) -> float:
    with urllib.request.urlopen(f"{url}/cpu", timeout=30) as reply:
        return float(json.load(reply)["cpu_s"])


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _private_channel() -> TextIO:
    """Standard output for our lines alone: whatever else is printed goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return channel


def _say(channel: TextIO, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()


if __name__ == "__main__":
    main()
