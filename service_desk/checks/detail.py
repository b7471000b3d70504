"""How much of what a finding says is kept with its state. Pure."""

import json
from collections.abc import Mapping
from typing import Any

ROWS = 20
BYTES = 16_000


def capped(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with at most twenty rows in each list, and less where they still are more than 16 kB.

    What does not fit is left out, the largest first, and `left_out` names it: a sentence then shows a dash, never a
    wrong figure.
    """
    if not any(isinstance(value, str | list | tuple | dict) for value in params.values()):
        return params
    kept = {name: value[:ROWS] if isinstance(value, list | tuple) else value for name, value in params.items()}
    sizes = {name: len(json.dumps(value, ensure_ascii=False, default=str).encode()) for name, value in kept.items()}
    left_out = []
    for name in sorted(sizes, key=lambda one: -sizes[one]):
        if sum(sizes.values()) <= BYTES:
            break
        left_out.append(name)
        del kept[name], sizes[name]
    return {**kept, "left_out": sorted(left_out)} if left_out else kept
