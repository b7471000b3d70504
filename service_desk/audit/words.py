"""What an act is called. A package that records a new one adds its line here; without one its name is shown."""

from typing import Any

from flask_babel import lazy_gettext as _l

ACTS: dict[str, Any] = {
    "session.begun": _l("Signed in"),
    "session.ended": _l("Signed out"),
    "session.ended_elsewhere": _l("Signed another browser out"),
    "session.confirmed": _l("Confirmed the password"),
    "session.confirmation_failed": _l("Failed to confirm the password"),
    "sign_in.failed": _l("Sign-in failed: wrong password"),
    "second_factor.failed": _l("Sign-in failed: wrong code"),
    "second_factor.set": _l("Set up the second factor"),
    "second_factor.removed": _l("Removed the second factor"),
    "second_factor.recovery_code_used": _l("Used a recovery code"),
    "second_factor.recovery_codes_renewed": _l("Made new recovery codes"),
    "second_factor.reset_by_operator": _l("The operator reset the second factor"),
    "reset.requested": _l("Asked for a reset link"),
    "reset.done": _l("Set a new password by mail"),
    "password.changed": _l("Changed the password"),
    "password.change_failed": _l("Failed to change the password"),
    "person.created": _l("Account created"),
    "person.changed": _l("Changed the profile"),
    "person.disabled": _l("Account disabled"),
    "person.operator_set": _l("Operator right changed"),
    "practice.created": _l("Practice set up"),
    "practice.changed": _l("Changed the letterhead"),
    "invitation.sent": _l("Sent an invitation"),
    "invitation.withdrawn": _l("Withdrew an invitation"),
    "invitation.accepted": _l("Accepted an invitation"),
    "member.joined": _l("Joined"),
    "member.role_changed": _l("Changed a role"),
    "member.ended": _l("Ended a membership"),
    "tenant.created": _l("Client set up"),
    "tenant.changed": _l("Changed the client's data"),
    "tenant.closed": _l("Closed the client"),
    "assignment.made": _l("Assigned an engineer"),
    "assignment.ended": _l("Ended an assignment"),
    "contact.added": _l("Added a contact"),
    "contact.changed": _l("Changed a contact"),
    "contact.removed": _l("Removed a contact"),
    "leavers.added": _l("Added leavers"),
    "leaver.removed": _l("Removed a leaver"),
    "connection.added": _l("Added a connection"),
    "connection.changed": _l("Changed a connection"),
    "connection.removed": _l("Removed a connection"),
    "connection.probe_requested": _l("Asked for a probe"),
    "connection.probed": _l("Probed a connection"),
    "connection.writable_accepted": _l("Accepted a login that can write"),
    "secret.changed": _l("Changed a secret"),
    "invoice.issue": _l("Issued an invoice"),
    "invoice.void": _l("Voided an invoice"),
    "invoice.credit": _l("Credited an invoice"),
    "payment.record": _l("Recorded a payment"),
    "keys.rotated": _l("Wrapped the data key anew"),
}


def act_label(act: str) -> Any:
    """The words for an act."""
    return ACTS.get(act, act)
