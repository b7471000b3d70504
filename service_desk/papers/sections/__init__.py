"""Every section there is. A new one is a file, a template and a line here."""

from service_desk.papers.section import Section
from service_desk.papers.sections import (
    access,
    backup,
    checks,
    contacts,
    contract,
    cover,
    drill,
    drills,
    duties,
    environment,
    first_day,
    gaps,
    inspection,
    knowledge,
    plans,
    review,
    rights,
    tickets,
    worklog,
)

MODULES = (
    cover,
    first_day,
    contacts,
    environment,
    access,
    backup,
    plans,
    drills,
    rights,
    checks,
    tickets,
    worklog,
    duties,
    contract,
    gaps,
    knowledge,
)
# Sections of papers about one thing: they stand in no pack.
OWN = (inspection, drill, review)
SECTIONS: dict[str, Section] = {module.SECTION.key: module.SECTION for module in (*MODULES, *OWN)}

# Which sections a paper has, in their order. The long ones stand last.
PAPERS: dict[str, tuple[str, ...]] = {
    "handover": tuple(module.SECTION.key for module in MODULES),
    "overview": ("cover", "environment", "backup", "plans", "drills", "checks", "tickets", "worklog", "duties"),
    "round": ("cover", "inspection"),
    "drill": ("cover", "drill"),
    "review": ("cover", "review"),
}


def kinds_for(money: bool) -> frozenset[str]:
    """The kinds of paper somebody may have: one that says prices and debts is for those who may see money."""
    return frozenset(kind for kind, keys in PAPERS.items() if money or "contract" not in keys)
