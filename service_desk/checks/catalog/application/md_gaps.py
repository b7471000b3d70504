"""Records of the master data that lack something that documents need: a cost, a unit, a bank account."""

from datetime import datetime

from connectors.facts import MasterGaps
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import graver, measured

WORDS = frozenset({"no_cost", "no_unit", "no_bank_account", "no_price", "no_tax_number"})


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each kind of gap; more than at the look before is a warning, since somebody made them now."""
    return [_finding(fact, seen, settings) for fact in seen.of(MasterGaps)]


def _finding(fact: MasterGaps, seen: Seen, settings: Settings) -> Finding:
    was = seen.before.get(fact.subject)
    grew = was is not None and was.value is not None and fact.count > was.value
    finding = measured(
        fact.count, settings, subject=fact.subject, count=fact.count, master_w=fact.master, what=fact.what,
        example=fact.example, set=settings.name(fact.account_set),
    )  # fmt: skip
    state = graver(finding.state, "warn" if grew else "ok")
    wording = (fact.what if fact.what in WORDS else "bad") if fact.count else ""
    return Finding(subject=fact.subject, state=state, value=finding.value, params=finding.params, wording=wording)


CHECK = Check(
    key="md.gaps",
    group="application",
    kinds=("master_gaps",),
    unit="",
    warn=None,
    crit=None,
    interval_s=86400,
    priority=104,
    title=N_("Gaps in master data"),
    says={
        "ok": N_("No record of %(set)s lacks anything (%(master)s)."),
        "bad": N_("%(count)s records of %(set)s lack something (%(master)s: %(what)s), e.g. %(example)s."),
        "no_cost": N_("%(count)s items of %(set)s have no cost, e.g. %(example)s."),
        "no_unit": N_("%(count)s items of %(set)s have no unit, e.g. %(example)s."),
        "no_price": N_("%(count)s items of %(set)s have no price, e.g. %(example)s."),
        "no_bank_account": N_("%(count)s vendors of %(set)s have no bank account, e.g. %(example)s."),
        "no_tax_number": N_("%(count)s customers of %(set)s have no tax number, e.g. %(example)s."),
    },
    remedy=N_("Fill the gaps; make the field mandatory in the ERP."),
    reads=N_("Fields of the master data that documents need"),
    right=rights.ERP,
    judge=judge,
)
