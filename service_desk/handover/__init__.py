"""What a replacement needs on the first morning."""
