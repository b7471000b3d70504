"""The one family of exceptions that carries words for people."""

from typing import Any


class DeskError(Exception):
    """Something a person can understand and act on.

    `message` is a lazy or plain string, already translatable; `way_out` says what to do next.
    `status` is the HTTP answer a page gives when nothing nearer handles it.
    """

    status = 400

    def __init__(self, message: Any, way_out: Any = "") -> None:
        super().__init__(str(message))
        self.message = message
        self.way_out = way_out


class NotThere(DeskError):
    """It does not exist, or it is not yours: nobody may learn which."""

    status = 404

    def __init__(self, message: Any = "not there") -> None:
        super().__init__(message)


class Refused(DeskError):
    """A rule says no: the state does not allow this verb, or somebody was first."""

    status = 409


class Invalid(DeskError):
    """What was typed cannot be used; `field` names where it was typed."""

    status = 422

    def __init__(self, message: Any, field: str = "", way_out: Any = "") -> None:
        super().__init__(message, way_out)
        self.field = field


class ScopeError(RuntimeError):
    """A walled row was touched outside its scope. This is a defect of the program, never of the person."""
