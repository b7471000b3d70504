"""Contracts, rates, invoices and numbering."""
