"""GRPO on web research: one agent, MATPO (one model in all roles) and M-GRPO (a model a role)."""
