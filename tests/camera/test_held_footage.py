"""Footage held on the device itself: gaps are found by searching, and liars are not believed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from camera.device_error import OnvifFault
from camera.onvif.device import OnvifDevice
from camera.onvif.held_footage import Belief, Recording, Stretch, gaps, read_held_footage, read_recordings, weigh
from foundation.clock import NS_PER_S, SystemClock, utc_ns_of
from tests.camera.raw_server import RawServer, envelope
from tests.camera.scripted_device import ScriptedDevice

SEARCH = 'xmlns:tse="http://www.onvif.org/ver10/search/wsdl"'
DAY_NS = 86_400 * NS_PER_S
NOW_NS = utc_ns_of(datetime(2026, 11, 21, tzinfo=UTC))


def days(first: float, last: float) -> Stretch:
    """So many days ago."""
    return Stretch(NOW_NS - round(first * DAY_NS), NOW_NS - round(last * DAY_NS))


def recording(video: Stretch | None, *, token: str = "r", status: str = "Recording") -> Recording:
    return Recording(token, "source", video, status)


def information(number: int, begins: str, ends: str, status: str = "Recording") -> str:
    return (
        f"<tt:RecordingInformation><tt:RecordingToken>r{number}</tt:RecordingToken><tt:Track>"
        f"<tt:TrackType>Video</tt:TrackType><tt:DataFrom>{begins}</tt:DataFrom><tt:DataTo>{ends}</tt:DataTo>"
        f"</tt:Track><tt:RecordingStatus>{status}</tt:RecordingStatus></tt:RecordingInformation>"
    )


def test_a_search_is_followed_to_its_end_and_ended() -> None:
    pages = [
        ("Searching", information(1, "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z")),
        ("Searching", ""),
        ("Completed", information(2, "2026-10-03T00:00:00Z", "2026-11-20T23:59:00Z")),
    ]

    def results(request: etree._Element) -> bytes:
        state, found = pages.pop(0)
        return envelope(
            f"<tse:GetRecordingSearchResultsResponse {SEARCH}><tse:ResultList><tt:SearchState>{state}</tt:SearchState>"
            f"{found}</tse:ResultList></tse:GetRecordingSearchResultsResponse>"
        )

    def summary(request: etree._Element) -> bytes:
        return envelope(
            f"<tse:GetRecordingSummaryResponse {SEARCH}><tse:Summary><tt:DataFrom>2026-09-01T00:00:00Z</tt:DataFrom>"
            "<tt:DataUntil>2026-11-20T23:59:00Z</tt:DataUntil><tt:NumberRecordings>2</tt:NumberRecordings>"
            "</tse:Summary></tse:GetRecordingSummaryResponse>"
        )

    script = ScriptedDevice(
        "search",
        GetRecordingSummary=summary,
        FindRecordings=lambda _: envelope(
            f"<tse:FindRecordingsResponse {SEARCH}><tse:SearchToken>s</tse:SearchToken></tse:FindRecordingsResponse>"
        ),
        GetRecordingSearchResults=results,
        EndSearch=lambda _: envelope(f"<tse:EndSearchResponse {SEARCH}/>"),
    )
    with RawServer(script) as server:
        held = read_held_footage(OnvifDevice(server.url, None, SystemClock()), now_utc_ns=NOW_NS)
    assert held.belief is Belief.PLAUSIBLE
    (gap,) = gaps(held.stretches)  # which the summary cannot show
    assert (gap.to_utc_ns - gap.from_utc_ns) == 2 * DAY_NS
    assert held.claimed_recordings == 2
    assert script.asked[-1] == "EndSearch"


def test_a_device_without_profile_g_says_so() -> None:
    with RawServer(ScriptedDevice("media")) as server, pytest.raises(OnvifFault, match="no search service"):
        read_recordings(OnvifDevice(server.url, None, SystemClock()))


@pytest.mark.parametrize(
    ("videos", "claimed", "belief"),
    [
        ([days(80, 0)], days(80, 0), Belief.PLAUSIBLE),
        ([days(30_000, 0)], days(80, 0), Belief.LYING),
        ([days(80, -2)], days(80, 0), Belief.LYING),
        ([days(1, 3)], days(80, 0), Belief.LYING),
        ([], days(80, 0), Belief.LYING),
        ([], None, Belief.NOTHING),
    ],
    ids=["plausible", "since 1944", "from the future", "backwards", "claims and shows none", "holds nothing"],
)
def test_what_cannot_be_true_is_unknown(videos: list[Stretch], claimed: Stretch | None, belief: Belief) -> None:
    found = [recording(video, token=str(number)) for number, video in enumerate(videos)]
    assert weigh(claimed, None, found, now_utc_ns=NOW_NS).belief is belief


def test_the_end_of_what_is_being_recorded_must_advance() -> None:
    before, after = [recording(days(80, 1))], [recording(days(80, 0))]
    assert weigh(days(80, 0), 1, after, now_utc_ns=NOW_NS, before=before).belief is Belief.PLAUSIBLE
    assert weigh(days(80, 0), 1, before, now_utc_ns=NOW_NS, before=before).belief is Belief.STANDING


def test_a_recorded_device_with_footage_since_1970_is_not_believed(captures: Path) -> None:
    folder = captures / "bsd3-austin-hammer/test/search/fixtures"
    script = ScriptedDevice(
        "search",
        GetRecordingSummary=lambda _: (folder / "get_recording_summary__success.xml").read_bytes(),
        FindRecordings=lambda _: (folder / "find_recordings_success.xml").read_bytes(),
        GetRecordingSearchResults=lambda _: (folder / "get_recording_search_results_success.xml").read_bytes(),
    )
    with RawServer(script) as server:
        held = read_held_footage(OnvifDevice(server.url, None, SystemClock()), now_utc_ns=NOW_NS)
    assert held.belief is Belief.LYING
    assert held.claimed_recordings == 8


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 50)), max_size=30))
def test_stretches_and_gaps_cover_the_whole_without_overlap(spans: list[tuple[int, int]]) -> None:
    base = utc_ns_of(datetime(2026, 1, 1, tzinfo=UTC))
    videos = [Stretch(base + start * NS_PER_S, base + (start + length) * NS_PER_S) for start, length in spans]
    found = [recording(video, token=str(number), status="") for number, video in enumerate(videos)]
    merged = weigh(None, None, found, now_utc_ns=NOW_NS).stretches
    seconds = {second for start, length in spans for second in range(start, start + length)}
    assert sum((one.to_utc_ns - one.from_utc_ns) // NS_PER_S for one in merged) == len(seconds)
    holes = gaps(merged, least_ns=1)
    assert len(holes) == max(0, len(merged) - 1)
