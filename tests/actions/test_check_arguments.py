"""The check of arguments: what is coerced, what is refused, and in which words."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webenvs.actions.arguments import check_arguments, describe, sample_arguments
from webenvs.records import Tool

PROPERTIES = {
    "query": {"type": "string", "minLength": 2, "maxLength": 10},
    "page": {"type": "integer", "minimum": 1, "maximum": 5, "default": 2},
    "weight": {"type": "number", "minimum": 0},
    "exact": {"type": "boolean"},
    "sites": {"type": "array", "items": {"type": "string", "maxLength": 4}},
    "pages": {"type": "array", "items": {"type": "integer", "maximum": 9}},
    "any": {},
    "list": {"type": "array"},
}


def tool(properties=PROPERTIES, required=("query",), primary="query"):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return Tool(name="search", description="", parameters=schema, primary=primary)


def check(**given):
    return check_arguments(tool(required=()), given)


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("query", "tea", "tea"),
        ("query", 1984, "1984"),
        ("query", 2.5, "2.5"),
        ("page", 3, 3),
        ("page", " 3 ", 3),
        ("page", 3.0, 3),
        ("weight", 2, 2),
        ("weight", "2.5", 2.5),
        ("weight", "2", 2),
        ("weight", "1e3", 1000.0),
        ("exact", False, False),
        ("exact", "True", True),
        ("sites", ["a", 1], ["a", "1"]),
        ("sites", [], []),
        ("pages", ["7", 8.0], [7, 8]),
        ("any", {"deep": [1]}, {"deep": [1]}),
        ("list", [None, "x"], [None, "x"]),
    ],
)
def test_values_are_read_as_the_schema_wants_them(name, given, read):
    clean, fault = check(**{name: given})
    assert (clean, fault) == ({name: read}, None)
    assert type(clean[name]) is type(read)


@pytest.mark.parametrize(
    ("name", "given", "fault"),
    [
        ("query", "x", 'must be a string of 2 to 10 characters, not "x"'),
        ("query", "x" * 99, f'not "{"x" * 54} [...]"'),
        ("query", True, "not true"),
        ("query", {"a": 1}, "not an object"),
        ("query", "\ud800\n" * 9, 'not "� � � � � � � � �"'),
        ("page", 0, "must be an integer of 1 to 5, not 0"),
        ("page", 6, "not 6"),
        ("page", "two", 'not "two"'),
        ("page", 2.5, "not 2.5"),
        ("page", True, "not true"),
        ("page", "9" * 5000, "not"),
        ("weight", -1, "must be a number of at least 0, not -1"),
        ("weight", float("inf"), "not inf"),
        ("weight", float("nan"), "not nan"),
        ("weight", "nan", 'not "nan"'),
        ("weight", "1_0", 'not "1_0"'),
        ("weight", 10**400, "not a number beyond 2^53"),
        ("exact", "yes", 'must be a boolean, not "yes"'),
        ("exact", 1, "not 1"),
        ("sites", "a", 'must be an array of string of at most 4 characters, not "a"'),
        ("sites", ["abcde"], "not a list"),
        ("pages", [None], "not a list"),
        ("list", 3, "must be an array, not 3"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name, given, fault):
    clean, said = check(**{name: given})
    assert clean == {}
    assert said.startswith(f'the argument "{name}" of search must be a')
    assert fault in said
    assert len(said) < 250


def test_a_number_too_long_to_print_is_refused():
    clean, said = check(page=10**5000)
    assert clean == {}
    assert said.endswith("not a number beyond 2^53")


def test_a_missing_argument_is_asked_for():
    said = 'search needs the argument "query" (string of 2 to 10 characters)'
    assert check_arguments(tool(), {}) == ({}, said)


def test_null_counts_as_not_given_and_defaults_are_not_filled_in():
    assert check(page=None, query="tea") == ({"query": "tea"}, None)


def test_an_unknown_argument_is_met_with_the_nearest_right_one():
    few = tool({"query": {"type": "string"}, "page": {"type": "integer"}}, ())
    assert check_arguments(few, {"qury": "x", "page": 1}) == (
        {"page": 1},
        'search has no argument "qury" (did you mean "query"?); '
        "it takes: query (string), page (integer)",
    )


def test_many_unknown_arguments_are_counted():
    clean, said = check_arguments(tool({}, ()), {f"a{i}": i for i in range(2000)})
    assert clean == {}
    assert said == (
        'search has no argument "a0"; search has no argument "a1"; search has no argument "a2"; '
        "1,997 more arguments are unknown; it takes: no arguments"
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [([], "a list"), ("x", '"x"'), (None, "null"), (3, "3"), (2.5, "2.5"), (False, "false")],
)
def test_arguments_that_are_no_object_are_refused(given, kind):
    said = f"the arguments of search must be a JSON object, not {kind}"
    assert check_arguments(tool(), given) == ({}, said)


def test_all_that_is_wrong_is_said_and_the_rest_is_kept():
    clean, said = check_arguments(tool(), {"page": 0, "exact": True, "colour": "red"})
    assert clean == {"exact": True}
    assert said.count(";") == 3


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=30),
        st.sampled_from(["3", "1e5", "true", "-0", "9" * 17, "1e999"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
some_arguments = st.dictionaries(
    st.one_of(st.sampled_from(sorted(PROPERTIES)), st.text(st.characters(), max_size=5)),
    json_values,
    max_size=5,
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.one_of(some_arguments, json_values))
def test_no_json_value_raises_and_what_passes_once_passes_again(given):
    clean, fault = check_arguments(tool(required=()), given)
    assert fault is None or fault.encode()
    assert check_arguments(tool(required=()), clean) == (clean, None) or "any" in clean


def test_deeply_nested_values_are_refused_without_being_printed():
    bomb = []
    for _ in range(100_000):
        bomb = [bomb]
    said = 'the argument "query" of search must be a string of 2 to 10 characters, not a list'
    assert check(query=bomb) == ({}, said)


@pytest.mark.parametrize("required", [(), ("query",), tuple(PROPERTIES)])
def test_the_sample_passes_the_check(required):
    wanted = tool(required=required)
    sample = sample_arguments(wanted)
    assert list(sample) == list(required or ("query",))
    assert check_arguments(wanted, sample) == (sample, None)
    assert msgspec.json.decode(msgspec.json.encode(sample)) == sample


def test_the_sample_respects_every_bound():
    bounded = {
        "long": {"type": "string", "minLength": 20},
        "short": {"type": "string", "maxLength": 3},
        "low": {"type": "integer", "maximum": -5},
        "high": {"type": "number", "minimum": 0.5},
    }
    wanted = tool(bounded, tuple(bounded), "long")
    assert check_arguments(wanted, sample_arguments(wanted))[1] is None


def test_a_tool_without_arguments_has_an_empty_sample():
    assert sample_arguments(tool({}, (), "")) == {}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "integer", "maximum": 9}, "integer of at most 9"),
        ({"type": "array", "items": {"type": "string"}}, "array of string"),
        ({}, "any value"),
    ],
)
def test_a_schema_is_put_in_words(schema, words):
    assert describe(schema) == words
