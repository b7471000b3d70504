"""From a change of state to an incident and to whoever must know."""
