"""What is signed by two sides."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column


class Signed:
    """Who signed: the engineer, and the client's people in the portal, who may add a remark."""

    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(default="")
    client_signed_at: Mapped[datetime | None]
    client_signed_by: Mapped[str] = mapped_column(default="")
    client_remark: Mapped[str] = mapped_column(default="")
