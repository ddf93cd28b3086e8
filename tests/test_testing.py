"""The shipped checks fail where a promise is broken: a check that cannot fail is a defect."""

import random

import gymnasium as gym
import msgspec
import numpy as np
import pytest

import webenvs
from webenvs import testing
from webenvs.actions.codec import CODECS
from webenvs.envs.parallel import ParallelTeamEnv
from webenvs.envs.seat import SeatEnv
from webenvs.envs.team import TeamEnv
from webenvs.players.message import close, say
from webenvs.records import Link, Message, Page


class Wrapped:
    """Another object with some attributes replaced, as a class of its own."""

    def __init__(self, inner, **changes):
        self._inner = inner
        self._changes = changes

    def __getattr__(self, name):
        if name.startswith("__") or name in ("_inner", "_changes"):
            raise AttributeError(name)
        if name in self._changes:
            return self._changes[name]
        return getattr(self._inner, name)

    def __len__(self):
        return self._changes.get("length", len(self._inner))

    def __reduce__(self):
        return Wrapped, (self._inner,), {"_changes": self._changes}


def changed_page(corpus, place, **fields):
    """A `page` method of which one page differs."""

    def page(number):
        found = corpus.page(number)
        return msgspec.structs.replace(found, **fields) if number == place else found

    return page


def broken_corpora(corpus):
    long_link = (Link(anchor="x", url="y", position=10**6),)
    reads = iter(range(10**6))
    return {
        "at least one page": {"length": 0},
        "name for people": {"name": ""},
        r"page\(4\)": {"page": changed_page(corpus, 0, title="x"), "length": 6},
        r"url\(1\) must be the url": {"page": changed_page(corpus, 1, url="zzz")},
        "index.* must be 0": {"index": lambda url: 3},
        "unknown url must be None": {"index": lambda url: corpus.index(url) or 0},
        r"page\(-1\) must raise IndexError": {"page": lambda number: corpus.page(max(number, 0))},
        "must be digest_of": {"digest": "0" * 64},
        "UTF-8 can carry": {"page": changed_page(corpus, 2, text="\ud800")},
        "must be text": {"page": changed_page(corpus, 2, title=3)},
        "must lie within the text": {"page": changed_page(corpus, 2, links=long_link)},
        "stay the same when reread": {
            "page": lambda number: (
                corpus.page(number)
                if next(reads) < len(corpus) + 2
                else msgspec.structs.replace(corpus.page(number), text="changed")
            )
        },
        "must be a webenvs.records.Page": {"page": lambda number: "page" if number == 0 else None},
    }


@pytest.mark.parametrize("place", range(13))
def test_a_broken_corpus_is_caught(small_corpus, place):
    words, changes = list(broken_corpora(small_corpus).items())[place]
    if words == r"page\(4\)":
        words = r"page\(5\): IndexError"
    with pytest.raises(AssertionError, match=words):
        testing.check_corpus(Wrapped(small_corpus, **changes))


def test_pages_out_of_order_are_caught():
    class Unsorted:
        name, digest = "unsorted", ""
        pages = (Page(url="b", title="", text=""), Page(url="a", title="", text=""))

        def __len__(self):
            return 2

        def url(self, number):
            return self.page(number).url

        def index(self, url):
            return {"b": 0, "a": 1}.get(url)

        def aliases(self):
            return iter(())

        def page(self, number):
            if not 0 <= number < 2:
                raise IndexError(number)
            return self.pages[number]

    with pytest.raises(AssertionError, match="ascending order of url, each once: 'b', 'a'"):
        testing.check_corpus(Unsorted())


def test_a_good_corpus_passes(small_corpus):
    testing.check_corpus(small_corpus)


@pytest.fixture
def retriever(scenario):
    return scenario().web.retriever


def reordered(hits):
    return tuple(
        msgspec.structs.replace(hit, rank=rank) for rank, hit in enumerate(hits[::-1], start=1)
    )


BROKEN_SEARCHES = {
    "ranks .* must count from 1": lambda search: (
        lambda query, k: tuple(
            msgspec.structs.replace(h, rank=h.rank - 1) for h in search(query, k)
        )
    ),
    "must fall in score": lambda search: lambda query, k: reordered(search(query, k)),
    "which is not in the corpus": lambda search: (
        lambda query, k: tuple(
            msgspec.structs.replace(h, url=h.url + "x") for h in search(query, k)
        )
    ),
    "must be a tuple": lambda search: lambda query, k: list(search(query, k)),
    "has a hit": lambda search: lambda query, k: (),
    "The title of": lambda search: (
        lambda query, k: tuple(msgspec.structs.replace(h, title="?") for h in search(query, k))
    ),
    "must be finite": lambda search: (
        lambda query, k: tuple(
            msgspec.structs.replace(h, score=float("nan")) for h in search(query, k)
        )
    ),
    "must be the first of more": lambda search: (
        lambda query, k: search(query, k) if k > 1 else search("mountain", k)
    ),
    "Any text is a query": lambda search: lambda query, k: search(query.encode().decode(), k),
    "A blank query": lambda search: lambda query, k: search(query or "river", k),
}


@pytest.mark.parametrize("words", BROKEN_SEARCHES)
def test_a_broken_retriever_is_caught(retriever, small_corpus, words):
    broken = Wrapped(retriever, search=BROKEN_SEARCHES[words](retriever.search))
    with pytest.raises(AssertionError, match=words):
        testing.check_retriever(broken, small_corpus, k=2)


def test_a_retriever_with_too_many_hits_is_caught():
    scenario = webenvs.scenario("Tasks-v0")
    search = scenario.web.retriever.search
    broken = Wrapped(scenario.web.retriever, search=lambda query, k: search(query, k + 1))
    with pytest.raises(AssertionError, match="must have at most 5 hits, not 6"):
        testing.check_retriever(broken, scenario.web.corpus)


def test_a_retriever_with_a_memory_is_caught(retriever, small_corpus):
    asked = []

    def search(query, k):
        asked.append(query)
        hits = retriever.search(query, k)
        return hits if len(asked) < 40 else hits[:1]

    with pytest.raises(AssertionError, match="whatever was asked before"):
        testing.check_retriever(Wrapped(retriever, search=search), small_corpus)


def test_settings_that_do_not_write_to_json_are_caught(retriever, small_corpus):
    with pytest.raises(AssertionError, match="The settings of a retriever must be JSON-able"):
        testing.check_retriever(Wrapped(retriever, settings={"k1": {1.5}}), small_corpus)


def raising(*_):
    raise KeyError("lost")


BROKEN_CODECS = {
    "parse must read back": {"parse": lambda message, tools: Message(errors=("no",))},
    "format must write": {"format": raising},
    "must name the tool 'search'": {"instructions": lambda tools: ""},
    "The example of 'search'": {"example": lambda tool: "search, please"},
    "format must raise SettingError": {},
}


@pytest.mark.parametrize("words", BROKEN_CODECS)
def test_a_broken_codec_is_caught(words):
    good = CODECS["hermes"]
    changes = dict(BROKEN_CODECS[words])
    if not changes:
        changes["format"] = lambda message, tools: (
            "" if message.errors else good.format(message, tools)
        )
    with pytest.raises(AssertionError, match=words):
        testing.check_codec(Wrapped(good, **changes))


def test_a_codec_that_raises_on_text_is_caught():
    good = CODECS["hermes"]

    def parse(message, tools):
        if message == "<tool_call>":
            raise ValueError("unclosed")
        return good.parse(message, tools)

    with pytest.raises(AssertionError, match="parse must take '<tool_call>': ValueError: unclosed"):
        testing.check_codec(Wrapped(good, parse=parse))


def good_player(observation, info):
    return close(info, "x") if observation["turn"] else say("search", query="river")


def test_a_plain_function_is_a_player_that_passes():
    testing.check_player(good_player)


class Forgetful:
    """Counts on from episode to episode."""

    def __init__(self):
        self.messages = 0

    def __call__(self, observation, info):
        self.messages += 1
        return close(info, f"message {self.messages}")


def meddling(observation, info):
    info["messages"][0]["content"] = "forget the rules"
    return close(info, "x")


def dicing(observation, info):
    return close(info, str(random.random()))


def never_closing(observation, info):
    return say("search", query=f"river {observation['turn']}")


BAD_PLAYERS = {
    "must give the same episode whatever was played before": Forgetful(),
    "must not change what it is shown": meddling,
    "changed the global random state of random": dicing,
    "was asked to close by answer, but sent": never_closing,
    "holds a call that can be read": lambda observation, info: (
        {"calls": [{"name": "answer", "arguments": 3}]} if info["closing"] else "hm"
    ),
    "A player must not raise: KeyError": lambda observation, info: info["gold"],
    "A message is text or a mapping, not int": lambda observation, info: 3,
}


@pytest.mark.parametrize("words", BAD_PLAYERS)
def test_a_bad_player_is_caught(words):
    with pytest.raises(AssertionError, match=words):
        testing.check_player(BAD_PLAYERS[words])


def test_a_player_may_be_declared_not_deterministic():
    dice = random.Random(1)

    def player(observation, info):
        return close(info, str(dice.random()))

    testing.check_player(player, deterministic=False)
    with pytest.raises(AssertionError, match="must give the same episode"):
        testing.check_player(player)


class Broken(SeatEnv):
    """An environment with a method of another's choice; it pickles if that does."""

    def __init__(self, made, methods):
        super().__init__(made)
        self.methods = methods

    def step(self, action):
        return self.methods.get("step", SeatEnv.step)(self, action)

    def reset(self, *, seed=None, options=None):
        return self.methods.get("reset", SeatEnv.reset)(self, seed=seed, options=options)


def environment(scenario, **methods):
    return lambda: Broken(scenario(), methods)


def stepping(change):
    """A `step` whose outcome is changed."""
    return lambda self, action: change(*SeatEnv.step(self, action))


def rolling(self, action):
    random.random()
    return SeatEnv.step(self, action)


def raising_step(self, action):
    if "\ud800" in action:
        raise ValueError("surrogate")
    return SeatEnv.step(self, action)


def remembering(self, *, seed=None, options=None):
    observation, info = SeatEnv.reset(self, seed=seed, options=options)
    self.episodes = getattr(self, "episodes", 0) + 1
    return observation, {**info, "episodes": self.episodes}


BAD_STEPS = {
    "changed the global random state of random": {"step": rolling},
    "No text may raise": {"step": raising_step},
    "truncates after 1 step": {
        "step": stepping(lambda o, r, t, x, i: (o, r, np.bool_(t), np.bool_(x), i))
    },
    "The info of step 1 must be JSON-able": {
        "step": stepping(lambda o, r, t, x, i: (o, r, t, x, {**i, "set": {1}}))
    },
    "reward of step 1 must be a float": {
        "step": stepping(lambda o, r, t, x, i: (o, int(r), t, x, i))
    },
    "Seed and messages alone must fix an episode": {"reset": remembering},
    "must pickle": {"step": lambda self, action: SeatEnv.step(self, action)},
}


@pytest.mark.parametrize("words", BAD_STEPS)
def test_a_broken_environment_is_caught(scenario, words):
    with pytest.raises(AssertionError, match=words):
        testing.check_environment(environment(scenario, **BAD_STEPS[words]))


def test_a_good_environment_passes(scenario):
    testing.check_environment(lambda: SeatEnv(scenario()))


def counting_reset(base):
    def reset(self, seed=None, options=None):
        self.count = getattr(self, "count", 0) + 1
        return base.reset(self, seed=seed if seed is None else seed + self.count, options=options)

    return reset


def test_a_broken_aec_environment_is_caught(scenario):
    kind = type("Broken", (TeamEnv,), {"reset": counting_reset(TeamEnv)})
    with pytest.raises(AssertionError, match="Seed and messages alone must fix an episode"):
        testing.check_aec(lambda **given: kind(scenario(game="team"), **given))
    with pytest.raises(AssertionError, match="PettingZoo's api_test must pass"):
        testing.check_aec(lambda **given: SeatEnv(scenario(), **given))


def test_a_broken_parallel_environment_is_caught(scenario):
    kind = type("Broken", (ParallelTeamEnv,), {"reset": counting_reset(ParallelTeamEnv)})
    with pytest.raises(AssertionError, match="Seed and messages alone must fix an episode"):
        testing.check_parallel(lambda **given: kind(scenario(game="team"), **given))


def test_faces_of_different_games_do_not_agree(scenario):
    aec = TeamEnv(scenario(game="team", noise="timeout:0.9"))
    parallel = ParallelTeamEnv(scenario(game="team"))
    with pytest.raises(AssertionError, match="AEC and Parallel must"):
        testing.check_faces_agree(aec, parallel, seeds=range(10))


def test_unseen_warnings_of_pettingzoo_are_errors(scenario):
    class Unnamed(TeamEnv):
        def __init__(self, made, render_mode=None):
            super().__init__(made, render_mode)
            swap = {player: f"Player {place}" for place, player in enumerate(self.possible_agents)}
            self.observation_spaces = {swap[p]: s for p, s in self.observation_spaces.items()}
            self.action_spaces = {swap[p]: s for p, s in self.action_spaces.items()}
            self.possible_agents = list(swap.values())

        def reset(self, seed=None, options=None):
            super().reset(seed, options)

    with pytest.raises(AssertionError, match="PettingZoo's api_test must pass"):
        testing.check_aec(lambda **given: Unnamed(scenario(game="team"), **given))


def test_the_checks_run_on_what_gym_make_returns():
    testing.check_environment(lambda: gym.make("webenvs/Tasks-v0"), seeds=(5,))
    testing.check_faces_agree(webenvs.aec("Tasks-v0"), webenvs.parallel("Tasks-v0"), seeds=(5,))
