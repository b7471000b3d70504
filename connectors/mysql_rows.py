"""Rows of MySQL and MariaDB as facts. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.base import Spot
from connectors.facts import Fact, Grant, Principal, Replica

MIGHTY = {"Super_priv": "SUPER", "Grant_priv": "GRANT OPTION", "File_priv": "FILE"}


def principal(row: tuple[Any, ...], ours: str, spot: Spot) -> Principal:
    """A row of the statement `logins` as a fact."""
    user, host, *mighty, expired, _plugin = row
    return Principal(
        seen_at=spot.seen_at,
        login=f"{user}@{host}",
        enabled=expired != "Y",
        built_in=str(user).startswith(("mysql.", "mariadb.")),
        powers=tuple(word for word, may in zip(MIGHTY.values(), mighty, strict=True) if may == "Y"),
        ours=user == ours,
    )


def replica(row: Mapping[str, Any], spot: Spot) -> Replica:
    """A row of SHOW SLAVE STATUS, or of the same under its newer names, as a fact."""
    named = {name.replace("Master", "Source").replace("Slave", "Replica"): value for name, value in row.items()}
    lag = named.get("Seconds_Behind_Source")
    running = [str(named.get(name)) for name in ("Replica_IO_Running", "Replica_SQL_Running")]
    return Replica(
        seen_at=spot.seen_at,
        name=str(named.get("Source_Host") or "source"),
        healthy=running == ["Yes", "Yes"],
        state=", ".join(running),
        lag_s=None if lag is None else float(lag),
    )


def station(host: Any) -> str | None:
    """The machine without the port behind it."""
    return str(host).rpartition(":")[0] or str(host) if host else None


def rights(names: Sequence[str], row: tuple[Any, ...], spot: Spot) -> list[Fact]:
    """Of a row of user, host, place and one column for each right: the rights that are given."""
    user, host, place = row[:3]
    given = (name for name, value in zip(names[3:], row[3:], strict=True) if value == "Y")
    return [
        Grant(
            seen_at=spot.seen_at,
            system="database",
            holder=f"{user}@{host}",
            right=name.removesuffix("_priv").replace("_", " ").upper(),
            scope=str(place),
        )
        for name in given
    ]
