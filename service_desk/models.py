"""Every model of the product, imported in one place: migrations, doctor, export and the walls' tests read it."""

from service_desk import jobs, mail
from service_desk.accounts import models as accounts
from service_desk.audit import models as audit
from service_desk.files import models as files
from service_desk.tenants import models as tenants

MODULES = (jobs, mail, accounts, audit, files, tenants)
