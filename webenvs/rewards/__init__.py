"""What an episode is worth: named terms, computed without a judge, and their weighted sums."""
