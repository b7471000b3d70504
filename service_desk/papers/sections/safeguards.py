"""What papers about one drill, review or round share: the row behind the paper, and how rows are said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service_desk.lib.clock import Language
from service_desk.lib.i18n import say
from service_desk.papers.models import Paper
from service_desk.safeguards import drilling, words
from service_desk.safeguards.models import AccessFinding, AccessReview, DrillStep, RestoreDrill


def subject(paper: Paper) -> int:
    """The id of the thing a paper is about."""
    return int(paper.about.partition(":")[2])


@dataclass(frozen=True)
class Signature:
    """One line of the signatures."""

    who: str
    name: str
    at: datetime | None
    remark: str = ""


def signatures(row: RestoreDrill | AccessReview) -> list[Signature]:
    """Both sides; whoever has not signed yet has an empty line to sign on."""
    return [
        Signature("engineer", row.signed_by, row.signed_at),
        Signature("client", row.client_signed_by, row.client_signed_at, row.client_remark),
    ]


@dataclass(frozen=True)
class StepLine:
    """A step of a drill as it is printed."""

    words: str
    state: str
    word: str
    minutes: int | None
    note: str


def step_lines(steps: Sequence[DrillStep], lang: Language) -> list[StepLine]:
    """The steps in the paper's language."""
    return [
        StepLine(
            words=say(lang, one.words),
            state={"done": "ok", "failed": "crit"}.get(one.state, "unknown"),
            word=say(lang, words.STEP_STATES[one.state]),
            minutes=round((one.ended_at - one.started_at).total_seconds() / 60)
            if one.ended_at and one.started_at
            else None,
            note=one.note,
        )
        for one in steps
    ]


def drill_line(row: RestoreDrill, lang: Language) -> dict[str, Any]:
    """One drill in a list."""
    word, kind = words.RESULTS[row.result]
    failed = say(lang, words.STEP_NAMES.get(row.failed_step, row.failed_step)) if row.failed_step else ""
    return {
        "name": row.name,
        "at": row.finished_at,
        "word": say(lang, word),
        "kind": kind,
        "failed": failed,
        "minutes": row.minutes,
        "rto": row.rto_minutes,
        "by": row.signed_by,
        "client": row.client_signed_by,
        "file": row.backup_file,
        "differs": [one["table"] for one in drilling.differing(row.counts)],
    }


def finding_line(one: AccessFinding, lang: Language) -> dict[str, Any]:
    """One finding of a review with its decision."""
    return {
        "kind": {"crit": "crit", "warn": "warn"}.get(one.grave, ""),
        "group": say(lang, words.GROUPS.get(one.rule, one.rule)),
        "sentence": words.finding_sentence(one.rule, one.params, lang),
        "system": one.system,
        "decision": say(lang, words.DECISIONS[one.decision][0]),
        "reason": one.reason,
        "by": one.decided_by,
        "carried": one.carried,
    }
