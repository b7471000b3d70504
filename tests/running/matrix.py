"""The rows of what a monitor asks."""

from tests.walls.matrix import Row

ROWS = {
    "running.healthz": Row("public"),
    "running.readyz": Row("public"),
    "running.watchz": Row("public", status=(200, 503)),
}
