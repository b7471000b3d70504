"""What a worker may run, and how: the only list of it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Work:
    """What a kind of job is: where its code stands, on which queue, how long a lease lasts, how often it is tried.

    `given_up` names what is written down, in the job's own scope, when the last attempt is used up.
    """

    code: str
    queue: str
    lease: timedelta = timedelta(seconds=90)
    attempts: int = 5
    given_up: str = ""


# The only list of what a worker may run. Code says what may run; rows say when and whether.
JOBS: dict[str, Work] = {
    "collect": Work(
        "service_desk.checks.jobs:collect",
        "collect",
        lease=timedelta(seconds=120),
        attempts=2,
        given_up="service_desk.checks.jobs:given_up",
    ),
    "propose": Work("service_desk.checks.jobs:propose", "desk"),
    "heartbeat": Work("service_desk.checks.jobs:judge_heartbeats", "desk"),
    "agents": Work("service_desk.checks.jobs:judge_agents", "desk"),
    "blind": Work("service_desk.checks.jobs:judge_blind", "desk"),
    "probe": Work("service_desk.tenants.jobs:probe", "collect", lease=timedelta(seconds=120), attempts=2),
    "access_review": Work(
        "service_desk.safeguards.jobs:look",
        "collect",
        lease=timedelta(seconds=600),
        attempts=2,
        given_up="service_desk.safeguards.jobs:given_up",
    ),
    "safeguard_paper": Work("service_desk.papers.jobs:of_safeguard", "desk", attempts=8),
    "notice": Work("service_desk.alerts.jobs:notice", "desk"),
    "tell": Work("service_desk.alerts.jobs:tell_due", "desk"),
    "deliver": Work(
        "service_desk.alerts.delivery.jobs:deliver",
        "outward",
        lease=timedelta(seconds=60),
        attempts=2,
        given_up="service_desk.alerts.delivery.jobs:given_up",
    ),
    "try_channel": Work("service_desk.alerts.delivery.jobs:try_channel", "outward", lease=timedelta(seconds=60)),
    "ticket_mail": Work("service_desk.tickets.jobs:told", "desk"),
    "revocations": Work("service_desk.tickets.jobs:follow_review", "desk"),
    "mail": Work(
        "service_desk.mail:deliver",
        "desk",
        lease=timedelta(seconds=60),
        attempts=8,
        given_up="service_desk.mail:given_up",
    ),
    "invoice_paper": Work("service_desk.billing.jobs:make_paper", "papers", lease=timedelta(seconds=120)),
    "paper": Work("service_desk.papers.jobs:build", "papers", lease=timedelta(seconds=300), attempts=3),
}
QUEUES = ("desk", "outward", "collect", "papers")
