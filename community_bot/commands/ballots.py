"""`/topic ballot`, `vote`, `result`: the secret vote.

DOMAIN has `vote` for who votes and names no command that opens one. It is `ballot` here, a word of its own, so that
nobody who wants to vote opens a vote.

What somebody ticks before they cast stands in the buttons of their private reply and nowhere else: after a restart
it still holds, and the card that takes its place once they have cast shows none of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request
from community_bot.commands.scopes import SPACE, scope_meant, title_of
from community_bot.commands.specification import button, command
from community_bot.commands.topics import decided_line
from community_bot.domain.calendar_years import show_time
from community_bot.domain.graphemes import shorten
from community_bot.domain.refusal import Refusal
from community_bot.domain.topics import SUPPORTERS_FOR_A_VOTE, TopicState
from community_bot.domain.votes import FEWEST_DAYS, FEWEST_TOPICS, MOST_DAYS, MOST_TOPICS, VoteState
from community_bot.locales import Language, Markup, Translator
from community_bot.platforms.port import Button
from community_bot.services.network import Rules
from community_bot.services.scopes import Scopes
from community_bot.services.topics import Topic
from community_bot.services.votes import Ballot, Result, Votes

TICKED, EMPTY = "☑", "☐"
LONGEST_BUTTON = 76
LONGEST_LABEL = 100
USUAL_DAYS = (3, 5, 7, 10)


class BallotCommands:
    """Opening a vote, voting, and reading what came of it."""

    def __init__(self, votes: Votes, scopes: Scopes, rules: Rules) -> None:
        self._votes = votes
        self._scopes = scopes
        self._rules = rules

    # ── opening

    @command("topic ballot", SPACE)
    async def ballot(self, request: Request, space: str = "") -> Reply:
        """Ask which topics are put to the vote, and for how long."""
        scope = await scope_meant(self, request, space)
        found = await self._votes.candidates(request.account, scope.key)
        return Reply(form=ballot_form(request.t, scope.key, found, self._rules.vote_days, {}))

    @button("vote.run_off")
    async def press_run_off(self, request: Request, argument: str) -> Reply:
        """Open a vote among the tied."""
        opened = await self._votes.run_off(request.account, argument)
        return Reply(opened_text(request, opened, self._rules.zone))

    # ── voting

    @command("topic vote")
    async def vote(self, request: Request) -> Reply:
        """Show the ballot, or let somebody choose between several."""
        t, open_ones = request.t, await self._votes.ballots(request.account)
        if not open_ones:
            return Reply(t("vote.none", result=request.spell("topic result")))
        if len(open_ones) == 1:
            return self._card(request, open_ones[0], frozenset())
        buttons = tuple(
            Button(shorten(_named(t, each), LONGEST_BUTTON), "vote.show", each.id) for each in open_ones[:10]
        )
        return Reply(t("vote.which"), buttons)

    @button("vote.show")
    async def press_show(self, request: Request, argument: str) -> Reply:
        """Show one ballot, with nothing ticked: what was cast before is not shown again."""
        found = await self._votes.ballot(request.account, argument)
        return self._card(request, found, frozenset(), replaces=True)

    @button("vote.tick")
    async def press_tick(self, request: Request, argument: str) -> Reply:
        """Show the ballot with one tick more, or less."""
        vote_id, ticks = _read(argument)
        return self._card(request, await self._votes.ballot(request.account, vote_id), ticks, replaces=True)

    @button("vote.cast")
    async def press_cast(self, request: Request, argument: str) -> Reply:
        """Cast the ballot, or take it back when nothing is ticked."""
        vote_id, ticks = _read(argument)
        found = await self._votes.cast(request.account, vote_id, ticks)
        t, until = request.t, self._until(request.t, found)
        change = Button(t.plain("vote.change.button"), "vote.show", vote_id)
        text = t("vote.cast", until=until) if ticks else t("vote.taken_back", until=until)
        return Reply(text, (change,), replaces=True)

    def _until(self, t: Translator, found: Ballot) -> str:
        return show_time(found.closes_at, self._rules.zone, t.language, t.calendar)

    def _card(self, request: Request, found: Ballot, ticks: frozenset[int], *, replaces: bool = False) -> Reply:
        t = request.t
        lines: list[str] = [t("vote.card", scope=title_of(t, found.scope), until=self._until(t, found))]
        if found.cast:
            lines.append(t("vote.card_cast"))
        buttons = [
            Button(
                shorten(f"{TICKED if place in ticks else EMPTY} {topic.title}", LONGEST_BUTTON),
                "vote.tick",
                _written(found.id, ticks ^ {place}),
            )
            for place, topic in enumerate(found.topics)
        ]
        if ticks:
            buttons.append(Button(t.plain("vote.cast.button"), "vote.cast", _written(found.id, ticks), "main"))
        elif found.cast:
            back = t.plain("vote.take_back.button")
            buttons.append(Button(back, "vote.cast", _written(found.id, ticks), "danger"))
        return Reply(Markup("\n\n".join(lines)), tuple(buttons), replaces=replaces)

    # ── afterwards

    @command("topic result", SPACE)
    async def result(self, request: Request, space: str = "") -> Reply:
        """Show what came of the last votes; of an open one only that it is open."""
        t, scope = request.t, await scope_meant(self, request, space)
        results, open_until = await self._votes.results(request.account, scope.key)
        lines: list[str] = [t("vote.result_head", scope=title_of(t, scope))]
        if open_until is not None:
            until = show_time(open_until, self._rules.zone, t.language, t.calendar)
            lines.append(t("vote.result_open", until=until, vote=request.spell("topic vote")))
        if not results and open_until is None:
            lines.append(t("vote.result_none"))
        lines += [_said(request, each) for each in results]
        buttons = tuple(
            Button(t.plain("vote.run_off.button"), "vote.run_off", each.id) for each in results if each.run_off
        )
        return Reply(Markup("\n\n".join(lines)), buttons[:1])


def _said(request: Request, result: Result) -> Markup:
    """Return what came of one vote."""
    t, day = request.t, result.closed_at.date()
    titles = " · ".join(each.title for each in result.winners)
    numbers = {"ballots": result.ballots, "electorate": result.electorate, "quorum": result.quorum}
    match result.state:
        case VoteState.CHOSEN:
            head = t("vote.result_chosen", day=day, topic=titles, **numbers)
        case VoteState.TIED:
            head = t("vote.result_tied", day=day, topics=titles, decide=request.spell("topic decide"), **numbers)
        case VoteState.NO_QUORUM:
            head = t("vote.result_no_quorum", day=day, quorum=result.quorum)
        case _:
            head = t("vote.result_void", day=day)
    lines: list[str] = [head]
    counted = sorted(result.counts or (), key=lambda each: -each[1])
    lines += [t.count("vote.result_line", total, topic=topic.title) for topic, total in counted]
    if result.state is VoteState.TIED:
        lines += [decided_line(t, each) for each in result.winners if each.state is TopicState.CHOSEN]
    return Markup("\n".join(lines))


def _named(t: Translator, ballot: Ballot) -> str:
    return f"{title_of(t, ballot.scope)}: {' · '.join(each.title for each in ballot.topics)}"


def opened_text(request: Request, ballot: Ballot, zone: str) -> Markup:
    """Return that a vote is open, and what cannot be done any more."""
    t = request.t
    until = show_time(ballot.closes_at, zone, t.language, t.calendar)
    titles = " · ".join(each.title for each in ballot.topics)
    return t("vote.opened", until=until, topics=titles, vote=request.spell("topic vote"))


def _written(vote_id: str, ticks: frozenset[int]) -> str:
    return f"{vote_id} {sum(1 << place for place in ticks):x}"


def _read(argument: str) -> tuple[str, frozenset[int]]:
    """Read a button. Raises :class:`Refusal` ``vote.choice`` for one that we did not make."""
    vote_id, _, written = argument.partition(" ")
    try:
        ticks = int(written, 16)
    except ValueError:
        raise Refusal("vote.choice") from None
    if not 0 <= ticks < 1 << MOST_TOPICS:
        raise Refusal("vote.choice")
    return vote_id, frozenset(place for place in range(MOST_TOPICS) if ticks >> place & 1)


def ballot_form(t: Translator, scope: str, topics: Sequence[Topic], usual: int, answers: Answers) -> Form:
    """Return the form that opens a vote. Raises :class:`Refusal` ``vote.no_candidates``."""
    if len(topics) < FEWEST_TOPICS:
        raise Refusal("vote.no_candidates", supporters=SUPPORTERS_FOR_A_VOTE)
    usual = min(max(usual, FEWEST_DAYS), MOST_DAYS)
    chosen = first(answers, "days") or str(usual)
    days = sorted({*USUAL_DAYS, usual})
    shown = topics[:MOST_TOPICS]
    fields = (
        Field(
            "topics",
            "ticks",
            t.plain("vote.topics.label"),
            t.plain("vote.topics.hint"),
            choices=tuple(
                Choice(
                    each.id,
                    shorten(each.title, LONGEST_LABEL),
                    chosen=each.id in answers.get("topics", ()),
                )
                for each in shown
            ),
            fewest=FEWEST_TOPICS,
        ),
        Field(
            "days",
            "choice",
            t.plain("vote.days.label"),
            choices=tuple(
                Choice(str(each), t.plain("vote.days.choice", days=each), chosen=str(each) == chosen)
                for each in days
            ),
        ),
    )
    return Form(BallotForm.name, t.plain("vote.ballot.title"), fields, scope)


class BallotForm:
    """Which topics are voted on, and for how long. Its argument is the scope."""

    name = "topic.ballot"

    def __init__(self, votes: Votes, rules: Rules) -> None:
        self._votes = votes
        self._rules = rules

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` ``vote.*``, ``topic.*``."""
        found = await self._votes.candidates(request.account, argument)
        return ballot_form(request.t, argument, found, self._rules.vote_days, answers)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; the service says what is wrong."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Open the vote. Raises :class:`Refusal` ``vote.*``, ``topic.*``."""
        written = first(answers, "days")
        if not written.isascii() or not written.isdigit() or len(written) > 2:
            raise Refusal("vote.days", field="days", least=FEWEST_DAYS, most=MOST_DAYS)
        opened = await self._votes.open(request.account, argument, answers.get("topics", ()), int(written))
        return Reply(opened_text(request, opened, self._rules.zone))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None
