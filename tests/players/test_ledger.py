"""The ledger: answers of an earlier run are found, torn lines forgotten, other runs told apart."""

import json
import os
import threading

import pytest

from tests.players.chat_server import ChatServer, said
from webenvs import catalog
from webenvs.bench.run import trials
from webenvs.episodes import play
from webenvs.errors import SettingError
from webenvs.players.chat_model import ChatModel
from webenvs.players.endpoint import Endpoint
from webenvs.players.ledger import Entry, Key, Ledger

BODY = {"model": "m", "messages": [{"role": "user", "content": "Why \N{SNOWMAN}?"}]}
KEY = "s3cret-key"


def key(number=0):
    return Key(player="m", task="t", seed=1, seat="researcher_0", number=number)


def entry(number=0, **changed):
    fields = {"key": key(number), "turn": number, "request": BODY, "answer": {"choices": []}}
    return Entry(**{**fields, **changed})


def test_what_was_added_is_found_by_the_next_run(tmp_path):
    path = tmp_path / "deep" / "asked.jsonl"
    with Ledger(path) as ledger:
        for number in range(3):
            ledger.add(entry(number, answer=[{"n": number}]))
    with Ledger(path) as ledger:
        assert len(ledger) == 3
        assert ledger.find(key(1), BODY) == entry(1, answer=[{"n": 1}])
        assert ledger.find(key(7), BODY) is None


@pytest.mark.parametrize("kept", [0, 1, 20, -1])
def test_a_last_line_that_was_cut_off_is_taken_away(tmp_path, kept):
    path = tmp_path / "asked.jsonl"
    with Ledger(path) as ledger:
        ledger.add(entry(0))
        ledger.add(entry(1))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    with Ledger(path) as ledger:
        assert len(ledger) == 1
        ledger.add(entry(1))
    assert path.read_bytes() == first + second


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "asked.jsonl"
    path.write_text('{"question": "x"}\n')
    with pytest.raises(SettingError, match=r"asked\.jsonl, line 1: no request and answer"):
        Ledger(path)
    assert path.read_text() == '{"question": "x"}\n'


@pytest.mark.parametrize(
    "text", ["precious notes", '{"question": "x"}', '{"key": 1', "{}"], ids=str
)
@pytest.mark.parametrize("before", [True, False], ids=["behind an entry", "alone"])
def test_a_last_line_of_something_else_is_refused_and_left_alone(tmp_path, text, before):
    path = tmp_path / "asked.jsonl"
    with Ledger(path) as ledger:
        if before:
            ledger.add(entry(0))
    held = path.read_bytes() + text.encode()
    path.write_bytes(held)
    with pytest.raises(SettingError, match=f"line {1 + before}: no request and answer"):
        Ledger(path)
    assert path.read_bytes() == held


def test_an_entry_that_somebody_else_wrote_without_its_end_is_refused(tmp_path):
    path = tmp_path / "asked.jsonl"
    with Ledger(path) as ledger:
        ledger.add(entry(0))
    path.write_bytes(b" " + path.read_bytes().rstrip())
    with pytest.raises(SettingError, match=r"line 1: .*does not end"):
        Ledger(path)


def test_a_pipe_is_no_ledger(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingError, match="no regular file"):
        Ledger(tmp_path / "pipe")


def test_a_request_that_differs_from_the_noted_one_is_another_run(tmp_path):
    with Ledger(tmp_path / "asked.jsonl") as ledger:
        ledger.add(entry())
        with pytest.raises(SettingError, match=r"another run.*differs in temperature"):
            ledger.find(key(), {**BODY, "temperature": 1.0})


def test_two_runs_do_not_write_one_file(tmp_path):
    with (
        Ledger(tmp_path / "asked.jsonl"),
        pytest.raises(SettingError, match="written by another run"),
    ):
        Ledger(tmp_path / "asked.jsonl")
    Ledger(tmp_path / "asked.jsonl").close()


def test_threads_share_a_ledger_line_by_line(tmp_path):
    path = tmp_path / "asked.jsonl"
    with Ledger(path) as ledger:
        threads = [
            threading.Thread(target=lambda n=n: [ledger.add(entry(n * 50 + i)) for i in range(50)])
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with Ledger(path) as ledger:
        assert len(ledger) == 200
        assert all(ledger.find(key(number), BODY) for number in range(200))


def test_what_comes_after_the_end_is_left_out(tmp_path):
    ledger = Ledger(tmp_path / "asked.jsonl")
    ledger.close()
    ledger.add(entry())
    assert (tmp_path / "asked.jsonl").read_bytes() == b""


@pytest.mark.parametrize("stream", [None, True])
def test_every_request_is_kept_as_sent_and_every_answer_as_it_came_without_the_key(
    scenario, tmp_path, stream
):
    path, made = tmp_path / "asked.jsonl", scenario()
    trial = trials(made, "m", 1, 0)[0]

    def brain(body):
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        calls = [("search", {"query": "river"})] if not turn else [("answer", {"text": "Tarn"})]
        return said("", calls, reasoning_content="hm")

    def played(ledger):
        with Endpoint(server.url, "m", key=KEY) as there:
            model = ChatModel(there, ledger=ledger, sampling={"stream": stream})
            return play(made, catalog.lineup(model), trial.seed, trial.task), model.usage

    with ChatServer(brain) as server:
        with Ledger(path) as ledger:
            first = played(ledger)
        assert server.keys == [f"Bearer {KEY}"] * 2
        with Ledger(path) as ledger:
            assert played(ledger) == first, "nothing is asked again"
        assert len(server.bodies) == 2
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["request"] for line in lines] == server.bodies
    assert [(line["key"]["number"], line["turn"]) for line in lines] == [(0, 0), (1, 1)]
    assert all(isinstance(line["answer"], list if stream else dict) for line in lines)
    assert "hm" in path.read_text()
    assert KEY not in path.read_text()


def test_a_run_goes_on_in_the_middle_of_an_episode(scenario, tmp_path):
    path, made = tmp_path / "asked.jsonl", scenario()
    trial = trials(made, "m", 1, 0)[0]

    def brain(body):
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        calls = [("search", {"query": str(turn)})] if turn < 3 else [("answer", {"text": "Tarn"})]
        return said("", calls)

    def played():
        with Ledger(path) as ledger, Endpoint(server.url, "m", key="") as there:
            lineup = catalog.lineup(ChatModel(there, ledger=ledger))
            return play(made, lineup, trial.seed, trial.task)

    with ChatServer(brain) as server:
        whole = played()
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:2]) + lines[2][:30])
        del server.bodies[:]
        assert played() == whole
    assert len(server.bodies) == 2
    assert path.read_bytes() == b"".join(lines)
