"""Checks of who may do what."""
