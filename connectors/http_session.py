"""One login to a system over HTTP: what is sent, what its answers tell beside their bodies, what can be asked of it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from connectors import https
from connectors.base import N_, ConnectorError, Need
from connectors.questions import Question

_LIMITS = ("x-ratelimit-limit", "ratelimit-limit", "x-rate-limit-limit")
_LEFT = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")


class HttpSession(ABC):
    """One login to one system. `connect_ms` is the time from dialling to being logged in."""

    def __init__(self, web: https.Web) -> None:
        self.web = web
        self.connect_ms = 0.0
        self.answered: https.Answer | None = None
        self.refused = 0

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        web: https.Web | None = None,
    ) -> https.Answer:
        """Ask, over another wire if named, and keep what it tells. Raises ConnectorError, rate_limited on too much."""
        self.answered = (web or self.web).ask(method, path, body, headers)
        if self.answered.status == 429:
            self.refused += 1
            raise ConnectorError("rate_limited")
        return self.answered

    @abstractmethod
    def log_in(self) -> None:
        """Log in, once. Raises ConnectorError."""

    def log_out(self) -> None:
        """Give the session back; most systems keep none."""
        return

    @abstractmethod
    def ping(self) -> None:
        """Ask the smallest thing that needs the login. Raises ConnectorError."""

    def version(self) -> str | None:
        """What it says of its version; None where it says nothing. Raises ConnectorError."""
        return None

    @abstractmethod
    def check(self, need: Need) -> None:
        """Raise ConnectorError when this model, one of its columns or the right to read them is missing."""

    def known(self, model: str, names: Sequence[str]) -> frozenset[str]:
        """The names of columns that are there, at least those of `names`. Raises ConnectorError."""
        raise ConnectorError("unsupported", {"missing": N_("the columns of its answers")})

    def writable(self, models: Sequence[str]) -> list[str]:
        """Those of the models that this login could change. Raises ConnectorError where that cannot be known."""
        raise ConnectorError("unsupported", {"missing": N_("whether this login could also write")})

    def sample(self, question: Question) -> None:
        """Ask a question as usual and forget the answer."""
        raise ConnectorError("unsupported", {"missing": N_("how long its reports take")})

    def quota(self) -> tuple[int | None, int | None]:
        """Calls used and allowed by the headers of the last answer, where it has them."""
        headers = self.answered.headers if self.answered else {}
        limit, left = (_whole(headers, names) for names in (_LIMITS, _LEFT))
        return (None if limit is None or left is None else limit - left), limit


def _whole(headers: Mapping[str, Any], names: Sequence[str]) -> int | None:
    found = next((str(headers[name]) for name in names if name in headers), "")
    return int(found) if found.strip().isdigit() else None
