"""From notices of the client in scope to the message that tells of them, in the reader's language."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

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


class Speaker:
    """What a run of messages about one client shares: its notices, incidents and tickets, read once."""

    def __init__(self, tenant: Tenant, notice_ids: Iterable[int]) -> None:
        self.tenant = tenant
        self.lang = language(session().get_one(Practice, current().practice_id).language)
        wanted = set(notice_ids)
        rows = session().scalars(select(AlertNotice).where(AlertNotice.id.in_(wanted))).all()
        self.notices = {row.id: row for row in rows}
        ids = {one for row in rows for one in row.incident_ids}
        found = session().scalars(select(Incident).where(Incident.id.in_(ids))).all() if ids else []
        self.incidents = {row.id: row for row in found}
        on = [row.ticket_id for row in found if row.ticket_id]
        numbers = session().execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(on))).all() if on else []
        self.numbers: dict[int, int] = {row.id: row.number for row in numbers}

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

    def _one(self, incident: Incident, why: str, face: Face, lang: Language) -> Told:
        number = self.numbers.get(incident.ticket_id or 0)
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
