"""The probe, as a worker runs it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.ask import Answer, Request, ask
from connectors.facts import plain
from connectors.steps import STEPS, Step, following
from service_desk.config import Config
from service_desk.jobs import Claim
from service_desk.scope import load
from service_desk.tenants.models import ErpConnection
from service_desk.tenants.operations.connections import keep_probe, keep_walk
from service_desk.tenants.probe_page import Walk
from service_desk.tenants.secrets import open_secrets

BUDGET_SECONDS = 60


class Reach:
    """How far this installation's probes may go; `Reach.install` is called once at the start."""

    allow_loopback: ClassVar[bool] = False

    @classmethod
    def install(cls, config: Config) -> None:
        cls.allow_loopback = config.allow_loopback_targets


def probe(claim: Claim) -> None:
    """Walk the road to one ERP in a process of its own and keep what each step found."""
    with claim.scope(read_only=True):
        row = load(ErpConnection, claim.subject_id)
        request = Request(
            op="probe",
            kind=row.kind,
            settings=row.settings,
            secrets=open_secrets(row),
            budget_seconds=BUDGET_SECONDS,
            allow_loopback=Reach.allow_loopback,
        )
    claim.report(5, STEPS[0])
    answer = ask(request, on_step=_keeper(claim))
    with claim.finishing(_outcome(answer)):
        keep_probe(claim.subject_id, told(answer), datetime.now(UTC))


def _keeper(claim: Claim) -> Callable[[Step], None]:
    """What keeps each step as it becomes known, in a transaction of its own, so that whoever watches sees it."""
    steps: list[dict[str, Any]] = []

    def keep(step: Step) -> None:
        steps.append(plain(step))
        with claim.scope():
            keep_walk(claim.subject_id, Walk(job=claim.job_id, attempt=claim.attempt, steps=steps))
        coming = following(step)
        claim.report(5 + 90 * STEPS.index(coming) // len(STEPS), coming)

    return keep


def told(answer: Answer) -> dict[str, Any]:
    """What is kept of an answer: the steps as the page shows them, the account sets and the version."""
    steps = [plain(step) for step in answer.steps]
    version = next((step["detail"].get("version") for step in steps if step["name"] == "version"), None)
    sets = [step["detail"] for step in steps if step["name"] == "account_sets" and step["state"] == "ok"]
    return {"steps": steps, "account_sets": sets, "version": version}


def _outcome(answer: Answer) -> str:
    worst = [step for step in answer.steps if step.state != "ok"]
    return f"{worst[0].name}: {worst[0].reason}" if worst else "ok"
