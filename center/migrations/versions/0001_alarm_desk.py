"""The tables of the alarm desk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "campus",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("district", sa.String(length=80), server_default="", nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False, comment="Ed25519, base64; pinned at enrolment"),
        sa.Column("next_public_key", sa.String(length=64), nullable=True, comment="valid too during a change of keys"),
        sa.Column("enrolled_utc_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campus")),
        comment="the register of schools (学校名录): who is not in it is refused",
    )
    op.create_table(
        "refused_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("broker_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False, comment="malformed, unknown_campus, replayed …"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.LargeBinary(), nullable=False, comment="the first bytes, as evidence"),
        sa.Column("first_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False, comment="like ones within the hour are counted here"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_message")),
        comment="what was not believed: forged, replayed, foreign or broken messages",
    )
    op.create_index(op.f("ix_refused_message_last_utc_ns"), "refused_message", ["last_utc_ns"], unique=False)
    op.create_table(
        "alarm_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column(
            "kind", sa.String(length=24), nullable=False, comment="received, receipted, acknowledged, cancelled …"
        ),
        sa.Column("at_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=200), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_alarm_event_campus_id_campus")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_event")),
        comment="the history of an alarm; rows are only added",
    )
    op.create_index(op.f("ix_alarm_event_alarm_id_at_utc_ns"), "alarm_event", ["alarm_id", "at_utc_ns"], unique=False)
    op.create_table(
        "campus_path",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column(
            "path_id", sa.String(length=64), nullable=False, comment="the campus's name for its way to the center"
        ),
        sa.Column("broker_id", sa.String(length=64), nullable=False, comment="where it was heard last"),
        sa.Column("birth_number", sa.BigInteger(), nullable=False, comment="a death of an older birth is stale"),
        sa.Column("heartbeat_number", sa.BigInteger(), nullable=False, comment="since the birth; an older is a replay"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="up, lost, left or unknown"),
        sa.Column("since_utc_ns", sa.BigInteger(), nullable=False, comment="of this status, by the center's clock"),
        sa.Column("heard_utc_ns", sa.BigInteger(), nullable=True, comment="last sign of life; null: never"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_campus_path_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "path_id", name=op.f("pk_campus_path")),
        comment="one row per way a campus can be heard on",
    )
    op.create_table(
        "drill",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("input_id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("armed_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("until_utc_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_drill_campus_id_campus")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
        comment="announced line tests (演练预告); a drill that nobody announced is treated as real",
    )
    op.create_table(
        "finding",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="JSON object of texts"),
        sa.Column("since_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("cleared_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("sent_utc_ns", sa.BigInteger(), nullable=False, comment="an older message changes nothing"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_finding_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "id", name=op.f("pk_finding")),
        comment="what campuses say is wrong, and when it was right again",
    )
    op.create_index(
        op.f("ix_finding_campus_id_cleared_utc_ns"),
        "finding",
        ["campus_id", "cleared_utc_ns"],
        unique=False,
    )
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=36), nullable=False, comment="of the event; the same on every path"),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True, comment="per campus, without holes"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of the signed event"),
        sa.Column("received_utc_ns", sa.BigInteger(), nullable=False, comment="first arrival; receipts say this time"),
        sa.Column("document", sa.LargeBinary(), nullable=False, comment="the signed message as it came, byte for byte"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_message_campus_id_campus")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        comment="every message that is answered by a receipt, exactly once",
    )
    op.create_index(op.f("ix_message_campus_id_sequence"), "message", ["campus_id", "sequence"], unique=False)
    op.create_table(
        "point",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("camera", sa.String(length=16), nullable=False, comment="在线: ok, failing or unknown"),
        sa.Column("recording", sa.String(length=16), nullable=False),
        sa.Column("picture", sa.String(length=16), nullable=False, comment="图像完好"),
        sa.Column("retention", sa.String(length=16), nullable=False, comment="met, accruing, violated or unknown"),
        sa.Column("kept_days", sa.Integer(), nullable=True),
        sa.Column("troubles", sa.Text(), nullable=False, comment="kinds of what is wrong, separated by blanks"),
        sa.Column("checked_utc_ns", sa.BigInteger(), nullable=True, comment="as told by the campus; null: never"),
        sa.Column("sent_utc_ns", sa.BigInteger(), nullable=False, comment="an older message changes nothing"),
        sa.Column("received_utc_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_point_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "point_id", name=op.f("pk_point")),
        comment="latest health of each watched place (点位)",
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=36), nullable=False, comment="made at the press"),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("input_id", sa.String(length=64), nullable=False),
        sa.Column("input_name", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False, comment="where the police go"),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=200), nullable=False, comment="门卫室电话"),
        sa.Column("drill_id", sa.String(length=36), nullable=True, comment="if the press says that it tests the line"),
        sa.Column("drill", sa.Boolean(), nullable=False, comment="演练: and it was announced"),
        sa.Column("silent", sa.Boolean(), nullable=False, comment="静默: nobody calls back"),
        sa.Column("duress", sa.Boolean(), nullable=False, comment="胁迫"),
        sa.Column("pressed_utc_ns", sa.BigInteger(), nullable=False, comment="by the campus's clock"),
        sa.Column("clock_quality", sa.String(length=16), nullable=False),
        sa.Column("delay_ms", sa.BigInteger(), nullable=True, comment="press to arrival by the campus's running clock"),
        sa.Column("received_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("receipted_utc_ns", sa.BigInteger(), nullable=True, comment="when the first signed receipt left"),
        sa.Column("acknowledged_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=200), nullable=True, comment="人工确认: a person's name"),
        sa.Column("closed_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True, comment="handled, false_alarm or drill"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_alarm_campus_id_campus")),
        sa.ForeignKeyConstraint(["id"], ["message.id"], name=op.f("fk_alarm_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        comment="every alarm exactly once",
    )
    op.create_index(op.f("ix_alarm_campus_id_received_utc_ns"), "alarm", ["campus_id", "received_utc_ns"], unique=False)
    op.create_index(op.f("ix_alarm_received_utc_ns"), "alarm", ["received_utc_ns"], unique=False)
    op.create_table(
        "arrival",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("broker_id", sa.String(length=64), nullable=False),
        sa.Column("first_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_arrival_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", "broker_id", name=op.f("pk_arrival")),
        comment="which ways a message took, and how often it came on each",
    )
    op.create_table(
        "sealed_day",
        sa.Column("message_id", sa.String(length=36), nullable=False),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False, comment="Beijing day, 2026-11-21"),
        sa.Column("footage_head", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_sealed_day_campus_id_campus")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_sealed_day_message_id_message")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sealed_day")),
        comment="sealed days of footage; the receipt countersigned the heads in the message",
    )
    op.create_index(op.f("ix_sealed_day_campus_id_day"), "sealed_day", ["campus_id", "day"], unique=False)
    op.create_table(
        "said",
        sa.Column("id", sa.String(length=36), nullable=False, comment="of the event"),
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("said_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False, comment="signed once, repeated byte for byte"),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_said_alarm_id_alarm")),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_said_campus_id_campus")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_said")),
        comment="what persons at the desk told a campus of an alarm; repeated when the campus asks or comes back",
    )
    op.create_index(op.f("ix_said_alarm_id"), "said", ["alarm_id"], unique=False)
    op.create_index(op.f("ix_said_campus_id_said_utc_ns"), "said", ["campus_id", "said_utc_ns"], unique=False)
