"""The verbs of safeguards: the only writers. All run inside a client's scope; each module holds those of one duty."""

from service_desk.safeguards.operations import drills, plans, reviews, rounds

__all__ = ["drills", "plans", "reviews", "rounds"]
