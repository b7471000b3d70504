"""Checks: rules, collection, heartbeats, pages."""
