"""The practice's settings: letterhead and what was done."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.accounts.forms import LetterheadForm
from service_desk.accounts.operations import practices
from service_desk.audit import operations as audit

settings = PracticeBlueprint("settings", __name__, template_folder="../templates")


@settings.page("/settings", needs="practice.manage", opens="practice")
def letterhead() -> ResponseReturnValue:
    """What stands on the practice's papers, and the way to the other settings."""
    return render_template("accounts/settings.html", form=LetterheadForm(obj=practices.practice()))


@settings.page("/settings", needs="practice.manage", opens="practice", methods=("POST",), endpoint="change_letterhead")
def change_letterhead() -> ResponseReturnValue:
    """Keep the letterhead."""
    form = LetterheadForm()
    if not form.validate():
        return render_template("accounts/settings.html", form=form), 422
    practices.change_letterhead({name: form[name].data or "" for name in practices.LETTERHEAD})
    flash(_("Saved."), "ok")
    return redirect(url_for("settings.letterhead"), 303)


@settings.page("/settings/audit", needs="practice.manage", opens="practice")
def audit_page() -> ResponseReturnValue:
    """What was done in the practice, newest first, with the head of the chain."""
    before = request.args.get("before", type=int)
    return render_template("accounts/audit.html", **audit.page(before))


@settings.page("/settings/audit/verify", needs="practice.manage", opens="practice", methods=("POST",))
def verify_audit() -> ResponseReturnValue:
    """Check every link of the practice's chain."""
    return render_template("accounts/audit.html", verified=audit.checked(), **audit.page(None))
