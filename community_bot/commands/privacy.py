"""`/privacy`: everybody's own data, in the hands of whoever it is about."""

from __future__ import annotations

from community_bot.commands.forms import Form
from community_bot.commands.privacy_file import my_data_file
from community_bot.commands.privacy_requests import note_form
from community_bot.commands.privacy_words import RowWords, viewed_line
from community_bot.commands.request import Reply, Request
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.agreements import PURPOSES, purpose
from community_bot.domain.calendar_years import show_time
from community_bot.domain.roles import Power
from community_bot.locales import Markup
from community_bot.platforms.port import Button
from community_bot.services.directory import Titles
from community_bot.services.erasing import Erasing, Waiting
from community_bot.services.network import Rules
from community_bot.services.privacy import Privacy

PURPOSE_KEYS = tuple(each.key for each in PURPOSES)


class PrivacyCommands:
    """What people type and press about their own data."""

    def __init__(self, privacy: Privacy, erasing: Erasing, rules: Rules) -> None:
        self._privacy = privacy
        self._erasing = erasing
        self._rules = rules

    # ── seeing and taking away

    @command("privacy show", power=Power.ANYONE)
    async def show(self, request: Request) -> Reply:
        """Say everything that is kept about who asks."""
        t, data = request.t, await self._privacy.show(request.account)
        words = RowWords(t, data.titles)
        lines = [words.line(row) for row in data.rows]
        if data.state is None:
            if not lines:
                return Reply(t("privacy.show.nobody", start=request.spell("start")))
            text = "\n".join([t("privacy.show.arrival", start=request.spell("start")), *lines])
            return Reply(Markup(text), buttons=(self._erase_button(request),))
        own = t("privacy.show.yourself", me=request.spell("me show"), correct=request.spell("privacy correct"))
        text = "\n".join([t("privacy.show.intro"), *lines, "", own])
        return Reply(Markup(text), buttons=(self._export_button(request), self._erase_button(request)))

    @command("privacy export", power=Power.ANYONE)
    async def export(self, request: Request) -> Reply:
        """Hand over everything in one file."""
        export = await self._privacy.export(request.account)
        text = request.t.count("privacy.export.done", len(export.data.rows))
        return Reply(text, files=(my_data_file(export, request.t),))

    @button("privacy.export")
    async def press_export(self, request: Request, _argument: str) -> Reply:
        """Hand over everything in one file."""
        return await self.export(request)

    @command("privacy viewers", power=Power.ANYONE)
    async def viewers(self, request: Request) -> Reply:
        """Say which roles opened the record of who asks."""
        viewers = await self._privacy.viewers(request.account)
        if not viewers:
            return Reply(request.t("privacy.viewers.nobody"))
        words = RowWords(request.t, Titles())
        lines = [viewed_line(words, *each) for each in viewers]
        return Reply(Markup("\n".join([request.t("privacy.viewers.intro"), *lines])))

    # ── asking people

    @command("privacy correct", power=Power.ANYONE)
    async def correct(self, request: Request) -> Reply:
        """Let somebody say what is wrong."""
        return await self._note(request, "correct")

    @command("privacy object", power=Power.ANYONE)
    async def object(self, request: Request) -> Reply:
        """Let somebody say what should stop."""
        return await self._note(request, "object")

    async def _note(self, request: Request, kind: str) -> Reply:
        # who has no record has nothing to correct, and is told so before writing a long note
        await self._privacy.consents(request.account)
        form: Form = note_form(request, kind)
        return Reply(form=form)

    # ── agreeing, and taking it back with as many taps (PRV-2)

    @command("privacy consents", power=Power.ANYONE)
    async def consents(self, request: Request) -> Reply:
        """Say what somebody agreed to, each with a button for the opposite."""
        t = request.t
        lines: list[str] = [t("privacy.consents.intro")]
        buttons: list[Button] = []
        for each in await self._privacy.consents(request.account):
            label = t.plain(f"purpose.{each.purpose.key}.label")
            if each.given_on is not None:
                lines.append(t("privacy.consents.given", purpose=label, day=each.given_on))
            else:
                lines.append(t("privacy.consents.not_given", purpose=label))
            if each.given_on is None:
                agree = t.plain("privacy.agree.button", purpose=label)
                buttons.append(Button(agree, "privacy.agree", each.purpose.key))
            elif not each.purpose.required:
                withdraw = t.plain("privacy.withdraw.button", purpose=label)
                buttons.append(Button(withdraw, "privacy.withdraw", each.purpose.key))
        lines += ["", self._how_to_end(request)]
        return Reply(Markup("\n".join(lines)), tuple(buttons))

    def _how_to_end(self, request: Request) -> Markup:
        leave, erase = request.spell("me leave"), request.spell("privacy erase")
        return request.t("privacy.consents.required", leave=leave, erase=erase)

    @command("privacy withdraw", Option("purpose", Kind.CHOICE, choices=PURPOSE_KEYS), power=Power.ANYONE)
    async def withdraw(self, request: Request, purpose: str) -> Reply:
        """Take one consent back."""
        return await self.press_withdraw(request, purpose)

    @button("privacy.withdraw")
    async def press_withdraw(self, request: Request, argument: str) -> Reply:
        """Take one consent back."""
        if argument in PURPOSE_KEYS and purpose(argument).required:
            return Reply(self._how_to_end(request))
        await self._privacy.withdraw(request.account, argument)
        return await self._consents_now(request, request.t("privacy.withdraw.done"))

    @button("privacy.agree")
    async def press_agree(self, request: Request, argument: str) -> Reply:
        """Agree to one purpose."""
        await self._privacy.agree(request.account, argument, request.language)
        return await self._consents_now(request, request.t("privacy.agree.done"))

    async def _consents_now(self, request: Request, done: Markup) -> Reply:
        reply = await self.consents(request)
        return Reply(Markup(f"{done}\n{reply.text}"), reply.buttons, replaces=True)

    # ── erasing

    @command("privacy erase", power=Power.ANYONE)
    async def erase(self, request: Request) -> Reply:
        """Ask once, saying what will happen."""
        t, found = request.t, await self._erasing.consequences(request.account)
        now = Button(t.plain("privacy.erase_danger.button"), "privacy.erase_danger", weight="danger")
        if found.already:
            text = t("privacy.erase.already", cancel=request.spell("privacy cancel-erase"))
            return Reply(text, (now,))
        later = Button(t.plain("privacy.erase_later.button"), "privacy.erase_later", weight="danger")
        if not found.hours:
            return Reply(t("privacy.erase.ask_arrival"), (later,))
        text = t.count("privacy.erase.ask", found.hours)
        return Reply(text, (self._export_button(request), later, now))

    @button("privacy.erase")
    async def press_erase(self, request: Request, _argument: str) -> Reply:
        """Ask once, saying what will happen."""
        return await self.erase(request)

    @button("privacy.erase_later")
    async def press_erase_later(self, request: Request, _argument: str) -> Reply:
        """Hide now, destroy after the waiting time."""
        return self._erased(request, await self._erasing.erase(request.account, at_once=False))

    @button("privacy.erase_danger")
    async def press_erase_danger(self, request: Request, _argument: str) -> Reply:
        """Ask a second time: there is no way back from this one."""
        await self._erasing.consequences(request.account)
        yes = Button(request.t.plain("privacy.erase_now.button"), "privacy.erase_now", weight="danger")
        return Reply(request.t("privacy.erase.ask_now"), (yes,), replaces=True)

    @button("privacy.erase_now")
    async def press_erase_now(self, request: Request, _argument: str) -> Reply:
        """Destroy in this moment."""
        return self._erased(request, await self._erasing.erase(request.account, at_once=True))

    def _erased(self, request: Request, waiting: Waiting) -> Reply:
        t = request.t
        if waiting.at is None or waiting.word is None:
            return Reply(t("privacy.erase.done"), replaces=True)
        at = show_time(waiting.at, self._rules.zone, t.language, t.calendar)
        cancel = request.spell("privacy cancel-erase")
        return Reply(t("privacy.erase.hidden", at=at, word=waiting.word, cancel=cancel), replaces=True)

    @command("privacy cancel-erase", Option("word", least=4, most=40), power=Power.ANYONE)
    async def cancel_erase(self, request: Request, word: str) -> Reply:
        """Bring everything back."""
        await self._erasing.cancel_erase(request.account, word)
        return Reply(request.t("privacy.erase.cancelled"))

    def _export_button(self, request: Request) -> Button:
        return Button(request.t.plain("privacy.export.button"), "privacy.export", weight="main")

    def _erase_button(self, request: Request) -> Button:
        return Button(request.t.plain("privacy.erase.button"), "privacy.erase")
