"""Parts of the user's own, named by import path: "package.module:Name"."""

import importlib
from typing import Any

from webenvs.errors import SettingError, WebenvsError, bad_setting, unknown_name
from webenvs.text import told


def named(
    kind: str,
    path: str,
    *,
    field: str = "",
    failure: type[WebenvsError] = SettingError,
    allowed: str = "a name, or package.module:Name",
) -> Any:
    """What the import path "package.module:Name" names; `kind` is what it is to be, in a word.

    Raises SettingError for a path of another form (`field`, by default the kind, is called
    `allowed`), `failure` where the module raises anything while it is imported, an exit included,
    and UnknownNameError where it has no such name.
    """
    module_name, _, attribute = path.partition(":")
    if not all(part.isidentifier() for part in [*module_name.split("."), attribute]):
        raise bad_setting(field or kind, path, allowed)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module may raise anything while it is imported
        said = f"{kind.capitalize()} {path!r}: cannot import {module_name!r}"
        raise failure(f"{said}: {told(error)}.") from error
    if not hasattr(module, attribute):
        public = [name for name in vars(module) if not name.startswith("_")]
        raise unknown_name(kind, attribute, public, f"in {module_name}")
    return getattr(module, attribute)


def path_of(kind: type) -> str:
    """The import path of a class, "package.module:Name"."""
    return f"{kind.__module__}:{kind.__qualname__}"
