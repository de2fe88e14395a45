"""Turning the Growth Cycle (`/growth`): rounds, what spaces pass on to one another, what each works on (GRW-1..3).

Rounds and feeds are planned for the whole network; what one space works on, its stage, and why it stands alone is
said by whoever runs it. What `/growth record`, `endorse` and `badge` are to be belongs to people, and comes later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.growth import (
    LONGEST_NOTE,
    LONGEST_ROUND,
    LONGEST_WHAT,
    SHORTEST_ROUND,
    Cycle,
    Feed,
    Round,
    RoundState,
    Stage,
    after_round,
    check_feed,
    unconnected,
)
from community_bot.domain.growth_plan import SpacePlan, plan
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power
from community_bot.domain.space_state import TAKES_MEMBERS, SpaceState
from community_bot.domain.topics import TopicState, read_words
from community_bot.domain.tries import Tries
from community_bot.domain.words import in_language
from community_bot.locales import Catalogues, Language, key
from community_bot.services.directory import SpaceDoor
from community_bot.services.growth_cycle import (
    cycle_of,
    facts_of,
    feed_of,
    growth_of,
    round_of,
    seen_by,
    seen_by_all,
    upcoming,
)
from community_bot.services.growth_words import in_words
from community_bot.services.network import Network, Unit, action
from community_bot.services.spaces import find_run, run_by
from db.space_rows import SpaceRow
from db.space_store import SpaceChangedError
from db.topic_store import TopicStore

POSTS_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the planner says of some spaces, for the round of a number; ``cycle`` has what they are called.

    ``runs``: the spaces that the asker can decide for.
    """

    number: int
    cycle: Cycle
    plans: tuple[SpacePlan, ...]
    runs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """The newest round, and the spaces that would keep it from running: they stand alone without a note why."""

    round: Round | None
    alone: Cycle


class Growth:
    """The Growth Cycle."""

    def __init__(self, network: Network, catalogues: Catalogues) -> None:
        self._network = network
        self._catalogues = catalogues
        self._posts = Tries(POSTS_A_DAY, timedelta(days=1))

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages of the network, in their order."""
        return self._network.rules.stages

    async def spaces_run(self, account: Account, typed: str = "") -> list[SpaceDoor]:
        """Return the spaces that somebody runs, those with ``typed`` in their title."""
        return await self._network.look(lambda unit: run_by(unit, account, typed))

    # ── looking

    @action
    async def cycle(self, account: Account) -> Cycle:
        """Return the cycle as a member may see it. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Cycle:
            return seen_by(unit, unit.asker(account, Power.MEMBER), cycle_of(unit))

        return await self._network.look(work)

    @action
    async def next(self, account: Account) -> Outlook:
        """Return what comes next for the spaces somebody is in or runs. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Outlook:
            asker = unit.asker(account, Power.MEMBER)
            own = {space for space, _ in unit.spaces.of(asker.known.id)}
            own |= {grant.scope for grant in asker.grants if asker.may(Power.RUN_SPACE, grant.scope)} - {NETWORK}
            return self._outlook(unit, account, own)

        return await self._network.look(work)

    @action
    async def plan(self, account: Account, space: str | None) -> Outlook:
        """Return what the planner says of one space, or of all. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Outlook:
            unit.asker(account, Power.PLAN_GROWTH)
            return self._outlook(unit, account, None if space is None else {find_run(unit, account, space).key})

        return await self._network.look(work)

    def _outlook(self, unit: Unit, account: Account, only: set[str] | None) -> Outlook:
        asker, number = unit.asker(account, Power.MEMBER), upcoming(unit)
        cycle = seen_by(unit, asker, cycle_of(unit, number))
        last = [feed_of(each) for each in growth_of(unit).feeds(number - 1)]
        plans = plan(facts_of(unit, cycle), cycle.feeds, last)
        runs = frozenset(each.key for each in cycle.spaces if asker.may(Power.RUN_SPACE, each.key))
        return Outlook(number, cycle, tuple(each for each in plans if only is None or each.space.key in only), runs)

    @action
    async def feeds(self, account: Account) -> tuple[Cycle, frozenset[str]]:
        """Return the cycle with its feeds, and the spaces that the asker runs. Raises :class:`Refusal`."""

        def work(unit: Unit) -> tuple[Cycle, frozenset[str]]:
            asker = unit.asker(account, Power.MEMBER)
            cycle = seen_by(unit, asker, cycle_of(unit))
            return cycle, frozenset(each.key for each in cycle.spaces if asker.may(Power.RUN_SPACE, each.key))

        return await self._network.look(work)

    # ── feeds

    @action
    async def feed(self, account: Account, language: Language, ends: tuple[str, str], what: str) -> tuple[str, str]:
        """Plan that one space passes something on to another; return both titles.

        ``ends`` are the two spaces as people say them. Raises :class:`Refusal` ``growth.circle`` (with the circle
        in words), ``growth.feed_itself``, ``growth.feed_twice``, ``growth.no_round``, ``growth.reflecting``,
        ``growth.not_open``, ``growth.too_long`` and the like, ``space.unknown``.
        """
        words = read_words(what, family="growth", field="what", shortest=2, longest=LONGEST_WHAT)

        def work(unit: Unit) -> tuple[str, str]:
            role = unit.asker(account, Power.PLAN_GROWTH).role
            # first, so that two who plan at the same time wait for one another and no circle comes of both
            unit.ledger.record(unit.today, role, "growth.fed", "growth_feed")
            number = _open_round(unit, RoundState.PLANNING, RoundState.RUNNING)
            source, target = (_turning(find_run(unit, account, each)) for each in ends)
            cycle = cycle_of(unit)
            titles = {each.key: in_language(each.titles, language) for each in cycle.spaces}
            check_feed(cycle.feeds, source.key, target.key, titles)
            growth_of(unit).feed(number, source.key, target.key, words)
            return titles[source.key], titles[target.key]

        return await self._network.act(work)

    @action
    async def unfeed(self, account: Account, language: Language, ends: tuple[str, str]) -> tuple[str, str]:
        """Take a feed out of the round again; return both titles. Raises :class:`Refusal` ``growth.no_feed``."""

        def work(unit: Unit) -> tuple[str, str]:
            role = unit.asker(account, Power.PLAN_GROWTH).role
            number = _open_round(unit, RoundState.PLANNING, RoundState.RUNNING)
            source, target = (find_run(unit, account, each) for each in ends)
            if not growth_of(unit).unfeed(number, source.key, target.key):
                raise Refusal("growth.no_feed", field="to")
            unit.ledger.record(unit.today, role, "growth.unfed", "growth_feed")
            titles = unit.directory.titles([source.key, target.key])
            return titles.of(source.key, language), titles.of(target.key, language)

        return await self._network.act(work)

    @action
    async def pass_on(self, account: Account, feed_id: str) -> Feed:
        """Note that something was passed on, or, the second time, that it was not; return the feed.

        Raises :class:`Refusal` ``growth.no_feed``.
        """

        def work(unit: Unit) -> Feed:
            asker = unit.asker(account, Power.MEMBER)
            store = growth_of(unit)
            number = _open_round(unit, RoundState.RUNNING, RoundState.REFLECTING)
            row = next((each for each in store.feeds(number) if each.id == feed_id), None)
            if row is None:
                raise Refusal("growth.no_feed")
            unit.asker(account, Power.RUN_SPACE, row.from_space)
            store.set_passed_on(feed_id, unit.today if row.passed_on is None else None)
            unit.ledger.record(unit.today, asker.role, "growth.passed_on", "growth_feed")
            return Feed(row.id, row.from_space, row.to_space, row.what, row.passed_on is None)

        return await self._network.act(work)

    # ── one space

    @action
    async def write_note(self, account: Account, language: Language, space: str, note: str) -> str:
        """Say why a space stands alone in this round, or with nothing take it back; return its title.

        Raises :class:`Refusal` ``growth.*``, ``space.unknown``.
        """
        words = None
        if note.strip():
            words = read_words(note, family="growth", field="note", shortest=2, longest=LONGEST_NOTE)

        def work(unit: Unit) -> str:
            row = _turning(find_run(unit, account, space))
            role = unit.asker(account, Power.RUN_SPACE, row.key).role
            growth_of(unit).write_note(_open_round(unit, RoundState.PLANNING, RoundState.RUNNING), row.key, words)
            unit.ledger.record(unit.today, role, "growth.noted", "space")
            return unit.directory.titles([row.key]).of(row.key, language)

        return await self._network.act(work)

    @action
    async def set_stage(self, account: Account, language: Language, space: str, stage: str) -> str:
        """Put a space into a stage; return its title. Raises :class:`Refusal` ``growth.stage``, ``space.*``."""

        def work(unit: Unit) -> str:
            row = _turning(find_run(unit, account, space))
            role = unit.asker(account, Power.RUN_SPACE, row.key).role
            if stage not in {each.key for each in unit.rules.stages}:
                raise Refusal("growth.stage", field="stage")
            try:
                unit.layouts.change(row, stage=stage)
            except SpaceChangedError:
                raise Refusal("space.changed") from None
            unit.ledger.record(unit.today, role, "growth.staged", "space", stage)
            return unit.directory.titles([row.key]).of(row.key, language)

        return await self._network.act(work)

    @action
    async def take_up(self, account: Account, space: str, topic_id: str) -> tuple[str, bool]:
        """Take a chosen topic into the round, or out of it again; return its title and whether it is in now.

        What the space worked on in the round before is carried over. Raises :class:`Refusal` ``growth.no_topic``,
        ``growth.no_round``, ``growth.reflecting``, ``space.unknown``.
        """

        def work(unit: Unit) -> tuple[str, bool]:
            row = _turning(find_run(unit, account, space))
            role = unit.asker(account, Power.RUN_SPACE, row.key).role
            unit.ledger.record(unit.today, role, "growth.topic_taken_up", "topic")
            store, number = growth_of(unit), _open_round(unit, RoundState.PLANNING, RoundState.RUNNING)
            topic = TopicStore(unit.connection, unit.keys).get(topic_id)
            if topic is None or topic.state != TopicState.CHOSEN.value or topic.scope not in (row.key, NETWORK):
                raise Refusal("growth.no_topic")
            here = next((each for each in store.topics(number) if each.topic_id == topic_id), None)
            if here is not None and here.space != row.key:
                raise Refusal("growth.topic_elsewhere")
            if store.put_back(number, topic_id):
                return topic.title, False
            before = {each.topic_id: each.carried_over for each in store.topics(number - 1)}
            store.take_up(number, row.key, topic_id, before[topic_id] + 1 if topic_id in before else 0)
            return topic.title, True

        return await self._network.act(work)

    # ── rounds

    @action
    async def turn(self, account: Account) -> Turn:
        """Return the newest round, and which spaces stand alone in it. Raises :class:`Refusal`."""

        def work(unit: Unit) -> Turn:
            unit.asker(account, Power.PLAN_GROWTH)
            return _turn(unit)

        return await self._network.look(work)

    @action
    async def begin(self, account: Account, days: int) -> Round:
        """Begin to plan the next round, to end in so many days. Raises :class:`Refusal` ``growth.round_open``."""

        def work(unit: Unit) -> Round:
            role = unit.asker(account, Power.PLAN_GROWTH).role
            unit.ledger.record(unit.today, role, "growth.round_begun", "growth_round")
            if not SHORTEST_ROUND <= days <= LONGEST_ROUND:
                raise Refusal("growth.days", field="days", least=SHORTEST_ROUND, most=LONGEST_ROUND)
            store, last = growth_of(unit), growth_of(unit).last()
            if last is not None and last.state != RoundState.CLOSED.value:
                raise Refusal("growth.round_open", number=last.number)
            number = 1 if last is None else last.number + 1
            store.begin(number, RoundState.PLANNING.value, unit.today, unit.today + timedelta(days=days))
            begun = store.get(number)
            assert begun is not None
            return round_of(begun)

        return await self._network.act(work)

    @action
    async def advance(self, account: Account, language: Language, seen: str) -> Turn:
        """Move the round on from what was seen: ``"<number> <state>"``; pressing twice moves once.

        Raises :class:`Refusal` ``growth.round_moved``, ``growth.no_round``, or ``growth.alone`` with the spaces
        that feed none and are fed by none, and have no note why (DOMAIN 3.7).
        """

        def work(unit: Unit) -> Turn:
            role = unit.asker(account, Power.PLAN_GROWTH).role
            unit.ledger.record(unit.today, role, "growth.round_moved", "growth_round")
            now = _turn(unit)
            if now.round is None:
                raise Refusal("growth.no_round")
            if seen != f"{now.round.number} {now.round.state.value}":
                raise Refusal("growth.round_changed")
            following = after_round(now.round.state)
            if following is RoundState.RUNNING and now.alone.spaces:
                titles = ", ".join(in_language(each.titles, language) for each in now.alone.spaces)
                raise Refusal("growth.alone", spaces=titles)
            growth_of(unit).set_state(now.round.number, following.value)
            return _turn(unit)

        return await self._network.act(work)

    @action
    async def publish(self, account: Account, *, with_picture: bool) -> int:
        """Have the cycle shown to everybody in the spaces that turn in it; return in how many channels and rooms.

        Only what everybody may see; nothing is posted in unlisted spaces. Raises :class:`Refusal`
        ``growth.no_round``, ``growth.posts`` after three in a day.
        """

        def work(unit: Unit) -> int:
            role = unit.asker(account, Power.PLAN_GROWTH).role
            if not self._posts.may(NETWORK, unit.now):
                raise Refusal("growth.posts", most=POSTS_A_DAY)
            cycle = seen_by_all(unit, cycle_of(unit))
            if cycle.round is None:
                raise Refusal("growth.no_round")
            places = [
                place for each in cycle.spaces if each.is_open for place in unit.directory.entrances(each.key)
            ]
            for platform, place, language in dict.fromkeys(places):
                details = {"platform": platform, "place": place, "language": language, "text": key("growth.posted")}
                if with_picture:
                    details["attach"] = f"growth:{cycle.round.number}"
                twin = in_words(cycle, self._catalogues.translator(language))
                unit.outbox.add("post", details, now=unit.now, words={"twin": twin})
            unit.ledger.record(unit.today, role, "growth.posted", "growth_round")
            return len(dict.fromkeys(places))

        posted = await self._network.act(work)
        self._posts.wrong(NETWORK, self._network.clock())
        return posted


def _open_round(unit: Unit, *states: RoundState) -> int:
    """Return the number of the round that is in one of these states.

    Raises :class:`Refusal` ``growth.no_round``, ``growth.reflecting``, ``growth.planning``.
    """
    last = growth_of(unit).last()
    if last is None or last.state == RoundState.CLOSED.value:
        raise Refusal("growth.no_round")
    if RoundState(last.state) not in states:
        raise Refusal("growth.planning" if last.state == RoundState.PLANNING.value else "growth.reflecting")
    return last.number


def _turning(row: SpaceRow) -> SpaceRow:
    """Return a space when it turns in the cycle. Raises :class:`Refusal` ``growth.not_open``."""
    if SpaceState(row.state) not in TAKES_MEMBERS:
        raise Refusal("growth.not_open", field="space")
    return row


def _turn(unit: Unit) -> Turn:
    cycle = cycle_of(unit)
    alone = {each.key for each in unconnected(cycle.spaces, cycle.feeds)}
    turn = cycle.round
    return Turn(turn, Cycle(turn, cycle.stages, tuple(each for each in cycle.spaces if each.key in alone), ()))
