"""Tickets, their conversation and their status intervals."""
