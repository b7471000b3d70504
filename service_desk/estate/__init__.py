"""The systems inventory of a client."""
