"""Articles, runbooks and what was learned."""
