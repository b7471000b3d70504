"""Vouchers whose debits and credits differ 借贷不平, in each account set."""

from datetime import datetime

from connectors.facts import Unbalanced
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import counted


def judge(seen: Seen, settings: Settings, _now: datetime) -> list[Finding]:
    """One finding for each account set that was looked into: how many, and which."""
    vouchers = seen.of(Unbalanced)
    return [
        counted(
            [_said(fact) for fact in vouchers if fact.account_set == place],
            settings,
            subject=place or "",
            set=settings.name(place),
        )
        for place in seen.places
    ]


def _said(fact: Unbalanced) -> str:
    return f"{fact.year}-{fact.period:02d} {fact.number} ({fact.difference.normalize():f})"


CHECK = Check(
    key="gl.unbalanced",
    group="application",
    kinds=("unbalanced",),
    unit="",
    warn=None,
    crit=1,
    interval_s=7200,
    priority=40,
    title=N_("Unbalanced vouchers"),
    says={
        "ok": N_("Every voucher of %(set)s balances."),
        "bad": N_("%(count)s vouchers of %(set)s do not balance: %(names)s."),
    },
    remedy=N_("Have the accountant correct the voucher; find out which program wrote it."),
    reads=N_("The sums of debits and credits of each voucher"),
    right=rights.ERP,
    judge=judge,
)
