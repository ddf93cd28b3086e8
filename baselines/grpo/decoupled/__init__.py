"""M-GRPO with a trainer a model: processes that share ids and scalars through a store."""
