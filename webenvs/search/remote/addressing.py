"""Which page of the corpus a server's document is: a template with the names of its fields."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from webenvs.errors import bad_setting

_FIELD = re.compile(r"\{([^{}]+)\}")


class Template:
    """A url with field names in braces, as in "doc://{id}" or "{url}".

    A template that is one field alone stands for the field as it is; in any other the fields are
    percent-encoded, as the readers of corpora do. A field within another has a dot: "{meta.url}".
    """

    def __init__(self, text: str) -> None:
        """Raises SettingError for a text without a field, or with braces that name none."""
        self.text = text
        self.fields = tuple(dict.fromkeys(_FIELD.findall(text)))
        """The names of the fields, each once."""
        if not self.fields or set(_FIELD.sub("", text)) & set("{}"):
            raise bad_setting("address", text, "a url with field names in braces, as 'doc://{id}'")
        self._bare = _FIELD.fullmatch(text) is not None

    def url(self, fields: Mapping[str, str]) -> str:
        """The url of a document with these fields."""
        if self._bare:
            return fields[self.fields[0]]
        return _FIELD.sub(lambda match: quote(fields[match[1]], safe=""), self.text)

    def picked(self, document: Mapping[str, Any]) -> dict[str, str]:
        """The fields of `document` that the template names; raises ValueError if one is missing."""
        return {name: _text(document, name) for name in self.fields}


def _text(document: Mapping[str, Any], name: str) -> str:
    """The field as text, found by its whole name or by the parts between the dots."""
    value: Any = document
    if name in document:
        value = document[name]
    else:
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, str) or type(value) is int:
        return str(value)
    there = ", ".join(sorted(document)) or "(none)"
    raise ValueError(f"a document has no text or whole number {name!r}; its fields: {there}")
