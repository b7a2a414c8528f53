"""Decide what a look at a feed came to, what is known of the feed from then on, and when to look next. Pure.

State in, state out: no store, no network; the clock and the dice are arguments. What the feed and its server ask for
only ever makes the next look later, a day at most.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from storage.feedrecords import Answer, Attempt, Entry, FeedPage, FeedState, News, NotAFeed, Outcome
from tasks import pace

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
FULL_LOOK: Final = DAY
"""So often a feed is asked without validators."""
AGREEMENT: Final = 5
"""So many looks must agree on a new address, over a week at least."""
GIVEN_UP: Final = 30.0
"""At such a weight of failures in a row (60 soft ones, 17 days) a feed goes dormant."""
LATE: Final = timedelta(hours=1)
"""An entry that is dated so long before a 304 was hidden by it; less may be a cache on the way or a slow press."""
FORGETTING: Final = timedelta(days=3)
"""After so long without a page filled as fast, the fastest is taken for half as fast."""
JITTER: Final = 0.1

_WEIGHTS: Final[dict[Outcome, float]] = {
    "not-a-feed": 0.5, "limited": 0.5, "soft": 0.5, "temporary": 0.25, "hard": 1.0, "gone": 0.5,
}  # fmt: skip
_FAILURES: Final[dict[str, Outcome]] = {"dns-temporary": "temporary", "dns": "hard", "forbidden": "hard"}
_SOFT_STATUSES: Final = frozenset((403, 404, 408, 421, 425))
_MAX_AGE: Final = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


def conditional(state: FeedState, *, now: datetime) -> bool:
    """Say whether the next look sends validators: not to a feed that lied, and once a day not to any."""
    if state.lying or not (state.etag or state.last_modified) or state.last_unconditional_at is None:
        return False
    return now - state.last_unconditional_at < FULL_LOOK


def decide(
    state: FeedState,
    answer: Answer,
    page: FeedPage | NotAFeed | None,
    news: News,
    *,
    now: datetime,
    draw: Callable[[], float],
) -> tuple[FeedState, Attempt]:
    """Give the feed's next state and the record of this look.

    `page` is null where nothing was read: no answer, status 304, or a body that is known byte for byte. `draw` gives
    numbers from 0 to 1.
    """
    outcome = judge(answer, page, news)
    before, state = state, replace(state, polls=state.polls + 1, last_attempt_at=now)
    if outcome in ("new", "same", "not-modified"):
        state = _succeeded(state, answer, page if isinstance(page, FeedPage) else None, news, now)
        interval = pace.wait(state, now=now)
        reason = _rhythm(state, interval)
        if news.overrun:
            interval, reason = _sooner(before, interval, now)
        state = replace(state, interval=interval)
        interval *= 1 + JITTER * (2 * draw() - 1)
        interval, reason = _raised(interval, reason, state, answer, now)
    else:
        state, interval, reason = _failed(state, outcome, answer, now, draw)
    interval = max(interval, pace.LEAST)
    state = replace(state, next_poll_at=now + interval)
    return state, Attempt(
        at=now,
        address=before.address,
        status=answer.status,
        outcome=outcome,
        detail=page.detail if isinstance(page, NotAFeed) else answer.detail,
        conditional=answer.conditional,
        entries=len(page.entries) if isinstance(page, FeedPage) else 0,
        new_entries=len(news.new),
        revised_entries=len(news.revised),
        possible_gap=news.overrun,
        size_bytes=answer.size_bytes,
        elapsed_s=answer.elapsed_s,
        next_poll_at=state.next_poll_at,
        reason=reason,
    )


def judge(answer: Answer, page: FeedPage | NotAFeed | None, news: News) -> Outcome:
    """Say in a word what a look came to."""
    status = answer.status
    if answer.failure is not None or status is None:
        return _FAILURES.get(answer.failure or "", "soft")
    if status == 304:
        return "not-modified" if answer.conditional else "soft"
    if 200 <= status < 300:
        if isinstance(page, NotAFeed):
            return "not-a-feed"
        return "new" if news.new or news.revised else "same"
    if status == 410:
        return "gone"
    if status in (429, 503) or (status == 403 and _header(answer, "retry-after")):
        return "limited"
    return "hard" if 400 <= status < 500 and status not in _SOFT_STATUSES else "soft"


def _succeeded(state: FeedState, answer: Answer, page: FeedPage | None, news: News, now: datetime) -> FeedState:
    etag, last_modified = _header(answer, "etag"), _header(answer, "last-modified")
    if answer.status == 304:
        etag, last_modified = etag or state.etag, last_modified or state.last_modified
        state = replace(
            state, not_modified=state.not_modified + 1, not_modified_in_a_row=state.not_modified_in_a_row + 1
        )
    else:
        lied = _lied(state, news, etag, last_modified)
        state = replace(
            state,
            body_digest=answer.body_digest,
            last_unconditional_at=now,
            not_modified_in_a_row=0,
            lying=state.lying or lied,
            lies=state.lies + lied,
        )
    if page is not None:
        state = _read(state, page, news, now)
    state = replace(
        state,
        etag=etag,
        last_modified=last_modified,
        condition="active" if state.condition == "dormant" else state.condition,
        condition_reason="" if state.condition == "dormant" else state.condition_reason,
        last_success_at=now,
        failures=0.0,
        failures_in_a_row=0,
        gone_since=None,
    )
    return _moved(state, answer.moved_to, now)


def _lied(state: FeedState, news: News, etag: str | None, last_modified: str | None) -> bool:
    """Say whether the 304s before this page hid something: its validators still stand, or it is older than they are."""
    if not news.new or not state.not_modified_in_a_row or state.last_success_at is None:
        return False
    if (etag and etag == state.etag) or (not etag and last_modified and last_modified == state.last_modified):
        return True
    hidden = state.last_success_at - LATE
    since = state.last_unconditional_at or state.last_success_at
    return any(e.published_at is not None and since < e.published_at < hidden for e in news.new)


def _read(state: FeedState, page: FeedPage, news: News, now: datetime) -> FeedState:
    """Take over what a page says of its feed, and learn from what is new in it."""
    appeared = _appeared(state, news.new, now)
    fill = state.fastest_fill and state.fastest_fill * 2 ** ((now - (state.last_success_at or now)) / FORGETTING)
    dates = [e.published_at for e in page.entries if e.published and "T" in e.published and e.published_at]
    if len(dates) == len(page.entries) >= 5 and len(page.entries) >= state.window:
        fill = min(filter(None, (fill, max(dates) - min(dates))))
    if news.overrun and state.last_success_at is not None:
        fill = min(filter(None, (fill, now - state.last_success_at)))
    learnt = pace.learn(state, appeared, now=now)
    return replace(
        learnt,
        title=page.title or state.title,
        site=page.site or state.site,
        asked=page.asked,
        window=len(page.entries),
        fastest_fill=fill,
        entries_seen=state.entries_seen + len(news.new),
        possible_gaps=state.possible_gaps + news.overrun,
    )


def _appeared(state: FeedState, new: tuple[Entry, ...], now: datetime) -> list[datetime]:
    """Give when new entries appeared: between the last look and now, by their date as far as it agrees.

    On the first page only the dates tell, and only those with a time of day.
    """
    if state.last_success_at is None:
        return [min(e.published_at, now) for e in new if e.published_at and "T" in (e.published or "")]
    step = (now - state.last_success_at) / (len(new) + 1)
    return [min(max(e.published_at or now - step * n, state.last_success_at), now) for n, e in enumerate(new, 1)]


def _moved(state: FeedState, moved_to: str | None, now: datetime) -> FeedState:
    """Count how long a permanent redirect has been agreeing, and adopt it after a week."""
    if moved_to is None or moved_to == state.address:
        return replace(state, moved_to=None, moved_since=None, moved_count=0)
    if moved_to != state.moved_to or state.moved_since is None:
        return replace(state, moved_to=moved_to, moved_since=now, moved_count=1)
    count = state.moved_count + 1
    if count < AGREEMENT or now - state.moved_since < WEEK:
        return replace(state, moved_count=count)
    former = tuple(dict.fromkeys((*state.former_addresses, state.address)))
    return replace(
        state, address=moved_to, former_addresses=former, moved_to=None, moved_since=None, moved_count=0
    )  # fmt: skip


def _failed(
    state: FeedState, outcome: Outcome, answer: Answer, now: datetime, draw: Callable[[], float]
) -> tuple[FeedState, timedelta, str]:
    failures, row = state.failures + _WEIGHTS[outcome], state.failures_in_a_row + 1
    state = replace(state, failures=failures, failures_in_a_row=row)
    said = f"{outcome}, {row} {'times' if row > 1 else 'time'} in a row"
    if outcome == "gone":
        if state.gone_since is not None and now - state.gone_since >= DAY:
            reason = "status 410 twice, a day apart: gone for good"
            return replace(state, condition="disabled", condition_reason=reason), WEEK, reason
        state = replace(state, gone_since=state.gone_since or now)
        return state, DAY * (1 + JITTER * draw()), "status 410: looked at once more in a day"
    idle = state.last_success_at is None or now - state.last_success_at >= WEEK
    if state.condition == "dormant" or (failures >= GIVEN_UP and idle):
        reason = f"dormant ({said}): looked at once a week"
        return replace(state, condition="dormant", condition_reason=said), WEEK * (1 - JITTER * draw()), reason
    # Soon again at first, since most failures are over in minutes; then by half an hour more each time.
    interval = min(max(state.interval * (1 + failures), timedelta(minutes=30) * (failures - 1), pace.LEAST), DAY)
    interval *= 1 + JITTER * (2 * draw() - 1)
    reason = f"{said}: again in {spoken(interval)}"
    if (retry := _retry_after(answer, now)) is not None and retry > interval:
        # Everyone was told the same moment.
        interval = retry + min(retry, timedelta(hours=1)) * draw() * 0.5
        reason = f"{said}: the server asks for {spoken(retry)} (Retry-After)"
    return state, interval, reason


def _sooner(before: FeedState, interval: timedelta, now: datetime) -> tuple[timedelta, str]:
    elapsed = now - before.last_success_at if before.last_success_at else interval
    interval = max(min(interval, elapsed / 2), pace.LEAST)
    return interval, "no known entry was left in the page: some may have been missed, so sooner"


def _rhythm(state: FeedState, interval: timedelta) -> str:
    gap = pace.usual_gap(state.recent)
    if gap is None:
        return f"its rhythm is not known yet: {spoken(interval)}"
    return f"its rhythm: usually {spoken(gap)} between entries, {spoken(interval)} at this time"


def _raised(interval: timedelta, reason: str, state: FeedState, answer: Answer, now: datetime) -> tuple[timedelta, str]:
    """Wait as long as the feed or its server asks, if that is longer; a day at most."""
    wishes = (
        (state.asked, "the feed asks for it (ttl or updatePeriod)"),
        (_max_age(answer), "the server asks for it (Cache-Control)"),
        (_expires(answer, now), "the server asks for it (Expires)"),
        (_retry_after(answer, now), "the server asks for it (Retry-After)"),
    )
    for wish, why in wishes:
        if wish is not None and min(wish, DAY) > interval:
            interval, reason = min(wish, DAY), f"{spoken(min(wish, DAY))}: {why}"
    return interval, reason


def _header(answer: Answer, name: str) -> str | None:
    return next((value.strip() for key, value in answer.headers if key.lower() == name and value.strip()), None)


def _max_age(answer: Answer) -> timedelta | None:
    found = _MAX_AGE.search(_header(answer, "cache-control") or "")
    if found is None:
        return None
    age = _header(answer, "age") or "0"
    return timedelta(seconds=max(0, int(found[1]) - (int(age) if age.isdecimal() and len(age) < 10 else 0)))


def _expires(answer: Answer, now: datetime) -> timedelta | None:
    if _MAX_AGE.search(_header(answer, "cache-control") or ""):
        return None  # which overrules it
    until = _moment(_header(answer, "expires"))
    return until - (_moment(_header(answer, "date")) or now) if until else None


def _retry_after(answer: Answer, now: datetime) -> timedelta | None:
    """Read Retry-After, in seconds or as a date; a day at most."""
    value = _header(answer, "retry-after")
    if value is None:
        return None
    if value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), DAY)
    until = _moment(value)
    return min(until - now, DAY) if until else None


def _moment(value: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(value or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def spoken(span: timedelta) -> str:
    """Say a span as people do: 7 min, 2 h 10 min, 3 days."""
    minutes = round(span / timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes} min"
    if minutes >= 48 * 60:
        return f"{round(minutes / 1440)} days"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
