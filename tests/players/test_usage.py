"""Tokens add up, and cost what the user's prices say."""

import pytest

from webenvs.errors import SettingError, UnknownNameError
from webenvs.players.usage import Price, Usage, cost, read_price, total

TOML = """
["Qwen/Qwen3-4B"]
prompt = 0.5
completion = 2
cached = 0.1

[plain]
prompt = 1.0
completion = 1.0
"""


@pytest.fixture
def prices(tmp_path):
    def write(text, name="prices.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_usages_add_up_field_by_field():
    one = Usage(requests=1, prompt=10, completion=2, cached=5, cut=1)
    assert total([one, one, Usage(requests=1, unknown=1)]) == Usage(
        requests=3, prompt=20, completion=4, cached=10, cut=2, unknown=1
    )
    assert total([]) == Usage()


def test_cached_tokens_have_their_own_price_where_there_is_one():
    used = Usage(requests=2, prompt=3_000_000, cached=1_000_000, completion=500_000)
    assert cost(used, Price(prompt=0.5, completion=2.0, cached=0.1)) == pytest.approx(2.1)
    assert cost(used, Price(prompt=0.5, completion=2.0)) == pytest.approx(2.5)


def test_what_was_not_counted_has_no_cost():
    assert cost(Usage(requests=2, prompt=5, unknown=1), Price(prompt=1.0, completion=1.0)) is None


def test_prices_are_read_by_model_from_toml_and_json(prices):
    path = prices(TOML)
    assert read_price(path, "Qwen/Qwen3-4B") == Price(prompt=0.5, completion=2.0, cached=0.1)
    path = prices('{"m": {"prompt": 1, "completion": 3}}', "prices.json")
    assert read_price(path, "m") == Price(prompt=1.0, completion=3.0)


def test_a_model_without_a_price_is_told_with_the_nearest(prices):
    with pytest.raises(UnknownNameError, match="Did you mean 'plain'"):
        read_price(prices(TOML), "plane")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt = ", "no table of prices"),
        ('"m" = 3', "prompt and completion"),
        ('["m"]\nprompt = 1.0', "completion"),
        ('["m"]\nprompt = -1.0\ncompletion = 1.0', "0 or more"),
        ('["m"]\nprompt = nan\ncompletion = 1.0', "0 or more"),
    ],
)
def test_a_wrong_price_is_told_with_the_form(prices, text, told):
    with pytest.raises(SettingError, match=told):
        read_price(prices(text), "m")


def test_a_misspelt_price_is_not_left_out(prices):
    with pytest.raises(UnknownNameError, match="Did you mean 'cached'"):
        read_price(prices('["m"]\nprompt = 1.0\ncompletion = 1.0\ncashed = 0.5'), "m")
