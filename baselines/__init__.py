"""Programs that stand on webenvs: ladders of scripted players, and programs that learn."""
