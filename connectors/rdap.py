"""When a domain ends, by the registry's own word over RDAP (RFC 7484, RFC 9082, RFC 9083).

Some top levels have no RDAP service, and some registries do not tell the day: then nobody knows, which is not fine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from connectors import https
from connectors.base import N_, ConnectorError, Deadline
from connectors.reach import Address

# Where IANA says which registry answers for which top level (RFC 7484).
BOOTSTRAP = "https://data.iana.org/rdap/dns.json"
HOPS = 3

Judge = Callable[[str, int], Address]


@dataclass(frozen=True)
class Told:
    """What the registry tells of a domain; None where it does not."""

    expires_on: date | None
    registrar: str | None


def look_up(domain: str, judge: Judge, deadline: Deadline, *, bootstrap: str = BOOTSTRAP) -> Told:
    """Ask the registry of a domain's top level. `judge` resolves and judges each host that is asked.

    Raises ConnectorError: unsupported where the top level has no such service, bad_settings for an unknown domain.
    """
    try:
        name = domain.encode("idna").decode()
    except UnicodeError:
        raise ConnectorError("bad_settings", {"field": "domain"}, field="domain") from None
    found = _get(f"{_service(name, judge, deadline, bootstrap)}domain/{name}", judge, deadline)
    if found is None:
        raise ConnectorError("bad_settings", {"field": "domain"}, field="domain")
    return Told(_expiry(found.get("events")), _registrar(found.get("entities")))


def _service(name: str, judge: Judge, deadline: Deadline, bootstrap: str) -> str:
    """The registry's address for the longest ending of the name that the list knows."""
    listed = _get(bootstrap, judge, deadline) or {}
    labels = name.split(".")
    endings = [".".join(labels[start:]) for start in range(len(labels))]
    places = {ending: urls for entry in listed.get("services", ()) for ending in entry[0] for urls in [entry[1]]}
    urls = next((places[ending] for ending in endings if ending in places), None)
    if not urls:
        raise ConnectorError("unsupported", {"missing": N_("a public registry for this ending that tells such days")})
    best = next((url for url in urls if url.startswith("https:")), urls[0])
    return best if best.endswith("/") else f"{best}/"


def _get(url: str, judge: Judge, deadline: Deadline) -> dict[str, Any] | None:
    """The JSON object at an address, redirects followed to judged hosts; None when it does not exist."""
    for _hop in range(HOPS):
        parts = urlsplit(url)
        plain = parts.scheme == "http"
        address = judge(parts.hostname or "", parts.port or (80 if plain else 443))
        with https.connected(address, "off" if plain else "verified", deadline) as web:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            answer = web.ask("GET", path, headers={"Accept": "application/rdap+json, application/json"})
        if answer.status in (301, 302, 303, 307, 308) and (onward := answer.headers.get("location")):
            url = onward
            continue
        return _object(answer)
    raise ConnectorError("bad_answer", {"what": "too many redirects"})


def _object(answer: https.Answer) -> dict[str, Any] | None:
    if answer.status == 404:
        return None
    if answer.status == 429:
        raise ConnectorError("rate_limited")
    if answer.status != 200:
        raise ConnectorError("bad_answer", {"what": f"HTTP {answer.status}"})
    found = https.decoded(answer.body)
    if not isinstance(found, dict):
        raise ConnectorError("bad_answer", {"what": "not an object"})
    return found


def _expiry(events: Any) -> date | None:
    for event in events if isinstance(events, list) else ():
        if isinstance(event, Mapping) and event.get("eventAction") == "expiration":
            try:
                return datetime.fromisoformat(str(event.get("eventDate"))).date()
            except ValueError:
                return None
    return None


def _registrar(entities: Any) -> str | None:
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, Mapping) and "registrar" in (entity.get("roles") or ()):
            card = entity.get("vcardArray") or [None, []]
            named = [part[3] for part in card[1] if isinstance(part, list) and len(part) > 3 and part[0] == "fn"]
            return str(named[0]) if named else None
    return None
