"""Classic reinforcement learning on the features view: PPO in one file, and Stable-Baselines3."""
