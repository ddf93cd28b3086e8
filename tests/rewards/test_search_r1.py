"""Search-R1's rollout scorers beyond the reference vectors."""

import pytest

from webenvs.rewards import search_r1

PROMPT = "<answer> and </answer>, for example <answer> Beijing </answer>.\n"


def test_the_verl_copy_accepts_a_single_answer():
    assert search_r1.verl_em("<answer>Paris</answer>", ["paris"]) == 1.0
    assert search_r1.em("<answer>Paris</answer>", ["paris"]) == 0.0


def test_the_verl_copy_quarters_a_right_answer_among_more_than_ten_tags():
    assert search_r1.verl_em("<answer>Paris</answer>" * 10, ["Paris"]) == 1.0
    assert search_r1.verl_em("<answer>Paris</answer>" * 11, ["Paris"]) == 0.25
    assert search_r1.verl_em("<answer>Paris</answer>" + "</answer>" * 10, ["Paris"]) == 0.25


def test_a_wrong_answer_earns_the_format_score_and_none_earns_nothing():
    wrong = PROMPT + "<answer>Rome</answer>"
    for scorer in (search_r1.em, search_r1.subem, search_r1.verl_em):
        assert scorer(wrong, ["Paris"], format_score=0.3) == 0.3
        assert scorer("nothing", ["Paris"], format_score=0.3) == 0.0


def test_subem_accepts_a_gold_inside_the_answer():
    said = PROMPT + "<answer>the city of Paris</answer>"
    assert (search_r1.subem(said, ["Paris"]), search_r1.em(said, ["Paris"])) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("content", "valid"),
    [
        ("<think>t</think><answer>a</answer>", True),
        (" <think>t</think>\n<answer>a</answer>\n", True),
        ("<think>t</think>" + "<search>s</search><information>i</information><think>t</think>" * 2
         + "<answer>a</answer>", True),
        ("<think>t</think><answer>a</answer> bye", False),
        ("<think>t</think><search>s</search><answer>a</answer>", False),
        ("<think>t</think><answer>a", False),
        ("<answer>a</answer>", False),
        ("", False),
    ],
)  # fmt: skip
def test_the_tags_must_follow_one_another(content, valid):
    assert search_r1.valid_format("<|im_start|>assistant\n" + content) is valid
    assert search_r1.valid_format(content) is False


def test_a_valid_format_without_an_answer_pair_earns_structure_and_retrieval():
    # The only pair of the text is the model's own, so nothing was extracted.
    turn = "<think>t</think><search>s</search><information>{}</information><think>t</think>"
    text = "<|im_start|>assistant" + turn + "<answer>Rome</answer>"
    assert search_r1.format_em(text.format("In Paris"), ["Paris"]) == pytest.approx(0.3)
    assert search_r1.format_em(text.format("In Oslo"), ["Paris"]) == pytest.approx(0.2)
