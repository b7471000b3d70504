"""Entries, the timer and rounding."""
