"""A web process starts quickly because it does not load what only workers need."""

import subprocess
import sys

LOADED = """
import sys
from importlib import import_module
from service_desk import PAGES
from service_desk.web import shell
for package in PAGES:
    import_module(f"service_desk.{package}.views")
print(sorted({"weasyprint", "pyodbc", "sqlglot", "alembic"} & set(sys.modules)))
"""


def test_the_web_process_loads_neither_papers_nor_drivers() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
