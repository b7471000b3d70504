"""Destinations: the same pages for the practice's (Settings, Channels) and for a person's own (Notifications)."""

from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.accounts.blueprints import PracticeBlueprint
from service_desk.accounts.fresh import require_fresh
from service_desk.accounts.roles import Right
from service_desk.alerts.channels import CHANNELS, Channel
from service_desk.alerts.channels.channel import shown
from service_desk.alerts.channels.webhook import VERIFY
from service_desk.alerts.delivery import log
from service_desk.alerts.delivery.forms import DestinationForm, OwnMailForm, QuietForm, destination_form
from service_desk.alerts.delivery.models import Destination
from service_desk.alerts.delivery.operations import destinations as verbs
from service_desk.alerts.delivery.operations import trying
from service_desk.alerts.delivery.views.parts import (
    answer,
    channel_how,
    channel_label,
    client_names,
    now,
    overview,
    severity_label,
    writing,
)
from service_desk.lib.errors import Invalid

TEMPLATES = "../../templates"


class KeptBlueprint(PracticeBlueprint):
    """Pages of destinations that belong to the practice, or (`own`) to whoever is signed in."""

    def __init__(self, name: str, *, own: bool, needs: Right) -> None:
        super().__init__(name, __name__, template_folder=TEMPLATES)
        self.own, self.base, self.needs = own, f"/settings/{name}", needs
        for rule, methods, opens, view in (
            ("/new", ("GET",), "overview", self.new),
            ("/new", ("POST",), "nothing", self.add),
            ("/<int:destination_id>", ("GET",), "overview", self.show),
            ("/<int:destination_id>", ("POST",), "nothing", self.change),
            ("/<int:destination_id>/test", ("POST",), "practice", self.test),
            ("/<int:destination_id>/switch", ("POST",), "practice", self.switch),
            ("/<int:destination_id>/remove", ("GET",), "overview", self.ask_remove),
            ("/<int:destination_id>/remove", ("POST",), "practice", self.remove),
        ):
            options: dict[str, Any] = {"needs": needs, "methods": methods, "opens": opens, "endpoint": view.__name__}
            self.page(self.base + rule, **options)(view)

    def to(self, endpoint: str, **values: Any) -> ResponseReturnValue:
        """Go on to another of these pages."""
        return redirect(url_for(f"{self.name}.{endpoint}", **values), 303)

    @property
    def owner(self) -> int | None:
        """Whose destinations these are."""
        return int(g.actor.person_id) if self.own else None

    def kind(self) -> Channel:
        """The channel that is asked for; only one that may be kept here."""
        channel = CHANNELS.get(request.args.get("kind", ""))
        if (
            channel is None
            or not (channel.personal if self.own else channel.shared)
            or (self.own and channel.key == "email")
        ):
            abort(404)
        return channel

    def form_page(
        self, channel: Channel, form: DestinationForm, row: Destination | None, status: int = 200
    ) -> ResponseReturnValue:
        """The form, and beside it how to come by what it asks for and how things went."""
        return render_template(
            "alerts/channel.html",
            kept=self,
            channel=channel,
            form=form,
            row=row,
            host=shown(channel, row.settings) if row else "",
            states=log.STATES,
            answer=answer,
            log=log.entries(destination_id=row.id, most=20) if row else [],
            verify=VERIFY if channel.key == "webhook" else "",
        ), status

    def new(self) -> ResponseReturnValue:
        """The empty form of the channel at `?kind=`."""
        require_fresh()
        channel = self.kind()
        return self.form_page(channel, destination_form(channel, client_names(), stored=False), None)

    def add(self) -> ResponseReturnValue:
        """Keep a new destination and send it a test message."""
        require_fresh()
        channel = self.kind()
        with overview():
            form = destination_form(channel, client_names(), stored=False)
            if not form.validate():
                return self.form_page(channel, form, None, 422)
        try:
            with writing():
                row = verbs.add(channel.key, form.name.data, form.values(), form.wanted(), self.owner, now=now())
                trying.ask(row, now=now())
        except Invalid as error:
            with overview():
                form.blame(Invalid(error.message, field=form.field_id(error.field)))
                return self.form_page(channel, form, None, 422)
        flash(_("Saved. A test message is on its way."), "ok")
        return self.to("show", destination_id=row.id)

    def show(self, destination_id: int) -> ResponseReturnValue:
        """One destination: what goes there, how its test ended, what was sent lately."""
        row = verbs.destination(destination_id, self.owner)
        channel = CHANNELS[row.channel]
        form = destination_form(channel, client_names(), stored=True)
        form.show(row)
        return self.form_page(channel, form, row)

    def change(self, destination_id: int) -> ResponseReturnValue:
        """Keep what was changed; an empty secret stays as it is."""
        require_fresh()
        with overview():
            row = verbs.destination(destination_id, self.owner)
            channel = CHANNELS[row.channel]
            form = destination_form(channel, client_names(), stored=True)
            if not form.validate():
                return self.form_page(channel, form, row, 422)
        try:
            with writing():
                row = verbs.destination(destination_id, self.owner, lock=True)
                verbs.change(row, form.name.data, form.values(), form.wanted(), now=now())
        except Invalid as error:
            with overview():
                form.blame(Invalid(error.message, field=form.field_id(error.field)))
                return self.form_page(channel, form, verbs.destination(destination_id, self.owner), 422)
        flash(_("Saved."), "ok")
        return self.to("show", destination_id=destination_id)

    def test(self, destination_id: int) -> ResponseReturnValue:
        """Send a test message; its answer appears on the page."""
        trying.ask(verbs.destination(destination_id, self.owner, lock=True), now=now())
        return self.to("show", destination_id=destination_id)

    def switch(self, destination_id: int) -> ResponseReturnValue:
        """Use it, or leave it alone for now."""
        on = request.form.get("on") == "yes"
        verbs.switch(verbs.destination(destination_id, self.owner, lock=True), on=on, now=now())
        flash(_("Saved."), "ok")
        return self.to("show", destination_id=destination_id)

    def ask_remove(self, destination_id: int) -> ResponseReturnValue:
        """Asks before a destination goes."""
        row = verbs.destination(destination_id, self.owner)
        return render_template(
            "web/confirm.html",
            frame="web/desk.html",
            sentence=_("Remove %(name)s?", name=row.name),
            detail=_("Its address and secret are forgotten. What was sent there stays in the log."),
            submit=_("Remove it"),
            action=url_for(f"{self.name}.remove", destination_id=row.id),
            back=url_for(f"{self.name}.show", destination_id=row.id),
            reason=False,
            form=None,
        )

    def remove(self, destination_id: int) -> ResponseReturnValue:
        """Forget a destination."""
        verbs.remove(verbs.destination(destination_id, self.owner, lock=True))
        flash(_("Removed."), "ok")
        return self.to("index")


channels = KeptBlueprint("channels", own=False, needs="practice.manage")
notifications = KeptBlueprint("notifications", own=True, needs="practice.read")
for words in (channel_label, channel_how, severity_label):
    channels.add_app_template_global(words)


@channels.page("/settings/channels", needs="practice.manage")
def index() -> ResponseReturnValue:
    """Where alarms of the practice go, and how that went lately."""
    found = log.entries(most=200)
    return render_template(
        "alerts/channels.html",
        kept=channels,
        rows=verbs.destinations(None),
        kinds=[one for one in CHANNELS.values() if one.shared],
        channels=CHANNELS,
        host=shown,
        names=client_names(),
        latest=log.last_states(found),
        log=found[:30],
        answer=answer,
    )


@channels.page("/settings/channels/log", needs="practice.manage", endpoint="log")
def whole_log() -> ResponseReturnValue:
    """Every message of late: to whom, about which client, what was answered."""
    return render_template("alerts/channel_log.html", log=log.entries(most=300), answer=answer)


@notifications.page("/settings/notifications", needs="practice.read", endpoint="index")
def own_page() -> ResponseReturnValue:
    """What reaches me, how, and when not."""
    return own_answer()


def own_answer(
    mail: OwnMailForm | None = None, quiet: QuietForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of one's own notifications, with a form that came back."""
    me, names = int(g.actor.person_id), client_names()
    if mail is None:
        mail, row = OwnMailForm(formdata=None), verbs.own_mail(me)
        mail.offer(names)
        if row is not None:
            mail.show(row)
            mail.by_mail.data = row.enabled
    return render_template(
        "alerts/notifications.html",
        kept=notifications,
        mail=mail,
        quiet=quiet or QuietForm(formdata=None).show(verbs.quiet_hours(me)),
        rows=verbs.destinations(me),
        kinds=[one for one in CHANNELS.values() if one.personal and one.key != "email"],
        channels=CHANNELS,
        host=shown,
        names=names,
        answer=answer,
    ), status
