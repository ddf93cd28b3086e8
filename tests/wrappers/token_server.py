"""A token server of verl over a tiny model, in process."""

from tests.wrappers import tiny


class Server:
    """A token server of verl: says what was recorded, else samples; log-probs are the model's."""

    def __init__(self, said=(), longest=24):
        self.tokenizer, self.said, self.longest = tiny.tokenizer(), list(said), longest
        self.model = tiny.model(len(self.tokenizer))
        self.prompts = []

    async def generate(self, request_id, *, prompt_ids, sampling_params, **_):
        from verl.workers.rollout.replica import TokenOutput

        self.prompts.append((request_id, list(prompt_ids)))
        tokens = self._spoken(prompt_ids)
        logprobs = self.logprobs([*prompt_ids, *tokens])[len(prompt_ids) - 1 :]
        extra = {"min_global_steps": 1, "max_global_steps": len(self.prompts)}
        return TokenOutput(token_ids=tokens, log_probs=logprobs, extra_fields=extra)

    def _spoken(self, prompt_ids):
        if self.said:
            text = self.said.pop(0) + "<|im_end|>"
            return self.tokenizer.encode(text, add_special_tokens=False)
        import torch

        ids = torch.tensor([prompt_ids])
        torch.manual_seed(len(prompt_ids))
        made = self.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=self.longest,
            do_sample=True,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        return made[0, len(prompt_ids) :].tolist()

    def logprobs(self, ids):
        """Of every token but the first, given those before it."""
        import torch

        with torch.no_grad():
            logits = self.model(torch.tensor([ids])).logits[0, :-1]
        picked = torch.log_softmax(logits.float(), -1).gather(1, torch.tensor(ids[1:])[:, None])
        return picked[:, 0].tolist()
