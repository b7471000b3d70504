"""The vendor's own client library before a T+: what it reads, as JSON. The interpreter of var/peers runs it.

`url`, `key`, `secret` and `token` open the door; `wishes` names READINGS, each with what it asks for.
"""

import json
import sys
from typing import Any

from chanjet_openapi_python_sdk.chanjet_client import ChanjetClient
from chanjet_openapi_python_sdk.content.get_token_by_permanent_code_content import GetTokenByPermanentCodeContent
from chanjet_openapi_python_sdk.content.tplus.query_current_stock_content import QueryCurrentStockContent
from chanjet_openapi_python_sdk.content.tplus.query_partner_content import QueryPartnerContent
from chanjet_openapi_python_sdk.content.tplus.query_report_data_content import QueryReportDataContent, SearchItem
from chanjet_openapi_python_sdk.request.get_token_by_permanent_code_request import GetTokenByPermanentCodeRequest
from chanjet_openapi_python_sdk.request.refresh_token_request import RefreshTokenRequest
from chanjet_openapi_python_sdk.request.tplus.query_current_stock_request import QueryCurrentStockRequest
from chanjet_openapi_python_sdk.request.tplus.query_partner_request import QueryPartnerRequest
from chanjet_openapi_python_sdk.request.tplus.query_report_data_request import QueryReportDataRequest

Given = dict[str, Any]


def loopback_only(event: str, args: tuple[Any, ...]) -> None:
    """Refuse every connection that leaves this machine."""
    if event == "socket.connect" and args[1][0] != "127.0.0.1":
        raise PermissionError(f"no way to {args[1]}")


def stock(client: Any, given: Given) -> Any:
    """One page of the stock of one item in one warehouse."""
    asked = QueryCurrentStockRequest("/tplus/api/v2/currentStock/Query")
    # The library hands its parameters on under other names: warehouse, item, rows of a page, page.
    asked.content = QueryCurrentStockContent(
        given["warehouse"], given["item"], given["size"], given["page"], True, True, False
    )
    return client.execute(asked)


def partners(client: Any, given: Given) -> Any:
    """Customers and vendors."""
    asked = QueryPartnerRequest("/tplus/api/v2/partner/Query")
    asked.content = QueryPartnerContent("", "", "")
    return client.execute(asked)


def sales(client: Any, given: Given) -> Any:
    """The report of sales deliveries between two days."""
    begin, end = given["begin"], given["end"]
    asked = QueryReportDataRequest("/tplus/api/v2/reportQuery/GetReportData")
    asked.content = QueryReportDataContent("SA_SaleDeliveryDetailRpt", 1, 100)
    asked.content.request.SearchItems.append(SearchItem("VoucherDate", begin, begin, end, end))
    return client.execute(asked)


def refreshed(client: Any, given: Given) -> Any:
    """A token for a refresh token."""
    asked = RefreshTokenRequest("/auth/refreshToken")
    asked.add_query_params({"grantType": "refresh_token", "appKey": client.app_key, "refreshToken": given["refresh"]})
    return client.execute(asked)


def by_code(client: Any, given: Given) -> Any:
    """A token for a permanent code."""
    asked = GetTokenByPermanentCodeRequest("/auth/token/getTokenByPermanentCode")
    asked.content = GetTokenByPermanentCodeContent(given["organisation"], given["code"])
    return client.execute(asked)


READINGS = {reading.__name__: reading for reading in (stock, partners, sales, refreshed, by_code)}


def main() -> None:
    """Read everything that is wished for with one client."""
    given = json.load(sys.stdin)
    sys.addaudithook(loopback_only)
    client = ChanjetClient(given["url"], given["key"], given["secret"], given["token"])
    json.dump({name: READINGS[name](client, asked) for name, asked in given["wishes"].items()}, sys.stdout)


if __name__ == "__main__":
    main()
