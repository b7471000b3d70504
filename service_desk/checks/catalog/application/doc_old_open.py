"""Orders, receipts and invoices that stay open for months."""

from datetime import datetime

from connectors.facts import OpenDocuments
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver, measured, recent, usual

KEEP = 14
MORE = (5, 0.1)  # more than usual by at least so many, and by this share


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each type of document; clearly more than in the two weeks before is a warning."""
    return [_finding(fact, seen, settings) for fact in seen.of(OpenDocuments)]


def _finding(fact: OpenDocuments, seen: Seen, settings: Settings) -> Finding:
    past, memory = recent(seen.before.get(fact.subject), fact.count, KEEP)
    base = usual(past)
    grew = base is not None and fact.count - base >= max(MORE[0], base * MORE[1])
    finding = measured(
        fact.count, settings, subject=fact.subject, count=fact.count, kind_w=fact.document_type,
        days=fact.oldest_age_days, example=fact.example, set=settings.name(fact.account_set),
        usual=None if base is None else round(base),
    )  # fmt: skip
    return Finding(
        subject=fact.subject,
        state=graver(finding.state, "warn" if grew else "ok"),
        value=finding.value,
        params=finding.params,
        wording="more" if grew else "bad" if fact.count else "",
        memory=memory,
    )


CHECK = Check(
    key="doc.old_open",
    group="application",
    kinds=("open_documents",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=102,
    title=N_("Documents that stay open"),
    says={
        "ok": N_("No %(kind)s of %(set)s is open for more than 60 days."),
        "bad": N_("%(count)s documents of %(set)s (%(kind)s) are open for over 60 days, the oldest for %(days)s."),
        "more": N_("%(count)s documents of %(set)s (%(kind)s) are open for over 60 days, usually %(usual)s."),
    },
    remedy=N_("Close them or cancel them with the people concerned."),
    reads=N_("Documents that are open for more than sixty days"),
    right=rights.ERP,
    judge=judge,
)
