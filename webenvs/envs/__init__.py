"""The games: one rules engine and its Gymnasium and PettingZoo faces."""
