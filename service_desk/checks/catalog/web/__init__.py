"""Checks of interfaces over HTTP, of heartbeats, and of our own watch."""
