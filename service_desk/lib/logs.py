"""Lines of the log: one JSON object each, so that nothing typed by a stranger can look like a line of its own.

A traceback says where it broke, never what the variables held: a worker's variables are passwords and client data.
"""

from typing import Any

import structlog


def one_line_each() -> None:
    """Let every logger of this process write this way; may be called again."""
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso"),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(processors=processors)
