"""How a call to Kingdee Galaxy's WebAPI is signed for a third-party app. Pure: what is known goes in, headers come out.

Two signatures: one by the key that hides in the second half of the app id, over the call; one by the app secret, over
who calls in which data centre. The scheme is the vendor's; it was rebuilt from its description and a worked case.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import quote

from connectors.errors import ConnectorError

# The vendor's fixed text with which the key in an app id is veiled; it is the same for every customer.
_VEIL = b"0054f397c6234378b09ca7d3e5debce7"
_SIGNED = "x-api-timestamp,x-api-nonce"


@dataclass(frozen=True, kw_only=True)
class App:
    """A third-party app 第三方系统登录授权 and the user in whose name it calls. Language 2052 is Chinese."""

    app_id: str
    secret: str = field(repr=False)
    data_centre: str
    user: str
    language: int = 2052
    organisation: str = "0"

    @property
    def client(self) -> str:
        """The first half of the app id. Raises ConnectorError bad_settings when there are no two halves."""
        return self._halves()[0]

    def key(self) -> str:
        """The key in the second half of the app id. Raises ConnectorError bad_settings."""
        try:
            veiled = base64.b64decode(self._halves()[1], validate=True)
        except ValueError:
            raise ConnectorError("bad_settings", {"field": "app_id"}, field="app_id") from None
        return base64.b64encode(bytes(one ^ two for one, two in zip(veiled, _VEIL, strict=False))).decode()

    def _halves(self) -> list[str]:
        halves = self.app_id.split("_")
        if len(halves) != 2 or not all(halves) or not self.app_id.isascii():
            raise ConnectorError("bad_settings", {"field": "app_id"}, field="app_id")
        return halves


def signed(app: App, path: str, *, timestamp: int, nonce: str) -> dict[str, str]:
    """The headers of a POST to this path. `timestamp`: whole seconds since 1970. Raises ConnectorError bad_settings."""
    call = f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"
    caller = f"{app.data_centre},{app.user},{app.language},{app.organisation}"
    return {
        "X-Api-ClientID": app.client,
        "X-Api-Auth-Version": "2.0",
        "x-api-timestamp": str(timestamp),
        "x-api-nonce": nonce,
        "x-api-signheaders": _SIGNED,
        "X-Api-Signature": _signature(call, app.key()),
        "X-Kd-Appkey": app.app_id,
        "X-Kd-Appdata": base64.b64encode(caller.encode()).decode(),
        "X-Kd-Signature": _signature(app.app_id + caller, app.secret),
    }


def _signature(text: str, key: str) -> str:
    made = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(made.encode()).decode()
