"""Who works on SQL Server just now, and who holds up whom. The text of a statement is never read."""

from collections.abc import Sequence
from typing import Any

from connectors import odbc
from connectors.base import Seen, Spot, fact
from connectors.facts import Block, LongQuery, OpenTransaction
from connectors.sqlserver_core import SHARED, SqlServerCore
from connectors.sqlserver_readings import heads
from connectors.statements import needs


class Sessions(SqlServerCore):
    """Blocks, transactions left open, statements that run for long."""

    @fact("blocks", per="connection", needs=needs(SHARED, "blocked"))
    def blocks(self, session: odbc.Session, spot: Spot) -> Seen:
        """The heads of the chains; a head below zero is no session but something the server itself has to finish."""
        found = self.ask(session, "blocked")
        who = {int(row[1]): _who(row[3:]) for row in found.rows}
        facts = [
            Block(seen_at=spot.seen_at, session=str(head), victims=victims, longest_s=longest, **who.get(head, {}))
            for head, (victims, longest) in sorted(heads(found.rows).items())
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("open_transactions", per="connection", needs=needs(SHARED, "left_open"))
    def open_transactions(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "left_open")
        facts = [
            OpenTransaction(seen_at=spot.seen_at, session=str(number), age_s=float(max(0, age or 0)), **_who(who))
            for number, *who, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)

    @fact("long_queries", per="connection", needs=needs(SHARED, "running"))
    def long_queries(self, session: odbc.Session, spot: Spot) -> Seen:
        found = self.ask(session, "running")
        facts = [
            LongQuery(seen_at=spot.seen_at, session=str(number), age_s=float(max(0, age or 0)), **_who(who))
            for number, *who, age in found.rows
        ]
        return Seen(facts=facts, truncated=found.truncated)


def _who(row: Sequence[Any]) -> dict[str, str | None]:
    user, host, program = (str(part).strip() or None if part is not None else None for part in row)
    return {"user": user, "host": host, "program": program}
