"""A local OpenAI-compatible server for tests: it plays from a script, and fails as it is told to.

Behind it sit in-process players: their episodes are played beforehand, and each transcript is
noted with the message that it got, so that a request which differs in any byte gets no answer.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from webenvs import catalog
from webenvs.chat import native_messages
from webenvs.envs.seated import shown
from webenvs.envs.session import Session
from webenvs.players.chat_model import plain_messages
from webenvs.seeding import canonical_json

STALL, GARBAGE, BUSY, RATE, CUT, DROP = "stall", "garbage", "busy", "rate", "cut", "drop"
_FAILURES = {
    GARBAGE: (200, b"\x00<html>{"),
    BUSY: (503, b"overloaded"),
    RATE: (429, b"slow down", {"Retry-After": "3"}),
}
_STALL = 0.5


def as_json(messages):
    return canonical_json(messages)


def said(content="", calls=(), finish=None, **more):
    """A choice: calls are (name, arguments), arguments a mapping or text as it is sent."""
    message = {"role": "assistant", "content": content, **more}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{place}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
                },
            }
            for place, (name, arguments) in enumerate(calls)
        ]
    return {"message": message, "finish_reason": finish or ("tool_calls" if calls else "stop")}


def tokens(body):
    """A count of tokens that any server could have made: it depends on the request alone."""
    prompt = len(json.dumps(body["messages"])) // 4
    return {
        "prompt_tokens": prompt,
        "completion_tokens": 7,
        "total_tokens": prompt + 7,
        "prompt_tokens_details": {"cached_tokens": prompt // 2},
    }


def script(scenario, player, trials):
    """The episodes of an in-process player, and the answer to each transcript on the way."""
    answers, episodes = {}, []
    for trial in trials:
        session = Session(scenario, scenario.tasks.get(trial.task), trial.seed)
        lineup = catalog.lineup(player, scenario.game)
        seats = lineup.sit(scenario.players, session.task, trial.seed)
        while session.to_act:
            seat = session.to_act[0]
            native = as_json(native_messages(session, seat))
            plain = as_json(plain_messages(session.info(seat)["messages"]))
            turn = session.act(seats[seat](*shown(session, seats[seat])))
            calls = [(call.tool, call.arguments) for call in turn.calls]
            answers.setdefault(native, said(turn.thought, calls))
            answers.setdefault(plain, said(turn.message))
        episodes.append(session.episode())
    return answers, episodes


def scripted(answers):
    """What plays from a script."""
    return lambda body: answers[as_json(body["messages"])]


class ChatServer(ThreadingHTTPServer):
    """Answers with what `brain(body)` returns (see `said`).

    `faults` are the faults of the first requests, in order of their coming ("" for none);
    `always` is the fault of every request. `bodies` and `keys` are what came in, `most` how much of
    it at the same time.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, brain, faults=(), always="", usage=True):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.brain, self.always, self.usage = brain, always, usage
        self.bodies, self.keys, self.most = [], [], 0
        self._faults, self._guard, self._now = list(faults), threading.Lock(), 0
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def begun(self, body, key):
        """Note a request; returns its fault."""
        with self._guard:
            self.bodies.append(body)
            self.keys.append(key)
            self._now += 1
            self.most = max(self.most, self._now)
            return self.always or (self._faults.pop(0) if self._faults else "")

    def ended(self):
        with self._guard:
            self._now -= 1

    def handle_error(self, request, client_address):
        pass  # a client that has gone

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.die()

    def die(self):
        """Be gone for good."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = self.server.begun(body, self.headers.get("Authorization"))
        try:
            if fault and fault not in (STALL, CUT):
                self._fail(fault)
            else:
                time.sleep(_STALL if fault == STALL else 0)
                self._answer(body, cut=fault == CUT)
        except OSError:
            pass  # the client has gone
        finally:
            self.server.ended()

    def _fail(self, fault):
        if fault == DROP:
            self._hang_up()
        else:
            self._send(*(fault if isinstance(fault, tuple) else _FAILURES[fault]))

    def _answer(self, body, *, cut):
        try:
            choice = self.server.brain(body)
        except KeyError:
            self._send(418, b"nobody has ever asked me that")
            return
        counts = tokens(body) if self.server.usage else None
        if body.get("stream"):
            self._stream(choice, counts, cut=cut)
            return
        answer = {
            "id": "chat",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, **choice}],
            "usage": counts,
        }
        sent = json.dumps(answer).encode()
        self._send(200, sent[: len(sent) // 2] if cut else sent, length=len(sent))
        if cut:
            self._hang_up()

    def _send(self, status, sent, headers=(), length=None):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent) if length is None else length))
        self.end_headers()
        self.wfile.write(sent)

    def _stream(self, choice, counts, *, cut):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        events = list(pieces(choice))
        for event in events[: len(events) // 2] if cut else events:
            self._event({"choices": [{"index": 0, **event}]})
        if not cut:
            self._event({"choices": [], "usage": counts})
            self.wfile.write(b": a comment\n\ndata: [DONE]\n\n")
        self.close_connection = True

    def _event(self, event):
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _hang_up(self):
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_):
        pass


def pieces(choice):
    """A choice as a stream has it: texts and arguments in parts of five characters."""
    message = choice["message"]
    yield {"delta": {"role": "assistant", "content": ""}}
    for part in _parts(message.get("reasoning_content") or ""):
        yield {"delta": {"reasoning_content": part}}
    for part in _parts(message["content"] or ""):
        yield {"delta": {"content": part}}
    for place, call in enumerate(message.get("tool_calls", ())):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        head = {"index": place, "id": call["id"], "type": "function"}
        yield {"delta": {"tool_calls": [{**head, "function": {"name": name, "arguments": ""}}]}}
        for part in _parts(arguments):
            yield {"delta": {"tool_calls": [{"index": place, "function": {"arguments": part}}]}}
    yield {"delta": {}, "finish_reason": choice["finish_reason"]}


def _parts(text):
    return [text[start : start + 5] for start in range(0, len(text), 5)]
