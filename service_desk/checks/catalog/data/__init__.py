"""Checks that data is guarded: backups, drills, integrity."""
