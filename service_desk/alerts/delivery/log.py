"""What was told to whom, and how far it came: the log of deliveries of the scope in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, cast, exists, func, literal, null, select, union_all

from service_desk.alerts.delivery.models import Delivery
from service_desk.alerts.delivery.operations.sending import DOUBTFUL, SENT_AGAIN
from service_desk.alerts.models import AlertNotice, IncidentMail
from service_desk.mail import Mail
from service_desk.scope import session
from service_desk.tenants.models import Tenant

# State -> the kind of its sign, its word.
STATES: dict[str, tuple[str, Any]] = {
    "held": ("", _l("held back until then")),
    "waiting": ("", _l("waiting")),
    "handing_over": ("", _l("being handed over")),
    "sent": ("ok", _l("sent")),
    "maybe_sent": ("warning", _l("perhaps sent: the connection broke while it was handed over")),
    "failed": ("critical", _l("not sent")),
    "dropped": ("", _l("not needed any more")),
    "merged": ("", _l("told with another one")),
    "": ("", ""),
    "asked": ("", _l("under way")),
}


@dataclass(frozen=True)
class Entry:
    """One delivery as a page shows it: the client, and the state of its mail where it left by mail."""

    delivery: Delivery
    tenant: Tenant
    mail_state: str | None

    @property
    def state(self) -> str:
        return self.mail_state or self.delivery.state

    @property
    def doubtful(self) -> bool:
        """Whether somebody may have it sent once more here."""
        one = self.delivery
        return one.channel != "email" and one.state in DOUBTFUL and not one.answer.startswith(SENT_AGAIN)

    @property
    def kind(self) -> str:
        return STATES.get(self.state, ("", ""))[0]

    @property
    def word(self) -> Any:
        return STATES.get(self.state, ("", self.state))[1]


def entries(*, destination_id: int | None = None, most: int = 100) -> list[Entry]:
    """The latest deliveries of every client in scope, newest first; of one destination where it is named."""
    rows = (
        select(Delivery, Tenant, Mail.state)
        .join(Tenant, Tenant.id == Delivery.tenant_id)
        .outerjoin(Mail, Mail.id == Delivery.mail_id)
        .order_by(Delivery.created_at.desc(), Delivery.id.desc())
        .limit(most)
    )
    if destination_id is not None:
        rows = rows.where(Delivery.destination_id == destination_id)
    return [Entry(*row) for row in session().execute(rows)]


@dataclass(frozen=True)
class Said:
    """What was told of one incident to one address; `mail_id` where it left by mail."""

    mail_id: int | None
    to: str
    at: datetime
    state: str
    channel: str
    answer: str


def of_incident(incident_id: int) -> list[Said]:
    """What was told of one incident, by mail and otherwise, in one statement; the earliest first."""
    mails = (
        select(
            Mail.id, Mail.to_address, func.coalesce(Mail.sent_at, Mail.created_at), Mail.state, literal("email"),
            Mail.answer,
        )
        .join(IncidentMail, IncidentMail.mail_id == Mail.id)
        .where(IncidentMail.incident_id == incident_id)
    )  # fmt: skip
    spoke = (AlertNotice.id == func.any(Delivery.notice_ids)) & (AlertNotice.incident_ids.contains([incident_id]))
    others = select(
        cast(null(), BigInteger), Delivery.to_name, func.coalesce(Delivery.ended_at, Delivery.created_at),
        Delivery.state, Delivery.channel, Delivery.answer,
    ).where(Delivery.channel != "email", exists(select(AlertNotice.id).where(spoke)))  # fmt: skip
    found = [Said(*row) for row in session().execute(union_all(mails, others)).all()]
    return sorted(found, key=lambda one: one.at)


def last_states(found: Sequence[Entry]) -> dict[int, Entry]:
    """The latest of them for each destination."""
    latest: dict[int, Entry] = {}
    for one in found:
        if one.delivery.destination_id is not None:
            latest.setdefault(one.delivery.destination_id, one)
    return latest
