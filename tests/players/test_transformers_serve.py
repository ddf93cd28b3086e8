"""A real OpenAI-compatible server (`transformers serve`) with a tiny model of ours plays episodes.

The model has weights set by hand: it searches once and answers then, by native calls that the
server parses out of its text.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.wrappers import tiny
from webenvs import catalog
from webenvs.bench.served import Served, run_served
from webenvs.players.endpoint import Endpoint
from webenvs.players.ledger import Ledger

REAL = pytest.mark.trainer("transformers_serve")
CALL = '<tool_call>{"name": "%s", "arguments": {"%s": "%s"}}</tool_call>'
SEARCH, ANSWER = CALL % ("search", "query", "river"), CALL % ("answer", "text", "Tarn")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n{% if messages[-1]['role'] == 'tool' %} {% endif %}"
)


def bigrams(path):
    """Save a model that says after each token the one token that may follow it."""
    import torch

    words = tiny.tokenizer()
    words.chat_template = TEMPLATE
    words.add_tokens([SEARCH, ANSWER])
    model = tiny.model(len(words))
    end = words.convert_tokens_to_ids("<|im_end|>")
    newline, blank = (words("x" + text)["input_ids"][-1] for text in "\n ")
    search, answer = words.convert_tokens_to_ids([SEARCH, ANSWER])
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        seen, said = model.model.embed_tokens.weight, torch.zeros_like(model.lm_head.weight)
        seen.zero_()
        seen[:, 0] = 1.0
        said[end, 0] = 1.0
        for place, (token, after) in enumerate([(newline, search), (blank, answer)], start=1):
            seen[token, 0], seen[token, place], said[after, place] = 0.0, 1.0, 1.0
        model.lm_head.weight = torch.nn.Parameter(said)
    model.config.tie_word_embeddings = False
    model.generation_config.eos_token_id = end
    model.generation_config.pad_token_id = words.pad_token_id
    model.save_pretrained(path)
    words.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The url of a running server, and the name of its model."""
    folder = bigrams(tmp_path_factory.mktemp("model"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", code, "serve", str(folder), "--port", str(port)]
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = tmp_path_factory.mktemp("log") / "serve.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, "--device", "cpu", "--host", "127.0.0.1"],
            env={**os.environ, **offline},
            stdout=file,
            stderr=file,
        )
    try:
        wait(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        process.wait()


def wait(url, process, log):
    for _ in range(600):
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"no server after two minutes: {log.read_text()[-2000:]}")


@REAL
@pytest.mark.parametrize("fields", [{}, {"stream": True, "stream_options": None}])
@pytest.mark.parametrize("text", [False, True])
def test_a_real_server_plays_by_native_calls_and_in_the_codec(served, tmp_path, fields, text):
    url, name = served
    scenario = catalog.scenario("MultiHop-v0", turns=3)
    with (
        Endpoint(url, name, key="", timeout=60.0) as endpoint,
        Ledger(tmp_path / "asked.jsonl") as ledger,
    ):
        asked = {"max_tokens": 40, **fields}
        made = Served(endpoint=endpoint, text=text, sampling=asked, ledger=ledger, concurrency=2)
        found = run_served(scenario, ["openai"], made, episodes=2)
    assert not found.faults, found.last
    assert found.calls, "this server parses calls even where none were offered"
    for row in found.run.rows:
        assert (row.end, row.valid) == ("turn_limit" if text else "answered", True)
        assert row.calls["search"] == 1
        (usage,) = row.usage.values()
        assert usage.unknown or (usage.prompt > 100 and usage.completion >= usage.requests)
    lines = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    assert len(lines) == sum(row.usage["researcher_0"].requests for row in found.run.rows)
