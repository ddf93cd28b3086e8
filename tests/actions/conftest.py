"""The tools that the tests of codecs call: the suite's own, with their real schemas."""

import pytest

from webenvs.records import Tool


def _tool(name, properties, required):
    parameters = {"type": "object", "properties": properties, "required": required}
    description = f"The tool named {name}."
    primary = required[0]
    return Tool(name=name, description=description, parameters=parameters, primary=primary)


@pytest.fixture(scope="session")
def tools():
    text = {"type": "string"}
    page = {"type": "integer", "minimum": 1, "description": "which part of the page"}
    return (
        _tool("search", {"query": {"type": "string", "description": "what to find"}}, ["query"]),
        _tool("fetch", {"url": text, "page": page}, ["url"]),
        _tool("click", {"link": {"type": "integer", "minimum": 0}}, ["link"]),
        _tool("find", {"text": text}, ["text"]),
        _tool("delegate", {"task": text}, ["task"]),
        _tool("report", {"text": text}, ["text"]),
        _tool("answer", {"text": text}, ["text"]),
    )
