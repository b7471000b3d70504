"""Pure building blocks: no Flask, no SQLAlchemy, no clock of their own."""
