"""Schedules, collection, judging, state and series."""
