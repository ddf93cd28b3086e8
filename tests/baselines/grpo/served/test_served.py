"""A policy behind a server: what is asked, what is read, and every way in which a server fails."""

import math
import socket
import threading
import time

import pytest

from baselines.grpo.dialects import DIALECTS, AnswerError, seed_of
from baselines.grpo.policy import PolicyError, Prompt, Sampled, Sampling
from baselines.grpo.served import Limits, ServedPolicy
from webenvs.errors import SettingError, UnknownNameError

PATHS = {"vllm": "/v1/completions", "sglang": "/generate"}
QUICK = Limits(concurrency=8, timeout=30.0, retries=2, pause=0.0)
STOP = 20


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request):
    return request.param


def prompt(*token_ids, limit=8, key=("k",)):
    return Prompt(context="c", token_ids=token_ids, key=key, limit=limit, stops=(STOP,))


def served(server, dialect="vllm", limits=QUICK, **settings):
    return ServedPolicy(server.url, "tiny", dialect=dialect, limits=limits, **settings)


def answered(server, dialect, asked=None, sampling=None, **settings):
    """What the server's policy answers one prompt with."""
    with server, served(server, dialect, **settings) as policy:
        return policy.generate([asked or prompt(3, 17)], sampling or Sampling())[0]


def refused(server, dialect, **settings):
    """The message of the error that one prompt brings."""
    with pytest.raises(PolicyError) as caught:
        answered(server, dialect, **settings)
    return str(caught.value)


def test_ids_and_logprobs_come_back_as_they_were_sampled(serve, dialect):
    assert answered(serve(), dialect) == Sampled(
        token_ids=(18, 19, 20), logprobs=(-0.125, -0.25, -0.375), finish="stop"
    )


def test_a_message_that_reaches_its_limit_is_cut(serve, dialect):
    found = answered(serve(), dialect, prompt(3, 4, limit=2))
    assert (found.token_ids, found.finish) == ((5, 6), "length")


def test_a_stop_at_the_very_limit_is_a_stop(serve, dialect):
    found = answered(serve(), dialect, prompt(3, 17, limit=3))
    assert (found.token_ids[-1], found.finish) == (STOP, "stop")


def test_the_prompt_goes_out_as_token_ids(serve, dialect):
    server = serve()
    answered(server, dialect)
    body = server.bodies(PATHS[dialect])[0]
    assert body["prompt" if dialect == "vllm" else "input_ids"] == [3, 17]


def test_the_seed_is_that_of_the_key(serve, dialect):
    seeds = []

    def rule(wish):
        seeds.append(wish.seed)
        return [STOP], [-1.0]

    answered(serve(rule=rule), dialect, prompt(1, key=("run", 0, "turn", 2)))
    assert seeds == [seed_of(("run", 0, "turn", 2))]


def test_seeds_of_different_keys_differ_and_fit_a_server():
    seeds = {seed_of(("run", number)) for number in range(200)}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_settings_of_the_models_own_are_overruled(serve, dialect):
    server = serve()
    answered(server, dialect, sampling=Sampling(temperature=0.0, top_p=0.9))
    body = server.bodies(PATHS[dialect])[0]
    drawn = body if dialect == "vllm" else body["sampling_params"]
    assert {name: drawn[name] for name in ("temperature", "top_p", "top_k", "min_p")} == {
        "temperature": 0.0,
        "top_p": 0.9,
        "top_k": -1,
        "min_p": 0.0,
    }
    assert drawn["repetition_penalty"] == 1.0


def test_vllm_ends_a_message_at_its_stops_alone(serve):
    found = answered(serve(eos=19), "vllm")
    assert found.token_ids == (18, 19, 20)


def test_sglang_ends_a_message_at_its_own_end_too(serve):
    found = answered(serve(eos=19), "sglang")
    assert (found.token_ids, found.finish) == ((18, 19), "stop")


def test_an_older_vllm_names_the_ids_in_its_token_strings(serve):
    assert answered(serve(token_ids=False), "vllm").token_ids == (18, 19, 20)


def test_many_prompts_keep_their_order(serve, dialect):
    delay = {number: 0.002 * (number % 7) for number in range(40)}
    prompts = [prompt(number, 100 + number, limit=1) for number in range(40)]
    with serve(delay=delay) as server, served(server, dialect) as policy:
        found = policy.generate(prompts, Sampling())
    assert [message.token_ids for message in found] == [(101 + n,) for n in range(40)]


def test_no_more_requests_than_allowed_are_under_way(serve):
    together = threading.Barrier(3)

    def rule(_):
        together.wait(30)
        return [STOP], [-1.0]

    limits = Limits(concurrency=3, timeout=60.0)
    with serve(rule=rule) as server, served(server, limits=limits) as policy:
        policy.generate([prompt(number) for number in range(12)], Sampling())
    assert server.busiest == 3


def test_no_prompts_ask_nothing(serve):
    with serve() as server, served(server) as policy:
        assert policy.generate([], Sampling()) == []
    assert server.seen == []


@pytest.mark.parametrize("fault", [429, 500, 503, 408, "drop", "cut", "abort"])
def test_a_fault_that_passes_is_got_over(serve, dialect, fault):
    server = serve(fault, fault)
    assert answered(server, dialect).token_ids == (18, 19, 20)
    assert len(server.bodies(PATHS[dialect])) == 3


@pytest.mark.parametrize("fault", [429, 500, "drop", "abort"])
def test_a_fault_that_stays_ends_in_a_policy_error(serve, dialect, fault):
    server = serve(*[fault] * 9)
    said = refused(server, dialect)
    assert said.startswith(server.url)
    assert said.endswith("Tried 3 times.")
    assert len(server.bodies(PATHS[dialect])) == 3


def test_a_stalled_server_is_a_policy_error(serve, dialect):
    limits = Limits(timeout=0.1, retries=1, pause=0.0)
    said = refused(serve(*["stall"] * 4), dialect, limits=limits)
    assert "did not answer within 0.1 seconds" in said


def test_one_failure_gives_up_the_rest(serve):
    limits = Limits(concurrency=2, timeout=5.0, retries=0)
    prompts = [prompt(number, number, limit=1) for number in range(50)]
    with serve(500, delay=dict.fromkeys(range(50), 0.02)) as server:
        with served(server, limits=limits) as policy, pytest.raises(PolicyError):
            policy.generate(prompts, Sampling())
        assert len(server.seen) < 10


def test_a_dead_server_is_a_policy_error(dialect):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            ServedPolicy(url, "tiny", dialect=dialect, limits=QUICK) as policy,
            pytest.raises(PolicyError, match="cannot be reached"),
        ):
            policy.generate([prompt(1)], Sampling())


def test_a_policy_serves_again_after_a_failure(serve):
    with serve(404) as server, served(server) as policy:
        with pytest.raises(PolicyError):
            policy.generate([prompt(3, 17)], Sampling())
        assert policy.generate([prompt(3, 17)], Sampling())[0].token_ids == (18, 19, 20)


@pytest.mark.parametrize(
    ("dialect", "switches", "named"),
    [
        ("vllm", {"token_ids": False, "token_strings": False}, "--return-tokens-as-token-ids"),
        ("vllm", {"logprobs": False}, "--max-logprobs"),
        ("sglang", {"logprobs": False}, "return_logprob"),
    ],
    ids=["vllm-ids", "vllm-logprobs", "sglang-both"],
)
def test_an_answer_without_ids_or_logprobs_names_the_switch(serve, dialect, switches, named):
    server = serve(**switches)
    assert named in refused(server, dialect)
    assert len(server.seen) == 1


def test_a_prompt_that_was_rewritten_is_refused(serve, dialect):
    assert "prompt of 1 tokens" in refused(serve(truncates=True), dialect)


def test_a_prompt_that_does_not_fit_is_refused_in_the_servers_words(serve, dialect):
    said = refused(serve(context=5), dialect)
    assert "HTTP 400" in said
    assert "context length" in said


def test_a_model_that_is_not_served_is_refused(serve):
    with (
        serve() as server,
        ServedPolicy(server.url, "huge", limits=QUICK) as policy,
        pytest.raises(PolicyError, match="The model `huge` does not exist"),
    ):
        policy.generate([prompt(1)], Sampling())


def test_text_in_place_of_json_is_refused(serve, dialect):
    assert "no JSON: <html>hello</html>" in refused(serve("words"), dialect)


def test_a_message_that_sglang_ended_for_nan_is_refused(serve):
    assert "NaN happened" in refused(serve("nan"), "sglang")


@pytest.mark.parametrize("wrong", [0.5, math.inf, -math.inf, math.nan, None, "-1"])
def test_what_is_no_logprob_is_refused(wrong):
    choice = {
        "finish_reason": "stop",
        "token_ids": [STOP],
        "logprobs": {"tokens": ["x"], "token_logprobs": [wrong]},
    }
    with pytest.raises(AnswerError, match="log-prob"):
        DIALECTS["vllm"].read({"choices": [choice]}, prompt(1))


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"choices": []}, {"meta_info": None}, {"error": "no"}]
)
def test_an_answer_of_another_form_is_refused(dialect, answer):
    with pytest.raises(AnswerError, match=r"has no|broke a message off"):
        DIALECTS[dialect].read(answer, prompt(1))


def test_more_tokens_than_asked_for_are_refused(serve, dialect):
    def rule(_):
        return [1] * 9, [-1.0] * 9

    assert "9 tokens and 9 log-probs where 1 to 8" in refused(serve(rule=rule), dialect)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_sglang_samples_where_its_logprobs_are_at_temperature_1(serve, temperature):
    found = answered(serve(), "sglang", sampling=Sampling(temperature=temperature))
    assert found.finish == "stop"


def test_sglang_at_another_temperature_needs_raw_logprobs(serve):
    with serve() as server:
        with (
            served(server, "sglang") as policy,
            pytest.raises(PolicyError, match="SGLANG_RETURN_ORIGINAL_LOGPROB=1"),
        ):
            policy.generate([prompt(1)], Sampling(temperature=0.7))
        with served(server, "sglang", raw_logprobs=True) as policy:
            assert policy.generate([prompt(1)], Sampling(temperature=0.7))


def test_new_weights_are_loaded_from_their_folder(serve, dialect, tmp_path):
    with serve() as server, served(server, dialect) as policy:
        policy.sync(tmp_path, 3)
        assert policy.version == 3
    bodies = {
        "vllm": {"method": "reload_weights", "kwargs": {"weights_path": str(tmp_path)}},
        "sglang": {"model_path": str(tmp_path), "weight_version": "3"},
    }
    assert server.seen[0][1] == bodies[dialect]


def test_vllm_forgets_its_prefix_cache_after_loading(serve, tmp_path):
    with serve() as server, served(server) as policy:
        policy.sync(tmp_path, 1)
    assert [path for path, _ in server.seen] == [
        "/collective_rpc",
        "/reset_prefix_cache?reset_running_requests=true",
    ]


def test_a_vllm_outside_its_development_mode_names_the_switch(serve, tmp_path):
    with serve(development=False) as server, served(server) as policy:
        with pytest.raises(PolicyError, match="VLLM_SERVER_DEV_MODE=1"):
            policy.sync(tmp_path, 1)
        assert policy.version == 0


def test_weights_that_do_not_load_leave_the_version(serve, dialect, tmp_path):
    with serve(loads=False) as server, served(server, dialect) as policy:
        with pytest.raises(PolicyError):
            policy.sync(tmp_path, 1)
        assert policy.version == 0


def test_tokens_of_other_weights_than_the_loaded_ones_are_refused(serve, tmp_path):
    with serve(labels=False) as server, served(server, "sglang") as policy:
        policy.sync(tmp_path, 1)
        with pytest.raises(PolicyError, match="weights 'default' after version '1'"):
            policy.generate([prompt(1)], Sampling())


def test_the_token_opens_the_door_and_shows_nowhere(serve, dialect):
    assert answered(serve(api_key="s3cret"), dialect, token="s3cret").finish == "stop"
    said = refused(serve(api_key="other"), dialect, token="s3cret")
    assert "HTTP 401" in said
    assert "s3cret" not in said


def test_the_token_is_in_no_representation(serve):
    with serve() as server, served(server, token="s3cret") as policy:
        assert "s3cret" not in repr(policy)


def test_an_address_may_end_in_v1(serve):
    with serve() as server, ServedPolicy(f"{server.url}/v1/", "tiny", limits=QUICK) as policy:
        assert policy.generate([prompt(3, 17)], Sampling())[0].finish == "stop"


def test_a_policy_may_be_closed_twice(serve):
    with serve() as server, served(server) as policy:
        policy.close()


def test_pauses_double_up_to_half_a_minute():
    limits = Limits(pause=0.5)
    assert [limits.waiting(attempt, None) for attempt in range(8)] == [
        0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0,
    ]  # fmt: skip


def test_a_wished_pause_goes_before_ours():
    assert [Limits().waiting(0, 7.0), Limits().waiting(0, 900.0)] == [7.0, 30.0]


def test_the_pause_that_a_server_wishes_is_kept(serve):
    begun = time.monotonic()
    answered(serve((429, {"Retry-After": "1"})), "vllm")
    assert time.monotonic() - begun >= 1.0


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"url": "localhost:8000"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"model": ""}, "model"),
        ({"limits": Limits(timeout=0)}, "timeout"),
        ({"limits": Limits(retries=-1)}, "retries"),
        ({"limits": Limits(concurrency=0)}, "concurrency"),
        ({"limits": Limits(pause=-1)}, "pause"),
        ({"token": "s3cret\n"}, "token"),
    ],
    ids=["no-scheme", "no-host", "model", "timeout", "retries", "concurrency", "pause", "token"],
)
def test_a_wrong_setting_is_named(settings, field):
    with pytest.raises(SettingError, match=f"^{field} ") as caught:
        ServedPolicy(**{"url": "http://127.0.0.1:9", "model": "m", **settings})
    assert "s3cret" not in str(caught.value)


def test_a_dialect_that_is_not_spoken_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'vllm'"):
        ServedPolicy("http://127.0.0.1:9", "m", dialect="vlm")
