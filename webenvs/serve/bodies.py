"""Bodies of requests and answers, JSON or MessagePack, read into records."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from webenvs.errors import nearest
from webenvs.serve.refusal import BAD_FIELD, BAD_FORM, NotServedError

JSON = "application/json"
PACKED = "application/msgpack"
_PACKED = frozenset({PACKED, "application/x-msgpack", "application/vnd.msgpack"})

_SURE = 0.8  # the likeness of two names that are the same but for a slip

Form = TypeVar("Form", bound=msgspec.Struct)


class Body(NamedTuple):
    """What a request says, and whether it came as MessagePack."""

    fields: dict[str, Any]
    packed: bool


async def body_of(request: Request) -> Body:
    """The object in the body of a request; an empty body is an empty object.

    The content type tells the form; where it tells neither, as with clients that name none, the
    first byte does. Raises NotServedError (400) for what is malformed, (422) for what is no object.
    """
    data = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = kind in _PACKED or (kind != JSON and _looks_packed(data))
    return Body(read_object(data, packed=packed), packed)


def read_object(data: bytes | str, *, packed: bool = False) -> dict[str, Any]:
    """The object that bytes hold; raises NotServedError (400) if malformed, (422) if no object."""
    name = "MessagePack" if packed else "JSON"
    if not data:
        return {}
    try:
        value = msgspec.msgpack.decode(data) if packed else msgspec.json.decode(data)  # type: ignore[arg-type]  # text is never packed
    except (msgspec.DecodeError, UnicodeDecodeError, UnicodeEncodeError) as error:
        raise NotServedError(BAD_FORM, f"The body is not {name}: {error}.") from error
    except (RecursionError, TypeError, ValueError) as error:
        raise NotServedError(BAD_FORM, f"The body is not {name} that can be read.") from error
    return object_in(value)


def object_in(value: Any, what: str = "The body") -> dict[str, Any]:
    """`value` if it is an object with names of text; raises NotServedError (422)."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise NotServedError(BAD_FIELD, f"{what} must be an object with named fields.")
    return dict(value)


def form_of(fields: Mapping[str, Any], kind: type[Form]) -> Form:
    """The fields as a record; those of other names are left alone, unless they are misspelt.

    Raises NotServedError (422), which names the field, its fault, and the nearest right name.
    """
    known = kind.__struct_fields__
    for name in fields:
        near = None if name in known else _misspelt(name, known)
        if near is not None and near not in fields:
            raise NotServedError(BAD_FIELD, f"There is no field {name!r}. Did you mean {near!r}?")
    try:
        return msgspec.convert({k: v for k, v in fields.items() if k in known}, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        raise NotServedError(BAD_FIELD, _explained(str(error))) from error


def answer(value: Any, *, packed: bool = False, status: int = 200) -> Response:
    """A value as the body of an answer, in the form in which the request came."""
    if packed:
        return Response(msgspec.msgpack.encode(value), status, media_type=PACKED)
    return Response(msgspec.json.encode(value), status, media_type=JSON)


def _misspelt(name: str, known: Sequence[str]) -> str | None:
    """The field that was meant by a name, if that is clear: clients have fields of their own."""
    near = nearest(name, known)
    sure = near is not None and SequenceMatcher(None, name.lower(), near).ratio() >= _SURE
    return near if sure else None


def _looks_packed(data: bytes) -> bool:
    """Whether the first byte begins a map of MessagePack, which no JSON text begins with."""
    return bool(data) and (0x80 <= data[0] <= 0x8F or data[0] in (0xDE, 0xDF))


def _explained(message: str) -> str:
    """The validator's message with the field put first."""
    fault, _, place = message.partition(" - at ")
    path = place.strip("`").removeprefix("$").removeprefix(".")
    return f"{path}: {fault[0].lower()}{fault[1:]}." if path else f"{fault}."
