"""Base classes and column types. Every table declares its kind; the kind decides its wall (see scope.py)."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

# A column of this type holds a sealed secret; rotation, export and erasure find every one of them by its type.
Sealed = Annotated[bytes, mapped_column(LargeBinary, info={"sealed": True})]

Kind = Literal["tenant", "practice", "person", "ledger", "reference", "system"]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every model. Columns are NOT NULL unless their type says `| None`; times carry a zone; text has no length."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }
    __kind__: ClassVar[Kind]
    __table__: ClassVar[Table]  # In general a model may stand for a join; none of ours does.

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__table__" in cls.__dict__ or hasattr(cls, "__table__"):
            cls.__table__.info["kind"] = cls.__kind__


# scope.py puts the real look-ups here when it is imported; db.py stands below it and cannot import it.
_owner: dict[str, Callable[[], int | None]] = {}


def owner_defaults(**lookups: Callable[[], int | None]) -> None:
    """Tell the owner columns where their value comes from: `tenant`, `practice` and `person` of the scope in force."""
    _owner.update(lookups)


class TenantRow:
    """A client's row: keyed by (tenant_id, id), so that no key can point into another client."""

    __kind__: ClassVar[Kind] = "tenant"

    @declared_attr
    def tenant_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("tenant.id"), primary_key=True, default=lambda: _owner["tenant"]())

    @declared_attr
    def id(cls) -> Mapped[int]:
        # Named as the counted one of the two key columns, so that many rows go to the server in one statement.
        return mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True)


class PracticeRow:
    """A row of the engineer's business, keyed by (practice_id, id)."""

    __kind__: ClassVar[Kind] = "practice"

    @declared_attr
    def practice_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("practice.id"), primary_key=True, default=lambda: _owner["practice"]())

    @declared_attr
    def id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True)


class PersonRow:
    """A person's own row, keyed by (person_id, id)."""

    __kind__: ClassVar[Kind] = "person"

    @declared_attr
    def person_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("person.id"), primary_key=True, default=lambda: _owner["person"]())

    @declared_attr
    def id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True)


class LedgerRow:
    """A row of the job ledger, the outbox or the audit: it belongs to exactly one client, practice or person.

    Those three serve every owner alike (a password mail has no client), so their wall reads whichever owner is set.
    """

    __kind__: ClassVar[Kind] = "ledger"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(Integer)
    practice_id: Mapped[int | None] = mapped_column(Integer)
    person_id: Mapped[int | None] = mapped_column(Integer)

    @staticmethod
    def one_owner() -> CheckConstraint:
        """Exactly one owner is set; every ledger table carries this constraint."""
        return CheckConstraint("num_nonnulls(tenant_id, practice_id, person_id) = 1", name="one_owner")


class ReferenceRow:
    """A fact that is the same for everybody (holidays); the runtime login reads it and never writes it."""

    __kind__: ClassVar[Kind] = "reference"

    @declared_attr
    def id(cls) -> Mapped[int]:
        return mapped_column(BigInteger, Identity(), primary_key=True, autoincrement=True)


def tenant_key(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A key from one client's row to another row of the same client: (tenant_id, column) -> target(tenant_id, id)."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], ondelete=ondelete)


def practice_key(column: str, target: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A key between two rows of one practice: (practice_id, column) -> target(practice_id, id)."""
    return ForeignKeyConstraint(["practice_id", column], [f"{target}.practice_id", f"{target}.id"], ondelete=ondelete)


def one_of(column: str, *words: str) -> CheckConstraint:
    """A status is text with a CHECK: comparing enums is not leakproof, so a wall would keep it from any index."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def words(*listed: str) -> list[ColumnElement[str]]:
    """Fixed words of ours for an IN, as they stand in the statement; never what somebody typed.

    Bound values would be spread out anew for every execution, and a plan that is kept would not see the partial index.
    """
    return [literal_column(f"'{word}'") for word in listed]


def make_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine that notices a restarted server; statements travel, and are told of in errors, without their values."""
    return create_engine(
        url, pool_size=pool_size, max_overflow=4, pool_pre_ping=False, pool_recycle=1800, hide_parameters=True
    )
