"""From what is to be told to whoever wants to know it: wishes, quiet hours, messages on their way, and how it went."""
