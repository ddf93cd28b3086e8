"""Noise written as text: a preset's name, or "timeout:0.1,drop:0.2"."""

from collections.abc import Callable, Mapping

from webenvs.errors import bad_setting, unknown_name
from webenvs.noise.failures import Failure
from webenvs.noise.model import NoiseModel
from webenvs.noise.ranking import DroppedHits

MODELS: Mapping[str, Callable[[float], NoiseModel]] = {
    "timeout": lambda rate: Failure(status="timeout", rate=rate),
    "rate_limited": lambda rate: Failure(status="rate_limited", rate=rate),
    "server_error": lambda rate: Failure(status="server_error", rate=rate),
    "drop": lambda rate: DroppedHits(rate=rate),
}
"""Noise models by the name that the compact text uses; each takes a rate in [0, 1]."""

PRESETS: Mapping[str, str] = {
    "none": "",
    "mild": "timeout:0.05,rate_limited:0.03,drop:0.1",
}
"""Named mixtures."""


def noise_from(setting: str) -> tuple[NoiseModel, ...]:
    """The models that a preset's name or a compact text stands for; strength 0 is no model.

    Raises UnknownNameError for a name that is none, SettingError for a rate outside [0, 1].
    """
    text = PRESETS.get(setting, setting)
    models: list[NoiseModel] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, colon, strength = part.partition(":")
        if name.strip() not in MODELS or not colon:
            raise unknown_name("noise", part, [*PRESETS, *(f"{model}:RATE" for model in MODELS)])
        rate = _rate(part, strength)
        if rate > 0:
            models.append(MODELS[name.strip()](rate))
    return tuple(models)


def _rate(part: str, strength: str) -> float:
    try:
        rate = float(strength)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise bad_setting(f"noise {part!r}", strength, "a rate from 0 to 1, as in timeout:0.1")
    return rate
