"""The tokenizer of its own text: names alike wherever they stand, tags and chat marks whole."""

import pytest

from baselines.grpo.cold.tokenizer import train_tokenizer
from baselines.grpo.tokens import Tokens


@pytest.fixture(scope="module")
def tokens():
    texts = ["What is the founder of Kelm Lines?", "Ada Sund. founder: Ada Sund."] * 20
    return Tokens(train_tokenizer(texts, 400))


def test_a_name_has_the_same_tokens_behind_a_tag_as_in_a_sentence(tokens):
    encode = tokens.tokenizer.encode
    name = encode("Ada Sund", add_special_tokens=False)
    tagged = encode("<search>Ada Sund</search>", add_special_tokens=False)
    spoken = encode("What is the founder of Ada Sund?", add_special_tokens=False)
    assert tagged[1:-1] == name
    assert spoken[-1 - len(name) : -1] == name


def test_a_message_opens_and_ends_with_one_token_each(tokens):
    ids = tokens.opening([{"role": "user", "content": "Ada"}])
    names = tokens.tokenizer.convert_ids_to_tokens(ids)
    assert (names[0], names[-2], names[-1]) == ("<|user|>", "<|end|>", "<|assistant|>")


def test_any_text_can_be_written(tokens):
    text = "Łódź 東京 🙂"
    ids = tokens.tokenizer.encode(text, add_special_tokens=False)
    assert tokens.tokenizer.decode(ids).strip() == text
