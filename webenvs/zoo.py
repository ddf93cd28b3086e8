"""PettingZoo-style modules, one per id.

from webenvs.zoo import multihop_v0
game = multihop_v0.env(workers=2)
"""

from types import SimpleNamespace
from typing import Any

from webenvs import catalog

_MODULES = {name.lower().replace("-", "_"): name for name in catalog.ROWS}


def __getattr__(name: str) -> SimpleNamespace:
    if name not in _MODULES:
        raise AttributeError(f"webenvs.zoo has no module {name!r}; it has {', '.join(_MODULES)}.")
    return _module(_MODULES[name])


def __dir__() -> list[str]:
    return sorted(_MODULES)


def _module(name: str) -> SimpleNamespace:
    """`raw_env`, `env` (which checks the order of calls) and `parallel_env` of one id."""

    def raw_env(**settings: Any) -> Any:
        return catalog.aec(name, **settings)

    def env(**settings: Any) -> Any:
        from pettingzoo.utils.wrappers import OrderEnforcingWrapper

        return OrderEnforcingWrapper(raw_env(**settings))

    def parallel_env(**settings: Any) -> Any:
        return catalog.parallel(name, **settings)

    return SimpleNamespace(raw_env=raw_env, env=env, parallel_env=parallel_env)
