"""The limits on webhooks as a model: no call too early, none much too late, whatever order answers come in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.ends.discord_limits import (
    SWEEP_SECONDS,
    Assumed,
    Call,
    CallKind,
    Cause,
    Refusal,
    Told,
    Wait,
    WebhookLimits,
)
from sandbox.discord import RateLimits
from sandbox.discord.ratelimits import Limiter
from sandbox.discord.routes import Route, read_route

SAY = Call("1", "7", CallKind.EXECUTE)
EDIT = replace(SAY, kind=CallKind.EDIT)
DELETE = replace(SAY, kind=CallKind.DELETE)
NO_WAIT = Wait(0.0, Cause.NOTHING)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def headers(left: int, reset_after: float, limit: int = 5) -> Told:
    return Told(
        {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
        }
    )


def say(limits: WebhookLimits, times: int, call: Call = SAY, told: Told | None = None) -> None:
    for _ in range(times):
        limits.sent(call)
        limits.learn(call, told or Told())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> WebhookLimits:
    return WebhookLimits(clock=clock)


# ── one webhook


def test_five_in_two_seconds_is_believed_until_a_header_came(limits: WebhookLimits) -> None:
    say(limits, 4)
    assert limits.wait(SAY) == NO_WAIT
    say(limits, 1)
    assert limits.wait(SAY) == Wait(2.0, Cause.WEBHOOK)


def test_headers_are_believed_more_than_the_assumption(limits: WebhookLimits, clock: Clock) -> None:
    say(limits, 1, told=headers(0, 0.5, limit=1))
    assert limits.ready_in(SAY) == pytest.approx(0.5, abs=0.01)
    clock.now += limits.ready_in(SAY)
    assert limits.wait(SAY) == NO_WAIT
    limits.sent(SAY)
    assert limits.ready_in(SAY) > 0, "the limit it told of holds in the next window, before its headers come"


def test_a_window_that_opened_meanwhile_has_all_its_room(limits: WebhookLimits, clock: Clock) -> None:
    say(limits, 1, told=headers(0, 1.0))
    clock.now += 1.1
    say(limits, 1, told=headers(9, 2.0, limit=10))
    say(limits, 1, told=headers(8, 2.0, limit=10))
    clock.now += 2.1
    say(limits, 9)
    assert limits.wait(SAY) == NO_WAIT


def test_answers_that_overtake_each_other_give_no_room_back(limits: WebhookLimits) -> None:
    for _ in range(5):
        limits.sent(EDIT)
    for left in (0, 1, 2, 3, 4):
        limits.learn(EDIT, headers(left, 2.0))
    assert limits.wait(EDIT).cause is Cause.WEBHOOK


def test_calls_under_way_count_before_they_are_answered(limits: WebhookLimits) -> None:
    for _ in range(5):
        limits.sent(DELETE)
    limits.learn(DELETE, headers(4, 2.0))
    assert limits.wait(DELETE).cause is Cause.WEBHOOK


def test_lost_answers_count_from_the_moment_they_were_given_up(limits: WebhookLimits, clock: Clock) -> None:
    for _ in range(5):
        limits.sent(EDIT)
    clock.now += 1.5
    for _ in range(5):
        limits.learn(EDIT, Told())
    assert limits.wait(EDIT) == Wait(2.0, Cause.WEBHOOK), "when Discord opened the window nobody said"


@pytest.mark.parametrize(
    "nonsense",
    [
        {"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "9"},
        {"X-RateLimit-Limit": "0", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "9"},
        {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "nan"},
        {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "-1"},
        {"X-RateLimit-Remaining": "0"},
    ],
)
def test_headers_that_make_no_sense_are_passed_over(limits: WebhookLimits, nonsense: dict[str, str]) -> None:
    say(limits, 1, told=Told(nonsense))
    assert limits.wait(SAY) == NO_WAIT


def test_no_header_closes_a_webhook_for_a_day(limits: WebhookLimits) -> None:
    say(limits, 1, told=headers(0, 86_400.0))
    assert 0 < limits.ready_in(SAY) <= 3601


def test_edits_and_deletes_wait_neither_for_executes_nor_for_each_other(limits: WebhookLimits) -> None:
    say(limits, 5)
    say(limits, 5, EDIT)
    assert limits.wait(SAY).cause is limits.wait(EDIT).cause is Cause.WEBHOOK
    assert limits.wait(DELETE) == NO_WAIT


def test_a_refusal_closes_its_webhook_alone(limits: WebhookLimits) -> None:
    say(limits, 1, told=Told(refusal=Refusal("user", 7.0)))
    assert limits.ready_in(SAY) == pytest.approx(7.0, abs=0.01)
    assert limits.wait(replace(SAY, webhook="2")) == NO_WAIT


# ── one channel


def test_thirty_a_minute_are_shared_by_all_webhooks_of_a_channel(limits: WebhookLimits, clock: Clock) -> None:
    for number in range(30):
        say(limits, 1, replace(SAY, webhook=str(number)))
        clock.now += 0.1
    new = replace(SAY, webhook="new")
    assert limits.wait(new).cause is Cause.CHANNEL
    assert limits.ready_in(new) == pytest.approx(57.0)
    assert limits.wait(replace(new, channel="8")) == NO_WAIT
    assert limits.wait(replace(new, kind=CallKind.EDIT)) == NO_WAIT
    clock.now += 57.0
    assert limits.wait(new) == NO_WAIT
    say(limits, 1, new)
    assert limits.ready_in(replace(SAY, webhook="newer")) == pytest.approx(0.1)


def test_what_a_refused_call_used_up_is_nothing(limits: WebhookLimits, clock: Clock) -> None:
    for number in range(40):
        say(limits, 1, replace(SAY, webhook=str(number)), Told(refusal=Refusal("user", 1.0)))
    clock.now += 1.1
    assert limits.wait(SAY) == NO_WAIT


def test_after_a_shared_refusal_of_an_unknown_past_the_rest_is_tried_little_by_little(
    limits: WebhookLimits, clock: Clock
) -> None:
    # as after a restart: an earlier process said 30 in the last 20 seconds
    say(limits, 1, told=Told(refusal=Refusal("shared", 40.0)))
    assert limits.wait(SAY).cause is Cause.CHANNEL
    assert limits.ready_in(SAY) == pytest.approx(40.0, abs=0.01)
    clock.now += 40.01
    assert limits.wait(SAY) == NO_WAIT
    for webhook in "23456":
        say(limits, 1, replace(SAY, webhook=webhook))
    assert limits.wait(SAY).cause is Cause.CHANNEL, "not everything comes free at once"
    clock.now += 20.0
    say(limits, 4, replace(SAY, webhook="9"))
    assert limits.wait(SAY) == NO_WAIT, "a window after the refusal it all has"


def test_room_is_left_for_others_who_speak_in_a_channel_and_given_up_after_some_minutes(
    limits: WebhookLimits, clock: Clock
) -> None:
    clock.now += 100.0  # long enough to know that no process of ours said it
    for webhook in "ab":
        say(limits, 5, replace(SAY, webhook=webhook))
    say(limits, 1, told=Told(refusal=Refusal("shared", 30.0)))
    clock.now += 61.0
    for webhook in "cd":
        say(limits, 5, replace(SAY, webhook=webhook))
    assert limits.wait(SAY).cause is Cause.CHANNEL, "20 of 30 were others"
    clock.now += 300.0
    for webhook in "efgh":
        say(limits, 5, replace(SAY, webhook=webhook))
    assert limits.wait(SAY) == NO_WAIT


def test_however_much_others_say_a_little_is_tried(limits: WebhookLimits, clock: Clock) -> None:
    clock.now += 100.0
    say(limits, 1, told=Told(refusal=Refusal("shared", 1.0)))
    clock.now += 61.0
    say(limits, 4)
    assert limits.wait(SAY) == NO_WAIT


# ── one address


def test_deletes_have_room_where_executes_and_edits_have_none_left(limits: WebhookLimits) -> None:
    for number in range(48):
        say(limits, 1, Call(str(number), str(number), CallKind.EXECUTE))
    fresh = Call("new", "new", CallKind.EXECUTE)
    assert limits.wait(fresh) == Wait(1.0, Cause.EVERYTHING)
    say(limits, 1, replace(fresh, kind=CallKind.EDIT))
    assert limits.wait(replace(fresh, kind=CallKind.EDIT)).cause is Cause.EVERYTHING
    assert limits.wait(replace(fresh, kind=CallKind.DELETE)) == NO_WAIT


def test_a_global_refusal_closes_everything(limits: WebhookLimits) -> None:
    say(limits, 1, told=Told(refusal=Refusal("global", 3.0)))
    waits = [limits.wait(Call("x", "y", kind)) for kind in CallKind]
    assert [wait.cause for wait in waits] == [Cause.EVERYTHING] * 3
    assert all(wait.seconds == pytest.approx(3.0, abs=0.01) for wait in waits)


def test_a_call_that_never_arrived_uses_nothing_up_of_what_all_share(limits: WebhookLimits) -> None:
    for number in range(60):
        say(limits, 1, Call(str(number), "7", CallKind.EXECUTE), Told(counted=False))
    assert limits.wait(Call("new", "7", CallKind.EXECUTE)) == NO_WAIT


# ── memory


def test_what_says_nothing_any_more_is_forgotten(limits: WebhookLimits, clock: Clock) -> None:
    for number in range(300):
        say(limits, 1, Call(str(number), str(number), CallKind.EXECUTE))
        clock.now += 0.1
    assert limits.remembered == 600
    clock.now += SWEEP_SECONDS + 61
    say(limits, 1)
    assert limits.remembered == 2


def test_what_is_under_way_is_not_forgotten(limits: WebhookLimits, clock: Clock) -> None:
    limits.sent(SAY)
    clock.now += SWEEP_SECONDS + 61
    say(limits, 1, Call("2", "8", CallKind.EXECUTE))
    limits.learn(SAY, headers(0, 9.0))
    assert limits.ready_in(SAY) == pytest.approx(9.0, abs=0.01)


# ── against the limits as the simulated Discord keeps them

HUNDREDTH_MS = 0.00001


def route(call: Call) -> Route:
    path = f"/webhooks/{call.webhook}/token"
    if call.kind is CallKind.EXECUTE:
        return read_route("POST", path)
    return read_route("PATCH" if call.kind is CallKind.EDIT else "DELETE", f"{path}/messages/5")


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([Call(w, c, k) for w, c in (("1", "7"), ("2", "7"), ("3", "8")) for k in CallKind]),
            st.floats(0, 3),
            st.floats(0, 0.4),
            st.floats(0, 0.4),
        ),
        max_size=200,
    )
)
def test_who_asks_the_model_first_is_never_refused(steps: list[tuple[Call, float, float, float]]) -> None:
    clock = Clock()
    limits = WebhookLimits(clock=clock)
    discord = Limiter(RateLimits.discord(), clock=clock)
    for call, idle, there, back in steps:
        clock.now += idle
        while (seconds := limits.ready_in(call)) > 0:
            clock.now += seconds + HUNDREDTH_MS
        limits.sent(call)
        clock.now += there
        in_channel = int(call.channel) if call.kind is CallKind.EXECUTE else None
        verdict = discord.admit(route(call), "ip", executes_in=in_channel)
        clock.now += back
        limits.learn(call, Told(verdict.headers))
    assert discord.hits == {}


def test_a_smaller_copy_has_shorter_windows() -> None:
    scaled = Assumed().scaled(0.1)
    assert scaled.webhook.seconds == pytest.approx(0.2)
    assert scaled.channel.requests == 30
