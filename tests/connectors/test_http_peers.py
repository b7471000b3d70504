"""Our counterparts, read by clients of other hands: so that our reading of a protocol is not the only one.

What they find is compared with what our own connector reports of the same server.
"""

import gc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import odoolib
import odoorpc
import pytest
from frappe_connector import FrappeConnector, FrappeException
from odoolib.tools import AuthenticationError

from connectors import connector_class
from connectors.facts import Duplicates, OddDates, Stock, User, Vouchers
from tests.conftest import ROOT
from tests.connectors import erpnext_counterpart as erpnext
from tests.connectors import tplus_counterpart as tplus
from tests.connectors.http_counterpart import HttpCounterpart
from tests.connectors.http_systems import erpnext_request, looks, odoo_request, only, steps, tplus_request
from tests.connectors.odoo_counterpart import KEY, OdooCounterpart
from tests.connectors.peers import told_by

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.usefixtures("in_process"),
    # Two of the libraries leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
WRONG = "not-the-secret"
NAME = "demo"  # the library puts it into a header as it is, which takes plain letters only
BELOW_ZERO = [("quantity", "<", 0), ("location_id.usage", "=", "internal")]


@pytest.fixture(autouse=True)
def _plain_name(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tests.connectors.odoo_counterpart.DATABASE", NAME)
    yield
    gc.collect()


@pytest.mark.parametrize(("protocol", "version"), [("json2", "19.0"), ("xmlrpc", "17.0")])
def test_odoos_own_client_reads_our_odoo(protocol: str, version: str, socket_enabled: None) -> None:
    with HttpCounterpart(OdooCounterpart(version)) as server:
        connection = odoolib.get_connection(
            hostname="127.0.0.1", port=server.port, protocol=protocol, database=NAME, login="reader", password=KEY
        )
        assert connection.get_user_context()["lang"] == "zh_CN"
        quants = connection.get_model("stock.quant")
        found = quants.search_read(BELOW_ZERO, ["product_id"])
        assert [row["product_id"][1] for row in found] == ["[BRG] 深沟球轴承 6204"] * 2
        either = ["|", ("active", "=", False), ("login", "=", "admin")]
        assert connection.get_model("res.users").search_count(either) == 2


@pytest.mark.parametrize(("protocol", "version"), [("json2", "19.0"), ("xmlrpc", "17.0")])
def test_odoos_own_client_is_refused_where_we_are(protocol: str, version: str, socket_enabled: None) -> None:
    with HttpCounterpart(OdooCounterpart(version)) as server:
        connection = odoolib.get_connection(
            hostname="127.0.0.1", port=server.port, protocol=protocol, database=NAME, login="reader", password=WRONG
        )
        with pytest.raises(AuthenticationError):
            connection.get_model("res.users").search_count([])


def test_odoorpc_reads_of_our_odoo_what_we_read(socket_enabled: None) -> None:
    with HttpCounterpart(OdooCounterpart("17.0")) as server:
        found = looks(odoo_request(server, kinds=["stock", "users", "vouchers"]))
        odoo = odoorpc.ODOO("127.0.0.1", port=server.port)
        odoo.login(NAME, "reader", KEY)
        assert (odoo.version, odoo.env.lang, odoo.env.uid) == ("17.0", "zh_CN", 5)
        quants = odoo.env["stock.quant"]
        rows = quants.read(quants.search(BELOW_ZERO), ["product_id", "quantity"])
        stock = only(found["stock"], Stock)
        assert {row["product_id"][1] for row in rows} == {stock.item_name or stock.item}
        assert (sum(Decimal(str(row["quantity"])) for row in rows), len(rows)) == (stock.quantity, stock.rows)
        people = odoo.env["res.users"].search_read([("share", "=", False)], ["login", "active"])
        ours = {fact.login: fact.enabled for fact in found["users"].facts if isinstance(fact, User)}
        assert {row["login"]: row["active"] for row in people} == ours
        drafts = odoo.env["account.move"].search_count([("state", "=", "draft"), ("move_type", "=", "entry")])
        assert drafts == only(found["vouchers"], Vouchers).count


def test_odoorpc_is_refused_where_we_are(socket_enabled: None) -> None:
    with HttpCounterpart(OdooCounterpart("17.0", barred={"res.users"})) as server:
        odoo = odoorpc.ODOO("127.0.0.1", port=server.port)
        with pytest.raises(odoorpc.error.RPCError, match="Wrong login"):
            odoo.login(NAME, "reader", WRONG)
        with pytest.raises(odoorpc.error.RPCError, match="does not exist"):
            odoo.login("nowhere", "reader", KEY)
        odoo.login(NAME, "reader", KEY)
        with pytest.raises(odoorpc.error.RPCError, match="not allowed") as caught:
            odoo.env["res.users"].search_count([])
        assert caught.value.info["data"]["name"] == "odoo.exceptions.AccessError"
        unknown = looks(odoo_request(server, kinds=["users"]))["users"].unknown
        assert unknown is not None
        assert unknown.reason == "missing_right"


def test_a_client_of_frappe_reads_of_our_erpnext_what_we_read(erpnext_server: HttpCounterpart) -> None:
    found = looks(erpnext_request(erpnext_server, kinds=["stock", "users", "vouchers"]))
    with FrappeConnector(erpnext_server.url, api_key=erpnext.KEY, api_secret=erpnext.SECRET) as client:
        assert client.get_api("frappe.auth.get_logged_user") == "reader@example.com"
        (house,) = client.get_list("Warehouse", filters={"company": erpnext.COMPANY}, fields=["name"])
        below = [["warehouse", "=", house["name"]], ["actual_qty", "<", 0]]
        (row,) = client.get_list("Bin", fields=["item_code", "actual_qty", "stock_uom"], filters=below)
        stock = only(found["stock"], Stock)
        assert (row["item_code"], Decimal(str(row["actual_qty"])), row["stock_uom"]) == (
            stock.item, stock.quantity, stock.unit,
        )  # fmt: skip
        people = client.get_list("User", fields=["name", "full_name"], filters={"user_type": "System User"})
        ours = {fact.login: fact.name for fact in found["users"].facts if isinstance(fact, User)}
        assert {one["name"]: one["full_name"] for one in people} == ours
        drafts = client.get_list("Journal Entry", filters={"docstatus": 0}, fields=["name"])
        assert len(drafts) == only(found["vouchers"], Vouchers).count
        # Twenty rows unless more are asked for; none is all.
        pages: list[dict[str, int]] = [{}, {"page_size": 0}, {"offset": 20}, {"offset": 25, "page_size": 100}]
        log = [len(client.get_list("Activity Log", fields=["name"], **page)) for page in pages]
        assert log == [20, 30, 10, 5]


def test_a_client_of_frappe_is_refused_where_we_are(erpnext_server: HttpCounterpart) -> None:
    client = FrappeConnector(erpnext_server.url, api_key=erpnext.KEY, api_secret=WRONG)
    with client, pytest.raises(FrappeException, match="AuthenticationError"):
        client.get_list("User", fields=["name"])
    step = steps(erpnext_request(erpnext_server, op="probe", password=WRONG))[-1]
    assert (step.name, step.reason) == ("login", "wrong_password")
    with FrappeConnector(erpnext_server.url, api_key=erpnext.KEY, api_secret=erpnext.SECRET) as client:
        for name, status in (("Nothing", 404), ("Has Role", 403)):
            with pytest.raises(FrappeException) as caught:
                client.get_list(name, fields=["name"])
            assert caught.value.response.status_code == status
        with pytest.raises(FrappeException, match="PermissionError"):
            client.create_doc({"doctype": "Customer", "name": "戊"})


def tplus_told(server: HttpCounterpart, **change: Any) -> dict[str, Any]:
    """What the vendor's client is told by our T+."""
    return told_by(
        "tplus.py", **{"url": server.url, "key": tplus.KEY, "secret": tplus.SECRET, "token": tplus.TOKEN} | change
    )


def test_the_vendors_client_reads_of_our_tplus_what_we_read(tplus_server: HttpCounterpart) -> None:
    found = looks(tplus_request(tplus_server, kinds=["stock", "duplicates", "odd_dates"]))
    today = datetime.now(UTC) + timedelta(hours=8)
    tomorrow, far = (f"{today + timedelta(days=days):%Y-%m-%d}" for days in (1, 4000))
    told = tplus_told(
        tplus_server,
        wishes={
            "stock": {"warehouse": "01", "item": "BRG", "size": 20, "page": 1},
            "partners": {},
            "sales": {"begin": tomorrow, "end": far},
        },
    )
    stock = only(found["stock"], Stock)
    assert {row["InventoryCode"] for row in told["stock"]} == {stock.item}
    assert sum(Decimal(row["ExistingQuantity"]) for row in told["stock"]) == stock.quantity
    assert len(told["stock"]) == stock.rows
    names = [row["Name"] for row in told["partners"] if str(row["Disabled"]) == "False"]
    twice = {fact.master: fact for fact in found["duplicates"].facts if isinstance(fact, Duplicates)}["customers"]
    assert {name for name in names if names.count(name) > 1} == {twice.example}
    rows = told["sales"]["DataSource"]["Rows"]
    odd = {fact.document_type: fact for fact in found["odd_dates"].facts if isinstance(fact, OddDates)}["sales"]
    assert {row["saleDeliveryCode"] for row in rows if row["rowType"] == "D"} == {odd.example}
    assert rows[-1]["rowType"] == "T"


def test_the_vendors_client_asks_for_pages_and_single_items(tplus_server: HttpCounterpart) -> None:
    def stock(**asked: Any) -> list[str]:
        wish = {"warehouse": "01", "item": "BRG", "size": 1, "page": 1} | asked
        rows = tplus_told(tplus_server, wishes={"stock": wish})["stock"]
        return [row["ExistingQuantity"] for row in rows]

    assert [stock(), stock(page=2), stock(page=3), stock(item="SCR"), stock(warehouse="02")] == [
        ["-3.00000000"], ["-1.5"], [], ["120"], [],
    ]  # fmt: skip


def test_a_token_renewed_by_the_vendors_client_opens_the_door_for_us(tplus_server: HttpCounterpart) -> None:
    wishes = {"refreshed": {"refresh": tplus.REFRESH}}
    for wish in (wishes, {"by_code": {"organisation": tplus.ORG, "code": tplus.CODE}}):
        (answer,) = tplus_told(tplus_server, wishes=wish).values()
        token = answer["result"]["access_token"]
        assert len(looks(tplus_request(tplus_server, kinds=["stock"], secrets={"token": token}))["stock"].facts) == 1
        assert steps(tplus_request(tplus_server, op="probe"))[-1].field == "token"


def test_the_vendors_client_is_refused_where_we_are(tplus_server: HttpCounterpart) -> None:
    wishes = {"partners": {}, "refreshed": {"refresh": "old"}}
    told = tplus_told(tplus_server, token="old-token", wishes=wishes)
    assert [told[name]["code"] for name in wishes] == ["403", "500"]
    assert steps(tplus_request(tplus_server, op="probe", secrets={"token": "old-token"}))[-1].field == "token"
    assert tplus_told(tplus_server, secret=WRONG, wishes={"partners": {}})["partners"]["code"] == "401"
    assert steps(tplus_request(tplus_server, op="probe", password=WRONG))[-1].field == "password"


def test_a_client_that_lives_apart_dials_this_machine_alone() -> None:
    given = {"key": "k", "secret": "s", "token": "t", "wishes": {"partners": {}}}
    with pytest.raises(AssertionError, match="no way to"):
        told_by("tplus.py", url="http://192.0.2.7", **given)


def test_the_pages_name_the_clients_that_were_tried() -> None:
    apart = dict(
        line.split(" ")[0].split("==")
        for line in (ROOT / "requirements-peers.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line
    )
    tried = {"odoo": ("odoo-client-lib", "odoorpc"), "erpnext": ("frappe-connector",)}
    for kind, names in tried.items():
        for name in names:
            assert f"{name} {version(name)}" in connector_class(kind).verified
    name = "chanjet-openapi-python-sdk"
    assert f"{name} {apart[name]}" in connector_class("chanjet_tplus").verified
