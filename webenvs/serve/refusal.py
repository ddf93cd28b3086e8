"""What a server says of a request that it does not serve: a status and a sentence, nothing else.

No trace, no path of the machine and nothing of other episodes is ever in it.
"""

import logging

from webenvs.errors import PlayerError, SettingError, UnknownNameError, WebenvsError

LOG = logging.getLogger("webenvs.serve")

BAD_FORM = 400
NO_TOKEN = 401
UNKNOWN = 404
CONFLICT = 409
TOO_LARGE = 413
OTHER_HOST = 421
BAD_FIELD = 422
CLIENT_LEFT = 499  # as is usual in logs; HTTP has none
FAULT = 500
NOT_HERE = 501
FULL = 503


class NotServedError(Exception):
    """A request that is not served; `status` is the one of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def refusal_of(error: Exception) -> NotServedError:
    """What a client is told of an error; what is not the client's mistake is logged, not told."""
    if isinstance(error, NotServedError):
        return error
    if isinstance(error, UnknownNameError):
        return NotServedError(UNKNOWN, str(error))
    if isinstance(error, SettingError):
        return NotServedError(BAD_FIELD, str(error))
    if isinstance(error, PlayerError):
        LOG.error("a player of the server failed: %s", error)
        return NotServedError(FAULT, "A player that the server seats at another seat failed.")
    if isinstance(error, WebenvsError | OSError):
        LOG.error("the web cannot be read: %s", error)
        return NotServedError(FAULT, "The web behind this server cannot be read; its log says why.")
    LOG.exception("a request failed", exc_info=error)
    return NotServedError(FAULT, "The server failed; its log says why.")
