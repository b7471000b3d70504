"""Checks of servers, databases and machines."""
