"""Every model of the product, imported in one place: migrations, doctor, export and the walls' tests read it."""

from service_desk import jobs, mail
from service_desk.accounts import models as accounts
from service_desk.alerts import models as alerts
from service_desk.alerts.delivery import models as delivery
from service_desk.audit import models as audit
from service_desk.billing import models as billing
from service_desk.checks import models as checks
from service_desk.estate import models as estate
from service_desk.files import models as files
from service_desk.knowledge import models as knowledge
from service_desk.papers import models as papers
from service_desk.safeguards import models as safeguards
from service_desk.sla import models as sla
from service_desk.tenants import models as tenants
from service_desk.tickets import models as tickets
from service_desk.worklog import models as worklog

MODULES = (
    jobs,
    mail,
    accounts,
    alerts,
    audit,
    billing,
    checks,
    delivery,
    estate,
    files,
    knowledge,
    papers,
    safeguards,
    sla,
    tenants,
    tickets,
    worklog,
)
