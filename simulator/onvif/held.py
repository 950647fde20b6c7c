"""Footage that a camera holds itself (Profile G): the search service, over footage that is only told, never sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from simulator.onvif.profiles import VIDEO_SOURCE
from simulator.onvif.soap import Call, Operation, SoapFault, tag
from simulator.wall_clock import WallClock

HELD_FOR = timedelta(days=10)
GAP = (timedelta(days=3), timedelta(days=3) - timedelta(hours=2))
"""From how long ago to how long ago nothing is held: somebody pulled the card."""


@dataclass(frozen=True, slots=True)
class Stretch:
    begins: datetime
    ends: datetime


class HeldFootage:
    """What is on the card."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self.lies = False
        """While set, it claims footage since 1970 and shows the same."""
        self._stopped: datetime | None = None

    @property
    def stopped(self) -> bool:
        """Whether nothing is recorded any more."""
        return self._stopped is not None

    def stop(self, is_stopped: bool) -> None:
        """The card records no longer, from now on; or it does again."""
        self._stopped = (self._stopped or self._clock.now()) if is_stopped else None

    def stretches(self) -> Sequence[Stretch]:
        """Oldest first."""
        now = self._clock.now()
        if self.lies:
            return (Stretch(datetime(1970, 1, 1, tzinfo=UTC), now),)
        return (Stretch(now - HELD_FOR, now - GAP[0]), Stretch(now - GAP[1], self._stopped or now))


class SearchService:
    """Operations of search.wsdl that a client needs to know what is held."""

    def __init__(self, held: HeldFootage) -> None:
        self._held = held
        self._searches: set[str] = set()

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.GetServiceCapabilities,
            self.GetRecordingSummary,
            self.FindRecordings,
            self.GetRecordingSearchResults,
            self.EndSearch,
        )
        return {answer.__name__: answer for answer in answers}

    # Methods are named as the operations of the WSDL.

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            '<tse:GetServiceCapabilitiesResponse><tse:Capabilities MetadataSearch="false" GeneralStartEvents="false"/>'
            "</tse:GetServiceCapabilitiesResponse>"
        )

    def GetRecordingSummary(self, call: Call) -> str:  # noqa: N802
        stretches = self._held.stretches()
        return (
            f"<tse:GetRecordingSummaryResponse><tse:Summary>{tag('tt:DataFrom', _stamp(stretches[0].begins))}"
            f"{tag('tt:DataUntil', _stamp(stretches[-1].ends))}{tag('tt:NumberRecordings', len(stretches))}"
            "</tse:Summary></tse:GetRecordingSummaryResponse>"
        )

    def FindRecordings(self, call: Call) -> str:  # noqa: N802
        number = token_hex(4)
        self._searches.add(number)
        return f"<tse:FindRecordingsResponse>{tag('tse:SearchToken', number)}</tse:FindRecordingsResponse>"

    def GetRecordingSearchResults(self, call: Call) -> str:  # noqa: N802
        self._find(call)
        stretches = self._held.stretches()
        recordings = "".join(
            _recording(number, stretch, running=number == len(stretches) and not self._held.stopped)
            for number, stretch in enumerate(stretches, 1)
        )
        return (
            "<tse:GetRecordingSearchResultsResponse><tse:ResultList><tt:SearchState>Completed</tt:SearchState>"
            f"{recordings}</tse:ResultList></tse:GetRecordingSearchResultsResponse>"
        )

    def EndSearch(self, call: Call) -> str:  # noqa: N802
        self._searches.discard(self._find(call))
        newest = self._held.stretches()[-1].ends
        return f"<tse:EndSearchResponse>{tag('tse:Endpoint', _stamp(newest))}</tse:EndSearchResponse>"

    def _find(self, call: Call) -> str:
        number = call.text("tse:SearchToken")
        if number is None or number not in self._searches:
            raise SoapFault("no such search", subcodes=("ter:InvalidArgVal", "ter:InvalidToken"))
        return number


def _recording(number: int, stretch: Stretch, *, running: bool) -> str:
    begins, ends = _stamp(stretch.begins), _stamp(stretch.ends)
    return (
        f"<tt:RecordingInformation>{tag('tt:RecordingToken', f'Recording_{number}')}"
        f"<tt:Source>{tag('tt:SourceId', VIDEO_SOURCE)}<tt:Name>card</tt:Name><tt:Location/><tt:Description/>"
        "<tt:Address/></tt:Source>"
        f"{tag('tt:EarliestRecording', begins)}{tag('tt:LatestRecording', ends)}<tt:Content>continuous</tt:Content>"
        f"<tt:Track><tt:TrackToken>Video</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description/>"
        f"{tag('tt:DataFrom', begins)}{tag('tt:DataTo', ends)}</tt:Track>"
        f"{tag('tt:RecordingStatus', 'Recording' if running else 'Stopped')}</tt:RecordingInformation>"
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
