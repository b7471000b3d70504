"""The certificate that an address shows: how long it is good, and whether browsers trust it."""

from datetime import datetime

from connectors.facts import TlsCertificate
from service_desk.checks.catalog import rights
from service_desk.checks.finding import N_, Check, Finding, Seen, Settings
from service_desk.checks.shapes import measured


def judge(seen: Seen, settings: Settings, now: datetime) -> list[Finding]:
    """One finding for each address; a certificate that is not trusted is a warning, however long it is good."""
    return [_finding(fact, settings, now) for fact in seen.of(TlsCertificate)]


def _finding(fact: TlsCertificate, settings: Settings, now: datetime) -> Finding:
    days = (fact.not_after_at - now).total_seconds() / 86400
    finding = measured(
        days, settings, subject=fact.subject, wording="over" if days < 0 else "", name=fact.host,
        days=int(abs(days)), issuer=fact.issuer,
    )  # fmt: skip
    if fact.trusted or finding.state != "ok":
        return finding
    return Finding(subject=fact.subject, state="warn", value=finding.value, params=finding.params, wording="untrusted")


SAID = N_("The certificate of %(name)s ends in %(days)s days.")

CHECK = Check(
    key="tls.expiry",
    group="application",
    kinds=("tls",),
    unit="d",
    warn=20,
    crit=7,
    bad="below",
    interval_s=21600,
    priority=46,
    title=N_("Certificate"),
    says={
        "ok": SAID,
        "bad": SAID,
        "over": N_("The certificate of %(name)s ended %(days)s days ago."),
        "untrusted": N_("The certificate of %(name)s is not trusted by browsers (issued by %(issuer)s)."),
    },
    remedy=N_("Renew the certificate, and let it renew itself."),
    reads=N_("The certificate that the address shows"),
    right=rights.OUTSIDE,
    judge=judge,
)
