"""The row of the portal's first page."""

from tests.walls.matrix import CLIENT, Row

ROWS = {"portal.home": Row("tenant", roles=CLIENT)}
