"""Saved read-only questions to the ERP."""
