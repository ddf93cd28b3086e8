"""A local OpenAI-compatible server whose messages a function writes: a double for a model's."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Said = dict
"""An assistant message: content, and tool_calls."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # whoever asks at once; the default turns the sixth away


class ChatServer:
    """Serves `/v1/chat/completions` on the loopback while it is entered; `asked` are the bodies."""

    def __init__(self, say: Callable[[list, list], Said]) -> None:
        """`say` is given the messages and the tools of a request."""
        self.asked: list[dict] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append(body)
                data = json.dumps(completion(say(body["messages"], body.get("tools", [])))).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def completion(said: Said) -> dict:
    """The body of an answer."""
    reason = "tool_calls" if said.get("tool_calls") else "stop"
    return {
        "id": "one", "object": "chat.completion", "created": 0, "model": "double",
        "choices": [
            {"index": 0, "finish_reason": reason, "message": {"role": "assistant", **said}}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }  # fmt: skip


def calling(*calls: tuple[str, dict]) -> Said:
    """A message that calls tools, with ids of the server's own making."""
    return {
        "content": None,
        "tool_calls": [
            {
                "id": f"call-{place}-{name}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for place, (name, arguments) in enumerate(calls)
        ],
    }
