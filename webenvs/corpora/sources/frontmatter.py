"""The fields that a text carries above its first line: YAML between `---`, TOML between `+++`."""

import re
import tomllib

_YAML = re.compile(r"\A---[ \t]*\r?\n(.*?\n|)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\A\+\+\+[ \t]*\r?\n(.*?\n|)\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z_][\w-]*)[ \t]*:[ \t]+(.*\S)")
_LONGEST = 20_000


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The fields above a text, by their names in lower case, and the text below them.

    Of YAML only the plain `name: value` lines of the outermost level are read, quotation marks
    removed; of TOML the values that are texts, numbers or dates. A text without fields above it
    comes back whole.
    """
    if found := _YAML.match(text[:_LONGEST]):
        return _yaml(found[1]), text[found.end() :]
    if found := _TOML.match(text[:_LONGEST]):
        return _toml(found[1]), text[found.end() :]
    return {}, text


def _yaml(lines: str) -> dict[str, str]:
    fields = {}
    for line in lines.splitlines():
        if found := _FIELD.match(line):
            fields[found[1].lower()] = _unquoted(found[2])
    return fields


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _toml(lines: str) -> dict[str, str]:
    try:
        found = tomllib.loads(lines)
    except tomllib.TOMLDecodeError:
        return {}
    return {
        name.lower(): str(value)
        for name, value in found.items()
        if not isinstance(value, dict | list | bool)
    }
