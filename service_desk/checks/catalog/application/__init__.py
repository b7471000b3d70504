"""Checks of the business inside an ERP."""
