"""Teachers: players in turn, models through the engine, and the same layout by both."""

import copy

import msgspec
import pytest

from baselines.grpo.cold.encoding import demonstrated
from baselines.grpo.cold.teachers import Models, Players, teacher_of
from baselines.grpo.config import Config
from baselines.grpo.policy import PolicyError, Sampled
from baselines.grpo.records import Query
from baselines.grpo.rollouts import Engine
from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.endpoint import EndpointError


class Saying:
    """A policy that says what a teacher said in its place, token by token as it is encoded."""

    name, version = "shared", 0

    def __init__(self, trajectories):
        self._messages = {}
        for one in trajectories:
            pairs = list(zip(one.token_ids, one.loss_mask, strict=True))
            starts = [
                place
                for place, (_, mask) in enumerate(pairs)
                if mask and not one.loss_mask[place - 1]
            ]
            for number, start in enumerate(starts):
                run = []
                for token, mask in pairs[start:]:
                    if not mask:
                        break
                    run.append(token)
                self._messages[one.frame, number] = tuple(run)

    def generate(self, prompts, sampling):
        texts = [self._messages[prompt.key[-2:]] for prompt in prompts]
        return [Sampled(token_ids=ids, logprobs=(-0.5,) * len(ids), finish="stop") for ids in texts]

    def release(self, contexts):
        pass


class Broken(Saying):
    """A policy that cannot be asked."""

    def generate(self, prompts, sampling):
        raise PolicyError("the server is down")


def config(**settings):
    return Config(**{"context": 30_000, "max_new_tokens": 2_000, "group": 1, **settings})


@pytest.fixture
def both(worlds, tokens):
    """The trajectories of a teacher's episode, and of the engine when a policy says the same."""

    def make(teacher="scripted", policy=Saying, **settings):
        made = config(**settings)
        game = worlds(game=made.game)
        query = game.queries("train")[0]
        players = Players([teacher], game, summary=made.worker_summary)
        (played,) = players.play([(query, 0)])
        own = demonstrated(played, tokens, made).trajectories
        said = policy(own)
        engine = Engine(game, tokens, {"planner": said, "worker": said}, made)
        return own, engine, query, played

    return make


def plain(trajectories):
    """All but who played and with which log-probs."""
    return [
        msgspec.structs.replace(one, logprobs=(), policy="", policy_version=0)
        for one in trajectories
    ]


@pytest.mark.parametrize("game", ["solo", "team"])
@pytest.mark.parametrize(
    "system", [{}, {"planner": "Plan.", "worker": ""}], ids=["long prompts", "short prompts"]
)
def test_a_demonstration_is_laid_out_as_the_engine_lays_out_the_same_words(both, game, system):
    own, engine, query, _ = both(game=game, system=system)
    rollout = engine.groups([query], "key")[0].rollouts[0]
    assert plain(own) == plain(rollout.trajectories)


def test_it_is_so_too_where_workers_do_not_report_in_their_own_words(both):
    own, engine, query, played = both(game="team", worker_summary=False)
    rollout = engine.groups([query], "key")[0].rollouts[0]
    assert plain(own) == plain(rollout.trajectories)
    assert rollout.episode == played.episode


def test_without_summaries_a_worker_still_learns_to_report(both, tokens):
    own, *_ = both(game="team", worker_summary=False)
    other, *_ = both(game="team")
    assert own[1].token_ids == other[1].token_ids
    assert own[0].token_ids != other[0].token_ids


def test_a_model_teaches_its_own_tokens(both, tokens):
    own, engine, query, _ = both(game="team")
    (played,) = Models(engine).play([(query, 0)])
    again = demonstrated(played, tokens, engine.config)
    assert plain(again.trajectories) == plain(own)


def test_the_log_probs_of_a_model_are_not_taken_over(both, tokens):
    _, engine, query, _ = both(game="solo")
    (played,) = Models(engine).play([(query, 0)])
    (one,) = demonstrated(played, tokens, engine.config).trajectories
    assert all(value != value for value in one.logprobs)


def test_what_the_infrastructure_broke_is_played_as_an_episode_that_was_cut(both):
    _, engine, query, _ = both(policy=Broken, retries=0)
    (played,) = Models(engine).play([(query, 0)])
    assert played.episode.end is None


def test_players_take_turns_over_the_attempts(worlds):
    game = worlds()
    query = game.queries("train")[0]
    teacher = Players(["oracle", "random"], game)
    played = list(teacher.play([(query, index) for index in range(3)]))
    first, second, third = ([turn.message for turn in one.episode.turns] for one in played)
    assert first == third != second


def test_an_episode_is_played_when_it_is_asked_for(worlds):
    game = worlds()
    missing = Query(world="small", task="none", seed=0)
    played = Players(["oracle"], game).play([(game.queries("train")[0], 0), (missing, 0)])
    assert next(played).episode.answer == "Tarn"


@pytest.mark.parametrize(
    ("name", "answer"),
    [("oracle", "Tarn"), ("random+oracle", "Tarn"), ("researcher=oracle", "Tarn")],
)
def test_a_teacher_goes_by_its_name(worlds, tokens, name, answer):
    game = worlds()
    teacher = teacher_of(config(teacher=name), game, tokens)
    (played,) = teacher.play([(game.queries("train")[0], 1)])
    assert played.episode.answer == answer


def test_a_folder_without_a_model_is_no_teacher(worlds, tokens, tmp_path):
    with pytest.raises(UnknownNameError, match="no model 'shared' in the folder"):
        teacher_of(config(teacher=str(tmp_path)), worlds(), tokens)


@pytest.mark.parametrize(
    "folders", [[""], ["shared"], ["planner", "worker"], ["models/shared"]], ids=",".join
)
def test_a_checkpoint_is_a_teacher(worlds, tokens, tiny, tmp_path, folders):
    for name in folders:
        tiny().save_pretrained(tmp_path / name)
    game = worlds(game="team")
    made = config(teacher=str(tmp_path), context=4_000, max_new_tokens=4)
    teacher = teacher_of(made, game, tokens)
    (played,) = teacher.play([(game.queries("train")[0], 0)])
    assert played.trajectories[0].sampled > 0


def test_a_checkpoint_of_another_tokenizer_is_no_teacher(worlds, tiny, tokens, tmp_path):
    tiny().save_pretrained(tmp_path)
    other = copy.deepcopy(tokens.tokenizer)
    other.chat_template = other.chat_template.replace("assistant", "model")
    other.save_pretrained(tmp_path)
    with pytest.raises(SettingError, match=r"teacher = .*with the tokenizer that is to learn"):
        teacher_of(config(teacher=str(tmp_path)), worlds(), tokens)


def test_an_episode_in_which_an_endpoint_fails_is_cut(worlds):
    def unreachable(observation, info):
        raise EndpointError("timeout", "the endpoint is busy")

    game = worlds()
    (played,) = Players([unreachable], game).play([(game.queries("train")[0], 0)])
    assert (played.episode.end, played.episode.valid) == ("aborted", False)
