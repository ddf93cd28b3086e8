"""The line between the two sides carries messages, breaks, and is taken up again."""

import threading
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client

import pytest

from baselines.grpo.decoupled.wire import KEY, Messages, RemotePolicy, Server
from baselines.grpo.policy import PolicyError, Prompt, Sampled, Sampling
from webenvs.errors import SettingError

SAMPLED = Sampled(token_ids=(4, 9), logprobs=(-0.125, -1.5), finish="stop")
PROMPT = Prompt(context="c", token_ids=(1, 2), key=("rollout", 0, "q"), limit=4, stops=(9,))


class Desk:
    """Answers from a list and notes what it was asked."""

    def __init__(self, versions=(0,)):
        self.versions, self.asked, self.error = list(versions), [], None

    def generate(self, prompts, sampling, *, keep):
        self.asked.append((tuple(prompts), sampling, keep))
        if self.error is not None:
            raise self.error
        return Messages(sampled=(SAMPLED,) * len(prompts), version=7)

    def release(self, contexts):
        self.asked.append(contexts)

    def begin(self, batch):
        self.asked.append(batch)
        return self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]

    def finish(self, batches):
        return self.begin(batches)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def policy(desk, tmp_path):
    server = Server(desk, tmp_path)
    policy = RemotePolicy(tmp_path, patience=5.0)
    yield policy
    policy.close()
    server.stop()


def test_messages_come_back_as_they_were_sampled(policy):
    assert policy.generate([PROMPT, PROMPT], Sampling()) == [SAMPLED, SAMPLED]


def test_prompts_arrive_as_they_were_sent(policy, desk):
    policy.generate([PROMPT], Sampling(temperature=0.5))
    assert desk.asked == [((PROMPT,), Sampling(temperature=0.5), -1)]


def test_the_version_is_that_of_the_weights_that_answered(policy):
    policy.generate([PROMPT], Sampling())
    assert policy.version == 7


def test_messages_belong_to_the_batch_that_was_begun(policy, desk):
    policy.begin(3)
    policy.generate([PROMPT], Sampling())
    assert desk.asked[-1][2] == 3


def test_messages_of_an_evaluation_belong_to_no_batch(policy, desk):
    policy.begin(3)
    policy.keep = False
    policy.generate([PROMPT], Sampling())
    assert desk.asked[-1][2] == -1


def test_begin_waits_until_the_batch_may_be_played(policy, desk):
    desk.versions = [-1, -1, 5]
    assert policy.begin(3) == 5


def test_contexts_are_released_at_the_other_side(policy, desk):
    policy.release(["a", "b"])
    assert desk.asked[0] == ("a", "b")


def test_a_fault_of_the_policy_there_is_one_here(policy, desk):
    desk.error = PolicyError("memory is full")
    with pytest.raises(PolicyError, match="memory is full"):
        policy.generate([PROMPT], Sampling())


def test_a_mistake_there_is_no_fault_of_the_infrastructure_here(policy, desk):
    desk.error = SettingError("limit = 0 is not allowed")
    with pytest.raises(RuntimeError, match="limit = 0 is not allowed"):
        policy.generate([PROMPT], Sampling())


def test_a_mistake_does_not_end_the_line(policy, desk):
    desk.error = SettingError("once")
    with pytest.raises(RuntimeError):
        policy.generate([PROMPT], Sampling())
    desk.error = None
    assert policy.generate([PROMPT], Sampling()) == [SAMPLED]


def test_a_side_that_comes_back_at_another_port_is_found_again(tmp_path):
    first = Server(Desk(), tmp_path)
    policy = RemotePolicy(tmp_path, patience=20.0)
    policy.generate([PROMPT], Sampling())
    first.stop()
    second = Server(Desk(), tmp_path)
    assert policy.generate([PROMPT], Sampling()) == [SAMPLED]
    policy.close()
    second.stop()


def test_a_side_that_comes_late_is_waited_for(tmp_path):
    policy = RemotePolicy(tmp_path, patience=20.0)
    servers = []
    late = threading.Timer(0.3, lambda: servers.append(Server(Desk(), tmp_path)))
    late.start()
    assert policy.generate([PROMPT], Sampling()) == [SAMPLED]
    late.join()
    policy.close()
    servers[0].stop()


def test_a_side_that_stays_away_is_told_after_the_patience(tmp_path):
    with pytest.raises(PolicyError, match=r"not answered for 0\.1 s"):
        RemotePolicy(tmp_path, patience=0.1).generate([PROMPT], Sampling())


def test_the_key_is_readable_by_its_owner_alone(policy, tmp_path):
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0


def test_who_has_another_key_is_turned_away(desk, tmp_path):
    server = Server(desk, tmp_path)
    (tmp_path / KEY).write_bytes(b"another")
    with pytest.raises(PolicyError, match="digest"):
        RemotePolicy(tmp_path, patience=0.2).generate([PROMPT], Sampling())
    server.stop()


@pytest.mark.parametrize("busy", [False, True], ids=["waiting", "left its loop"])
def test_a_server_stops_whether_or_not_it_still_listens(desk, tmp_path, busy):
    server = Server(desk, tmp_path)
    if busy:
        server._over.set()  # as by a caller that was turned away while it was being stopped
        with suppress(EOFError, OSError, AuthenticationError):
            Client(server.address, authkey=b"another")
        server._thread.join()
    stopping = threading.Thread(target=server.stop, daemon=True)
    stopping.start()
    stopping.join(20)
    assert not stopping.is_alive()


def test_an_address_that_is_taken_is_refused(desk, tmp_path):
    server = Server(desk, tmp_path)
    with pytest.raises(SettingError, match="an address that is free"):
        Server(desk, tmp_path, server.address)
    server.stop()


def test_a_server_is_idle_when_the_caller_hung_up(desk, tmp_path):
    server = Server(desk, tmp_path)
    policy = RemotePolicy(tmp_path)
    policy.generate([PROMPT], Sampling())
    policy.close()
    for _ in range(200):
        if server.idle:
            break
        threading.Event().wait(0.01)
    assert server.idle
    server.stop()
