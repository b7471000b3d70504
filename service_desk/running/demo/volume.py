"""A practice of any size, for measuring: the rows are made where they lie, one statement for each table and client.

Everything goes through the walls as the runtime login. The content says little; numbers, spread over the years, states
and keys are what a practice of that size would have.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from service_desk.accounts.models import Person, Practice, PracticeMember
from service_desk.running.demo import BenchClients
from service_desk.scope import Actor, gate, person_scope, practice_scope, session, tenant_scope
from service_desk.tenants.models import ErpConnection, Tenant

YEARS = 8  # one engineer with hundreds of clients has gathered their work over years
NAME = "Volume"
AT_ONCE = 3

# Tables in the order of their keys. %(n)s…: what is written of each; %(k)s: the client's place; %(now)s: the moment.
STATEMENTS = (
    """INSERT INTO ticket_counter (tenant_id, last_number) VALUES (%(t)s, %(tickets)s)""",
    """INSERT INTO ticket (tenant_id, number, title, status, status_since, priority, category, source, author_name,
           assignee_name, assignee_person_id, "check", subject, terms, due_at, created_at, updated_at, solved_at,
           closed_at)
       SELECT %(t)s, g, (ARRAY['出库单','月结','打印模板','新账号','报表'])[1 + g %% 5] || ' ' || g,
           CASE WHEN still THEN (ARRAY['open','new','waiting_client'])[1 + g %% 3] ELSE 'closed' END, opened,
           'P' || 1 + g %% 4, 'fault', 'portal', 'User', %(name)s, %(person)s, '', '', '{}',
           CASE WHEN still AND g %% 3 <> 2 THEN %(now)s + make_interval(hours => (%(k)s * 7 + g * 13) %% 400 - 8) END,
           opened, opened + interval '1 day', CASE WHEN still THEN NULL ELSE opened + interval '1 day' END,
           CASE WHEN still THEN NULL ELSE opened + interval '1 day' END
       FROM (SELECT g, g > %(tickets)s - 2 AS still,
                    %(now)s - make_interval(secs => %(span)s * (%(tickets)s - g + 0.5) / %(tickets)s) AS opened
             FROM generate_series(1, %(tickets)s) g) s""",
    """INSERT INTO ticket_status_interval (tenant_id, ticket_id, status, started_at, ended_at, actor_name, reason)
       SELECT tenant_id, id, 'new', created_at, CASE WHEN status <> 'new' THEN created_at + interval '1 hour' END,
           author_name, '' FROM ticket WHERE tenant_id = %(t)s
       UNION ALL
       SELECT tenant_id, id, status, created_at + interval '1 hour', NULL, assignee_name, ''
       FROM ticket WHERE tenant_id = %(t)s AND status <> 'new'""",
    """INSERT INTO ticket_message (tenant_id, ticket_id, body, public, opening, side, author_name, via, created_at)
       SELECT tenant_id, k.id, repeat('单据号与截图见附件，请尽快处理。', 4), true, g = 0,
           CASE WHEN g %% 2 = 0 THEN 'client' ELSE 'desk' END, author_name, 'portal',
           created_at + make_interval(mins => 25 * g)
       FROM ticket k, generate_series(0, 2) g WHERE tenant_id = %(t)s""",
    """INSERT INTO ticket_clock (tenant_id, ticket_id, kind, minutes, started_at, due_at, provisional, met_at, ended_at,
           waived_reason)
       SELECT tenant_id, k.id, kind, 240, created_at, coalesce(k.due_at, created_at + interval '4 hours'), false,
           CASE WHEN status = 'closed' THEN created_at + interval '1 hour' END, NULL, ''
       FROM ticket k, unnest(ARRAY['first_response', 'resolution']) kind WHERE tenant_id = %(t)s""",
    """INSERT INTO ticket_gram (tenant_id, gram, ticket_id)
       SELECT DISTINCT tenant_id, substr(title, p, 2), id FROM ticket, generate_series(1, length(title) - 1) p
       WHERE tenant_id = %(t)s AND substr(title, p, 2) NOT LIKE '%% %%'""",
    """INSERT INTO contract (tenant_id, title, number, kind, rate_minor, currency, rounding_mode, rounding_step,
           rounding_scope, minimum_minutes, group_by, tax_code, tax_included, payment_days, purchase_order, starts_on,
           scope_in, scope_out, created_at)
       VALUES (%(t)s, 'Support', %(slug)s, 'hourly', 40000, 'CNY', 'ceil', 15, 'entry', 0, 'entry', 'none', true, 15,
           '', '2018-01-01', '', '', %(now)s)""",
    """INSERT INTO work_terms (tenant_id, mode, step, minimum, scope, rate_minor, currency, rate_source, agreed_at)
       VALUES (%(t)s, 'ceil', 15, 0, 'entry', 40000, 'CNY', 'contract', %(now)s)""",
    """INSERT INTO invoice (tenant_id, practice_id, kind, state, contract_id, title, note, purchase_order, language,
           currency, tax_code, tax_included, payment_days, supply_from, supply_until, net_minor, tax_minor, total_minor,
           paid_minor, party, template_version, created_at, created_by, issued_by, close_reason)
       SELECT %(t)s, %(practice)s, 'invoice', 'draft', c.id, 'Support ' || g, g::text, '', %(language)s, 'CNY', 'none',
           true, 15, day - 31, day - 1, 100000, 0, 100000, 0, '{}', 1, day, %(name)s, '', ''
       FROM contract c, LATERAL (SELECT g, (%(now)s - make_interval(
           secs => %(span)s * (%(invoices)s - g + 0.5) / %(invoices)s))::date AS day
           FROM generate_series(1, %(invoices)s) g) s WHERE c.tenant_id = %(t)s""",
    """INSERT INTO invoice_line (tenant_id, invoice_id, position, kind, text, minutes, quantity, unit, price_minor,
           amount_minor, net_minor, tax_rate)
       SELECT tenant_id, i.id, g, 'work', 'Support', 60, 1, 'hour', 50000, 50000, 50000, 0
       FROM invoice i, generate_series(1, 2) g WHERE tenant_id = %(t)s""",
    """UPDATE invoice SET state = CASE WHEN note::int < %(invoices)s THEN 'paid' ELSE 'issued' END,
           paid_minor = CASE WHEN note::int < %(invoices)s THEN total_minor ELSE 0 END,
           number = 'V' || %(k)s || '-' || note, period = 'all', sequence = %(k)s * %(invoices)s + note::int,
           issued_on = created_at::date, due_on = created_at::date + 15, issued_at = created_at, issued_by = %(name)s
       WHERE tenant_id = %(t)s""",
    """INSERT INTO work_entry (tenant_id, ticket_id, person_id, person_name, started_at, ended_at, content, problem,
           solution, internal_note, environment, activity, billable, worked_seconds, billable_minutes, rate_minor,
           rate_source, invoice_line_id, created_at)
       SELECT %(t)s, k.id, %(person)s, %(name)s, began, began + make_interval(secs => %(length)s),
           '核对单据与账表 ' || e.g, '单据未审核', '审核后复核，结果一致', '', 'production', 'support', true,
           %(length)s, 15, 40000, 'contract', CASE WHEN e.g <= %(entries)s - %(entries)s / 20 THEN line END, began
       FROM (SELECT g, %(now)s - make_interval(secs => %(span)s * (%(entries)s - g + 1) / %(entries)s::float
                 - %(k)s * %(slice)s) AS began FROM generate_series(1, %(entries)s) g) e
       JOIN ticket k ON k.tenant_id = %(t)s AND k.number = 1 + (e.g - 1) * %(tickets)s / %(entries)s
       JOIN (SELECT i.note::int AS place, min(l.id) AS line FROM invoice i JOIN invoice_line l
             ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id WHERE i.tenant_id = %(t)s GROUP BY i.note) v
           ON v.place = 1 + (e.g - 1) * %(invoices)s / %(entries)s""",
    """INSERT INTO entry_claim (tenant_id, entry_id, kind, invoice_id, line_id, minutes, reason, created_at, created_by)
       SELECT e.tenant_id, e.id, 'invoice', l.invoice_id, l.id, e.billable_minutes, '', e.created_at, e.person_name
       FROM work_entry e JOIN invoice_line l ON l.tenant_id = e.tenant_id AND l.id = e.invoice_line_id
       WHERE e.tenant_id = %(t)s""",
    """INSERT INTO worked_interval (person_id, tenant_id, entry_id, started_at, ended_at)
       SELECT person_id, tenant_id, id, started_at, ended_at FROM work_entry
       WHERE tenant_id = %(t)s AND started_at > %(now)s - interval '90 days'""",
    """INSERT INTO payment (tenant_id, received_on, amount_minor, currency, method, reference, created_at, created_by,
           taken_back_reason)
       SELECT tenant_id, due_on, total_minor, currency, 'bank', number, issued_at + interval '9 days', issued_by, ''
       FROM invoice WHERE tenant_id = %(t)s AND state = 'paid'""",
    """INSERT INTO allocation (tenant_id, payment_id, invoice_id, amount_minor)
       SELECT i.tenant_id, p.id, i.id, p.amount_minor
       FROM invoice i JOIN payment p ON p.tenant_id = i.tenant_id AND p.reference = i.number
       WHERE i.tenant_id = %(t)s""",
    """INSERT INTO check_state (tenant_id, connection_id, "check", subject, state, told_state, since, pending_count,
           value, unit, sentence_params, reason, right_needed, grant_statement, seen_at, received_at)
       SELECT %(t)s, %(connection)s, (ARRAY['bak.full.age','inv.negative','gl.unposted','lock.stuck'])[1 + g %% 4],
           'S' || lpad(g::text, 3, '0'), state, state, %(now)s - interval '3 days', 0, 4, '',
           '{"database": "UFDATA", "age_s": 90000, "set": "001", "count": 3, "item": "M6", "warehouse": "01",
             "quantity": "-3", "who": "chen", "what": "GL", "held_s": 3600, "days": 4, "month": "2026-10"}', '',
           '', '', %(now)s - interval '2 minutes', %(now)s - interval '2 minutes'
       FROM (SELECT g, CASE WHEN (%(k)s * 31 + g) %% 211 = 0 THEN 'crit' WHEN (%(k)s * 17 + g) %% 127 = 0 THEN 'warn'
             ELSE 'ok' END AS state FROM generate_series(1, %(states)s) g) s""",
    """INSERT INTO check_day (tenant_id, state_id, day, n, n_warn, n_crit, n_unknown, low, high, total, last)
       SELECT tenant_id, s.id, %(now)s::date - g, 48, CASE WHEN (s.id + g) %% 61 = 0 THEN 3 ELSE 0 END, 0, 0, 1, 9,
           96, 4
       FROM check_state s, generate_series(0, %(days)s - 1) g WHERE tenant_id = %(t)s AND "check" = 'bak.full.age'""",
    """INSERT INTO check_client_day (tenant_id, day, n, n_warn, n_crit, n_unknown)
       SELECT tenant_id, day, sum(n), sum(n_warn), sum(n_crit), sum(n_unknown) FROM check_day
       WHERE tenant_id = %(t)s GROUP BY tenant_id, day""",
    """INSERT INTO incident (tenant_id, connection_id, "check", subject, severity, state_id, value, unit, params,
           reason, opened_at, changed_at, told_at, reopened, acknowledged_by)
       SELECT tenant_id, connection_id, "check", subject, state, id, value, unit, sentence_params, '', since,
           since, since, 0, ''
       FROM check_state WHERE tenant_id = %(t)s AND state = 'crit'""",
)


@dataclass(frozen=True)
class _House:
    practice_id: int
    owner: Actor
    now: datetime


def write_volume(
    clients: int, *, now: datetime, seed: int, per_client: Mapping[str, int], languages: tuple[str, ...], days: int
) -> BenchClients:
    """Write so many clients; see `demo.load_history`."""
    house = _practice(now, seed)
    slugs = [f"volume-{house.practice_id}-{place:04d}" for place in range(clients)]
    numbers = {**per_client, "days": days}

    def made(place: int) -> int:
        return _client(house, place, clients, slugs[place], languages[place % len(languages)], numbers)

    # The work is the database's; two or three clients at a time keep both of its processors busy.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = tuple(pool.map(made, range(clients)))
    return BenchClients(house.practice_id, house.owner, ids, tuple(slugs))


def _practice(now: datetime, seed: int) -> _House:
    person_id = int(gate("gate_new_ids", p_kind="person")[0].id)
    practice_id = int(gate("gate_new_ids", p_kind="practice")[0].id)
    email = f"volume-{seed}-{practice_id}@demo.example"
    owner = Actor("person", NAME, "owner", person_id, practice_id)
    with person_scope(person_id, owner):
        session().add(Person(id=person_id, email=email, name=NAME, created_at=now))
    with practice_scope(practice_id, owner, writing=True):
        session().add(Practice(id=practice_id, name=NAME, is_demo=True, created_at=now))
        session().flush()  # The member belongs to it.
        session().add(PracticeMember(person_id=person_id, role="owner", name=NAME, email=email, created_at=now))
    return _House(practice_id, owner, now)


def _client(house: _House, place: int, clients: int, slug: str, language: str, numbers: Mapping[str, int]) -> int:
    tenant_id = int(gate("gate_new_ids", p_kind="tenant")[0].id)
    with tenant_scope(tenant_id, house.owner, practice_id=house.practice_id):
        connection = _tenant(house, tenant_id, place, slug, language)
        values = _values(house, tenant_id, place, clients, numbers) | {
            "connection": connection, "slug": slug, "language": language,
        }  # fmt: skip
        database = session().connection()
        for statement in STATEMENTS:
            database.exec_driver_sql(statement, values)
    return tenant_id


def _tenant(house: _House, tenant_id: int, place: int, slug: str, language: str) -> int:
    name = f"客户 {place:04d}"
    session().add(
        Tenant(
            id=tenant_id,
            practice_id=house.practice_id,
            slug=slug,
            name=name,
            short_name=name,
            initial="客",
            colour=place % 16,
            language=language,
            engineer_name=NAME,
            created_at=house.now - timedelta(days=365 * YEARS),
        )
    )
    session().flush()
    # Nobody visits it: what is measured is the desk.
    row = ErpConnection(kind="yonyou_u8", name="U8", settings={}, account_sets=[], enabled=False, created_at=house.now)
    session().add(row)
    session().flush()
    return row.id


def _values(house: _House, tenant_id: int, place: int, clients: int, numbers: Mapping[str, int]) -> dict[str, Any]:
    """Entries of all clients take turns, so that one person never works twice at once; each leaves a little air."""
    span = float(YEARS * 365 * 86400)
    slice_s = span / numbers["entries"] / max(1, clients)
    return {
        **numbers,
        "t": tenant_id,
        "k": place,
        "practice": house.practice_id,
        "person": house.owner.person_id,
        "name": NAME,
        "now": house.now,
        "span": span,
        "slice": slice_s,
        "length": int(min(2700, slice_s * 0.8)),
    }
