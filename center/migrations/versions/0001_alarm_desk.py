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
        sa.Column(
            "next_public_key", sa.String(length=64), nullable=True, comment="valid too while the campus changes its key"
        ),
        sa.Column("enrolled_utc_ns", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campus")),
        comment="the register of schools (学校名录): who is not in it is refused",
    )
    op.create_table(
        "refused_message",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("broker_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=256), nullable=False),
        sa.Column(
            "reason",
            sa.String(length=32),
            nullable=False,
            comment="unreadable, unknown_campus, bad_signature, replayed …",
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("excerpt", sa.LargeBinary(), nullable=False, comment="the first bytes, as evidence"),
        sa.Column("first_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column(
            "copies",
            sa.Integer(),
            nullable=False,
            comment="further ones of the same kind within the hour are counted here",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_message")),
        comment="what was not believed: forged, replayed, foreign or broken messages",
    )
    op.create_index(op.f("ix_refused_message_last_utc_ns"), "refused_message", ["last_utc_ns"], unique=False)
    op.create_table(
        "alarm",
        sa.Column("id", sa.String(length=36), nullable=False, comment="made at the press; the same on every path"),
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("input_id", sa.String(length=64), nullable=False),
        sa.Column("input_name", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False, comment="where the police go"),
        sa.Column(
            "drill", sa.Boolean(), nullable=False, comment="演练: a test of the line, never mixed with real alarms"
        ),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("pressed_utc_ns", sa.BigInteger(), nullable=False, comment="by the campus's clock"),
        sa.Column("clock_quality", sa.String(length=16), nullable=False),
        sa.Column("received_utc_ns", sa.BigInteger(), nullable=False, comment="first arrival, committed with this row"),
        sa.Column("receipted_utc_ns", sa.BigInteger(), nullable=True, comment="when the first signed receipt left"),
        sa.Column("acknowledged_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=80), nullable=True, comment="人工确认: a person's name"),
        sa.Column("closed_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False, comment="the signed message as it came, byte for byte"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_alarm_campus_id_campus")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        comment="every alarm exactly once",
    )
    op.create_index(op.f("ix_alarm_campus_id_received_utc_ns"), "alarm", ["campus_id", "received_utc_ns"], unique=False)
    op.create_index(op.f("ix_alarm_received_utc_ns"), "alarm", ["received_utc_ns"], unique=False)
    op.create_table(
        "campus_path",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column(
            "path_id", sa.String(length=64), nullable=False, comment="the campus's name for its way to the center"
        ),
        sa.Column("birth_number", sa.BigInteger(), nullable=False, comment="a death of an older birth is stale"),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="online, offline (said so) or lost (silent too long)"
        ),
        sa.Column("since_utc_ns", sa.BigInteger(), nullable=False, comment="of this state, by the center's clock"),
        sa.Column(
            "heard_utc_ns", sa.BigInteger(), nullable=False, comment="last birth or heartbeat, by the center's clock"
        ),
        sa.Column("sent_utc_ns", sa.BigInteger(), nullable=False, comment="of that message, by the campus's clock"),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_campus_path_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "path_id", name=op.f("pk_campus_path")),
        comment="one row per way a campus can be heard on",
    )
    op.create_table(
        "finding",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False, comment="JSON object"),
        sa.Column("since_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("cleared_utc_ns", sa.BigInteger(), nullable=True),
        sa.Column("sent_utc_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_finding_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "id", name=op.f("pk_finding")),
        comment="what campuses say is wrong, and when it was right again",
    )
    op.create_index(
        op.f("ix_finding_campus_id_cleared_utc_ns"), "finding", ["campus_id", "cleared_utc_ns"], unique=False
    )
    op.create_table(
        "point",
        sa.Column("campus_id", sa.String(length=64), nullable=False),
        sa.Column("point_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("health", sa.String(length=16), nullable=False, comment="ok, attention, failing or unknown"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "checked_utc_ns", sa.BigInteger(), nullable=True, comment="when the campus last proved it; null: never"
        ),
        sa.Column("sent_utc_ns", sa.BigInteger(), nullable=False, comment="an older message changes nothing"),
        sa.Column("received_utc_ns", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["campus_id"], ["campus.id"], name=op.f("fk_point_campus_id_campus")),
        sa.PrimaryKeyConstraint("campus_id", "point_id", name=op.f("pk_point")),
        comment="latest health of each watched place (点位)",
    )
    op.create_table(
        "alarm_arrival",
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column("broker_id", sa.String(length=64), nullable=False),
        sa.Column("first_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_arrival_alarm_id_alarm")),
        sa.PrimaryKeyConstraint("alarm_id", "broker_id", name=op.f("pk_alarm_arrival")),
        comment="which ways an alarm took, and how often it came on each",
    )
    op.create_table(
        "alarm_event",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("alarm_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind", sa.String(length=24), nullable=False, comment="received, receipted, acknowledged, cancelled …"
        ),
        sa.Column("at_utc_ns", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.String(length=80), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name=op.f("fk_alarm_event_alarm_id_alarm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_event")),
        comment="the history of an alarm; rows are only added",
    )
    op.create_index(op.f("ix_alarm_event_alarm_id_at_utc_ns"), "alarm_event", ["alarm_id", "at_utc_ns"], unique=False)
