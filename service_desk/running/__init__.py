"""Command line, supervisor, worker and clock entry points, doctor, demo."""
