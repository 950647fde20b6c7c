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
    Column("next_public_key", String(64), comment="valid too during a change of keys"),
    Column("enrolled_utc_ns", BigInteger, nullable=False),
    comment="the register of schools (学校名录): who is not in it is refused",
)

campus_path: Final = Table(
    "campus_path",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("path_id", SLUG, primary_key=True, comment="the campus's name for its way to the center"),
    Column("broker_id", SLUG, nullable=False, comment="where it was heard last"),
    Column("birth_number", BigInteger, nullable=False, comment="a death of an older birth is stale"),
    Column("heartbeat_number", BigInteger, nullable=False, comment="since the birth; an older is a replay"),
    Column("status", String(16), nullable=False, comment="up, lost, left or unknown"),
    Column("since_utc_ns", BigInteger, nullable=False, comment="of this status, by the center's clock"),
    Column("heard_utc_ns", BigInteger, comment="last sign of life; null: never"),
    comment="one row per way a campus can be heard on",
)

point: Final = Table(
    "point",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("point_id", SLUG, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("camera", String(16), nullable=False, comment="在线: ok, failing or unknown"),
    Column("recording", String(16), nullable=False),
    Column("picture", String(16), nullable=False, comment="图像完好"),
    Column("retention", String(16), nullable=False, comment="met, accruing, violated or unknown"),
    Column("kept_days", Integer),
    Column("troubles", Text, nullable=False, comment="kinds of what is wrong, separated by blanks"),
    Column("checked_utc_ns", BigInteger, comment="as told by the campus; null: never"),
    Column("sent_utc_ns", BigInteger, nullable=False, comment="an older message changes nothing"),
    Column("received_utc_ns", BigInteger, nullable=False),
    comment="latest health of each watched place (点位)",
)

message: Final = Table(
    "message",
    metadata,
    Column("id", RECORD_ID, primary_key=True, comment="of the event; the same on every path"),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("type", String(64), nullable=False),
    Column("sequence", BigInteger, comment="per campus, without holes"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the signed event"),
    Column("received_utc_ns", BigInteger, nullable=False, comment="first arrival; receipts say this time"),
    Column("document", LargeBinary, nullable=False, comment="the signed message as it came, byte for byte"),
    Index(None, "campus_id", "sequence"),
    comment="every message that is answered by a receipt, exactly once",
)

arrival: Final = Table(
    "arrival",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("broker_id", SLUG, primary_key=True),
    Column("first_utc_ns", BigInteger, nullable=False),
    Column("copies", Integer, nullable=False),
    comment="which ways a message took, and how often it came on each",
)

alarm: Final = Table(
    "alarm",
    metadata,
    Column("id", ForeignKey("message.id"), primary_key=True, comment="made at the press"),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("input_id", SLUG, nullable=False),
    Column("input_name", String(200), nullable=False),
    Column("place", String(200), nullable=False, comment="where the police go"),
    Column("address", String(200), nullable=False),
    Column("phone", String(200), nullable=False, comment="门卫室电话"),
    Column("drill_id", RECORD_ID, comment="if the press says that it tests the line"),
    Column("drill", Boolean, nullable=False, comment="演练: and it was announced"),
    Column("silent", Boolean, nullable=False, comment="静默: nobody calls back"),
    Column("duress", Boolean, nullable=False, comment="胁迫"),
    Column("pressed_utc_ns", BigInteger, nullable=False, comment="by the campus's clock"),
    Column("clock_quality", String(16), nullable=False),
    Column("delay_ms", BigInteger, comment="press to arrival by the campus's running clock"),
    Column("received_utc_ns", BigInteger, nullable=False),
    Column("receipted_utc_ns", BigInteger, comment="when the first signed receipt left"),
    Column("acknowledged_utc_ns", BigInteger),
    Column("acknowledged_by", String(200), comment="人工确认: a person's name"),
    Column("closed_utc_ns", BigInteger),
    Column("outcome", String(16), comment="handled, false_alarm or drill"),
    Index(None, "campus_id", "received_utc_ns"),
    Index(None, "received_utc_ns"),
    comment="every alarm exactly once",
)

drill: Final = Table(
    "drill",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("input_id", SLUG, nullable=False),
    Column("person", String(200), nullable=False),
    Column("armed_utc_ns", BigInteger, nullable=False),
    Column("until_utc_ns", BigInteger, nullable=False),
    comment="announced line tests (演练预告); a drill that nobody announced is treated as real",
)

alarm_event: Final = Table(
    "alarm_event",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    # No foreign key: an update may overtake its alarm.
    Column("alarm_id", RECORD_ID, nullable=False),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("kind", String(24), nullable=False, comment="received, receipted, acknowledged, cancelled …"),
    Column("at_utc_ns", BigInteger, nullable=False),
    Column("person", String(200), nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Index(None, "alarm_id", "at_utc_ns"),
    comment="the history of an alarm; rows are only added",
)

said: Final = Table(
    "said",
    metadata,
    Column("id", RECORD_ID, primary_key=True, comment="of the event"),
    Column("alarm_id", ForeignKey("alarm.id"), nullable=False),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("said_utc_ns", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False, comment="signed once, repeated byte for byte"),
    Index(None, "alarm_id"),
    Index(None, "campus_id", "said_utc_ns"),
    comment="what persons at the desk told a campus of an alarm; repeated when the campus asks or comes back",
)

finding: Final = Table(
    "finding",
    metadata,
    Column("campus_id", ForeignKey("campus.id"), primary_key=True),
    Column("id", RECORD_ID, primary_key=True),
    Column("subject", String(200), nullable=False),
    Column("kind", String(200), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("evidence", Text, nullable=False, comment="JSON object of texts"),
    Column("since_utc_ns", BigInteger, nullable=False),
    Column("cleared_utc_ns", BigInteger),
    Column("sent_utc_ns", BigInteger, nullable=False, comment="an older message changes nothing"),
    Index(None, "campus_id", "cleared_utc_ns"),
    comment="what campuses say is wrong, and when it was right again",
)

sealed_day: Final = Table(
    "sealed_day",
    metadata,
    Column("message_id", ForeignKey("message.id"), primary_key=True),
    Column("campus_id", ForeignKey("campus.id"), nullable=False),
    Column("day", String(10), nullable=False, comment="Beijing day, 2026-11-21"),
    Column("footage_head", String(64)),
    Index(None, "campus_id", "day"),
    comment="sealed days of footage; the receipt countersigned the heads in the message",
)

refused_message: Final = Table(
    "refused_message",
    metadata,
    Column("id", RECORD_ID, primary_key=True),
    Column("broker_id", SLUG, nullable=False),
    Column("topic", String(256), nullable=False),
    Column("reason", String(32), nullable=False, comment="malformed, unknown_campus, replayed …"),
    Column("detail", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("excerpt", LargeBinary, nullable=False, comment="the first bytes, as evidence"),
    Column("first_utc_ns", BigInteger, nullable=False),
    Column("last_utc_ns", BigInteger, nullable=False),
    Column("copies", Integer, nullable=False, comment="like ones within the hour are counted here"),
    Index(None, "last_utc_ns"),
    comment="what was not believed: forged, replayed, foreign or broken messages",
)
