"""One spelling for one mailbox."""

from service_desk.lib.text import clean_id


def tidy(email: str) -> str:
    """The address as it is stored and looked up: plain letters, small, without blanks."""
    return clean_id(email).lower()
