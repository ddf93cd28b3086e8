"""Tokens: a transcript put together piece by piece is what the template makes of the whole."""

import pytest

from baselines.grpo.tokens import Tokens
from webenvs.envs.tokens.chat import TokenizerError

USER = {"role": "user", "content": "Question: who?"}
SYSTEM = {"role": "system", "content": "Be brief."}
RESULT = {"role": "tool", "content": "[search] a river, naïve ☃"}
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def rendered(tokens, messages):
    made = tokens.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True
    )
    return tuple(tokens.tokenizer.encode(made))


def sampled(tokens, text):
    return (*tokens.tokenizer.encode(text), tokens.end_of_turn)


def test_the_opening_is_the_template_with_the_header(tokens):
    assert tokens.opening([SYSTEM, USER]) == rendered(tokens, [SYSTEM, USER])


def test_pieces_together_are_the_whole_conversation(tokens):
    said = "<search>Alba</search>"
    whole = [SYSTEM, USER, {"role": "assistant", "content": said}, RESULT]
    pieces = (
        tokens.opening([SYSTEM, USER])
        + sampled(tokens, said)
        + tokens.appended([RESULT], ended=True)
    )
    assert pieces == rendered(tokens, whole)


def test_an_unfinished_message_is_ended_by_the_glue(tokens):
    ended = tokens.appended([RESULT], ended=True)
    assert tokens.appended([RESULT], ended=False) == (tokens.end_of_turn, *ended)


def test_glue_keeps_what_the_template_writes_behind_a_turn(tokens):
    text = tokens.tokenizer.decode(tokens.appended([USER], ended=True))
    assert text == "\n<|user|>Question: who?<|end|>\n<|assistant|>"


def test_the_text_of_a_message_has_no_stop_at_its_end(tokens):
    assert tokens.text(sampled(tokens, "so be it")) == "so be it"


def test_the_text_of_an_unfinished_message_is_whole(tokens):
    assert tokens.text(tokens.tokenizer.encode("so be")) == "so be"


def test_marks_inside_a_message_stay_in_its_text(tokens):
    ids = tokens.tokenizer.encode("a<|user|>b")
    assert tokens.text(ids) == "a<|user|>b"


def test_the_end_of_turn_is_read_off_the_template(byte_tokenizer):
    tokenizer = byte_tokenizer(CHATML)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokens = Tokens(tokenizer)
    assert tokenizer.decode([tokens.end_of_turn]) == "<|im_end|>"
    assert tokens.stops == (tokens.end_of_turn, tokenizer.eos_token_id)


def test_without_a_pad_token_the_end_of_turn_fills(byte_tokenizer):
    tokens = Tokens(byte_tokenizer(pad_token=None))
    assert tokens.pad == tokens.end_of_turn


def test_a_tokenizer_without_a_template_is_refused(byte_tokenizer):
    with pytest.raises(TokenizerError, match="has no chat template"):
        Tokens(byte_tokenizer(None))


def test_a_template_without_an_end_of_turn_is_refused(byte_tokenizer):
    template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
    with pytest.raises(TokenizerError, match="ends an assistant's turn with no special token"):
        Tokens(byte_tokenizer(template))


def test_a_saved_tokenizer_is_loaded_from_its_folder(tokens, tmp_path):
    tokens.tokenizer.save_pretrained(tmp_path)
    assert Tokens.load(tmp_path).opening([USER]) == tokens.opening([USER])


def test_what_holds_no_tokenizer_is_told(tmp_path):
    (tmp_path / "tokenizer.json").write_text("garbage")
    with pytest.raises(TokenizerError, match=r"There is no model with a tokenizer .*Allowed: tiny"):
        Tokens.load(tmp_path)
