"""What every connector over SAP HANA shares: its fields and its login."""

from contextlib import AbstractContextManager

from connectors import hana_wire
from connectors.base import N_, Deadline, Field
from connectors.database_base import OverDatabase, login_fields, server_fields
from connectors.hana_wire import Session, Target

FIELDS: tuple[Field, ...] = (
    *server_fields(30015, N_("3<number of the instance>15, or 3<number>13 of a tenant")),
    Field(name="tenant", label=N_("Tenant database"), repoints=True, hint=N_("Empty where there is only one")),
    *login_fields(password=True),
)


class OverHana(OverDatabase[Session]):
    """A connector over SAP's driver."""

    def where(self) -> str:
        """The tenant, or the server where there is only one."""
        return str(self.settings["tenant"] or self.settings["host"])

    def open(self, deadline: Deadline) -> AbstractContextManager[Session]:
        """Log in once, read only."""
        target = Target(
            address=self.address(),
            user=self.settings["user"],
            password=self.secrets["password"],
            encryption=self.settings["encryption"],
            tenant=self.settings["tenant"] or "",
        )
        return hana_wire.connected(target, deadline)
