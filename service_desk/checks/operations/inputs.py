"""Records that upper floors hand down, and what else of our own a check is judged with."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from service_desk.checks.catalog import CATALOG
from service_desk.checks.finding import RECORDS, BlindRecord, Check, HoursRecord, LeaverRecord, Own
from service_desk.checks.inputs import Record, from_json, subject_of, to_json
from service_desk.checks.models import CheckDay, CheckInput, CheckPlan, CheckState
from service_desk.checks.operations.plans import follow_records
from service_desk.scope import session
from service_desk.sla.operations import working_hours
from service_desk.tenants.models import ErpConnection, Leaver, SiteAgent, Tenant

HISTORY = timedelta(days=35)
Days = Sequence[tuple[date, float]]


def hand_down(kind: str, connection_id: int | None, records: Sequence[Record], *, now: datetime | None = None) -> None:
    """Replace the records of a kind (a word of finding.RECORDS) of a connection, or of the client (None).

    The checks that judge them are due at once.
    """
    now = now or datetime.now(UTC)
    mine = (CheckInput.kind == kind, CheckInput.connection_id.is_not_distinct_from(connection_id))
    rows = [
        {"connection_id": connection_id, "kind": kind, "subject": subject_of(one), "data": to_json(one), "at": now}
        for one in records
    ]
    gone = delete(CheckInput).where(*mine, CheckInput.subject.not_in([row["subject"] for row in rows]))
    session().execute(gone)
    if rows:
        statement = upsert(CheckInput)
        new = {"data": statement.excluded.data, "at": statement.excluded.at}
        index = ["tenant_id", "connection_id", "kind", "subject"]
        session().execute(statement.on_conflict_do_update(index_elements=index, set_=new), rows)
        follow_records(RECORDS[kind], connection_id, now)
    asking = [key for key, check in CATALOG.items() if RECORDS[kind] in check.own]
    due = update(CheckPlan).where(CheckPlan.check.in_(asking), CheckPlan.next_run_at > now)
    if connection_id is not None:
        due = due.where(or_(CheckPlan.connection_id == connection_id, CheckPlan.connection_id.is_(None)))
    session().execute(due.values(next_run_at=now))


def own_records(checks: Iterable[str], connection_id: int | None) -> list[Own]:
    """Our own records that these checks are judged with: those of the connection and those of the whole client."""
    asked = {record for key in checks for record in CATALOG[key].own}
    found: list[Own] = []
    if LeaverRecord in asked:
        rows = session().scalars(select(Leaver).order_by(Leaver.id))
        found += [LeaverRecord(name=row.name, login=row.login) for row in rows]
    kinds = [kind for kind, record in RECORDS.items() if record in asked]
    if kinds:
        theirs = or_(CheckInput.connection_id == connection_id, CheckInput.connection_id.is_(None))
        if connection_id is None:
            theirs = CheckInput.connection_id.is_(None)
        listed = session().scalars(select(CheckInput).where(CheckInput.kind.in_(kinds), theirs).order_by(CheckInput.id))
        found += [from_json(row.kind, row.data) for row in listed]
    if BlindRecord in asked:
        found += _blind()
    if HoursRecord in asked:
        found.append(HoursRecord(calendar=working_hours(Tenant.here().time_zone)))
    return found


def _blind() -> list[BlindRecord]:
    """The client's plans of which nothing was heard for too long; the clock marks them.

    What a silent agent reads is not among them: that the agent is silent is an alarm of its own.
    """
    silent = select(SiteAgent.id).where(SiteAgent.silent)
    rows = session().execute(
        select(CheckPlan, ErpConnection.name)
        .outerjoin(
            ErpConnection,
            (ErpConnection.tenant_id == CheckPlan.tenant_id) & (ErpConnection.id == CheckPlan.connection_id),
        )
        .where(
            CheckPlan.silent_since.is_not(None),
            CheckPlan.enabled,
            or_(CheckPlan.connection_id.is_(None), ErpConnection.enabled),
            or_(ErpConnection.agent_id.is_(None), ErpConnection.agent_id.not_in(silent)),
        )
        .order_by(CheckPlan.id)
    )
    return [
        BlindRecord(connection=name or "", check=plan.check, interval_s=plan.interval_s, last_at=plan.heard_at)
        for plan, name in rows
    ]


class History(Mapping[str, Days]):
    """The days of another check, subject by subject, asked for when somebody looks into it, and once.

    A check that looks every minute and needs its days once a day asks once a day.
    """

    def __init__(self, ask: Callable[[], dict[str, Days]]) -> None:
        self._ask = ask

    @cached_property
    def _days(self) -> dict[str, Days]:
        return self._ask()

    def __getitem__(self, subject: str) -> Days:
        return self._days[subject]

    def __iter__(self) -> Iterator[str]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)


def history_of(check: Check, connection_id: int | None, today: date) -> History:
    """The last weeks of the check that this one looks back to: subject -> (day, value) with the oldest first."""
    return History(lambda: _days(check, connection_id, today) if check.history_of else {})


def _days(check: Check, connection_id: int | None, today: date) -> dict[str, Days]:
    # What could not be seen has no value and stands in no total.
    mean = CheckDay.total / func.nullif(CheckDay.n - CheckDay.n_unknown, 0)
    value = mean if check.history_as == "mean" else CheckDay.last
    on_state = (CheckState.tenant_id == CheckDay.tenant_id) & (CheckState.id == CheckDay.state_id)
    rows = session().execute(
        select(CheckState.subject, CheckDay.day, value)
        .join(CheckState, on_state)
        .where(
            CheckState.check == check.history_of,
            CheckState.connection_id.is_not_distinct_from(connection_id),
            CheckState.gone_at.is_(None),
            CheckDay.day > today - HISTORY,
            CheckDay.last.is_not(None),
        )
        .order_by(CheckState.subject, CheckDay.day)
    )
    found: dict[str, list[tuple[date, float]]] = {}
    for subject, day, measured in rows:
        found.setdefault(subject, []).append((day, float(measured or 0)))
    return dict(found)
