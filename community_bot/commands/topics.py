"""`/topic`: proposing and supporting topics, and what facilitators decide about them. Voting is in ``ballots``."""

from __future__ import annotations

from collections.abc import Sequence

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.scopes import SPACE, scope_meant, title_of
from community_bot.commands.specification import Option, button, command
from community_bot.domain.graphemes import shorten
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.topics import (
    LONGEST_REASON,
    LONGEST_SKILL,
    LONGEST_TITLE,
    SHORTEST_REASON,
    SHORTEST_TITLE,
    DecidedBy,
    TopicState,
)
from community_bot.locales import Language, Markup, Translator
from community_bot.platforms.port import Button
from community_bot.services.scopes import Scope, Scopes
from community_bot.services.topics import Proposals, Topic

SHOWN = 10
LONGEST_LABEL = 100
MOST_CHOICES = 25
NO_NEED = "-"


class TopicCommands:
    """Topics, from their proposal to a decision."""

    def __init__(self, proposals: Proposals, scopes: Scopes) -> None:
        self._proposals = proposals
        self._scopes = scopes

    async def proposed_titles(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer what can be supported."""
        return _matching(typed, await self._proposals.titles(request.account))

    async def own_titles(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer what somebody proposed themselves."""
        return _matching(typed, await self._proposals.titles(request.account, own=True))

    @command("topic propose", SPACE)
    async def propose(self, request: Request, space: str = "") -> Reply:
        """Ask for the topic: its title, what is learned, which need it answers."""
        scope = await scope_meant(self, request, space)
        needs = await self._proposals.needs_to_answer(request.account, scope.key)
        return Reply(form=propose_form(request.t, scope.key, needs, {}))

    @command("topic list", SPACE)
    async def list(self, request: Request, space: str = "") -> Reply:
        """Show the topics, with a button each to support what is proposed."""
        return await self._listed(request, await scope_meant(self, request, space))

    async def _listed(self, request: Request, scope: Scope) -> Reply:
        t, found = request.t, await self._proposals.listed(request.account, scope.key)
        title = title_of(t, scope)
        if not (found.proposed or found.voting or found.decided):
            return Reply(t("topic.none", scope=title, propose=request.spell("topic propose")))
        lines: list[str] = [t("topic.list_head", scope=title)]
        buttons = []
        for number, each in enumerate(found.proposed[:SHOWN], start=1):
            supporters = t.count("topic.supporters", each.supporters)
            lines.append(t("topic.line", number=number, topic=_said(t, each), supporters=supporters))
            label = (
                t.plain("topic.take_back.button", number=number)
                if each.supported
                else t.plain("topic.support.button", number=number)
            )
            buttons.append(Button(label, "topic.support", each.id))
        if len(found.proposed) > SHOWN:
            lines.append(t.count("topic.more", len(found.proposed) - SHOWN))
        if found.voting:
            titles = Markup(" · ".join(_said(t, each) for each in found.voting))
            lines.append(t("topic.in_vote", topics=titles, vote=request.spell("topic vote")))
        lines += [decided_line(t, each) for each in found.decided]
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    @button("topic.support")
    async def press_support(self, request: Request, argument: str) -> Reply:
        """Support one, or take that back, and show the list as it is now."""
        topic = await self._proposals.support(request.account, argument)
        shown = await self._listed(request, await self._scopes.named(request.account, topic.scope))
        return Reply(shown.text, shown.buttons, replaces=True)

    @command("topic support", Option("topic", most=LONGEST_TITLE, suggest=proposed_titles))
    async def support(self, request: Request, topic: str) -> Reply:
        """Support a topic, or take that back."""
        found = await self._proposals.support(request.account, topic)
        supporters = request.t.count("topic.supporters", found.supporters)
        if not found.supported:
            return Reply(request.t("topic.support_taken_back", topic=found.title, supporters=supporters))
        return Reply(request.t("topic.supported", topic=found.title, supporters=supporters))

    @command("topic withdraw", Option("topic", most=LONGEST_TITLE, suggest=own_titles))
    async def withdraw(self, request: Request, topic: str) -> Reply:
        """Withdraw one's own proposal."""
        title = await self._proposals.withdraw(request.account, topic)
        return Reply(request.t("topic.withdrawn", topic=title))

    @command("topic decide", SPACE, power=Power.RUN_SPACE)
    async def decide(self, request: Request, space: str = "") -> Reply:
        """Ask which topic is decided, how, and why."""
        scope = await scope_meant(self, request, space)
        found = (await self._proposals.listed(request.account, scope.key)).proposed
        return Reply(form=decide_form(request.t, scope.key, found, {}))


def _matching(typed: str, titles: Sequence[str]) -> list[Suggestion]:
    return [Suggestion(title, title) for title in titles if typed.casefold() in title.casefold()]


def _said(t: Translator, topic: Topic) -> Markup:
    """Return a topic's title, with what is learned where that was said."""
    return (
        t("topic.said", topic=topic.title)
        if not topic.skill
        else t("topic.said_skill", topic=topic.title, skill=topic.skill)
    )


def decided_line(t: Translator, topic: Topic) -> Markup:
    """Return what was decided about a topic, and by whom: a vote, or visibly a facilitator, with the reason."""
    title, day = _said(t, topic), topic.decided_on
    if topic.decided_by is DecidedBy.VOTE:
        return t("topic.chosen_by_vote", topic=title, day=day)
    if topic.state is TopicState.CHOSEN:
        return t("topic.chosen_by_facilitator", topic=title, day=day, reason=topic.reason)
    return t("topic.declined_by_facilitator", topic=title, day=day, reason=topic.reason)


def propose_form(t: Translator, scope: str, needs: Sequence[tuple[str, str]], answers: Answers) -> Form:
    """Return the form for a proposal; without needs on the list it does not ask for one."""
    fields = [
        Field(
            "title",
            "line",
            t.plain("topic.title.label"),
            t.plain("topic.title.hint"),
            shortest=SHORTEST_TITLE,
            longest=LONGEST_TITLE,
            value=first(answers, "title"),
        ),
        Field(
            "skill",
            "line",
            t.plain("topic.skill.label"),
            t.plain("topic.skill.hint"),
            required=False,
            longest=LONGEST_SKILL,
            value=first(answers, "skill"),
        ),
    ]
    if needs:
        chosen = first(answers, "need") or NO_NEED
        listed = [(NO_NEED, t.plain("topic.no_need.choice")), *needs][:MOST_CHOICES]
        choices = tuple(Choice(each, shorten(text, LONGEST_LABEL), chosen=each == chosen) for each, text in listed)
        fields.append(Field("need", "choice", t.plain("topic.need.label"), choices=choices))
    return Form(ProposeForm.name, t.plain("topic.propose.title"), tuple(fields), scope)


def decide_form(t: Translator, scope: str, topics: Sequence[Topic], answers: Answers) -> Form:
    """Return the form for a facilitator's decision. Raises :class:`Refusal` ``topic.nothing_proposed``."""
    if not topics:
        raise Refusal("topic.nothing_proposed")
    fields = (
        Field(
            "topic",
            "choice",
            t.plain("topic.which.label"),
            choices=tuple(Choice(each.id, shorten(each.title, LONGEST_LABEL)) for each in topics[:MOST_CHOICES]),
        ),
        Field(
            "decision",
            "choice",
            t.plain("topic.decision.label"),
            choices=(
                Choice("choose", t.plain("topic.choose.choice")),
                Choice("decline", t.plain("topic.decline.choice")),
            ),
        ),
        Field(
            "reason",
            "paragraph",
            t.plain("topic.reason.label"),
            t.plain("topic.reason.hint"),
            shortest=SHORTEST_REASON,
            longest=LONGEST_REASON,
            value=first(answers, "reason"),
        ),
    )
    return Form(DecideForm.name, t.plain("topic.decide.title"), fields, scope)


class ProposeForm:
    """A proposal. Its argument is the scope."""

    name = "topic.propose"

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` ``topic.*``."""
        needs = await self._proposals.needs_to_answer(request.account, argument)
        return propose_form(request.t, argument, needs, answers)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; the service says what is wrong."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Propose it. Raises :class:`Refusal` ``topic.*``."""
        need = first(answers, "need")
        topic = await self._proposals.propose(
            request.account,
            argument,
            first(answers, "title"),
            skill=first(answers, "skill"),
            need_id="" if need == NO_NEED else need,
            language=request.language,
        )
        lists, withdraw = request.spell("topic list"), request.spell("topic withdraw")
        return Reply(request.t("topic.proposed", topic=topic.title, list=lists, withdraw=withdraw))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None


class DecideForm:
    """A facilitator's decision about a topic, and why. Its argument is the scope."""

    name = "topic.decide"

    def __init__(self, proposals: Proposals) -> None:
        self._proposals = proposals

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` ``topic.*``."""
        found = (await self._proposals.listed(request.account, argument)).proposed
        return decide_form(request.t, argument, found, answers)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; the service says what is wrong."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Decide it. Raises :class:`Refusal` ``authority.lacks``, ``topic.*``."""
        topic = await self._proposals.decide(
            request.account, first(answers, "topic"), first(answers, "decision"), first(answers, "reason")
        )
        return Reply(decided_line(request.t, topic))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None
