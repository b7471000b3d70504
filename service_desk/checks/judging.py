"""From the looks of one run to the findings of its checks. Pure.

A check judges what was seen. What could not be seen becomes unknown with its reason; when the connection itself is
down, that is one finding of `db.up`, and every other check waits for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from connectors.facts import Look, Reachable, Unknown
from connectors.reasons import REASONS
from service_desk.checks.finding import Before, Check, Finding, Own, Seen, Settings

LONGEST = 300  # characters of a subject


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """What could not be looked at: one account set, or everything where `account_set` is None; and why."""

    account_set: str | None
    why: Unknown

    def covers(self, subject: str) -> bool:
        """True when a known subject belongs to what could not be seen."""
        return self.account_set is None or subject == self.account_set or subject.startswith(f"{self.account_set}/")

    def finding(self, subject: str) -> Finding:
        """The same as a finding about one subject."""
        return Finding(
            subject=subject,
            state="unknown",
            reason=self.why.reason,
            reason_params=self.why.params,
            right=self.why.right or "",
            grant=self.why.grant or "",
            permanent=self.why.reason in REASONS and REASONS[self.why.reason].permanent,
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one check made of a run, and when its facts were taken. `complete`: a subject not in `findings` is gone."""

    check: Check
    findings: tuple[Finding, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    complete: bool = False
    waits: bool = False
    seen_at: datetime

    def about(self, known: Sequence[str]) -> list[Finding]:
        """The findings, and an unknown one for every known subject that could not be seen.

        What could not be seen always shows: where no known subject stands for it, it is a subject of its own, the
        account set or the connection as a whole.
        """
        found = {finding.subject: finding for finding in self.findings}
        for gap in self.unseen:
            covered = [subject for subject in known if gap.covers(subject) and subject not in found]
            for subject in covered or [gap.account_set or ""]:
                found.setdefault(subject, gap.finding(subject))
        return [_fitting(finding) for finding in found.values()]


def _fitting(finding: Finding) -> Finding:
    """The finding under a subject that an index of the database takes; a very long one keeps its beginning and a mark.

    Whoever may name something in an ERP, or push, must not end the judging of everything else by a long name.
    """
    subject = finding.subject
    if len(subject) <= LONGEST:
        return finding
    return replace(finding, subject=f"{subject[: LONGEST - 13]}…{sha256(subject.encode()).hexdigest()[:12]}")


def verdict(
    check: Check,
    looks: Sequence[Look],
    own: Sequence[Own],
    settings: Settings,
    now: datetime,
    *,
    before: Mapping[str, Before] | None = None,
    history: Mapping[str, Sequence[tuple[date, float]]] | None = None,
) -> Verdict:
    """Judge one check on the looks of a run, each at the time at which it was taken.

    `before`: subject -> what the last look made of it and what was remembered; what is not older than these looks is
    left out, so that facts that come late are never compared with newer ones. `history`: as in `Seen`.
    """
    mine = _mine(check, looks)
    gaps = _gaps(check, looks, mine)
    # A clock that runs ahead must not make later results look late.
    seen_at = min(now, max((look.seen_at for look in mine), default=now))
    asked = check.kinds or check.also
    if not check.alone and asked and connection_down(looks) and (gaps or "reachable" in check.kinds):
        return Verdict(check=check, waits=True, seen_at=seen_at)
    if len(gaps) and not any(look.unknown is None for look in mine):
        return Verdict(check=check, unseen=gaps, seen_at=seen_at)
    older = {subject: one for subject, one in (before or {}).items() if one.seen_at < seen_at}
    records = [record for record in own if isinstance(record, check.own)]
    seen = Seen.from_looks(mine, records, before=older, history={} if history is None else history)
    findings = tuple(_certain(finding, gaps, seen) for finding in check.judge(seen, settings, seen_at))
    complete = not gaps and not seen.truncated
    return Verdict(check=check, findings=findings, unseen=gaps, complete=complete, seen_at=seen_at)


def _mine(check: Check, looks: Sequence[Look]) -> list[Look]:
    """The looks the check is about. What it judges only where it is told is left out where the system cannot tell."""
    return [
        look
        for look in looks
        if look.kind in check.kinds
        or (look.kind in check.also and (look.unknown is None or look.unknown.reason != "unsupported"))
    ]


def _certain(finding: Finding, gaps: Sequence[Unseen], seen: Seen) -> Finding:
    """The finding, or unknown where it calls something fine that also lies where could not be looked.

    A finding about one account set stands on what was seen there; every other one speaks of all of them. What it
    noted of the part that was seen is remembered all the same.
    """
    if not gaps or finding.state != "ok" or finding.subject.partition("/")[0] in seen.places:
        return finding
    return replace(gaps[0].finding(finding.subject), memory=finding.memory)


def _gaps(check: Check, looks: Sequence[Look], mine: Sequence[Look]) -> tuple[Unseen, ...]:
    gaps = [Unseen(account_set=look.account_set, why=look.unknown) for look in mine if look.unknown]
    told = {look.kind for look in looks}
    missing = set(check.kinds) - told
    # Without any look at all nothing was asked: the client's own records are judged alone.
    if looks and not check.kinds and check.also and not told & set(check.also):
        missing = {check.also[0]}
    gaps += [Unseen(account_set=None, why=Unknown(reason="budget_spent")) for _ in missing]
    return tuple(gaps)


def connection_down(looks: Sequence[Look]) -> bool:
    """True when the run did not get as far as being served at all."""
    for look in looks:
        if look.kind == "reachable":
            return look.unknown is not None or not any(isinstance(f, Reachable) and f.up for f in look.facts)
    return False


def down_reason(looks: Sequence[Look]) -> Unknown | None:
    """Why the connection is down, as a reason with its parameters; None when it is up."""
    for look in looks:
        if look.kind != "reachable":
            continue
        if look.unknown is not None:
            return look.unknown
        for fact in look.facts:
            if isinstance(fact, Reachable) and not fact.up:
                return Unknown(reason=fact.reason or "no_answer", params=fact.params)
    return None
