"""From flips to incidents and tickets, for one client, in one transaction and few statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, any_, bindparam, or_, select, update
from sqlalchemy.orm import load_only

from service_desk.alerts.models import AlertNotice, Incident, IncidentEvent
from service_desk.alerts.muting import AGAIN, Quiet, is_over
from service_desk.alerts.operations.notices import DIGEST, News, schedule, served, write_notices
from service_desk.alerts.operations.quieting import quiet
from service_desk.alerts.operations.ticketing import Words, bring_back, close_tickets, key_of, open_tickets
from service_desk.alerts.operations.turn import in_turn
from service_desk.alerts.rules import CONTINUES, UNSEEN_RUNS, Key, Step, lasts, steps
from service_desk.checks.catalog import CATALOG
from service_desk.checks.models import CheckFlip, CheckPlan, CheckState
from service_desk.jobs import enqueue
from service_desk.rows import keep_rows, write_rows
from service_desk.scope import session
from service_desk.tickets.models import Ticket

USUAL_INTERVAL = timedelta(minutes=5)
_EVENT = ("incident_id", "at", "kind", "params")
_FLIP = CheckFlip.__table__
_CLAIM = (
    update(_FLIP)
    .where(_FLIP.c.noticed_at.is_(None))
    .values(noticed_at=bindparam("now"))
    .returning(*(_FLIP.c[name] for name in ("id", "state_id", "connection_id", "check", "subject", "to_state", "at")))
)
_INCIDENTS = (
    select(Incident)
    .where(or_(Incident.resolved_at.is_(None), Incident.resolved_at >= bindparam("since")))
    .order_by(Incident.id)
)
_SEEN = (
    CheckState.connection_id, CheckState.check, CheckState.subject, CheckState.state, CheckState.told_state,
    CheckState.since, CheckState.seen_at, CheckState.gone_at, CheckState.flapping_since, CheckState.value,
    CheckState.unit, CheckState.reason, CheckState.sentence_params,
)  # fmt: skip
_NAMED = CheckState.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
_STATES = select(CheckState).options(load_only(*_SEEN)).where(or_(_NAMED, CheckState.told_state == "unknown"))


@dataclass
class Noticed:
    """What one run changed: critical incidents that are told, those that ended, and the new tickets by their ids.

    `notices` are what is to be told at once.
    """

    opened: list[Incident] = field(default_factory=list)
    ended: list[Incident] = field(default_factory=list)
    tickets: dict[int, Ticket] = field(default_factory=dict)
    notices: list[AlertNotice] = field(default_factory=list)
    over: list[Incident] = field(default_factory=list)
    flapping: list[Incident] = field(default_factory=list)
    new: list[Incident] = field(default_factory=list)
    events: list[tuple[Incident, datetime, str, dict[str, str]]] = field(default_factory=list)

    def happened(self, incident: Incident, at: datetime, kind: str, **params: str) -> None:
        """Remember it for the incident's own story."""
        self.events.append((incident, at, kind, params))


def take_notice(now: datetime) -> Noticed:
    """Claim the flips nobody has noticed yet, make incidents and tickets of them, and say what is to be told when.

    Runs of one client follow one another, so two at once never open the same thing; the partial unique index stands
    behind that. What could not be seen for three runs becomes an incident too. What a window, a silence or a lost
    parent mutes gets neither ticket nor notice until that is over and it was looked at anew.
    """
    in_turn()
    flips = session().execute(_CLAIM, {"now": now}).all()
    known = _incidents(now)
    states = _states(flips, known.values())
    wild = {key for key, state in states.items() if state.flapping_since is not None}
    manual = {key for key, check in CATALOG.items() if check.manual}
    wanted = [*steps(flips, known, flapping=wild, manual=manual), *_unseen(states, known, now)]
    found = _apply(wanted, known, states, now)
    _flapping(found, known, states, now)
    open_ones = [one for one in known.values() if one.resolved_at is None]
    _mute(found, open_ones, states, now)
    _tell(found, open_ones, states, now)
    _look_again(flips, now)
    return found


def _tell(found: Noticed, open_ones: Sequence[Incident], states: Mapping[Key, CheckState], now: datetime) -> None:
    """Tickets for what is critical, notices for everything that people do not know yet.

    A new incident is written once, with its ticket and with when it is told.
    """
    fresh = [one for one in open_ones if one.told_at is None and not one.muted]
    found.opened = [one for one in fresh if one.severity == "crit"]
    found.tickets = open_tickets(found.opened, states, now)
    hours = served()
    schedule(fresh, hours, now)
    session().flush()  # An incident that ended makes room for the same one that is new.
    keep_rows(found.new)  # Notices and events point to them.
    found.notices = write_notices(News(fresh, found.over, found.flapping), open_ones, hours, now)
    told = ((one.id, at, kind, params) for one, at, kind, params in found.events)
    write_rows(IncidentEvent, [dict(zip(_EVENT, facts, strict=True)) for facts in told])


def _incidents(now: datetime) -> dict[Key, Incident]:
    """The open incidents of the client, and those ended so lately that they would continue."""
    return {key_of(row): row for row in session().scalars(_INCIDENTS, {"since": now - 2 * CONTINUES})}


def _states(flips: Sequence[Row[Any]], known: Iterable[Incident]) -> dict[Key, CheckState]:
    """The states the flips and the incidents speak of, and those that cannot be seen."""
    told = {one.state_id for one in known if one.resolved_at is None and one.state_id is not None}
    named = sorted({flip.state_id for flip in flips} | told)
    return {key_of(row): row for row in session().scalars(_STATES, {"ids": named})}


def _unseen(states: Mapping[Key, CheckState], known: Mapping[Key, Incident], now: datetime) -> list[Step]:
    """States that could not be seen for three runs and have no open incident."""
    dark = {
        key: state
        for key, state in states.items()
        if state.told_state == "unknown" and state.gone_at is None and not _is_open(known.get(key))
    }
    lengths = _intervals() if dark else {}
    return [
        Step(key, "open", "unknown", now)
        for key, state in dark.items()
        if lasts(state.since, lengths.get(key[:2], USUAL_INTERVAL), now)
    ]


def _is_open(incident: Incident | None) -> bool:
    return incident is not None and incident.resolved_at is None


def _intervals() -> dict[tuple[int | None, str], timedelta]:
    rows = session().execute(select(CheckPlan.connection_id, CheckPlan.check, CheckPlan.interval_s))
    return {(row.connection_id, row.check): timedelta(seconds=row.interval_s) for row in rows}


def _look_again(flips: Iterable[Row[Any]], now: datetime) -> None:
    """A flip to "cannot see" is looked at once more after three runs: nothing else might flip until then."""
    dark = [flip for flip in flips if flip.to_state == "unknown"]
    lengths = _intervals() if dark else {}
    waits = {lengths.get((flip.connection_id, flip.check), USUAL_INTERVAL) for flip in dark}
    for wait in waits:
        last = max(flip.id for flip in dark)
        due = now + UNSEEN_RUNS * wait + timedelta(seconds=5)
        enqueue("notice", 0, slot=f"unseen-{last}-{int(wait.total_seconds())}", due_at=due)


def _apply(
    wanted: Iterable[Step], known: dict[Key, Incident], states: Mapping[Key, CheckState], now: datetime
) -> Noticed:
    """Do what the rules want of the incidents; new ones are added to `known`, and written later."""
    found, words = Noticed(), Words()
    for one in wanted:
        incident, state = known.get(one.key), states.get(one.key)
        if one.what == "open":
            incident = known[one.key] = _opened(one, state)
            found.new.append(incident)
            found.happened(incident, one.at, "opened", to=one.severity)
        assert incident is not None
        if one.what == "resolve":
            _over(found, incident, one)
        elif one.what == "clear":
            incident.cleared_at, incident.next_step_at = one.at, None
            found.happened(incident, one.at, "cleared")
        else:
            _worsened(found, incident, one, words, now)
            _reread(incident, state, one)
    close_tickets(found.over, words, now)
    return found


def _over(found: Noticed, incident: Incident, one: Step) -> None:
    incident.resolved_at = one.at
    incident.muted, incident.muted_until, incident.next_step_at, incident.digest_at = "", None, None, None
    incident.flapping_since = None
    found.over.append(incident)
    found.ended += [incident] if incident.severity == "crit" and incident.told_at is not None else []
    found.happened(incident, one.at, "resolved")


def _worsened(found: Noticed, incident: Incident, one: Step, words: Words, now: datetime) -> None:
    """What came back or grew worse is told anew, and an earlier acknowledgement speaks of something else."""
    if one.what == "reopen":
        incident.resolved_at, incident.acknowledged_at, incident.reopened = None, None, incident.reopened + 1
        incident.acknowledged_by, incident.acknowledged_note, incident.told_at = "", "", None
        bring_back(incident, one.at, words, now)
        found.happened(incident, one.at, "reopened", to=one.severity)
    elif one.what == "change":
        worse = one.severity == "crit" and incident.severity != "crit"
        found.happened(incident, one.at, "worse" if worse else "changed", to=one.severity)
        if worse:
            incident.acknowledged_at, incident.acknowledged_by, incident.acknowledged_note = None, "", ""
            incident.told_at = None
    incident.cleared_at = None


def _flapping(found: Noticed, known: Mapping[Key, Incident], states: Mapping[Key, CheckState], now: datetime) -> None:
    """Open incidents whose state comes and goes, and those of which it has become calm."""
    for key, incident in known.items():
        state = states.get(key)
        if incident.resolved_at is not None or state is None:
            continue
        if state.flapping_since is not None and incident.flapping_since is None:
            incident.flapping_since, incident.digest_at = state.flapping_since, now + DIGEST
            found.flapping += [incident] if incident.told_at is not None and not incident.muted else []
            found.happened(incident, now, "flapping")
        elif state.flapping_since is None and incident.flapping_since is not None:
            incident.flapping_since, incident.digest_at = None, None
            found.happened(incident, now, "calm")


def _mute(
    found: Noticed,
    open_ones: Sequence[Incident],
    states: Mapping[Key, CheckState],
    now: datetime,
) -> None:
    """Mute what a window, a silence or a lost parent hides, and give back its voice to what was looked at since."""
    if not open_ones:
        return
    quieting: Quiet = quiet(open_ones, now)
    for one in open_ones:
        mute = quieting.mute(*key_of(one), one.severity, now)
        if mute is not None:
            if one.muted != mute.kind:
                found.happened(one, now, "muted", why=mute.kind)
            one.muted, one.muted_until = mute.kind, mute.until
        elif one.muted:
            # Called off early, a window or a silence ended now, not when it would have.
            ended, state = min(one.muted_until or now, now), states.get(key_of(one))
            if is_over(one.muted, ended, state.seen_at if state else None, now):
                found.happened(one, now, "unmuted", why=one.muted)
                one.muted, one.muted_until = "", None
            else:
                one.muted_until = ended
                enqueue("notice", 0, slot=f"unmute-{(now + AGAIN).timestamp():.0f}", due_at=now + AGAIN)


def _opened(one: Step, state: CheckState | None) -> Incident:
    connection_id, check, subject = one.key
    return Incident(
        connection_id=connection_id,
        check=check,
        subject=subject,
        severity=one.severity,
        state_id=state.id if state else None,
        opened_at=one.at,
        changed_at=one.at,
        params={},
        reason="",
        muted="",
        step=0,
    )


def _reread(incident: Incident, state: CheckState | None, one: Step) -> None:
    """The incident keeps the figures of its latest change, so that it can be told after the state has moved on."""
    incident.severity, incident.changed_at = one.severity, one.at
    if state is not None:
        incident.value, incident.unit, incident.reason = state.value, state.unit, state.reason
        incident.params = dict(state.sentence_params)
