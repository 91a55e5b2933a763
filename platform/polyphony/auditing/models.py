"""The signed head of the audit's chain, one for each day."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from polyphony.kernel.database import Base


class Head(Base):
    """Where the chain stood at the end of a day (UTC), signed with a key that the database does not hold."""

    __tablename__ = "head"
    __table_args__ = {"schema": "audit"}
    day: Mapped[date] = mapped_column(primary_key=True)
    link: Mapped[int]
    hash: Mapped[bytes]
    key: Mapped[bytes]
    signature: Mapped[bytes]
