"""Inspection rounds 巡检: started in one click, filled in item by item, ended once nothing is left unsaid."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.audit.operations import record
from service_desk.checks.catalog import GROUPS
from service_desk.checks.models import CheckState
from service_desk.jobs import enqueue
from service_desk.lib.clock import Language, local_day
from service_desk.lib.errors import Invalid, Refused
from service_desk.lib.i18n import say
from service_desk.safeguards import rounds
from service_desk.safeguards.models import InspectionRound, RoundItem, RoundTemplate
from service_desk.scope import current, load, session
from service_desk.tenants.models import Tenant

MOST_ITEMS = 200


def templates() -> Sequence[RoundTemplate]:
    """The templates in force, the most frequent first."""
    rows = session().scalars(select(RoundTemplate).where(RoundTemplate.archived_at.is_(None))).all()
    return sorted(rows, key=lambda one: (rounds.DAYS[one.rhythm], one.id))


def make_templates(lang: Language, now: datetime) -> Sequence[RoundTemplate]:
    """Write the three usual templates for a client that has none, in this language; from then on they are theirs."""
    if not templates():
        for rhythm, (name, items) in rounds.TEMPLATES.items():
            said = [{**item, "words": say(lang, item["words"])} if "words" in item else dict(item) for item in items]
            session().add(RoundTemplate(name=say(lang, name), rhythm=rhythm, items=said, created_at=now))
        session().flush()
    return templates()


def save_template(row: RoundTemplate | None, values: Mapping[str, Any], now: datetime) -> RoundTemplate:
    """Write a template (None: a new one); `values` holds name, rhythm and items. Raises Invalid for an empty one."""
    items = _sensible_items(values["items"])
    if not str(values["name"]).strip():
        raise Invalid(_l("A round needs a name."), field="name")
    row = row or RoundTemplate(created_at=now)
    row.name, row.rhythm, row.items = str(values["name"]).strip(), values["rhythm"], items
    session().add(row)
    session().flush()
    record("round.template", f"template:{row.id}", name=row.name, items=len(items))
    return row


def _sensible_items(items: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The items without repetition. Raises Invalid for an unknown layer, none at all, or far too many."""
    kept: dict[tuple[str, str], dict[str, str]] = {}
    for item in items:
        if item["kind"] == "auto" and item["group"] in GROUPS:
            kept["auto", item["group"]] = {"kind": "auto", "group": item["group"]}
        elif item["kind"] == "manual" and item["words"].strip():
            kept["manual", item["words"].strip()] = {"kind": "manual", "words": item["words"].strip()}
    if not kept or len(kept) > MOST_ITEMS:
        raise Invalid(_l("A round looks at something, and at no more than %(n)s items.", n=MOST_ITEMS), field="manual")
    return list(kept.values())


def archive_template(row: RoundTemplate, now: datetime) -> None:
    """No more rounds of this template; those that were held stay."""
    row.archived_at = now
    record("round.archive", f"template:{row.id}", name=row.name)


def start_round(template: RoundTemplate, now: datetime) -> InspectionRound:
    """Begin a round, or go on with the one that is open: one click, twice pressed, gives one round."""
    load(RoundTemplate, template.id, lock=True)
    of_template = select(InspectionRound).where(InspectionRound.template_id == template.id)
    if (going := session().scalar(of_template.where(InspectionRound.state == "open"))) is not None:
        return going
    last = session().scalar(
        of_template.where(InspectionRound.state == "done").order_by(InspectionRound.finished_at.desc()).limit(1)
    )
    row = InspectionRound(template_id=template.id, name=template.name, started_at=now, started_by=current().actor.name)
    session().add(row)
    session().flush()
    states = session().scalars(select(CheckState).where(CheckState.gone_at.is_(None))).all()
    last_day = local_day(last.finished_at, Tenant.here().time_zone) if last is not None and last.finished_at else None
    items = rounds.new_round(template.items, states, items_of(last) if last is not None else [], last_day)
    session().add_all(
        RoundItem(round_id=row.id, position=place, **vars(item)) for place, item in enumerate(items, start=1)
    )
    record("round.start", f"round:{row.id}", name=row.name, items=len(items))
    return row


def items_of(row: InspectionRound) -> list[RoundItem]:
    """The items of a round, in their order."""
    return list(session().scalars(select(RoundItem).where(RoundItem.round_id == row.id).order_by(RoundItem.position)))


def fill(row: InspectionRound, answers: Mapping[int, tuple[str | None, str]], now: datetime) -> int:
    """Write down what was seen: position -> (state or None to leave it, note). Returns how many items changed.

    What a check saw cannot be called something else; its note can be written. Raises Refused once the round ended.
    """
    if row.state != "open":
        raise Refused(_l("This round has ended; it stays as it is."))
    changed = 0
    for item in items_of(row):
        state, note = answers.get(item.position, (None, item.note))
        if state is None or item.kind == "auto" or state not in ("", *rounds.STATES):
            state = item.state
        if (state, note.strip()) != (item.state, item.note):
            item.state, item.note, item.set_at = state, note.strip(), now
            changed += 1
    return changed


def finish_round(row: InspectionRound, summary: str, missed: str, now: datetime) -> None:
    """End the round: it is printed and stays as it is. `missed` says why the rest was not inspected.

    Raises Invalid while something that is not green has no note, or something was left out without a word why.
    """
    if row.state != "open":
        raise Refused(_l("This round has ended; it stays as it is."))
    items = items_of(row)
    if bare := rounds.without_note(items):
        first = min(item.position for item in items if item in bare)
        raise Invalid(_l("%(n)s items are not green and have no note yet.", n=len(bare)), field=f"note-{first}")
    left = [item for item in items if item.state == "" and not item.note]
    if left and not missed.strip():
        raise Invalid(
            _l("%(n)s items were not inspected. Say why, and they come again next time.", n=len(left)), "missed"
        )
    for item in left:
        item.note = missed.strip()
    for item in items:
        item.open_since = _open_since(item, local_day(now, Tenant.here().time_zone))
    row.summary, row.state, row.finished_at, row.finished_by = summary.strip(), "done", now, current().actor.name
    load(RoundTemplate, row.template_id, lock=True).held_at = now
    record("round.finish", f"round:{row.id}", **{name: str(n) for name, n in rounds.tally(items).items()})
    enqueue("safeguard_paper", row.id, slot=f"round:{row.id}")


def _open_since(item: RoundItem, today: Any) -> Any:
    """From which day an item has been open; nothing once it is fine."""
    return (item.open_since or today) if rounds.left_open(item) else None


def drop_round(row: InspectionRound) -> None:
    """Throw an open round away; nothing was printed of it."""
    if row.state != "open":
        raise Refused(_l("This round has ended; it stays as it is."))
    record("round.drop", f"round:{row.id}", name=row.name)
    session().delete(row)
