"""Tools as Python functions: typed signatures and docstrings made of the function schemas.

For trainers that read a tool's schema off a function (type hints, and arguments described under
"Args:", as Google writes them).
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

_TYPES: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "object": dict,
}


def method(schema: Mapping[str, Any], call: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose signature and docstring say what the function schema says.

    It returns `call(self, name, arguments)` of whatever arguments it is given: wrong ones are the
    environment's to judge. Bounds of numbers have no place in a signature.
    """
    function = schema["function"]
    name, properties = function["name"], function["parameters"].get("properties", {})
    required = function["parameters"].get("required", ())

    def made(self: Any, *given: Any, **named: Any) -> Any:
        return call(self, name, {**dict(zip(properties, given, strict=False)), **named})

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", kind)]
    for argument, value in properties.items():
        default = inspect.Parameter.empty if argument in required else value.get("default")
        annotation = _type(value)
        parameters.append(inspect.Parameter(argument, kind, default=default, annotation=annotation))
    described = [f"    {key}: {value.get('description', key)}" for key, value in properties.items()]
    made.__name__ = made.__qualname__ = name
    made.__doc__ = "\n".join([function["description"], "", "Args:", *described])
    made.__annotations__ = {one.name: one.annotation for one in parameters[1:]}
    made.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # any function takes one
    return made


def _type(schema: Mapping[str, Any]) -> Any:
    """The type that a property takes; Any where the schema names none."""
    kind = schema.get("type")
    if kind == "array":
        return list[_type(schema["items"])] if "items" in schema else list  # type: ignore[misc]  # built at run time
    return _TYPES.get(str(kind), Any)
