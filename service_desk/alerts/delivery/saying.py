"""From notices of the client in scope to the message that tells of them, in the reader's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select
from sqlalchemy.orm import load_only

from service_desk.accounts.models import Practice
from service_desk.alerts.channels.message import Message
from service_desk.alerts.models import AlertNotice, Incident
from service_desk.alerts.words import Face, Frame, Told, compose
from service_desk.checks.reading import sentence_of
from service_desk.lib.clock import Language, language
from service_desk.mail import Postman
from service_desk.scope import current, session
from service_desk.tenants.models import Tenant
from service_desk.tickets.models import Ticket

_CLIENT = "client_spoken_for"
_NAMED = (Tenant.slug, Tenant.short_name, Tenant.time_zone, Tenant.language, Tenant.engineer_name)
_SPOKEN_FOR = (
    select(Tenant, Practice.language)
    .options(load_only(*_NAMED))
    .join(Practice, Practice.id == Tenant.practice_id)
    .where(Tenant.id == bindparam("tenant_id"))
)
_NOTICES = select(AlertNotice).where(AlertNotice.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
_INCIDENTS = (
    select(
        Incident.id, Incident.check, Incident.severity, Incident.params, Incident.reason, Incident.resolved_at,
        Ticket.number,
    )
    .outerjoin(Ticket, (Ticket.tenant_id == Incident.tenant_id) & (Ticket.id == Incident.ticket_id))
    .where(Incident.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)  # fmt: skip


class Spoken(Protocol):
    """What is said of an incident, with the number of its ticket where it has one."""

    @property
    def id(self) -> int: ...
    @property
    def check(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def reason(self) -> str: ...
    @property
    def resolved_at(self) -> datetime | None: ...
    @property
    def number(self) -> int | None: ...


def spoken_for() -> tuple[Tenant, Language]:
    """The client in scope, and the language of its desk; read once in a transaction."""
    found: tuple[Tenant, Language] | None = session().info.get(_CLIENT)
    if found is None:
        tenant, said = session().execute(_SPOKEN_FOR, {"tenant_id": current().tenant_id}).one()
        found = session().info[_CLIENT] = tenant, language(said)
    return found


class Speaker:
    """What a run of messages about one client shares: its notices, incidents and tickets, read once.

    `at_hand` are notices that need not be read again.
    """

    def __init__(self, notice_ids: Iterable[int], at_hand: Iterable[AlertNotice] = ()) -> None:
        self.tenant, self.lang = spoken_for()
        self.notices = {row.id: row for row in at_hand}
        if missing := [one for one in {*notice_ids} if one not in self.notices]:
            self.notices |= {row.id: row for row in session().scalars(_NOTICES, {"ids": missing})}
        ids = sorted({one for row in self.notices.values() for one in row.incident_ids})
        rows = session().execute(_INCIDENTS, {"ids": ids}) if ids else ()
        self.incidents: dict[int, Spoken] = {row.id: row for row in rows}

    def message(self, notice_ids: Sequence[int], face: Face, ident: str, at: datetime) -> Message | None:
        """The message of these notices; None when nothing of what they spoke of is left."""
        told = self.told(notice_ids, face)
        return compose(told, self._frame(face), ident, at) if told else None

    def told(self, notice_ids: Sequence[int], face: Face) -> list[Told]:
        """Each incident once, as the latest of the notices says, the gravest first."""
        latest: dict[int, str] = {}
        for notice in sorted((self.notices[one] for one in notice_ids if one in self.notices), key=lambda row: row.id):
            latest |= dict.fromkeys(notice.incident_ids, notice.why)
        known = [(self.incidents[number], why) for number, why in latest.items() if number in self.incidents]
        lang = self._lang(face)
        known.sort(key=lambda one: (("crit", "warn", "unknown").index(one[0].severity), one[0].id))
        return [self._one(incident, why, face, lang) for incident, why in known]

    def incident_ids(self, notice_ids: Sequence[int]) -> set[int]:
        """The incidents of these notices that are still on record."""
        return {
            number
            for one in notice_ids
            if one in self.notices
            for number in self.notices[one].incident_ids
            if number in self.incidents
        }

    def _one(self, incident: Spoken, why: str, face: Face, lang: Language) -> Told:
        number = incident.number
        base = f"{Postman.config.base_url}/t/{self.tenant.slug}"
        return Told(
            check=incident.check,
            severity=incident.severity,
            sentence=sentence_of(incident.check, incident.severity, incident.params, incident.reason, lang),
            number=number if face == "desk" else None,
            link=f"{base}/tickets/{number}" if number else f"{base}/incidents/{incident.id}",
            why=why,
            over=why == "ended" or incident.resolved_at is not None,
        )

    def _lang(self, face: Face) -> Language:
        return self.lang if face == "desk" else language(self.tenant.language)

    def _frame(self, face: Face) -> Frame:
        base = Postman.config.base_url
        return Frame(
            client=self.tenant.short_name,
            all_link=f"{base}/alerts" if face == "desk" else f"{base}/portal/{self.tenant.slug}/",
            lang=self._lang(face),
            face=face,
            engineer=self.tenant.engineer_name,
        )
