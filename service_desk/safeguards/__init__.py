"""Backup plans, restore drills, permission reviews."""
