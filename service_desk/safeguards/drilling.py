"""Restore drills: how proven a backup is, how a drill ends, when the next one is due. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from service_desk.lib.clock import local_day
from service_desk.lib.i18n import N_

Proof = Literal["never", "fresh", "stale"]
GRAVE: dict[str, str] = {"never": "crit", "fresh": "ok", "stale": "warn"}
EVERY_DAYS = 90  # where a plan says nothing of its own

# Every drill's steps, in order: key and words. A key names what the page asks for at that step.
_START = (
    ("file", N_("Fetch the newest backup from where it would be fetched in earnest, and write down the file.")),
    ("restore", N_("Restore it under a new name, on a machine that is not the production server.")),
)
_SQLSERVER = (("checkdb", N_("Run DBCC CHECKDB on the restored database: no error may be reported.")),)
_POSTGRES = (("checkdb", N_("Check the restored database with amcheck: no error may be reported.")),)
_ORACLE = (("checkdb", N_("Validate the restored data files (RMAN VALIDATE): no corrupt block may be reported.")),)
_PLAIN = (("checkdb", N_("Check the restored data for damage with the database's own tool.")),)
_COUNT = (("counts", N_("Compare the row counts of the named tables with those of production.")),)
_LOGIN = {
    "yonyou_u8": N_("Sign in to U8 with the restored account set, open a voucher and a stock ledger."),
    "kingdee_k3": N_("Register the account set in K/3 account management, sign in, open a voucher and a stock ledger."),
    "kingdee_galaxy": N_("Register the data centre in the management site, sign in, open a voucher and a document."),
    "sap_b1": N_("Choose the company in the Business One client, sign in, open a journal entry and a delivery."),
    "tryton": N_("Point a Tryton server at the restored database, sign in, open a move and a shipment."),
    "odoo": N_("Point an Odoo server at the restored database, sign in, open an entry and a delivery."),
    "oracle_ebs": N_("Point an application tier at the restored database, sign in, open a journal and an order."),
    "erpnext": N_("Restore the site with bench, sign in, open an entry and a delivery note."),
}
# The same ERP, read another way.
_LOGIN |= {
    "kingdee_galaxy_db": _LOGIN["kingdee_galaxy"],
    "sap_b1_sql": _LOGIN["sap_b1"],
    "sap_b1_hana": _LOGIN["sap_b1"],
}
_ANY_LOGIN = N_("Sign in to the ERP on the restored data, open a voucher and a document of yesterday.")
_END = (("clean", N_("Remove the restored copy and what was opened for the drill.")),)
_CHECK = {
    "yonyou_u8": _SQLSERVER, "kingdee_k3": _SQLSERVER, "kingdee_galaxy": _SQLSERVER, "kingdee_galaxy_db": _SQLSERVER,
    "sap_b1_sql": _SQLSERVER, "sqlserver": _SQLSERVER, "chanjet_tplus": _SQLSERVER, "tryton": _POSTGRES,
    "odoo": _POSTGRES, "postgresql": _POSTGRES, "oracle": _ORACLE,
    "oracle_ebs": _ORACLE,
}  # fmt: skip
# Several ways lead to one product.
_PRODUCT = {"kingdee_galaxy_db": "kingdee_galaxy", "sap_b1_sql": "sap_b1", "sap_b1_hana": "sap_b1"}
# Tables whose row counts tell whether the data is whole, by ERP: vouchers, stock, orders.
TABLES: Mapping[str, tuple[str, ...]] = {
    "yonyou_u8": ("GL_accvouch", "CurrentStock", "SO_SOMain", "RdRecord01"),
    "kingdee_k3": ("t_Voucher", "ICInventory", "SEOrder", "ICStockBill"),
    "kingdee_galaxy": ("T_GL_VOUCHER", "T_STK_INVENTORY", "T_SAL_ORDER"),
    "kingdee_galaxy_db": ("T_GL_VOUCHER", "T_STK_INVENTORY", "T_SAL_ORDER"),
    **dict.fromkeys(("sap_b1", "sap_b1_sql", "sap_b1_hana"), ("OJDT", "OITW", "ORDR", "ODLN")),
    "oracle_ebs": ("GL_JE_HEADERS", "MTL_ONHAND_QUANTITIES_DETAIL", "OE_ORDER_HEADERS_ALL"),
    "tryton": ("account_move", "stock_move", "sale_sale"),
    "odoo": ("account_move", "stock_quant", "sale_order"),
    "erpnext": ("tabGL Entry", "tabBin", "tabSales Order"),
}


def steps(kind: str) -> list[tuple[str, str]]:
    """The steps of a drill for an ERP of this kind: (key, msgid). An unknown kind gets the general ones."""
    login = (("login", _LOGIN.get(_PRODUCT.get(kind, kind), _ANY_LOGIN)),)
    return [*_START, *_CHECK.get(kind, _PLAIN), *_COUNT, *login, *_END]


def tables(kind: str) -> list[dict[str, Any]]:
    """The tables to compare, not yet counted."""
    return [{"table": name, "expected": None, "found": None} for name in TABLES.get(_PRODUCT.get(kind, kind), ())]


def proof(last_good_at: datetime | None, every_days: int, now: datetime) -> Proof:
    """never: no drill ever went well; fresh: one did within the plan's days; stale: that is longer ago."""
    if last_good_at is None:
        return "never"
    return "fresh" if now - last_good_at <= timedelta(days=every_days) else "stale"


def next_due(last_ended: datetime | None, every_days: int, now: datetime, zone_name: str) -> date:
    """When the next drill is due, in the client's days: so many days after the last, whatever its end, or at once."""
    return local_day(last_ended, zone_name) + timedelta(days=every_days) if last_ended else local_day(now, zone_name)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a drill ended. `failed_step` is the key of the first thing that was not as it should be."""

    result: Literal["good", "failed"]
    failed_step: str
    minutes: int


def differing(counts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The compared tables whose counts do not agree; a table that was not counted is not compared."""
    return [
        one
        for one in counts
        if one.get("expected") is not None and one.get("found") is not None and one["expected"] != one["found"]
    ]


def compared(counts: Sequence[Mapping[str, Any]]) -> bool:
    """True when at least one table was counted on both sides."""
    return any(one.get("expected") is not None and one.get("found") is not None for one in counts)


def half_counted(counts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Tables of which only one side was counted: nobody can say whether they agree."""
    return [str(one["table"]) for one in counts if (one.get("expected") is None) != (one.get("found") is None)]


def ended(
    states: Sequence[tuple[str, str]], counts: Sequence[Mapping[str, Any]], begun: datetime, at: datetime
) -> Ended:
    """The result of a drill from its steps (key, state) and its counts.

    It is good when no step failed, restoring and checking were really done, and every compared table has its rows.
    Going over the RTO does not make it fail: it is said beside the minutes.
    """
    minutes = max(1, round((at - begun).total_seconds() / 60))
    failed = next((key for key, state in states if state == "failed"), "")
    if not failed and differing(counts):
        failed = "counts"
    if not failed:
        failed = next((key for key, state in states if key in ("restore", "checkdb") and state != "done"), "")
    return Ended(result="failed" if failed else "good", failed_step=failed, minutes=minutes)
