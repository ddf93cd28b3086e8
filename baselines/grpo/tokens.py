"""The tokenizer of a run: the tokens of its chats, loaded from a folder or the Hugging Face hub."""

from pathlib import Path

from baselines.grpo.sizes import SIZES
from webenvs.envs.tokens.chat import ChatTokens, TokenizerError
from webenvs.errors import nearest


class Tokens(ChatTokens):
    """The tokens of a chat, and where a tokenizer of a run comes from."""

    @classmethod
    def load(cls, source: str | Path) -> "Tokens":
        """The tokenizer of a folder or of an id of the Hugging Face hub.

        Raises TokenizerError where there is none, or where it lacks what a chat needs.
        """
        from transformers import AutoTokenizer

        try:
            return cls(AutoTokenizer.from_pretrained(str(source)))
        except TokenizerError:
            raise
        except Exception as error:  # what a file that is no tokenizer raises is not told anywhere
            reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
            near = nearest(str(source), SIZES)
            meant = f" Did you mean {near!r}?" if near else ""
            raise TokenizerError(
                f"There is no model with a tokenizer {str(source)!r} ({reason}).{meant} Allowed: "
                f"{', '.join(SIZES)}, a folder that holds a model, or an id of a causal model of "
                "the Hugging Face hub."
            ) from error
