"""What the desk costs, beside what it promises: `python -m tests.bench` prints it, `test_budget.py` holds a part of it.

SQL statements and bytes per page do not depend on the machine, so tests assert them. Processor time does, so it is
measured on demand: of this process and of the database backends that served it, as medians over warm requests.
"""
