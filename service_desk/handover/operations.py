"""Ask for the handover pack, with the score of this moment handed in."""

from datetime import datetime

from service_desk.handover.completeness import completeness
from service_desk.lib.clock import language
from service_desk.lib.i18n import N_, say
from service_desk.papers.models import Paper
from service_desk.papers.operations import request_paper
from service_desk.tenants.models import Tenant

TITLE = N_("Handover pack: %(name)s")


def request_pack(now: datetime, *, language_code: str | None = None) -> Paper:
    """Ask a worker for the next version of the pack of the client in scope. Raises Refused while one is being built."""
    tenant = Tenant.here()
    code = language_code or tenant.language
    judged = completeness(now)
    handed = {
        "score": judged.percent,
        "blockers": [one.item.words for one in judged.blockers],
        "missing": [one.item.words for one in judged.missing],
    }
    title = say(language(code), TITLE, name=tenant.short_name or tenant.name)
    return request_paper("handover", title, handed, now, language=code)
