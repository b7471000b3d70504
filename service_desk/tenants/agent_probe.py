"""Probes that an agent walks for us: asked for on a page, walked at its next round, kept like one of our own. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

ASKED = "asked_at"  # where it stands in what is kept of a connection's probe


def wanted(probe: Mapping[str, Any] | None) -> bool:
    """True when somebody asked for a probe that the agent has not yet handed over."""
    return bool((probe or {}).get(ASKED))


def asked(probe: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """What is kept once a probe was asked for: the last result, and since when the next is awaited."""
    return {**(probe or {}), ASKED: now.isoformat()}


def kept(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is kept of the steps: these, the account sets and the version, as of a probe of our own."""
    version = next((step["detail"].get("version") for step in steps if step["name"] == "version"), None)
    sets = [step["detail"] for step in steps if step["name"] == "account_sets" and step["state"] == "ok"]
    return {"steps": [dict(step) for step in steps], "account_sets": sets, "version": version}
