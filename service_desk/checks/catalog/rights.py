"""The rights that checks need, said once. Which grant a connection really lacks is said by what was looked at."""

from service_desk.checks.finding import N_

CONNECT = N_("Right to connect")
STATE = N_("VIEW SERVER STATE (SQL Server), pg_monitor (PostgreSQL), or SELECT on the system views")
DEFINITION = N_("VIEW ANY DEFINITION (SQL Server), or SELECT on the system's catalogue")
MSDB = N_("SELECT on the tables of backups and jobs (SQL Server: msdb)")
ERP = N_("SELECT on exactly these tables of the ERP, or the matching right of its interface")
OURS = N_("None: these are our own records")
PUSHED = N_("None here: a script at the client's runs with the right and sends the result")
OUTSIDE = N_("None: it is seen from outside")
KEY = N_("A key of the interface that may only read")
