"""The gate as the office sees it (校门): how today stands, and one page per thing that is laid down."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.record_words import DAY_KINDS, POLICIES, POSTS, ROUNDS
from edge_agent.pages.school_gate.class_size_routes import class_size_routes
from edge_agent.pages.school_gate.deps import SchoolGateDeps
from edge_agent.pages.school_gate.duty_ledger_routes import duty_ledger_routes
from edge_agent.pages.school_gate.expected_routes import expected_routes
from edge_agent.pages.school_gate.hours_routes import hours_routes
from edge_agent.pages.school_gate.meeting_routes import MEETING_PATH, meeting_routes
from edge_agent.pages.school_gate.patrol_point_routes import patrol_point_routes
from edge_agent.pages.school_gate.policy_routes import policy_routes
from edge_agent.pages.school_gate.roster_routes import ROSTER_PATH, roster_routes
from edge_agent.pages.school_gate.slip_routes import slip_routes
from edge_agent.pages.school_gate.staff_list_routes import STAFF_PATH, staff_list_routes
from edge_agent.pages.school_gate.watchlist_routes import WATCH_BODY_LIMITS, watchlist_routes
from edge_agent.pages.visit.book_routes import look_routes, visit_book_routes
from foundation.clock import NS_PER_S, beijing_day
from gate.admission import read_standing
from gate.duty import duty_now, duty_spans, first_duty_utc_ns
from gate.handover import read_handovers
from gate.hours import DAY_MINUTES, moment_of
from gate.patrol import read_rounds
from gate.policy import read_policies
from gate.roll_call import read_roll_calls
from gate.roster import Gap, Post, escorts_present, gaps, on_shift, read_shifts, roster_gaps, unescorted
from web.document.reading.upload import MOST_BYTES
from web.duty import Right
from web.login import needs, person_of
from web.page import page, texts_of

BODY_LIMITS: Final = dict.fromkeys((STAFF_PATH, ROSTER_PATH, MEETING_PATH), MOST_BYTES + 10_000) | WATCH_BODY_LIMITS
_DAY_NS: Final = 24 * 3600 * NS_PER_S


def school_gate_routes(deps: SchoolGateDeps) -> tuple[APIRouter, ...]:
    """/gate and what lies under it."""
    routes = APIRouter(prefix="/gate", dependencies=[needs(Right.EXPECT_VISITORS)])

    @routes.get("")
    def today(request: Request) -> Response:
        person = person_of(request)
        if person is not None and not person.duty.may(Right.ARRANGE_GATE):
            return RedirectResponse("/gate/expected", 303)
        texts, now = texts_of(request), deps.clock.utc_ns()
        day, there = beijing_day(now), deps.book.exists()
        standing = read_standing(deps.orders.path, now)
        first, last = moment_of(day, 0), moment_of(day, DAY_MINUTES)
        shifts, ahead = (
            read_shifts(deps.orders.path, first, last),
            read_shifts(deps.orders.path, now, now + _DAY_NS),
        )
        escorts = tuple(one for one in shifts if one.post is Post.ESCORT)
        rounds = read_rounds(deps.orders.path, deps.book, day) if there else ()
        return page(
            request,
            "school_gate/today.html",
            kind=texts(DAY_KINDS[standing.hours.kind_of(day)]),
            hours=standing.hours,
            spans=standing.hours.spans_of(day),
            closed=standing.demand.closed,
            policies=[
                (one, texts(POLICIES[one.kind]))
                for one in read_policies(deps.orders.path, since_utc_ns=now)
                if one.holds_at(now)
            ],
            posts=[(texts(word), on_shift(shifts, post, now)) for post, word in POSTS.items()],
            gaps=roster_gaps(ahead, Post.GUARD, now, now + _DAY_NS),
            leaderless=roster_gaps(ahead, Post.LEADER, now, now + _DAY_NS),
            unescorted=unescorted(shifts, standing.hours, day),
            on_duty=duty_now(deps.book) if there else (),
            duty_gaps=_duty_gaps(deps.book, now) if there else (),
            rounds=[
                (one, ROUNDS[one.state(now)][0], texts(ROUNDS[one.state(now)][1]))
                for one in rounds
                if one.missing or one.scans
            ],
            escorts=escorts,
            present=escorts_present(deps.book, escorts) if there else {},
            handovers=read_handovers(deps.book, limit=10) if there else (),
            roll_calls=read_roll_calls(deps.book, limit=10) if there else (),
        )

    return (
        routes,
        staff_list_routes(deps),
        class_size_routes(deps),
        hours_routes(deps),
        policy_routes(deps),
        roster_routes(deps),
        duty_ledger_routes(deps),
        patrol_point_routes(deps),
        meeting_routes(deps),
        expected_routes(deps),
        slip_routes(deps),
        visit_book_routes(deps),
        look_routes(deps),
        watchlist_routes(deps),
    )


def _duty_gaps(book: Path, now_utc_ns: int) -> tuple[Gap, ...]:
    """When nobody was signed on in the last 24 hours, counted from the first sign-on ever."""
    since = first_duty_utc_ns(book)
    if since is None:
        return ()
    begins = max(since, now_utc_ns - _DAY_NS)
    return gaps(duty_spans(book, begins, now_utc_ns), begins, now_utc_ns)
