"""Service levels: calendars, clocks, attainment."""
