"""Named mixtures of noise, from none to adversarial."""

from collections.abc import Mapping

PRESETS: Mapping[str, str] = {
    "none": "",
    "mild": "timeout:0.05,rate_limited:0.03,drop:0.1",
}
"""Each a text as `compact.noise_from` reads it. What a game has no tool for is left out of them."""
