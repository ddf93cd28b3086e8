"""An adapter executed anew, beside the one that Python may have imported already."""

import importlib.util
from pathlib import Path
from types import ModuleType

WRAPPERS = Path(__file__).parents[2] / "wrappers"


def fresh(name: str) -> ModuleType:
    """The module of `wrappers/NAME.py`, known to nobody else."""
    spec = importlib.util.spec_from_file_location(f"fresh_{name}", WRAPPERS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
