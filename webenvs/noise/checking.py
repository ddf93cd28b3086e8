"""Whether declared noise can fall on anything in a game."""

from collections.abc import Mapping, Sequence

from webenvs.errors import SettingError, bad_setting, nearest, unknown_name
from webenvs.noise.declared import Noise


def fitting(
    noises: Sequence[Noise], tools: Mapping[str, Sequence[str]], reporters: Sequence[str]
) -> tuple[Noise, ...]:
    """The noise that can fall on a game whose roles have these web tools.

    `reporters` are the roles whose reports go to another. What names no role and no tool of its own
    is left out where it fits nothing, so that one text serves several games. Noise for a role or a
    tool that is named and that it cannot fall on raises SettingError, and a role that the game has
    not raises UnknownNameError.
    """
    return tuple(noise for noise in noises if _fits(noise, tools, reporters))


def _fits(noise: Noise, tools: Mapping[str, Sequence[str]], reporters: Sequence[str]) -> bool:
    for role in noise.roles:
        if role not in tools:
            where = f"for noise {noise.name!r} to fall on"
            if noise.tools:
                raise unknown_name("role", role, tools, where)
            raise unknown_name("role or tool", role, (*tools, *noise.kind.tools), where)
    roles = noise.roles or tuple(tools)
    if noise.kind.hook == "report":
        return _judged(noise, any(role in reporters for role in roles), "reports of", roles)
    wanted = noise.tools or noise.kind.tools
    if not noise.preset:
        _check_named(noise, tools)
    fits = any(tool in tools[role] for role in roles for tool in wanted)
    return _judged(noise, fits, f"{' or '.join(wanted)} by", roles)


def _check_named(noise: Noise, tools: Mapping[str, Sequence[str]]) -> None:
    """Raise if a role that is named has not a tool that is named."""
    for role in noise.roles:
        for tool in noise.tools:
            if tool not in tools[role]:
                near = nearest(tool, tools[role])
                meant = f" (did you mean {near!r}?)" if near else ""
                has = ", ".join(tools[role]) or "none"
                allowed = f"a web tool that {role} has: {has}{meant}"
                raise bad_setting(f"tool of noise {noise.name!r}", tool, allowed)


def _judged(noise: Noise, fits: bool, what: str, roles: Sequence[str]) -> bool:
    if not fits and not noise.preset and (noise.roles or noise.tools):
        raise SettingError(
            f"Noise {noise.name!r} can fall on nothing here: it disturbs {what} "
            f"{' or '.join(roles)}, and this game has none."
        )
    return fits
