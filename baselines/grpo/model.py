"""The models: made from a config, loaded from a folder or the Hugging Face hub, and saved."""

import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel, Qwen3Config, Qwen3ForCausalLM

from baselines.grpo.config import Config
from baselines.grpo.sizes import SIZES, Size
from webenvs import seeding
from webenvs.errors import UnknownNameError, bad_setting, nearest, unknown_name

Made = TypeVar("Made")

_ADAPTER = "adapter_config.json"


def make_model(size: str, vocab: int, context: int, seed: int) -> PreTrainedModel:
    """A fresh model of one of `SIZES` in float32 on the CPU; the seed decides every weight.

    `vocab` is the number of tokens, `context` the most positions. Attention is torch's own (sdpa,
    the default of transformers), on a CPU up to twice as fast as eager. Raises UnknownNameError or
    SettingError where a value is not allowed.
    """
    if size not in SIZES:
        raise unknown_name("model size", size, SIZES)
    for field, value in (("vocab", vocab), ("context", context)):
        if value < 1:
            raise bad_setting(field, value, "at least 1")
    shape = _shape(SIZES[size], vocab, context)
    return _ready(_drawn(lambda: Qwen3ForCausalLM(shape), seed, "weights", size))


def load_model(source: str | Path, config: Config) -> PreTrainedModel:
    """The model of a folder or of an id of the Hugging Face hub, on `config.device`.

    Weights are float32, whatever they were saved as: smaller types round small updates away. Where
    only adapters are trained (`config.lora_rank`, or a folder that holds adapters), the frozen
    weights follow `config.autocast`. Raises UnknownNameError where there is no such model, and
    SettingError where it has fewer positions than `config.context`.
    """
    adapted = (Path(source) / _ADAPTER).is_file()
    frozen = adapted or config.lora_rank > 0
    half = frozen and config.autocast == "bfloat16"
    dtype = torch.bfloat16 if half else torch.float32
    model = _with_saved_adapters(source, dtype) if adapted else _opened(source, dtype)
    _check_context(model, config.context)
    _align(model)
    if config.lora_rank and not adapted:
        model = _drawn(lambda: _with_adapters(model, config.lora_rank), config.seed, "adapters")
    model.to(config.device)  # type: ignore[arg-type]  # a decorator of transformers loses its type
    return _ready(model)


def _align(model: PreTrainedModel) -> None:
    """Move the weights to memory that torch has laid out.

    In a mapped file they begin anywhere, and where a matrix begins decides the last bits of its
    products: the same weights in another process would not draw with the same log-probs.
    """
    for weight in model.parameters():
        weight.data = weight.data.clone()


def check_vocabulary(model: PreTrainedModel, tokenizer: Any) -> None:
    """Raise SettingError where the tokenizer has a token that the model has no embedding of."""
    tokens, rows = len(tokenizer), cast(Tensor, model.get_input_embeddings().weight).shape[0]
    if tokens > rows:
        raise bad_setting(
            "tokenizer", f"{tokens} tokens", f"one of at most {rows} tokens, as the model has"
        )


def save_model(model: PreTrainedModel, tokenizer: Any, folder: str | Path) -> None:
    """Put model and tokenizer (or None) into `folder`, in the place of what is there.

    Everything is written aside first; if that fails (a full disk), the old folder stays as it is.
    Of a model with adapters, the adapters alone are saved, with the name of what they stand on.
    """
    folder = Path(folder)
    aside, old = (folder.parent / f".{folder.name}.{word}" for word in ("fresh", "old"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        with _as_os_errors(folder):
            model.save_pretrained(aside)
            if tokenizer is not None:
                tokenizer.save_pretrained(aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Put a tokenizer into a folder that is not there yet; it is there whole or not at all."""
    aside = folder.with_name(f".{folder.name}.fresh")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    with _as_os_errors(folder):
        tokenizer.save_pretrained(aside)
    aside.rename(folder)


@contextmanager
def _as_os_errors(folder: Path) -> Iterator[None]:
    """Safetensors and tokenizers tell of a full disk by errors of their own; make them OSErrors."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        found = re.search(r"\(os error (\d+)\)", str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(folder)) from error


def hush() -> None:
    """Keep transformers from drawing bars of its own and from warning of what is checked here."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it so
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def count_parameters(model: torch.nn.Module, *, trained: bool = False) -> int:
    """How many numbers the weights are, tied ones once; `trained`: those alone that learn."""
    weights = model.parameters()
    return sum(weight.numel() for weight in weights if weight.requires_grad or not trained)


def _shape(size: Size, vocab: int, context: int) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=vocab,
        max_position_embeddings=context,
        hidden_size=size.hidden,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        head_dim=size.head_dim,
        intermediate_size=size.inner,
        tie_word_embeddings=True,
    )


def _drawn(make: Callable[[], Made], *key: object) -> Made:
    """What `make` returns when all its chance comes from the key; torch's own stays untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeding.integer(2**63, *key))
        return make()


def _ready(model: PreTrainedModel) -> PreTrainedModel:
    """The model without dropout: with it, a token's log-prob is not that of its drawing."""
    model.train(False)
    return model


def _opened(source: str | Path, dtype: torch.dtype) -> PreTrainedModel:
    """The model of a folder, or of the hub where the source cannot be a path."""
    source = str(source)
    if Path(source).is_dir():
        source = str(Path(source).resolve())
    elif source.startswith((".", "/", "~")):
        raise _no_model(source, "there is no such folder")
    try:
        model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise _no_model(source, reason) from error
    return cast(PreTrainedModel, model)


def _no_model(source: str, reason: str) -> UnknownNameError:
    """The error for a folder that holds no model, or an id that the hub does not give."""
    near = nearest(source, SIZES)
    meant = f" Did you mean {near!r}?" if near else ""
    return UnknownNameError(
        f"There is no model {source!r} ({reason}).{meant} Allowed: {', '.join(SIZES)}, a folder "
        "that holds a model, or an id of a causal model of the Hugging Face hub."
    )


def _with_adapters(model: PreTrainedModel, rank: int) -> PreTrainedModel:
    """LoRA on all linear layers but the head; everything else is frozen."""
    from peft import LoraConfig, get_peft_model

    shape = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with _old_words():
        return cast(PreTrainedModel, get_peft_model(model, shape))  # it hands all on to the model


def _with_saved_adapters(folder: str | Path, dtype: torch.dtype) -> PreTrainedModel:
    from peft import PeftConfig, PeftModel

    below = PeftConfig.from_pretrained(str(folder)).base_model_name_or_path
    base = _opened(str(below), dtype)
    with _old_words():
        adapted = PeftModel.from_pretrained(base, str(folder), is_trainable=True)
    return cast(PreTrainedModel, adapted)


@contextmanager
def _old_words() -> Iterator[None]:
    """Peft still asks transformers by names that it gives up; that is no warning to the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _check_context(model: PreTrainedModel, context: int) -> None:
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if positions is not None and context > positions:
        raise bad_setting("context", context, f"at most {positions}, the positions of the model")
