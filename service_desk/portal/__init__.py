"""What a client sees and does."""
