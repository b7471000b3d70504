"""The pages that are measured, and what is promised of each."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import Flask


@dataclass(frozen=True)
class Page:
    """One page: its endpoint, who looks, and the promises (processor milliseconds at 50 and 500 clients, kilobytes)."""

    name: str
    endpoint: str
    ms: float = 10.0
    ms_large: float | None = None
    who: Literal["desk", "portal"] = "desk"
    values: tuple[tuple[str, Any], ...] = ()
    kilobytes: int = 100
    statements: int = 10
    grows: bool = True  # False: it shows one person's own work, which does not grow with the number of clients

    def address(self, app: Flask, slug: str, ids: dict[str, int]) -> str:
        """Where it is for this client; a value that names one of the `ids` becomes that id."""
        values: dict[str, Any] = {
            name: ids.get(value, value) if isinstance(value, str) else value for name, value in self.values
        }
        if any("slug" in rule.arguments for rule in app.url_map.iter_rules(self.endpoint)):
            values["slug"] = slug
        with app.test_request_context(base_url=app.config["DESK"].base_url):
            return app.url_for(self.endpoint, **values)


GROWTH = 1.2  # how much more a page may cost at 500 clients than at 50

PAGES = (
    Page("Today", "web.today", ms=15, ms_large=25),
    Page("Today, live rows", "web.today_rows", ms=15, ms_large=25),
    Page("queue", "queue.index"),
    Page("tickets of a client", "tickets.index"),
    Page("ticket", "tickets.ticket", values=(("number", 99),)),
    Page("client", "clients.overview"),
    Page("checks of a client", "checks.index"),
    Page("check", "checks.show", values=(("state_id", "check_state_id"),)),
    Page("backups of a client", "safeguards.index"),
    Page("drills of a client", "safeguards.drills"),
    Page("permission reviews of a client", "safeguards.reviews"),
    Page("rounds of a client", "safeguards.rounds"),
    Page("time of a client", "worklog.client"),
    Page("week", "time.week", grows=False),
    Page("clients", "tenants.index"),
    Page("money", "money.overview"),
    Page("money of a client", "billing.client"),
    Page("invoice", "billing.invoice", values=(("invoice_id", "invoice_id"),)),
    Page("papers of a client", "papers.client"),
    Page("handover", "handover.index"),
    Page("people of a client", "tenants.people"),
    Page("connections", "tenants.connections"),
    Page("portal home", "portal.home", who="portal"),
    Page("portal safeguards", "safeguards_portal.index", who="portal"),
    Page("portal tickets", "tickets_portal.index", who="portal"),
    Page("portal ticket", "tickets_portal.ticket", who="portal", values=(("number", 99),)),
    Page("portal invoices", "billing_portal.index", who="portal"),
    Page("portal documents", "papers_portal.index", who="portal"),
    Page("search: two characters", "web.palette", ms=15, ms_large=25, values=(("q", "月结"),)),
    Page("search: a number", "web.palette", ms=15, ms_large=25, values=(("q", "#99"),)),
    Page("client switcher", "web.palette", ms=15, ms_large=25, values=(("q", ""), ("only", "clients"))),
)
