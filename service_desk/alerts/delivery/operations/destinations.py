"""Destinations kept, switched and removed; whoever they belong to names them, secrets are sealed and stay sealed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from service_desk.alerts.channels import CHANNELS
from service_desk.alerts.channels.channel import Channel, Unfit, checked, shown
from service_desk.alerts.delivery.models import Destination, QuietHours
from service_desk.alerts.delivery.sealing import seal
from service_desk.alerts.delivery.wishes import Quiet
from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid, NotThere, Refused
from service_desk.scope import current, load, session
from service_desk.tenants.jobs import Reach

MOST = 50  # destinations of one practice or one person


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a destination is to be told, as it was chosen. `client_ids` None: every client."""

    severities: Sequence[str] = ("crit",)
    when_over: bool = True
    client_ids: Sequence[int] | None = None
    digest: str = ""
    digest_minute: int = 540


def destinations(person_id: int | None) -> Sequence[Destination]:
    """The practice's destinations, or those of one of its people without the own mail address."""
    own = (
        Destination.person_id.is_(None)
        if person_id is None
        else (Destination.person_id == person_id) & (Destination.channel != "email")
    )
    return session().scalars(select(Destination).where(own).order_by(Destination.name, Destination.id)).all()


def destination(destination_id: int, person_id: int | None, *, lock: bool = False) -> Destination:
    """One destination of the practice, or of this person. Raises NotThere for anybody else's."""
    row = load(Destination, destination_id, lock=lock)
    if row.person_id != person_id or (person_id is not None and row.channel == "email"):
        raise NotThere()
    return row


def add(
    kind: str, name: str, values: Mapping[str, str], wanted: Wanted, person_id: int | None, *, now: datetime
) -> Destination:
    """Keep a new destination. Raises NotThere for a channel there is not, Invalid naming the field, Refused."""
    channel = CHANNELS.get(kind)
    if channel is None or not (channel.shared if person_id is None else channel.personal):
        raise NotThere()
    if len(destinations(person_id)) >= MOST:
        raise Refused(_l("There are enough channels already. Please remove one first."))
    fit = _fit(channel, values)
    row = Destination(
        channel=kind,
        name=name.strip(),
        person_id=person_id,
        settings=_open(channel, fit),
        created_at=now,
        changed_at=now,
    )
    _wish(row, wanted)
    session().add(row)
    session().flush()  # What is sealed is bound to the row's number.
    _seal(row, channel, fit)
    record("channel.add", f"destination:{row.id}", channel=kind, name=row.name, host=shown(channel, fit))
    return row


def change(row: Destination, name: str, values: Mapping[str, str], wanted: Wanted, *, now: datetime) -> None:
    """Change a destination. An empty secret is kept, unless where it is used has changed. Raises Invalid."""
    channel = CHANNELS[row.channel]
    secret = [one.name for one in channel.fields if one.secret]
    typed = {one: values.get(one, "").strip() for one in secret}
    open_values = {
        one.name: values.get(one.name, "").strip() or one.default for one in channel.fields if not one.secret
    }
    repointed = open_values != {key: str(value) for key, value in row.settings.items()}
    if secret and (repointed or any(typed.values())):
        if missing := next((one.name for one in channel.fields if one.secret and not typed[one.name]), None):
            raise Invalid("repoints", field=missing)
        fit = _fit(channel, values)
        row.settings, row.failures = _open(channel, fit), 0
        _seal(row, channel, fit)
    elif not secret:
        row.settings = _open(channel, _fit(channel, values))
    row.name, row.changed_at = name.strip(), now
    _wish(row, wanted)
    record("channel.change", f"destination:{row.id}", name=row.name, resealed=any(typed.values()))


def _fit(channel: Channel, values: Mapping[str, str]) -> dict[str, str]:
    try:
        return checked(channel, values, allow_loopback=Reach.allow_loopback)
    except Unfit as error:
        raise Invalid(_l(error.message), field=error.field) from None


def _open(channel: Channel, fit: Mapping[str, str]) -> dict[str, str]:
    return {one.name: fit[one.name] for one in channel.fields if not one.secret}


def _seal(row: Destination, channel: Channel, fit: Mapping[str, str]) -> None:
    if secrets := {one.name: fit[one.name] for one in channel.fields if one.secret}:
        seal(row, secrets)


def _wish(row: Destination, wanted: Wanted) -> None:
    row.severities, row.when_over = list(wanted.severities), wanted.when_over
    row.client_ids = None if wanted.client_ids is None else sorted(wanted.client_ids)
    row.digest, row.digest_minute = wanted.digest, wanted.digest_minute


def switch(row: Destination, *, on: bool, now: datetime) -> None:
    """Use a destination, or leave it alone for now; what was refused before is forgotten."""
    row.enabled, row.failures, row.off_why, row.changed_at = on, 0, "", now
    record("channel.on" if on else "channel.off", f"destination:{row.id}", name=row.name)


def remove(row: Destination) -> None:
    """Forget a destination with its secrets. What was sent there stays in the log."""
    record("channel.remove", f"destination:{row.id}", channel=row.channel, name=row.name)
    session().delete(row)


def own_mail(person_id: int) -> Destination | None:
    """What somebody wants to be told by their own mail; None: what everybody is told."""
    mine = select(Destination).where(Destination.person_id == person_id, Destination.channel == "email")
    return session().scalars(mine).first()


def wish_by_mail(person_id: int, wanted: Wanted, *, on: bool, now: datetime) -> None:
    """Keep what somebody wants to be told by their own mail."""
    made = insert(Destination).values(
        practice_id=current().practice_id, person_id=person_id, channel="email", name="", settings={},
        severities=list(wanted.severities), created_at=now, changed_at=now,
    )  # fmt: skip
    session().execute(made.on_conflict_do_nothing())
    row = own_mail(person_id)
    assert row is not None
    row.enabled, row.changed_at = on, now
    _wish(row, wanted)
    record("channel.own_mail", on=on)


def quiet_hours(person_id: int) -> QuietHours | None:
    """The quiet hours of one of the practice's people."""
    return session().scalars(select(QuietHours).where(QuietHours.person_id == person_id)).first()


def keep_quiet(person_id: int, quiet: Quiet | None) -> None:
    """Keep somebody's quiet hours; None: none."""
    row = quiet_hours(person_id)
    if quiet is None:
        if row is not None:
            session().delete(row)
        return
    if row is None:
        row = QuietHours(person_id=person_id)
        session().add(row)
    row.from_minute, row.until_minute, row.zone, row.breaks = (
        quiet.from_minute, quiet.until_minute, quiet.zone, quiet.breaks
    )  # fmt: skip
