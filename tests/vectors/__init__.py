"""Runs files of worked cases through the product's pure functions."""
