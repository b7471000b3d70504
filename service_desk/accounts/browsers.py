"""What a browser calls itself, in two words. Good enough to know one's own; nothing is decided by it."""

# The first that is named wins: nearly every browser also claims to be its rivals.
PROGRAMS = (
    ("MicroMessenger", "WeChat"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser_name(agent: str) -> str:
    """`Chrome · Windows` of a User-Agent line; empty when neither is known."""
    found = [next((name for mark, name in marks if mark in agent), "") for marks in (PROGRAMS, SYSTEMS)]
    return " · ".join(filter(None, found))
