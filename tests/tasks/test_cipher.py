"""The benchmark ciphers: texts of every kind come back, a wrong canary is told."""

import base64
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webenvs.errors import SettingError, TaskFileError
from webenvs.tasks.benchmarks import cipher

KEYS = {cipher.browsecomp: lambda canary: hashlib.sha256(canary.encode()).digest(),
        cipher.xbench: str.encode}  # fmt: skip


@pytest.mark.parametrize("decipher", KEYS)
@given(plain=st.text(), canary=st.text(min_size=1))
def test_every_text_comes_back(decipher, plain, canary):
    stream = itertools.cycle(KEYS[decipher](canary))
    hidden = bytes(one ^ other for one, other in zip(plain.encode(), stream))  # noqa: B905
    assert decipher(base64.b64encode(hidden).decode(), canary) == plain


@pytest.mark.parametrize("text", ["not base64!", "abc", "/////w==", "é"])
def test_what_cannot_be_deciphered_is_told(text):
    with pytest.raises(TaskFileError, match="cannot be deciphered with this canary"):
        cipher.xbench(text, "\x01")


def test_xbench_needs_a_canary():
    with pytest.raises(SettingError, match="canary = '' is not allowed"):
        cipher.xbench("AAAA", "")
