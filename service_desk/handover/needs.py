"""What somebody who takes over needs: one visible table, each with its weight. Access and backups weigh most. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service_desk.handover.score import Item
from service_desk.lib.i18n import N_

TWO_DAYS, A_MONTH = timedelta(days=2), timedelta(days=30)
SIX_WEEKS, HALF_A_YEAR, A_YEAR = timedelta(days=45), timedelta(days=180), timedelta(days=365)


@dataclass(frozen=True)
class Need:
    """One need: it is there when the figure `has` is not nothing and the figure `without` is.

    `words` says what is missing, `mend` is the page that mends it. With `at` and `limit` it ages. `blocks`: without it
    nothing should be handed over.
    """

    key: str
    area: str
    weight: int
    words: str
    mend: str
    has: str = ""
    without: str = ""
    at: str = ""
    limit: timedelta | None = None
    blocks: bool = False

    def item(self, seen: Mapping[str, Any]) -> Item:
        """This need, as the figures answer it."""
        there = (not self.has or bool(seen[self.has])) and not (self.without and seen[self.without])
        moment = seen[self.at] if self.at else None
        return Item(self.key, self.area, self.weight, self.words, self.mend, there, moment, self.limit, self.blocks)


LOGINS, CHECKS, SYSTEMS, PEOPLE = "tenants.connections", "checks.index", "estate.index", "tenants.people"
PLANS, DRILLS, REVIEWS = "safeguards.index", "safeguards.drills", "safeguards.reviews"
MONEY, PROMISES = "billing.client", "sla.agreement"
WORK, TICKETS, ARTICLES = "worklog.client", "tickets.index", "knowledge.client"

# fmt: off
NEEDS: tuple[Need, ...] = (
    Need("connection", "access", 10, N_("No ERP is connected."), LOGINS, has="connections", blocks=True),
    Need("tested", "access", 10, N_("A login has not been tried in the last 30 days."), LOGINS,
         has="connections", without="unprobed", at="probed_at", limit=A_MONTH, blocks=True),
    Need("backup", "backup", 12, N_("No check watches the backups."), CHECKS,
         has="backup_seen", at="backup_seen", limit=TWO_DAYS, blocks=True),
    Need("backup_ok", "backup", 8, N_("No backup is known to be good."), CHECKS, has="backup_ok"),
    Need("plans", "backup", 6, N_("No backup plan is written down."), PLANS, has="plans"),
    Need("copies", "backup", 4, N_("No copy of the backups outside the house is on the register."), PLANS, has="away"),
    Need("drill", "backup", 8, N_("Nobody has proved in 180 days that the backup can be restored."), DRILLS,
         has="drilled_at", at="drilled_at", limit=HALF_A_YEAR, blocks=True),
    Need("version", "environment", 5, N_("The version of the ERP is not known."), LOGINS, has="versions"),
    Need("servers", "environment", 6, N_("No server or environment is in the inventory."), SYSTEMS, has="servers"),
    Need("licences", "environment", 4, N_("No end date of a licence or certificate is recorded."), SYSTEMS,
         has="licences"),
    Need("interfaces", "environment", 5, N_("No interface is in the inventory."), SYSTEMS, has="interfaces"),
    Need("watched", "health", 8, N_("The checks have not looked for two days."), CHECKS,
         has="watched_at", at="watched_at", limit=TWO_DAYS),
    Need("permissions", "permissions", 5, N_("Nobody looks for leavers whose accounts still work."), CHECKS,
         has="permissions_at", at="permissions_at", limit=TWO_DAYS),
    Need("leavers", "permissions", 3, N_("Somebody who left can still sign in to the ERP."), CHECKS,
         without="leavers", blocks=True),
    Need("review", "permissions", 3, N_("Nobody has looked through the rights in 180 days."), REVIEWS,
         has="reviewed_at", at="reviewed_at", limit=HALF_A_YEAR),
    Need("people", "contacts", 4, N_("Nobody to phone at the client is recorded."), PEOPLE, has="people"),
    Need("vendors", "contacts", 3, N_("No vendor's number is recorded."), PEOPLE, has="vendors"),
    Need("boss", "contacts", 2, N_("Nobody who may decide at the client signs in."), PEOPLE, has="boss"),
    Need("contract", "contract", 4, N_("No contract is written down."), MONEY, has="contract"),
    Need("policies", "contract", 3, N_("No promised times are written down."), PROMISES, has="policies"),
    Need("work", "work", 5, N_("No work was written down in the last 45 days."), WORK,
         has="worked_at", at="worked_at", limit=SIX_WEEKS),
    Need("solutions", "work", 3, N_("Some work has no solution written down."), WORK, without="unsolved"),
    Need("silent", "work", 4, N_("An urgent ticket has no next step."), TICKETS, without="silent", blocks=True),
    Need("articles", "knowledge", 6, N_("Nothing is written down about how this client works."), ARTICLES,
         has="articles", at="article_at", limit=A_YEAR),
)
# fmt: on
