"""Functions made of tools: signature and docstring say what the schema says."""

import inspect

import pytest

from webenvs.envs.tooling.callables import method

SCHEMA = {
    "type": "function",
    "function": {
        "name": "fetch",
        "description": "Open a page.",
        "parameters": {
            "type": "object",
            "properties": {
                "url": {"type": "string", "description": "Which page."},
                "page": {"type": "integer", "minimum": 1, "description": "Which part."},
                "tags": {"type": "array", "items": {"type": "string"}, "description": "Words."},
            },
            "required": ["url"],
        },
    },
}


class Bag:
    """Keeps what it is called with."""

    fetch = method(SCHEMA, lambda self, name, arguments: (name, arguments))


def test_a_method_hands_on_its_arguments_by_name():
    assert Bag().fetch("u", page=2) == ("fetch", {"url": "u", "page": 2})


@pytest.mark.parametrize("wrong", [{}, {"page": "x"}, {"colour": "red"}], ids=str)
def test_wrong_arguments_are_handed_on_too(wrong):
    assert Bag().fetch(**wrong) == ("fetch", wrong)


def test_the_signature_says_names_types_and_what_is_required():
    shown = inspect.signature(Bag().fetch).parameters
    assert {name: one.annotation for name, one in shown.items()} == {
        "url": str, "page": int, "tags": list[str],
    }  # fmt: skip
    assert shown["url"].default is inspect.Parameter.empty
    assert shown["page"].default is None


def test_the_docstring_describes_every_argument():
    assert inspect.getdoc(Bag.fetch) == (
        "Open a page.\n\nArgs:\n    url: Which page.\n    page: Which part.\n    tags: Words."
    )


def test_an_argument_of_no_type_takes_anything():
    schema = {
        "function": {"name": "x", "description": "X.", "parameters": {"properties": {"a": {}}}}
    }
    assert str(inspect.signature(method(schema, print)).parameters["a"].annotation) == "typing.Any"
