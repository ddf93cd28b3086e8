"""The two ciphers that keep benchmark answers out of training crawls; plain text stays in memory.

Plain = base64-decoded text XOR a key stream, read as UTF-8.
"""

import base64
import binascii
import hashlib
import itertools

from webenvs.errors import TaskFileError, bad_setting


def browsecomp(cipher_text: str, canary: str) -> str:
    """The plain text of BrowseComp, BrowseComp-ZH and BrowseComp-Plus: key = SHA-256(canary)."""
    return _deciphered(cipher_text, hashlib.sha256(canary.encode()).digest())


def xbench(cipher_text: str, canary: str) -> str:
    """The plain text of xbench: key = the UTF-8 bytes of the row's canary."""
    if not canary:
        raise bad_setting("canary", canary, "a text that is not empty")
    return _deciphered(cipher_text, canary.encode())


def _deciphered(cipher_text: str, key: bytes) -> str:
    """The XOR with `key` repeated; raises TaskFileError if the key does not fit the text."""
    try:
        data = base64.b64decode(cipher_text, validate=True)
        return bytes(one ^ other for one, other in zip(data, itertools.cycle(key))).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as wrong:
        raise TaskFileError(
            f"{cipher_text[:20]!r} cannot be deciphered with this canary ({wrong})."
        ) from None
