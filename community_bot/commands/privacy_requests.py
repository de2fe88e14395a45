"""Asking people to correct or stop something, and answering: a form with a note, a list with a button each."""

from __future__ import annotations

from community_bot.commands.forms import Answers, Field, Form, first
from community_bot.commands.privacy_words import KINDS
from community_bot.commands.request import Reply, Request
from community_bot.commands.specification import button, command
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Language, Markup
from community_bot.platforms.port import Button
from community_bot.services.data_requests import LONGEST_NOTE, SHORTEST_NOTE, DataRequests

SHOWN = 5
"""As many as there are buttons in a row."""


class RequestCommands:
    """For whoever answers."""

    def __init__(self, requests: DataRequests) -> None:
        self._requests = requests

    @command("privacy requests", power=Power.SEE_HEALTH)
    async def requests(self, request: Request) -> Reply:
        """Show what members asked for, the most urgent first."""
        t, waiting = request.t, await self._requests.requests(request.account)
        if not waiting:
            return Reply(t("privacy.requests.none"))
        lines: list[str] = [t.count("privacy.requests.intro", len(waiting))]
        buttons = []
        for number, each in enumerate(waiting[:SHOWN], start=1):
            lines.append(
                t(
                    "privacy.requests.line",
                    number=number,
                    alias=each.alias,
                    kind=t(KINDS[each.kind]),
                    note=each.note,
                    due=each.due_on,
                )
            )
            label = t.plain("privacy.answer.button", number=number)
            buttons.append(Button(label, "privacy.answer", each.id))
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    @button("privacy.requests")
    async def press_requests(self, request: Request, _argument: str) -> Reply:
        """Show what members asked for."""
        return await self.requests(request)

    @button("privacy.answer")
    async def press_answer(self, request: Request, argument: str) -> Reply:
        """Note that one is done, and show what is left."""
        await self._requests.answer(request.account, argument)
        left = await self.requests(request)
        return Reply(Markup(f"{request.t('privacy.requests.answered')}\n{left.text}"), left.buttons, replaces=True)


class NoteForm:
    """What is wrong, or what should stop, in the member's own words. Its argument is the kind of request."""

    name = "privacy.note"

    def __init__(self, requests: DataRequests) -> None:
        self._requests = requests

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        """Return the form. Raises :class:`Refusal` for a kind nobody knows."""
        return note_form(request, _kind(argument), first(answers, "note"))

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        """Pass; the service says what is wrong with a note."""

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        """Ask. Raises :class:`Refusal` ``privacy.*``."""
        account, note = request.account, first(answers, "note")
        if _kind(argument) == "correct":
            due = await self._requests.correct(account, note)
        else:
            due = await self._requests.object(account, note)
        return Reply(request.t("privacy.asked", due=due, me=request.spell("me show")))

    def language(self, answers: Answers) -> Language | None:
        """Return None: the form asks for no language."""
        return None


def note_form(request: Request, kind: str, note: str = "") -> Form:
    """Return the form for one kind of request."""
    t = request.t
    title = t.plain("privacy.correct.title" if kind == "correct" else "privacy.object.title")
    label = t.plain("privacy.correct.label" if kind == "correct" else "privacy.object.label")
    hint = t.plain("privacy.correct.hint" if kind == "correct" else "privacy.object.hint")
    field = Field("note", "paragraph", label, hint, shortest=SHORTEST_NOTE, longest=LONGEST_NOTE, value=note)
    return Form(NoteForm.name, title, (field,), kind)


def _kind(argument: str) -> str:
    if argument not in KINDS:
        raise Refusal("privacy.kind")
    return argument
