"""Mail, through the outbox that every mail of the product leaves by."""

from service_desk.alerts.channels.channel import Channel, Field
from service_desk.lib.i18n import N_

CHANNEL = Channel(
    key="email",
    label=N_("E-mail"),
    fields=(Field(name="address", label=N_("E-mail"), kind="email"),),
    how=N_("A mail to one address, such as a shared mailbox of the team."),
    road="outbox",
)
