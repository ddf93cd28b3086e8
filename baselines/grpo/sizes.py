"""The shapes of the models that are made from nothing, by name; importing it needs no torch."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Size:
    """The shape of a decoder in the manner of Qwen3, embeddings tied."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    inner: int


SIZES = {
    "tiny": Size(hidden=128, layers=4, heads=4, kv_heads=2, head_dim=32, inner=384),
    "small": Size(hidden=192, layers=6, heads=6, kv_heads=3, head_dim=32, inner=576),
    "medium": Size(hidden=512, layers=12, heads=8, kv_heads=4, head_dim=64, inner=1536),
}
"""With 2,000 tokens of vocabulary: about 1, 3 and 39 million parameters."""
