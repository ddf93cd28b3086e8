"""ART's own records hold our episodes: a history a frame, one reward, the server's own choices."""

import asyncio
import importlib.metadata
import sys
import warnings
from types import SimpleNamespace

import pytest

import webenvs
from tests.wrappers import recorded, tiny
from webenvs.errors import SettingError
from webenvs.players.chat_model import plain_messages
from wrappers import to_art

REAL = pytest.mark.trainer("art")
TEAM = {"game": "team", "workers": 2}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Keep litellm, which ART imports, from fetching a list of prices."""
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")


def ids(text):
    """The tokens of a message and of its end, as a server would have sampled them."""
    clean = f"{text or ''}<|im_end|>".encode(errors="replace").decode()
    return tiny.tokenizer().encode(clean, add_special_tokens=False)


class Client:
    """An AsyncOpenAI that says what was recorded, each message with a log-prob."""

    def __init__(self, said):
        self.said, self.asked = list(said), []
        self.chat = SimpleNamespace(completions=self)

    async def create(self, **asked):
        from openai.types.chat.chat_completion import ChatCompletion

        self.asked.append(asked)
        text = self.said.pop(0)
        scored = [
            {"token": f"token_id:{at}", "logprob": -0.5, "top_logprobs": []} for at in ids(text)
        ]
        choice = {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
            "logprobs": {"content": scored, "refusal": None},
        }
        parts = {"id": "c", "created": 0, "model": "m", "object": "chat.completion"}
        return ChatCompletion(choices=[choice], **parts)


def exported(episode, **settings):
    """The trajectory of an episode of these settings, and its scenario's parts."""
    options = {key: settings.pop(key) for key in ("trained", "calls") if key in settings}
    return to_art.trajectory(episode, webenvs.scenario("MultiHop-v0", **settings), **options)


def rolled_out(episode, texts, **settings):
    """A rollout in which the model says these texts."""
    client = Client(texts)
    row = recorded.row(episode)
    made = asyncio.run(to_art.rollout(client, "m", "MultiHop-v0", row, **settings))
    return made, client


def histories(trajectory):
    """Messages and choices of every frame."""
    more = [history.messages_and_choices for history in trajectory.additional_histories]
    return [trajectory.messages_and_choices, *more]


def chosen(history):
    """What a history says that is trained."""
    from art.types import Choice

    return [entry.message.content for entry in history if isinstance(entry, Choice)]


def test_without_art_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "art", None)
    with pytest.raises(ImportError, match=r"pip install 'webenvs\[art\]'"):
        to_art.group([])


def test_an_untried_version_is_named_with_those_that_were_tried(monkeypatch):
    monkeypatch.setitem(sys.modules, "art", type(sys)("art"))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.4.9")
    with pytest.raises(ImportError, match=r"0\.4\.9 .* from 0\.5\.18 to below 0\.6"):
        to_art.group([])


@REAL
def test_every_frame_is_a_history_under_the_roots_reward():
    episode = recorded.episode("oracle", **TEAM)
    made = exported(episode, **TEAM)
    assert len(made.additional_histories) == len(episode.frames) - 1 > 0
    assert made.reward == recorded.reward(episode) > 0
    for frame, history in zip(episode.frames, histories(made), strict=True):
        said = [turn.message for turn in episode.turns if turn.frame == frame.index]
        assert chosen(history) == said


@REAL
@pytest.mark.parametrize("trained", ["worker", "worker_0"])
def test_only_who_is_trained_has_histories(trained):
    episode = recorded.episode("oracle", **TEAM)
    made = exported(episode, trained=(trained,), **TEAM)
    frames = [frame for frame in episode.frames if trained in (frame.role, frame.player)]
    assert len(histories(made)) == len(frames) > 1


@REAL
def test_a_trained_role_that_there_is_none_of_is_refused_beside_others_too():
    with pytest.raises(SettingError, match=r"trained = 'workr' .*Did you mean 'worker'\?"):
        exported(recorded.episode("oracle", **TEAM), trained=("planner", "workr"), **TEAM)


@REAL
def test_where_nobody_is_trained_there_is_no_trajectory():
    with pytest.raises(SettingError, match="trained"):
        exported(recorded.episode("oracle"), trained=("worker",))


@REAL
def test_messages_are_our_transcript():
    episode = recorded.episode("oracle")
    env = webenvs.tool_env("MultiHop-v0")
    env.reset(**recorded.row(episode))
    for text in recorded.said(episode):
        env.send(text)
    assert exported(episode).messages() == plain_messages(env.messages())


@REAL
def test_native_calls_have_ids_tools_and_answers():
    episode = recorded.episode("oracle")
    made = exported(episode, calls=True)
    messages = made.messages()
    asked = [call["id"] for entry in messages for call in entry.get("tool_calls", ())]
    answered = [entry["tool_call_id"] for entry in messages if entry["role"] == "tool"]
    assert asked[:-1] == answered and len(asked) == sum(len(turn.calls) for turn in episode.turns)
    assert [tool["function"]["name"] for tool in made.tools][-1] == "answer"


@REAL
@pytest.mark.parametrize("settings", [{}, TEAM, recorded.TEAM], ids=["solo", "team", "planner"])
def test_a_rollout_of_a_recorded_episode_has_its_reward_and_keeps_the_servers_choices(settings):
    episode = recorded.episode("oracle", **settings)
    mine = episode.frames[0].player if "seat" in settings else None
    texts = [turn.message for turn in episode.turns if mine in (None, turn.player)]
    made, _ = rolled_out(episode, texts, **settings)
    told = [entry for history in histories(made) for entry in history]
    kept = [entry for entry in told if not isinstance(entry, dict)]
    assert {e["role"] for e in told if isinstance(e, dict)} <= {"system", "user", "assistant"}
    assert made.reward == recorded.reward(episode) > 0
    assert sorted(choice.message.content for choice in kept) == sorted(texts)
    assert all(choice.logprobs.content[0].logprob == -0.5 for choice in kept)


@REAL
def test_the_last_prompt_holds_what_the_model_wrote_byte_for_byte():
    episode = recorded.episode("oracle")
    texts = ["  hm \n", *recorded.said(episode)]
    _, client = rolled_out(episode, texts)
    said = [e["content"] for e in client.asked[-1]["messages"] if e["role"] == "assistant"]
    assert said == texts[:-1]


@REAL
def test_art_trains_exactly_the_tokens_that_were_sampled_after_exactly_what_was_sent():
    from art.preprocessing.tokenize import tokenize_trajectory_groups

    words = tiny.tokenizer()
    episode = recorded.episode("oracle", game="team")
    texts = [turn.message for turn in episode.turns]
    made, client = rolled_out(episode, texts, game="team")
    group = to_art.group([made])
    made.reward, worse = 1.0, made.model_copy(update={"reward": 0.0})
    group.trajectories.append(worse)
    results = list(tokenize_trajectory_groups(words, [group], False, True, False))
    mine = [result for result in results if result.advantage > 0]
    sampled = [
        [at for at, bit in zip(result.token_ids, result.assistant_mask, strict=True) if bit]
        for result in mine
    ]
    said = [
        [at for turn in episode.turns if turn.frame == frame.index for at in ids(turn.message)]
        for frame in episode.frames
    ]
    assert sampled == said
    last = client.asked[-1]["messages"]
    sent = words.apply_chat_template(last, add_generation_prompt=True, return_dict=False)
    assert mine[0].token_ids[: len(sent)] == sent


@REAL
@pytest.mark.parametrize("text", [*recorded.GARBAGE, None])
def test_what_is_no_call_is_told_and_not_raised(text):
    episode = recorded.episode("oracle")
    made, _ = rolled_out(episode, [text, *recorded.said(episode)])
    assert made.metrics["answered"] and len(made.messages()) > 4


@REAL
def test_a_group_leaves_out_what_is_not_valid_and_refuses_other_tasks():
    episode = recorded.episode("oracle")
    one, bad = exported(episode), exported(episode)
    bad.metadata["valid"] = False
    assert [made.reward for made in to_art.group([one, bad])] == [one.reward]
    with pytest.raises(SettingError, match="one task"):
        to_art.group([one, exported(recorded.episode("oracle", seed=8))])


@REAL
@pytest.mark.parametrize("calls", [False, True], ids=["codec", "native"])
def test_arts_own_files_hold_the_group(tmp_path, calls):
    from art.utils.trajectory_logging import write_trajectory_groups_parquet
    from pyarrow import parquet

    made = exported(recorded.episode("oracle", **TEAM), calls=calls, **TEAM)
    write_trajectory_groups_parquet([to_art.group([made])], tmp_path / "groups.parquet")
    row = parquet.read_table(tmp_path / "groups.parquet").to_pylist()[0]
    assert row["reward"] == made.reward
    assert [e["content"] for e in row["messages"]] == [e["content"] for e in made.messages()]


@REAL
def test_arts_log_says_what_is_trained():
    made = exported(recorded.episode("oracle"))
    told = made.for_logging()["messages"]
    assert [e["trainable"] for e in told] == [e["role"] == "assistant" for e in told]


@REAL
def test_a_native_history_is_written_as_json_without_complaint():
    made = exported(recorded.episode("oracle", **TEAM), calls=True, **TEAM)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert made.model_dump_json()
