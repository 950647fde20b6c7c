"""What the center keeps, as tables. Times are nanoseconds since 1970 UTC; ids of records are UUIDv7 text.

The migrations make these tables; a test compares the two, so that neither drifts.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

# Constraints with names of their own can be altered later on PostgreSQL.
metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SLUG: Final = String(64)
RECORD_ID: Final = String(36)

campus: Final = Table(
    "campus",
    metadata,
    Column("id", SLUG, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("district", String(80), nullable=False, server_default=""),
    Column("public_key", String(64), nullable=False, comment="Ed25519, base64; pinned at enrolment"),
    Column("next_public_key", String(64), comment="valid too while the campus changes its key"),
    Column("enrolled_utc_ns", BigInteger, nullable=False),
    comment="the register of schools (学校名录): who is not in it is refused",
)

campus_path: Final = Table(
    "campus_path",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("path_id", SLUG, primary_key=True, comment="the campus's name for its way to the center"),
    Column("birth_number", BigInteger, nullable=False, comment="a death of an older birth is stale"),
    Column("state", String(16), nullable=False, comment="online, offline (said so) or lost (silent too long)"),
    Column("since_utc_ns", BigInteger, nullable=False, comment="of this state, by the center's clock"),
    Column("heard_utc_ns", BigInteger, nullable=False, comment="last birth or heartbeat, by the center's clock"),
    Column("sent_utc_ns", BigInteger, nullable=False, comment="of that message, by the campus's clock"),
    comment="one row per way a campus can be heard on",
)

point: Final = Table(
    "point",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("point_id", SLUG, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("health", String(16), nullable=False, comment="ok, attention, failing or unknown"),
    Column("reason", Text, nullable=False, server_default=""),
    Column("checked_utc_ns", BigInteger, comment="when the campus last proved it; null: never"),
    Column("sent_utc_ns", BigInteger, nullable=False, comment="an older message changes nothing"),
    Column("received_utc_ns", BigInteger, nullable=False),
    comment="latest health of each watched place (点位)",
)

alarm: Final = Table(
    "alarm",
    metadata,
    Column("id", RECORD_ID, primary_key=True, comment="made at the press; the same on every path"),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("input_id", SLUG, nullable=False),
    Column("input_name", String(80), nullable=False),
    Column("place", String(120), nullable=False, comment="where the police go"),
    Column("drill", Boolean, nullable=False, comment="演练: a test of the line, never mixed with real alarms"),
    Column("silent", Boolean, nullable=False),
    Column("pressed_utc_ns", BigInteger, nullable=False, comment="by the campus's clock"),
    Column("clock_quality", String(16), nullable=False),
    Column("received_utc_ns", BigInteger, nullable=False, comment="first arrival, committed with this row"),
    Column("receipted_utc_ns", BigInteger, comment="when the first signed receipt left"),
    Column("acknowledged_utc_ns", BigInteger),
    Column("acknowledged_by", String(80), comment="人工确认: a person's name"),
    Column("closed_utc_ns", BigInteger),
    Column("document", LargeBinary, nullable=False, comment="the signed message as it came, byte for byte"),
    Index(None, "campus_id", "received_utc_ns"),
    Index(None, "received_utc_ns"),
    comment="every alarm exactly once",
)

alarm_arrival: Final = Table(
    "alarm_arrival",
    metadata,
    Column("alarm_id", ForeignKey("alarm.id"), primary_key=True),
    Column("broker_id", SLUG, primary_key=True),
    Column("first_utc_ns", BigInteger, nullable=False),
    Column("copies", Integer, nullable=False),
    comment="which ways an alarm took, and how often it came on each",
)

alarm_event: Final = Table(
    "alarm_event",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    Column("alarm_id", ForeignKey("alarm.id"), nullable=False),
    Column("kind", String(24), nullable=False, comment="received, receipted, acknowledged, cancelled …"),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("person", String(80), nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Index(None, "alarm_id", "at_utc_ns"),
    comment="the history of an alarm; rows are only added",
)

finding: Final = Table(
    "finding",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("id", RECORD_ID, primary_key=True),
    Column("subject", String(160), nullable=False),
    Column("kind", String(80), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("cause", Text),
    Column("evidence", Text, nullable=False, comment="JSON object"),
    Column("since_utc_ns", BigInteger, nullable=False),
    Column("cleared_utc_ns", BigInteger),
    Column("sent_utc_ns", BigInteger, nullable=False),
    Index(None, "campus_id", "cleared_utc_ns"),
    comment="what campuses say is wrong, and when it was right again",
)

refused_message: Final = Table(
    "refused_message",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    Column("broker_id", SLUG, nullable=False),
    Column("topic", String(256), nullable=False),
    Column("reason", String(32), nullable=False, comment="unreadable, unknown_campus, bad_signature, replayed …"),
    Column("detail", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("excerpt", LargeBinary, nullable=False, comment="the first bytes, as evidence"),
    Column("first_utc_ns", BigInteger, nullable=False),
    Column("last_utc_ns", BigInteger, nullable=False),
    Column("copies", Integer, nullable=False, comment="further ones of the same kind within the hour are counted here"),
    Index(None, "last_utc_ns"),
    comment="what was not believed: forged, replayed, foreign or broken messages",
)
