"""What is said in an alarm, whatever carries it, and how it is put into a form. Pure.

Names in it come from ERP systems and from people, so whatever a form could take for a command (a mention, a link, a
heading) is made harmless where the form is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from service_desk.lib.clock import Language
from service_desk.lib.i18n import N_, say
from service_desk.lib.text import one_line

# A robot's markdown knows no escapes, so these are shown by characters that look alike and command nothing.
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "[": "［", "]": "］", "*": "＊", "`": "ˋ", "@": "＠", "\\": "＼"})
_HEADING = re.compile(r"^\s*#", re.MULTILINE)
MOST_SUBJECT = 160
WAY = N_("%(what)s: %(link)s")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One alarm of one client, in one language.

    `ident` stays the same however often it is handed over, so that a receiver can drop a second one. `severity`: crit,
    warn, unknown, ok (something is over) or test. `subject` is the business sentence with the client's name before it;
    `paragraphs` say the rest, what to do among it; `link` lands on the very thing.
    """

    ident: str
    severity: str
    client: str
    subject: str
    paragraphs: tuple[str, ...]
    link: str
    open_words: str
    lang: Language
    at: datetime


def text(message: Message) -> str:
    """Subject, what is to be said, and the way there, as plain lines."""
    return "\n".join(part for part in (message.subject, *message.paragraphs, way(message)) if part)


def way(message: Message) -> str:
    """Where to go on, as a plain line."""
    return say(message.lang, WAY, what=message.open_words, link=message.link) if message.link else ""


def markdown(message: Message, most_bytes: int) -> str:
    """The same with the subject in bold and the address behind words; in the small markdown that robots share.

    What is too long loses the end of what is said, never the way to it.
    """
    link = f"[{harmless(message.open_words)}]({message.link})" if message.link else ""
    left = most_bytes - len(f"\n\n{link}".encode())
    paragraphs = [harmless(line) for part in message.paragraphs for line in part.splitlines() if line.strip()]
    said = cut("\n\n".join((f"**{harmless(subject_line(message))}**", *paragraphs)), left)
    return "\n\n".join(part for part in (said, link) if part)


def harmless(said: str) -> str:
    """The words without anything a robot's markdown would act upon."""
    return _HEADING.sub("＃", said.translate(_HARMLESS))


def subject_line(message: Message, limit: int = MOST_SUBJECT) -> str:
    """The subject as one line of at most `limit` characters."""
    return one_line(message.subject, limit)


def cut(said: str, most_bytes: int) -> str:
    """At most so many bytes of UTF-8, never half a character, with an ellipsis where something is missing."""
    whole = said.encode()
    if len(whole) <= most_bytes:
        return said
    return whole[: most_bytes - 3].decode(errors="ignore") + "…"
