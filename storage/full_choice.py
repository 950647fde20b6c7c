"""What persons chose for when a volume is full (满盘策略): stop loudly, or overwrite, which takes two of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.volume import Volume, WhenFull
from foundation.audit import AuditChain
from foundation.finding import FindingBoard, Severity
from foundation.sqlite import Row, Transaction, open_read_only
from storage.catalogue import Catalogue
from storage.facts import WhenFullChosen

NOT_CHOSEN: Final = "storage.when_full_not_chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class FullChoice:
    """A choice, and who made it."""

    when_full: WhenFull
    persons: tuple[str, ...]
    reason: str
    made_ms: int


class FullChoices:
    """Keeps the choices; each goes into the audit chain, and a volume without one has a finding."""

    def __init__(
        self, catalogue: Catalogue, audit: AuditChain, findings: FindingBoard, volumes: Sequence[Volume]
    ) -> None:
        self._catalogue = catalogue
        self._audit = audit
        self._findings = findings
        self._volumes = {volume.id: volume for volume in volumes}
        for volume in volumes:
            self._tell(volume)

    def of(self, volume: Volume) -> WhenFull | None:
        """What to do when it is full; None while nobody has chosen. Raises DatabaseError."""
        if volume.when_full is not None:
            return volume.when_full
        with self._catalogue.database.transaction() as transaction:
            choice = read_choice(transaction, volume.id)
        return choice.when_full if choice else None

    def choose(self, chosen: WhenFullChosen, choice_id: str) -> None:
        """Store a choice; a second call with the same id changes nothing. Raises DatabaseError."""
        with self._catalogue.database.transaction() as transaction:
            if transaction.row("SELECT 1 FROM full_choice WHERE id = ?", (choice_id,)):
                return
            transaction.execute(
                "INSERT INTO full_choice (id, volume, when_full, persons, reason, made_ms) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    choice_id,
                    chosen.volume,
                    chosen.when_full.value,
                    json.dumps(chosen.persons, ensure_ascii=False),
                    chosen.reason,
                    self._catalogue.now_ms(),
                ),
            )
            self._audit.append(
                transaction,
                record_id=f"volume:{chosen.volume}",
                action="volume.when_full_chosen",
                body={
                    "volume": chosen.volume,
                    "when_full": chosen.when_full.value,
                    "persons": list(chosen.persons),
                    "reason": chosen.reason,
                },
            )
        volume = self._volumes.get(chosen.volume)
        if volume is not None:
            self._tell(volume)

    def _tell(self, volume: Volume) -> None:
        if self.of(volume) is None:
            self._findings.open(f"volume:{volume.id}", NOT_CHOSEN, Severity.ATTENTION)
        else:
            self._findings.clear(f"volume:{volume.id}", NOT_CHOSEN)


def read_choice(reader: Transaction, volume_id: str) -> FullChoice | None:
    """The choice that counts for a volume."""
    row = reader.row(
        "SELECT when_full, persons, reason, made_ms FROM full_choice WHERE volume = ? ORDER BY no DESC LIMIT 1",
        (volume_id,),
    )
    return _choice(row) if row else None


def choices(catalogue: Path, volumes: Sequence[Volume]) -> dict[str, FullChoice | None]:
    """What counts for each volume, by id, for other roles; one that the settings settle is there too.

    Raises DatabaseError.
    """
    with open_read_only(catalogue) as reader:
        return {
            volume.id: FullChoice(when_full=volume.when_full, persons=(), reason="", made_ms=0)
            if volume.when_full is not None
            else read_choice(reader, volume.id)
            for volume in volumes
        }


def _choice(row: Row) -> FullChoice:
    when_full, persons, reason, made_ms = row
    return FullChoice(when_full=WhenFull(when_full), persons=tuple(json.loads(persons)), reason=reason, made_ms=made_ms)
