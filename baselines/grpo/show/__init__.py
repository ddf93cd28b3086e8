"""What a run shows: metrics, live curve, report, tables of the study."""
