"""Every section there is. A new one is a file, a template and a line here."""

from service_desk.papers.section import Section
from service_desk.papers.sections import (
    access,
    backup,
    checks,
    contacts,
    contract,
    cover,
    duties,
    environment,
    first_day,
    gaps,
    knowledge,
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
    checks,
    tickets,
    worklog,
    duties,
    contract,
    gaps,
    knowledge,
)
SECTIONS: dict[str, Section] = {module.SECTION.key: module.SECTION for module in MODULES}

# Which sections a paper has, in their order. The long ones stand last.
PAPERS: dict[str, tuple[str, ...]] = {
    "handover": tuple(SECTIONS),
    "overview": ("cover", "environment", "backup", "checks", "tickets", "worklog", "duties"),
}


def kinds_for(money: bool) -> frozenset[str]:
    """The kinds of paper somebody may have: one that says prices and debts is for those who may see money."""
    return frozenset(kind for kind, keys in PAPERS.items() if money or "contract" not in keys)
