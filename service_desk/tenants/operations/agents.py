"""Agents at the client's: a code to enrol one, its token, which connections it reads, and its end."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from service_desk.audit.operations import record
from service_desk.lib.errors import Invalid
from service_desk.scope import load, session
from service_desk.tenants.models import AgentCode, ErpConnection, SealedSecret, SiteAgent

CODE_LIVES = timedelta(minutes=30)
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # none that is read for another
SILENT_AFTER = timedelta(minutes=4)  # four rounds, and before the fastest check that it reads counts as not looked at


def hashed(text: str) -> bytes:
    """What is stored of a code or token: nobody who reads the table can use it. Both hold 98 bits or more."""
    return hashlib.sha256(text.encode()).digest()


def tidy_code(text: str) -> str:
    """A code as it was typed, without what people put between its letters."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def agents() -> Sequence[SiteAgent]:
    """The client's agents by name, those that were revoked last."""
    return session().scalars(select(SiteAgent).order_by(SiteAgent.revoked_at.is_not(None), SiteAgent.name)).all()


def active_agents() -> Sequence[SiteAgent]:
    """The client's agents that are known to the desk."""
    return [agent for agent in agents() if agent.revoked_at is None]


def make_code(name: str, *, agent: SiteAgent | None = None, now: datetime) -> str:
    """A code with which one agent enrols within half an hour; shown once. With `agent` it takes that one's place.

    A code that was made before for the same name is useless from now on. Raises Invalid for a name that is taken.
    """
    taken = select(SiteAgent.id).where(SiteAgent.name == name, SiteAgent.revoked_at.is_(None))
    if agent is None and session().scalar(taken) is not None:
        raise Invalid(_l("There already is an agent of this name."), "name")
    session().execute(delete(AgentCode).where(AgentCode.name == name, AgentCode.used_at.is_(None)))
    code = "".join(secrets.choice(LETTERS) for _ in range(20))
    session().add(
        AgentCode(
            code_hash=hashed(code),
            name=name,
            agent_id=agent.id if agent else None,
            created_at=now,
            expires_at=now + CODE_LIVES,
        )
    )
    record("agent.code", f"agent:{agent.id}" if agent else "", name=name)
    return "-".join(code[at : at + 5] for at in range(0, 20, 5))


def enrol(code_id: int, *, version: str, platform: str, now: datetime) -> tuple[SiteAgent, str] | None:
    """Trade a code for an agent and its token; None when somebody was first, or the name was taken meanwhile.

    The token is told this once. Taking an agent's place ends the token it had.
    """
    claimed = (
        update(AgentCode)
        .where(AgentCode.id == code_id, AgentCode.used_at.is_(None), AgentCode.expires_at > now)
        .values(used_at=now)
        .returning(AgentCode.name, AgentCode.agent_id)
    )
    code = session().execute(claimed).one_or_none()
    if code is None:
        return None
    others = select(SiteAgent.id).where(SiteAgent.name == code.name, SiteAgent.revoked_at.is_(None))
    if session().scalar(others.where(SiteAgent.id.is_distinct_from(code.agent_id))) is not None:
        return None
    token = secrets.token_urlsafe(32)
    agent = load(SiteAgent, code.agent_id, lock=True) if code.agent_id else SiteAgent(name=code.name)
    agent.token_hash, agent.enrolled_at, agent.revoked_at = hashed(token), now, None
    agent.version, agent.platform = version, platform
    agent.last_seen_at, agent.alert_after = now, now + SILENT_AFTER
    session().add(agent)
    session().flush()
    record("agent.enrolled", f"agent:{agent.id}", name=agent.name, platform=platform)
    return agent, token


def revoke_agent(agent: SiteAgent, now: datetime) -> None:
    """Its token opens nothing from now on. What it reads waits until another agent or our workers do."""
    agent.revoked_at, agent.alert_after, agent.silent, agent.unjudged = now, None, True, True
    session().execute(delete(AgentCode).where(AgentCode.agent_id == agent.id, AgentCode.used_at.is_(None)))
    record("agent.revoked", f"agent:{agent.id}", name=agent.name)


def take_road(connection: ErpConnection, agent: SiteAgent | None) -> None:
    """Have an agent read this connection, or (None) our own workers.

    Secrets stay where they are used: with an agent ours are forgotten, and back with us they are typed again.
    """
    connection.road, connection.agent_id = ("agent", agent.id) if agent else ("server", None)
    if agent is not None:
        session().execute(delete(SealedSecret).where(SealedSecret.connection_id == connection.id))
    record("connection.road", f"connection:{connection.id}", road=connection.road, agent=agent.name if agent else "")


def served_by(agent_id: int) -> Sequence[ErpConnection]:
    """The connections an agent reads, by name."""
    mine = select(ErpConnection).where(ErpConnection.agent_id == agent_id).order_by(ErpConnection.name)
    return session().scalars(mine).all()
