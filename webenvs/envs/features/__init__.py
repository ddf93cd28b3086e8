"""The features view: the same episodes as numbers and numbered calls, for classic RL."""
