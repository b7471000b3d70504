"""Who did what: append-only, with a hash chain."""
