"""A year of roll-ups and a week of raw results in the partitions, written as the owner of the tables."""

from typing import LiteralString

import psycopg

Db = psycopg.Connection[tuple[object, ...]]
YEAR: tuple[LiteralString, ...] = (
    """INSERT INTO check_hour (tenant_id, state_id, hour, n, n_warn, n_crit, n_unknown, low, high, total, last)
       SELECT s.tenant_id, s.id, date_trunc('hour', now()) - make_interval(hours => g), 12, 0, 0, 0, 1, 9, 60, 4
       FROM (SELECT tenant_id, id FROM check_state WHERE tenant_id = %(tenant)s ORDER BY id LIMIT %(checks)s) s,
            generate_series(1, 365 * 24) g ON CONFLICT DO NOTHING""",
    """INSERT INTO check_day (tenant_id, state_id, day, n, n_warn, n_crit, n_unknown, low, high, total, last)
       SELECT s.tenant_id, s.id, current_date - g, 288, 0, 0, 0, 1, 9, 1440, 4
       FROM (SELECT tenant_id, id FROM check_state WHERE tenant_id = %(tenant)s ORDER BY id LIMIT %(checks)s) s,
            generate_series(1, 365) g ON CONFLICT DO NOTHING""",
)
WEEK: LiteralString = """INSERT INTO check_result (tenant_id, state_id, seen_at, state, value)
    SELECT s.tenant_id, s.id, date_trunc('hour', now()) - make_interval(mins => 5 * g), 'ok', g %% 9
    FROM (SELECT tenant_id, id FROM check_state ORDER BY tenant_id, id LIMIT %(checks)s) s,
         generate_series(1, 7 * 288) g ON CONFLICT DO NOTHING"""


def write(admin: Db, tenant_id: int, *, year_of: int, week_of: int) -> int:
    """Roll-ups of a year for `year_of` checks of the client, raw results of a week for `week_of`; rows written."""
    rows = 0
    for statement in YEAR:
        rows += admin.execute(statement, {"tenant": tenant_id, "checks": year_of}).rowcount
    rows += admin.execute(WEEK, {"checks": week_of}).rowcount
    admin.execute("ANALYZE check_result")
    admin.execute("ANALYZE check_hour")
    return rows
