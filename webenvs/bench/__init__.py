"""Measuring players: runs, intervals, paired differences, reports."""
