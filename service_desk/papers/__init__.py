"""Every report that is not an invoice: frozen bytes and their hash."""
