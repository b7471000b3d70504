"""Our counterparts, read by clients of other hands: so that our reading of a protocol is not the only one.

Odoo's own library speaks both dialects. Two more were tried by hand: the vendor's library for T+ insists on a requests
of 2021, and Frappe's brings a whole interactive Python with it; neither stands among the packages of the tests.
"""

import gc
from collections.abc import Iterator

import odoolib
import pytest
from odoolib.tools import AuthenticationError

from tests.connectors.http_counterpart import HttpCounterpart
from tests.connectors.odoo_counterpart import KEY, OdooCounterpart

pytestmark = [
    pytest.mark.enable_socket,
    # The library leaves its connections to the garbage.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
NAME = "demo"  # the library puts it into a header as it is, which takes plain letters only


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
        found = quants.search_read([("quantity", "<", 0), ("location_id.usage", "=", "internal")], ["product_id"])
        assert [row["product_id"][1] for row in found] == ["[BRG] 深沟球轴承 6204"] * 2
        either = ["|", ("active", "=", False), ("login", "=", "admin")]
        assert connection.get_model("res.users").search_count(either) == 2


@pytest.mark.parametrize(("protocol", "version"), [("json2", "19.0"), ("xmlrpc", "17.0")])
def test_odoos_own_client_is_refused_where_we_are(protocol: str, version: str, socket_enabled: None) -> None:
    with HttpCounterpart(OdooCounterpart(version)) as server:
        connection = odoolib.get_connection(
            hostname="127.0.0.1", port=server.port, protocol=protocol, database=NAME, login="reader", password="wrong"
        )
        with pytest.raises(AuthenticationError):
            connection.get_model("res.users").search_count([])
