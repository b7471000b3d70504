"""The bell in the frame: everybody of the practice who works for the client has it; it needs no address."""

from service_desk.alerts.channels.channel import Channel
from service_desk.lib.i18n import N_

CHANNEL = Channel(
    key="bell",
    label=N_("Bell"),
    fields=(),
    how=N_("The bell at the top of every page."),
    road="desk",
    personal=False,
    shared=False,
)
