"""A server on this machine that speaks vLLM's and SGLang's protocols as they do, standard library.

It samples by a rule that is passed in, knows the switches that the real ones have, and can be told
to fail. What it leaves out when a switch is not set, the real ones leave out as well.
"""

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

MODEL = "tiny"


@dataclass(frozen=True)
class Wish:
    """What a server was asked to sample."""

    token_ids: tuple
    seed: int
    limit: int
    stops: tuple
    temperature: float
    top_p: float


@dataclass
class Switches:
    """How the server was started."""

    context: int = 512  # vLLM: --max-model-len; SGLang: --context-length
    development: bool = True  # vLLM: VLLM_SERVER_DEV_MODE=1
    token_ids: bool = True  # vLLM: knows return_token_ids
    token_strings: bool = True  # vLLM: knows return_tokens_as_token_ids
    logprobs: bool = True
    truncates: bool = False  # a router that cuts prompts
    api_key: str | None = None
    loads: bool = True  # whether the folder of new weights is good
    labels: bool = True  # SGLang: weight_version follows the loaded weights
    eos: int | None = None  # ends a message unless ignore_eos is set
    delay: dict = field(default_factory=dict)  # seconds before an answer, by first token


class ModelServer:
    """Answers /v1/completions, /generate and the routes that load weights; see `seen`.

    `faults` are taken one a sampling request, in the order of arrival: "" (none), a status,
    (status, headers), "drop", "cut", "stall", "abort", "nan" or "words".
    """

    def __init__(self, rule, *faults, **switches):
        self.rule, self.faults = rule, list(faults)
        self.switches = Switches(**switches)
        self.seen, self.busiest, self.weights = [], 0, "default"
        self._busy, self._lock, self._over = 0, threading.Lock(), threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def bodies(self, path):
        return [body for where, body in self.seen if where == path]

    def answer(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._lock:
            self.seen.append((handler.path, body))
            sampling = handler.path in ("/v1/completions", "/generate")
            fault = self.faults.pop(0) if sampling and self.faults else ""
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            self._reply(handler, body, fault)
        except OSError:
            pass  # the client has gone
        finally:
            with self._lock:
                self._busy -= 1

    def _reply(self, handler, body, fault):
        key = self.switches.api_key
        if key and handler.headers.get("Authorization") != f"Bearer {key}":
            return _send(handler, 401, {"error": f"not {handler.headers.get('Authorization')}"})
        if fault == "drop":
            handler.connection.shutdown(socket.SHUT_RDWR)
            return None
        if fault == "stall":
            self._over.wait(30)
            return None
        if isinstance(fault, int | tuple) and fault:
            status, headers = fault if isinstance(fault, tuple) else (fault, {})
            return _send(handler, status, {"error": "as told"}, headers)
        if fault == "words":
            return _send(handler, 200, b"<html>hello</html>")
        routes = {
            "/v1/completions": self._completion,
            "/generate": self._generate,
            "/collective_rpc": self._collective,
            "/reset_prefix_cache": self._reset,
            "/update_weights_from_disk": self._update,
        }
        route = routes.get(handler.path.partition("?")[0])
        status, said = route(body, fault) if route else (404, {"detail": "Not Found"})
        return _send(handler, status, said, cut=fault == "cut")

    def _drawn(self, ids, **asked):
        time.sleep(self.switches.delay.get(ids[0], 0))
        return self.rule(Wish(token_ids=tuple(ids), **asked))

    def _completion(self, body, fault):
        ids = body["prompt"]
        if body["model"] != MODEL:
            return 404, {"error": {"message": f"The model `{body['model']}` does not exist."}}
        if len(ids) + body["max_tokens"] > self.switches.context:
            length = self.switches.context
            return 400, {"error": {"message": f"This model's maximum context length is {length}"}}
        if self.switches.truncates:
            ids = ids[1:]
        eos = self.switches.eos
        stops = (*body["stop_token_ids"], *(() if body.get("ignore_eos") or eos is None else [eos]))
        tokens, logprobs = self._drawn(
            ids,
            seed=body["seed"],
            limit=body["max_tokens"],
            stops=stops,
            temperature=body["temperature"],
            top_p=body["top_p"],
        )
        stopped = tokens[-1] in stops
        choice = {
            "index": 0,
            "text": "".join(chr(65 + token % 26) for token in tokens),
            "finish_reason": "abort" if fault == "abort" else ("stop" if stopped else "length"),
            "stop_reason": tokens[-1] if stopped else None,
            "logprobs": None,
        }
        if body.get("logprobs") is not None and self.switches.logprobs:
            strings = body.get("return_tokens_as_token_ids") and self.switches.token_strings
            choice["logprobs"] = {
                "tokens": [f"token_id:{t}" if strings else chr(65 + t % 26) for t in tokens],
                "token_logprobs": list(logprobs),
            }
        if body.get("return_token_ids") and self.switches.token_ids:
            choice["token_ids"], choice["prompt_token_ids"] = list(tokens), list(ids)
        return 200, {"object": "text_completion", "model": MODEL, "choices": [choice]}

    def _generate(self, body, fault):
        ids, asked = body["input_ids"], body["sampling_params"]
        if len(ids) + asked["max_new_tokens"] > self.switches.context:
            return 400, {"error": {"message": "The input is longer than the context length."}}
        if self.switches.truncates:
            ids = ids[1:]
        eos = self.switches.eos
        stops = () if asked.get("ignore_eos") else (*asked["stop_token_ids"], eos)
        tokens, logprobs = self._drawn(
            ids,
            seed=asked["sampling_seed"],
            limit=asked["max_new_tokens"],
            stops=stops,
            temperature=asked["temperature"],
            top_p=asked["top_p"],
        )
        if fault == "abort":
            finish = {"type": "abort", "message": "Aborted by a weight update"}
        elif fault == "nan":
            finish = {"type": "stop", "matched": "NaN happened"}
        elif len(tokens) == asked["max_new_tokens"]:  # the length is looked at first
            finish = {"type": "length", "length": len(tokens)}
        else:
            finish = {"type": "stop", "matched": tokens[-1]}
        meta = {
            "finish_reason": finish,
            "prompt_tokens": len(ids),
            "completion_tokens": len(tokens),
            "weight_version": self.weights,
        }
        if body.get("return_logprob") and self.switches.logprobs:
            pairs = zip(logprobs, tokens, strict=True)
            meta["output_token_logprobs"] = [[logprob, token, None] for logprob, token in pairs]
        return 200, {"text": "", "output_ids": list(tokens), "meta_info": meta}

    def _collective(self, body, _):
        if not self.switches.development:
            return 404, {"detail": "Not Found"}
        if body["method"] != "reload_weights" or not self.switches.loads:
            return 500, {"error": "the call of a worker failed"}
        self.weights = body["kwargs"]["weights_path"]
        return 200, {"results": [None]}

    def _reset(self, *_):
        return (200, b"") if self.switches.development else (404, {"detail": "Not Found"})

    def _update(self, body, _):
        if not self.switches.loads:
            return 400, {"success": False, "message": "Failed to update weights: no such file"}
        if self.switches.labels:
            self.weights = body["weight_version"]
        return 200, {"success": True, "message": "Succeeded to update model weights."}


def _send(handler, status, said, headers=None, *, cut=False):
    sent = said if isinstance(said, bytes) else json.dumps(said).encode()
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(sent)))
    handler.end_headers()
    if cut:
        handler.wfile.write(sent[: len(sent) // 2])
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
        return
    handler.wfile.write(sent)


def counting(wish):
    """Count up from the prompt's last token to a stop or the limit; log-probs tell the place."""
    tokens = []
    while len(tokens) < wish.limit and not (tokens and tokens[-1] in wish.stops):
        tokens.append(wish.token_ids[-1] + len(tokens) + 1)
    return tokens, [-(place + 1) / 8 for place in range(len(tokens))]


@pytest.fixture
def serve():
    """Start a ModelServer inside a `with`: serve(*faults, rule=..., **switches)."""

    def started(*faults, rule=counting, **switches):
        return ModelServer(rule, *faults, **switches)

    return started
