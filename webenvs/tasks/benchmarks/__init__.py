"""Public benchmarks: one file per format, each turning rows into tasks."""
