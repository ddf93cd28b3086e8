"""A model served in the form that verifiers trains with: token ids in, ids and log-probs out.

`POST /inference/v1/generate` as vLLM has it, for a policy of this process. Requests that wait at
the same time are sampled as one batch. The draws of a message hang on its prompt and on how many
equal prompts of this version came before, so that no order of requests changes what is sampled.
"""

import json
import queue
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from baselines.grpo.policy import Policy, Prompt, Sampled, Sampling

PAUSE = 0.03
"""Seconds without a request after which those that wait are sampled."""


@dataclass
class Asked:
    """A request until it is answered."""

    session: str
    body: dict[str, Any]
    done: threading.Event = field(default_factory=threading.Event)
    said: Sampled | None = None


class TokenServer:
    """Serves a policy on the loopback while it is entered; contexts hold `context` tokens."""

    def __init__(self, policy: Policy, context: int, seed: int = 0) -> None:
        self.policy, self.context, self.seed = policy, context, seed
        self._asked: queue.Queue[Asked | None] = queue.Queue()
        self._before: Counter[tuple[int, tuple[int, ...]]] = Counter()
        self._http = Server(("127.0.0.1", 0), _handler(self))
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._http.serve_forever, self._sample)
        ]

    @property
    def url(self) -> str:
        """What a client is given."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> "TokenServer":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._asked.put(None)
        for thread in self._threads:
            thread.join()
        self._http.server_close()

    def answer(self, session: str, body: dict[str, Any]) -> Sampled | None:
        """The message for a request, as soon as its batch is sampled; None where there is none."""
        asked = Asked(session, body)
        self._asked.put(asked)
        asked.done.wait()
        return asked.said

    def _sample(self) -> None:
        """Answer batch after batch, until the end is asked for."""
        while (first := self._asked.get()) is not None:
            batch = [first]
            while len(batch) < self.policy.batch:
                try:
                    batch.append(self._asked.get(timeout=PAUSE))
                except queue.Empty:
                    break
            live = [asked for asked in batch if asked is not None]
            try:
                wanted = live[0].body["sampling_params"]
                sampling = Sampling(temperature=wanted.get("temperature", 1.0))
                said = self.policy.generate([self._prompt(asked) for asked in live], sampling)
                for asked, message in zip(live, said, strict=True):
                    asked.said = message
            finally:
                for asked in live:
                    asked.done.set()
            if len(live) < len(batch):
                return

    def _prompt(self, asked: Asked) -> Prompt:
        ids, wanted = tuple(asked.body["token_ids"]), asked.body["sampling_params"]
        same = (self.policy.version, ids)
        self._before[same] += 1
        return Prompt(
            context=asked.session,
            token_ids=ids,
            key=("verifiers", self.seed, self.policy.version, *ids, self._before[same]),
            limit=max(1, min(wanted["max_tokens"], self.context - len(ids))),
            stops=tuple(wanted["stop_token_ids"]),
        )


class Server(ThreadingHTTPServer):
    """Takes a whole batch of connections at once."""

    request_queue_size = 512
    daemon_threads = True


def _handler(server: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send(200, {"data": [{"id": "policy", "max_model_len": server.context - 1}]})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = server.answer(self.headers.get("X-Session-ID", ""), body)
            if said is None:
                self._send(500, {"error": "not sampled"})
                return
            pairs = zip(said.token_ids, said.logprobs, strict=True)
            logprobs = [{"token": f"token_id:{token}", "logprob": value} for token, value in pairs]
            choice = {"token_ids": said.token_ids, "logprobs": {"content": logprobs}}
            self._send(200, {"choices": [choice | {"index": 0, "finish_reason": said.finish}]})

        def _send(self, status: int, data: dict[str, Any]) -> None:
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
