"""Who holds what open in U8: tasks, locks on vouchers and accounts; and U8's own backup plans."""

from typing import Any

from connectors import odbc
from connectors.base import Seen, Spot, fact
from connectors.facts import Setting, Task
from connectors.sqlserver_base import OverSqlServer
from connectors.statements import load, needs
from connectors.values import whole

LOCKS = load("yonyou_u8_locks")
PLANS = "UA_BackupPlans"


class U8Locks(OverSqlServer):
    """Tasks, locks and plans of U8."""

    @fact("tasks", per="connection", needs=needs(LOCKS, "tasks"))
    def tasks(self, session: odbc.Session, spot: Spot) -> Seen:
        """Tasks of either table; one may have several log rows, of which the oldest counts, and they come first."""
        found = self.ask(session, "tasks")
        newer = self.ask_if_there(session, "common_tasks") or []
        first = {row[0]: row for row in reversed([*found.rows, *newer])}
        # What UA_Task tells of a task is more: it names the function.
        first |= {row[0]: row for row in reversed(found.rows)}
        return Seen(facts=[_task(row, spot) for row in first.values()], truncated=found.truncated)

    @fact("tasks", per="account_set", needs=needs(LOCKS, "voucher_locks", "account_locks"))
    def voucher_locks(self, session: odbc.Session, spot: Spot) -> Seen:
        """Vouchers and accounts that are held; U8 does not write down since when. What has no table is not held."""
        vouchers = self.ask_if_known(session, "voucher_locks", spot)
        accounts = self.ask_if_known(session, "account_locks", spot)
        locks = [_voucher_lock(row, spot) for row in vouchers] + [_account_lock(row, spot) for row in accounts]
        most = max(len(vouchers), len(accounts))
        return Seen(
            facts=list({lock.key: lock for lock in locks}.values()), truncated=most >= LOCKS["voucher_locks"].cap
        )

    @fact("settings", per="connection", needs=needs(LOCKS, "backup_plans"))
    def u8_backup_plans(self, session: odbc.Session, spot: Spot) -> Seen:
        """Whether an account set has a backup plan of U8's own; when and whereto it backs up stays in U8."""
        facts = [
            Setting(seen_at=spot.seen_at, database=str(code), name=PLANS, value=str(whole(plans) or 0))
            for code, plans in self.ask_if_known(session, "backup_plans")
        ]
        return Seen(facts=facts)


def _task(row: Any, spot: Spot) -> Task:
    key, account_set, user, user_name, function, station, state = row[:7]
    age = whole(row[7])
    return Task(
        account_set=account_set,
        seen_at=spot.seen_at,
        key=key,
        what="task",
        name=function,
        user=user,
        user_name=user_name,
        station=station,
        state=state,
        since_at=spot.ago(age),
        age_s=age,
    )


def _voucher_lock(row: Any, spot: Spot) -> Task:
    period, sign, number, user = row
    return Task(
        account_set=spot.code,
        seen_at=spot.seen_at,
        key=f"{spot.code}/GL_mvcontrol/{period}/{sign or ''}/{number}",
        what="lock",
        name=f"凭证 {sign or ''}-{number}（{period} 期）",
        user=user or None,
    )


def _account_lock(row: Any, spot: Spot) -> Task:
    code, function, user, station = row
    return Task(
        account_set=spot.code,
        seen_at=spot.seen_at,
        key=f"{spot.code}/GL_mccontrol/{code}/{function or ''}/{user or ''}/{station or ''}",
        what="lock",
        name=f"科目 {code}：{function}" if function else f"科目 {code}",
        user=user or None,
        station=station or None,
    )
