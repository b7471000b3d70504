"""The steps of a probe, in their order, each saying what was found."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from connectors.errors import ConnectorError
from connectors.facts import Params

STEPS = ("name", "tcp", "tls", "login", "database", "rights", "read_only", "version", "account_sets")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a probe: what was found out, and what would mend it.

    `ok` with a reason is a remark (no encryption, a fixture); `failed` and `unknown` always carry a reason.
    `detail` holds what was seen (address, milliseconds, version). A step may come several times (one for each missing
    right, or when a later one shows what an earlier one could not): the worst state of a name is the one that counts.
    """

    name: str
    state: Literal["ok", "failed", "unknown"]
    reason: str | None = None
    params: Params = field(default_factory=dict)
    detail: Params = field(default_factory=dict)
    field: str | None = None
    right: str | None = None
    grant: str | None = None

    @classmethod
    def of(cls, name: str, error: ConnectorError, state: Literal["failed", "unknown"] = "failed") -> "Step":
        """The step that an error ended."""
        return cls(
            name=name,
            state=state,
            reason=error.reason,
            params=error.params,
            field=error.field,
            right=error.right,
            grant=error.grant,
        )


def following(step: Step | None) -> str:
    """The name of the step that comes after this one; None stands before the first."""
    return STEPS[0] if step is None else STEPS[min(STEPS.index(step.name) + 1, len(STEPS) - 1)]


def walked(stages: Iterable[tuple[str, Callable[[], Iterable[Step]]]]) -> Iterator[Step]:
    """Run the stages of a probe in order; the first that raises ConnectorError is the last step told.

    Some reasons only come out during login and still belong to another step.
    """
    for name, stage in stages:
        try:
            yield from stage()
        except ConnectorError as error:
            yield Step.of(_STEP_OF.get(error.reason, name), error)
            return


_STEP_OF = {"tls_refused": "tls", "unknown_database": "database", "database_offline": "database"}
