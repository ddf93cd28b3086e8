"""What all baselines show alike: charts, and estimates over questions and seeds."""
