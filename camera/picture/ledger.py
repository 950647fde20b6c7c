"""The rows of the points' pictures: latest look, episodes with both pictures, references."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from camera.device_state import DeviceState
from camera.picture.measure import Light
from camera.picture.picture import Picture, Plane, to_jpeg
from camera.picture.point_eye import Change, Look
from camera.picture.reference import Reference
from camera.picture.reference_store import from_bytes, to_bytes
from camera.picture.verdict import Condition
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.sqlite import Database, Transaction


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """An episode that was going on when it was last written down."""

    id: str
    condition: Condition
    suspected_utc_ns: int


class PictureLedger:
    """Reads and writes; every method that writes does so in the caller's transaction."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep_only(self, point_ids: Collection[str]) -> None:
        """Make the rows those of the settings' points."""
        with self._database.transaction() as transaction:
            known = {row[0] for row in transaction.rows("SELECT point_id FROM picture")}
            for point_id in known - set(point_ids):
                transaction.execute("DELETE FROM picture WHERE point_id = ?", (point_id,))
            for point_id in point_ids:
                transaction.execute(
                    "INSERT INTO picture (point_id, state) VALUES (?, 'unknown') ON CONFLICT DO NOTHING", (point_id,)
                )

    def references(self, point_id: str) -> dict[Light, Reference]:
        """What was learnt of a place; what cannot be read is learnt anew."""
        rows = self._database.rows("SELECT body FROM picture_reference WHERE point_id = ?", (point_id,))
        read = [reference for row in rows if (reference := from_bytes(row[0])) is not None]
        return {reference.light: reference for reference in read}

    def open_episodes(self, point_id: str) -> tuple[OpenEpisode, ...]:
        """Episodes without an end."""
        rows = self._database.rows(
            "SELECT id, condition, suspected_utc_ns FROM picture_episode WHERE point_id = ? AND ended_utc_ns IS NULL",
            (point_id,),
        )
        return tuple(OpenEpisode(row[0], Condition(row[1]), row[2]) for row in rows)

    def note_trouble(self, transaction: Transaction, point_id: str, trouble: str) -> None:
        """Why there was no picture; the last one's judgement stays and grows old."""
        transaction.execute("UPDATE picture SET trouble = ? WHERE point_id = ?", (trouble, point_id))

    def note_look(
        self,
        transaction: Transaction,
        point_id: str,
        look: Look,
        conditions: Collection[Condition],
        looked_utc_ns: int,
    ) -> None:
        """What the latest look came to; `conditions` have an open episode."""
        unjudged = look.verdict.unjudged
        if not unjudged and look.verdict.unseen:
            unjudged = f"partly:{','.join(sorted(look.verdict.unseen))}"
        well = not unjudged and look.verdict.clean
        state = DeviceState.FAILING if conditions else DeviceState.OK if well else DeviceState.UNKNOWN
        suspicions = {
            condition.value: [found.measure, found.threshold] for condition, found in look.verdict.suspicions.items()
        }
        transaction.execute(
            "UPDATE picture SET state = ?, unjudged = ?, suspicions = ?, open = ?, light = ?, looked_utc_ns = ?, "
            "trouble = '' WHERE point_id = ?",
            (
                state.value,
                unjudged,
                json.dumps(suspicions),
                json.dumps(sorted(conditions)),
                look.light.value,
                looked_utc_ns,
                point_id,
            ),
        )

    def begin(
        self,
        transaction: Transaction,
        point_id: str,
        change: Change,
        picture: Picture,
        *,
        suspected_utc_ns: int,
        beside: Plane | None,
    ) -> str:
        """An episode began with this picture; `beside` is how it should be. Returns its id."""
        assert change.suspicion is not None
        episode = new_id()
        reference = Picture(beside, picture.u, picture.v) if beside is not None else None
        transaction.execute(
            "INSERT INTO picture_episode VALUES (?, ?, ?, ?, ?, NULL, ?, ?, ?, ?)",
            (
                episode,
                point_id,
                change.condition.value,
                suspected_utc_ns,
                picture.taken_utc_ns,
                change.suspicion.measure,
                change.suspicion.threshold,
                to_jpeg(picture),
                to_jpeg(reference) if reference is not None else None,
            ),
        )
        return episode

    def end(self, transaction: Transaction, point_id: str, condition: Condition) -> None:
        """An episode is over."""
        transaction.execute(
            "UPDATE picture_episode SET ended_utc_ns = ? WHERE point_id = ? AND condition = ? AND ended_utc_ns IS NULL",
            (self._clock.utc_ns(), point_id, condition.value),
        )

    def save(self, transaction: Transaction, point_id: str, references: Mapping[Light, Reference]) -> None:
        """Keep what was learnt of a place."""
        for light, reference in references.items():
            transaction.execute(
                "INSERT OR REPLACE INTO picture_reference VALUES (?, ?, ?, ?)",
                (point_id, light.value, self._clock.utc_ns(), to_bytes(reference)),
            )

    def forget(self, transaction: Transaction, point_id: str) -> None:
        """Forget what a place looks like."""
        transaction.execute("DELETE FROM picture_reference WHERE point_id = ?", (point_id,))
