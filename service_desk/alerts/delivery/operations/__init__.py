"""The verbs of delivery: destinations kept, messages handed over, bells read. Only these write their rows."""
