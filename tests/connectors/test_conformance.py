"""What every connector in the table must hold, whichever system it reads."""

import inspect
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors import CONNECTORS, connector_class
from connectors.ask import Request, ask
from connectors.base import STEPS, ConnectorError, sentence
from connectors.facts import FACTS
from connectors.hana_base import OverHana
from connectors.http_base import OverHttp
from connectors.oracle import Oracle
from connectors.reasons import REASONS
from connectors.untold import UNTOLD
from tests.connectors.address_systems import SYSTEMS as ADDRESS_SYSTEMS
from tests.connectors.b1_fixtures import layer_request
from tests.connectors.conftest import over_tds_request, postgres_request, tryton_request, u8_request
from tests.connectors.ebs_rows import ebs_request
from tests.connectors.galaxy_fixtures import centre_request, galaxy_request
from tests.connectors.hana_standin import hana_request
from tests.connectors.http_counterpart import HttpCounterpart, Reply, certificate
from tests.connectors.http_systems import SYSTEMS as HTTP_SYSTEMS
from tests.connectors.oracle_standin import oracle_request
from tests.connectors.real_mariadb import mariadb_request
from tests.connectors.test_hana import plain_hana_request

pytestmark = pytest.mark.enable_socket
# The machine under an agent has no address and no login; it has tests of its own.
EACH = pytest.mark.parametrize(
    "kind",
    # A Tryton takes half a minute to start, so one process of the run has it to itself.
    [
        pytest.param(kind, marks=[pytest.mark.xdist_group("tryton")] if kind == "tryton" else [])
        for kind in CONNECTORS
        if kind != "machine"
    ],
)
ROOT = Path(__file__).resolve().parents[2]

# kind -> the fixture that runs its system, and how to ask it. A connector without an entry fails here.
SYSTEMS: dict[str, tuple[str, Callable[..., Request]]] = {
    "yonyou_u8": ("sql_server", lambda server, **change: u8_request(server.port, **change)),
    "kingdee_k3": ("k3_server", lambda server, **change: over_tds_request("kingdee_k3", server.port, **change)),
    "kingdee_galaxy": ("galaxy_server", galaxy_request),
    "kingdee_galaxy_db": ("centre_server", centre_request),
    "sap_b1": ("layer_server", layer_request),
    "sap_b1_hana": ("hana_server", hana_request),
    "sap_b1_sql": ("b1_server", lambda server, **change: over_tds_request("sap_b1_sql", server.port, **change)),
    "sqlserver": ("plain_server", lambda server, **change: over_tds_request("sqlserver", server.port, **change)),
    "postgresql": ("postgres_server", postgres_request),
    "tryton": ("tryton_server", tryton_request),
    **HTTP_SYSTEMS,
    **ADDRESS_SYSTEMS,
    "mysql": ("mariadb_server", mariadb_request),
    "oracle": ("oracle_server", oracle_request),
    "oracle_ebs": ("ebs_server", ebs_request),
    "hana": ("plain_hana", plain_hana_request),
}


@pytest.fixture
def asked(kind: str, request: pytest.FixtureRequest) -> Callable[..., Request]:
    """Make a request to the running system of a kind."""
    fixture, make = SYSTEMS[kind]
    server = request.getfixturevalue(fixture)
    return lambda **change: make(server, **change)


@EACH
def test_its_form_is_complete(kind: str) -> None:
    found = connector_class(kind)
    assert found.kind == kind
    assert found.label
    assert found.about.endswith(".")
    assert found.verified.endswith(".")
    names = [field.name for field in found.fields]
    assert len(names) == len(set(names))
    secrets = [field for field in found.fields if field.secret]
    assert secrets
    # Whatever decides where the secret is sent must ask for it again.
    for field in found.fields:
        assert field.repoints or field.secret, field.name
        assert field.type != "choice" or field.default in field.choices


@EACH
def test_every_kind_is_read_or_said_to_be_missing(kind: str) -> None:
    found = connector_class(kind)
    assert set(found.readers()) | set(found.cannot) <= set(FACTS)
    assert not set(found.readers()) & set(found.cannot)
    assert set(UNTOLD) == set(FACTS)
    for reader in found.readers().values():
        assert all(need.table for need in reader.needs), reader.kind


@EACH
def test_it_answers_every_kind_asked_for(kind: str, asked: Callable[..., Request]) -> None:
    answer = ask(asked(kinds=list(FACTS)))
    assert answer.error is None
    assert {look.kind for look in answer.looks} == set(FACTS)
    for look in answer.looks:
        assert not (look.facts and look.unknown)
        assert all(type(fact) is FACTS[look.kind] for fact in look.facts)
        assert all(fact.account_set == look.account_set for fact in look.facts if look.account_set)
        subjects = [fact.subject for fact in look.facts]
        assert len(subjects) == len(set(subjects))


@EACH
def test_its_probe_walks_in_order_and_ends_well(kind: str, asked: Callable[..., Request]) -> None:
    names = [step.name for step in ask(asked(op="probe")).steps]
    assert sorted(names, key=STEPS.index) == names
    assert set(names) == set(STEPS)


@EACH
def test_its_capabilities_agree_with_what_it_reads(kind: str, asked: Callable[..., Request]) -> None:
    able = {one.kind: one.state for one in ask(asked(op="capabilities")).capabilities}
    looks = {look.kind: look.unknown for look in ask(asked(kinds=list(FACTS))).looks}
    assert {name for name, state in able.items() if state == "supported"} == {
        name for name, unknown in looks.items() if unknown is None
    }


@EACH
def test_it_lists_account_sets(kind: str, asked: Callable[..., Request]) -> None:
    answer = ask(asked(op="account_sets"))
    assert answer.error is None
    assert all(found.code and found.name for found in answer.account_sets)
    assert answer.account_sets


@EACH
def test_a_wrong_password_fails_the_login_step_and_says_no_more(kind: str, asked: Callable[..., Request]) -> None:
    answer = ask(asked(op="probe", password="not-the-password"))
    assert (answer.steps[-1].name, answer.steps[-1].reason) == ("login", "wrong_password")
    assert "not-the-password" not in repr(answer)


@EACH
def test_a_closed_port_is_down(kind: str, asked: Callable[..., Request]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    looks = {look.kind: look for look in ask(asked(kinds=list(FACTS), settings={"port": port})).looks}
    assert looks["reachable"].facts[0].up is False  # type: ignore[attr-defined]
    assert all(look.unknown for name, look in looks.items() if name != "reachable")


@EACH
def test_a_silent_server_is_down_in_time(kind: str, asked: Callable[..., Request]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        request = asked(kinds=["reachable"], settings={"port": listener.getsockname()[1]}, budget_seconds=1)
        answer = ask(request, deadline=10)
    fact = answer.looks[0].facts[0]
    assert (fact.up, fact.reason) == (False, "silent_server")  # type: ignore[attr-defined]


@EACH
def test_this_machine_is_refused_outside_the_demo(kind: str, asked: Callable[..., Request]) -> None:
    request = replace(asked(kinds=["reachable"]), allow_loopback=False)
    (look,) = ask(request).looks
    assert look.unknown is not None
    assert look.unknown.reason == "forbidden_address"


@EACH
@pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:127.0.0.1", "/var/run/x", "a;b"])
def test_forbidden_places_are_refused_before_anything_is_dialled(kind: str, host: str) -> None:
    found = connector_class(kind)
    settings: dict[str, Any] = {field.name: "x" for field in found.fields if field.type == "text" and field.required}
    request = Request(op="probe", kind=kind, settings={**settings, "host": host}, secrets={"password": "x"})
    (step,) = ask(request).steps
    assert (step.name, step.state, step.field) == ("name", "failed", "host")


def _anywhere(kind: str, **settings: Any) -> Request:
    """A question to a place where nothing of this kind is."""
    fields = connector_class(kind).fields
    typed = {field.name: "x" for field in fields if field.type == "text" and field.required}
    secrets = {field.name: "hunter2-hunter2" for field in fields if field.secret and field.type == "secret"}
    given: dict[str, Any] = {"budget_seconds": 4, "allow_loopback": True, "op": "probe"}
    return Request(kind=kind, settings={**typed, "user": "reader", **settings}, secrets=secrets, **given)


@EACH
def test_a_name_that_is_not_there_is_told_and_is_not_green(
    kind: str, in_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # Some resolvers think for seconds before they say so.
    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    request = _anywhere(kind, host="nowhere.invalid")
    (step,) = ask(request).steps
    assert (step.name, step.state, step.reason, step.field) == ("name", "failed", "unknown_name", "host")
    answer = ask(replace(request, op="collect", kinds=list(FACTS)))
    assert answer.error is None
    assert {look.kind for look in answer.looks} == set(FACTS)
    for look in answer.looks:
        assert look.unknown or [getattr(fact, "up", None) for fact in look.facts] == [False], look.kind


# Wires that begin with encryption; the others ask for it first and have servers of their own to be asked.
SEALED = [kind for kind in CONNECTORS if issubclass(connector_class(kind), (OverHttp, OverHana, Oracle))]


@pytest.mark.parametrize("kind", SEALED)
@pytest.mark.parametrize("shown", ["a certificate nobody knows", "none"])
def test_a_server_that_cannot_be_trusted_gets_no_password(
    kind: str, shown: str, in_process: None, tmp_path: Path
) -> None:
    papers = certificate(tmp_path) if shown != "none" else None
    with HttpCounterpart(lambda asked: Reply({}), certificate=papers) as server:
        answer = ask(_anywhere(kind, host="127.0.0.1", port=server.port, encryption="verified"))
    last = answer.steps[-1]
    assert answer.error is None
    assert (last.name, last.state, last.reason) == ("tls", "failed", "tls_refused")
    assert server.asked == []
    assert "hunter2" not in repr(answer)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_sentence_that_never_fails(reason: str) -> None:
    text = str(ConnectorError(reason))
    assert text == sentence(reason, {})
    assert text.endswith(".")
    assert "%" not in text


def test_every_reason_that_is_raised_is_in_the_table_and_used() -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / "connectors").rglob("*.py")))
    raised = set(re.findall(r'ConnectorError\(\s*"(\w+)"', source))
    assert raised <= set(REASONS)
    assert {reason for reason in REASONS if f'"{reason}"' not in source.replace(f'"{reason}": Reason', "")} == set()


def test_no_class_of_the_table_is_abstract() -> None:
    assert not [kind for kind in CONNECTORS if inspect.isabstract(connector_class(kind))]
