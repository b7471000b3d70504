"""The verbs of tickets. Only these write tickets; each runs in the client's scope, in its one transaction."""

from service_desk.tickets.models import OVER
from service_desk.tickets.operations.course import end_by_machine, schedule, set_status
from service_desk.tickets.operations.facts import add_items, assign, drop_item, set_priority, tick
from service_desk.tickets.operations.finding import attachment, by_number, human_touched, side_of_actor, touch
from service_desk.tickets.operations.opening import Draft, open_ticket, open_tickets
from service_desk.tickets.operations.talking import close, note, reply, was_just_said
from service_desk.tickets.operations.writing import Upload

__all__ = [
    "OVER",
    "Draft",
    "Upload",
    "add_items",
    "assign",
    "attachment",
    "by_number",
    "close",
    "drop_item",
    "end_by_machine",
    "human_touched",
    "note",
    "open_ticket",
    "open_tickets",
    "reply",
    "schedule",
    "set_priority",
    "set_status",
    "side_of_actor",
    "tick",
    "touch",
    "was_just_said",
]
