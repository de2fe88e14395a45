"""Answering a line: the command it is, or a sentence that helps to type it."""

from __future__ import annotations

from community_bot.commands.desk import Desk
from community_bot.commands.request import Incoming, Reply, Request, Suggestion
from community_bot.commands.specification import CommandSpec, Kind, Option
from community_bot.domain.roles import Power
from community_bot.locales import Markup, escape
from community_bot.matrix.options import OptionError, read_options
from community_bot.matrix.reading import Line, Understood, Unknown, understand, understand_foreign
from community_bot.matrix.words import Vocabulary, Words, plain_word
from community_bot.platforms.port import Button

MEANT = "matrix.line"
"""The action that runs a line typed with the wrong layout; its argument is the room and the event of the line."""
MOST_LISTED = 12


class Lines:
    """Turns what people type into what the desk is asked."""

    def __init__(self, desk: Desk, vocabulary: Vocabulary) -> None:
        self._desk = desk
        self._vocabulary = vocabulary

    def is_command(self, line: Line) -> bool:
        """Say whether a line is a command as it stands."""
        return isinstance(understand(line, self._vocabulary), Understood)

    def is_foreign(self, text: str) -> bool:
        """Say whether a line of a shared room is a command typed, prefix and all, in the other layout."""
        return understand_foreign(text, self._vocabulary) is not None

    async def answer(self, incoming: Incoming, line: Line, said: str) -> Reply | None:
        """Return the answer to a line, ``said`` in this room and event; None when it was not for the bot."""
        found = understand(line, self._vocabulary)
        if isinstance(found, Unknown):
            return await self._unknown(incoming, line, found)
        return await self._understood(incoming, found, said)

    async def answer_foreign(self, incoming: Incoming, text: str, said: str) -> Reply | None:
        """Return the answer to a line for which :meth:`is_foreign` holds."""
        found = understand_foreign(text, self._vocabulary)
        return None if found is None else await self._understood(incoming, found, said)

    async def run_as_meant(self, incoming: Incoming, line: Line) -> Reply | None:
        """Run a line with the layout turned, now that the person has said that this is what they meant."""
        found = understand(line, self._vocabulary)
        if isinstance(found, Unknown):
            found = understand_foreign(line.text, self._vocabulary) or found
        return None if isinstance(found, Unknown) else await self._run(incoming, found)

    async def _understood(self, incoming: Incoming, found: Understood, said: str) -> Reply:
        if found.repaired is None or not found.typed:
            return await self._run(incoming, found)
        # names and texts may have been turned that were right: the person looks before anything is done
        t = (await self._desk.request(incoming)).t
        line = Markup(f"`{found.repaired.replace('`', 'ˋ')}`")
        return Reply(
            t("matrix.line.meant", line=line), buttons=(Button(t.plain("matrix.line.yes.button"), MEANT, said),)
        )

    async def _run(self, incoming: Incoming, found: Understood) -> Reply:
        try:
            options = read_options(found.spec, found.typed, self._vocabulary)
        except OptionError as error:
            return Reply(await self._explain(await self._desk.request(incoming), found.spec, error))
        for option in found.spec.options:
            given = options.get(option.name)
            if option.suggest is not None and isinstance(given, str):
                options[option.name] = await self._meant(incoming, found.spec, option, given)
        return await self._desk.run(incoming, found.spec.path, options)

    async def _meant(self, incoming: Incoming, spec: CommandSpec, option: Option, typed: str) -> str:
        """Return the value of what is offered under this label, else what was typed."""
        wanted = plain_word(typed)
        for each in await self._desk.suggest(incoming, spec.path, option.name, typed):
            if wanted in (plain_word(each.label), plain_word(each.value)):
                return each.value
        return typed

    # ── sentences that help

    async def _unknown(self, incoming: Incoming, line: Line, unknown: Unknown) -> Reply | None:
        if line.called == "prefix" and not incoming.private and unknown.nearest is None and unknown.within is None:
            return None  # other bots have prefixes too
        request = await self._desk.request(incoming)
        help_ = request.spell("help")
        if unknown.within is not None and unknown.nearest is None:
            within = request.spell(" ".join(unknown.within.path))
            listed = self._listed(request, unknown.within)
            if listed:
                return Reply(request.t("matrix.command.group", command=within, words=listed))
        if unknown.nearest is not None:
            near = request.spell(" ".join(unknown.nearest))
            return Reply(request.t("matrix.command.near", command=near, help=help_))
        return Reply(request.t("matrix.command.unknown", help=help_))

    def _listed(self, request: Request, within: Words) -> Markup:
        """Return what may stand behind a group, as far as it is open to the person."""
        found: dict[tuple[str, ...], Markup] = {}
        for place in within.next.values():
            power = None if place.spec is None else place.spec.power
            if power is None or power is Power.ANYONE or power in request.powers:
                found[place.path] = Markup(f"- {request.spell(' '.join(place.path))}")
        return Markup("\n".join(found.values()))

    async def _explain(self, request: Request, spec: CommandSpec, error: OptionError) -> Markup:
        t, values = request.t, dict(error.values)
        lines: list[str] = []
        if error.option is not None:
            key = f"{spec.key}.option.{error.option.name}"
            values["option"] = self._vocabulary.name(f"{key}.name", request.language, error.option.name)
            description = self._vocabulary.name(f"{key}.description", request.language, "")
            offered = await self._offered(request.incoming, spec, error.option, request)
            lines = [escape(description) if error.text == "matrix.option.missing" else "", *offered]
        example = self._vocabulary.name(f"{spec.key}.example", request.language, "")
        typed = f"{request.incoming.spell(spec.name, request.language)} {example}".strip()
        lines.append(t("matrix.example", example=Markup(f"`{typed}`")))
        return Markup("\n".join(filter(None, [t(error.text, **values), *lines])))

    async def _offered(self, incoming: Incoming, spec: CommandSpec, option: Option, request: Request) -> list[str]:
        """Return what can stand there, where that is known."""
        if option.kind is Kind.CHOICE:
            key = f"{spec.key}.option.{option.name}"
            labels = [
                self._vocabulary.name(f"{key}.{value}.choice", request.language, value) for value in option.choices
            ]
        else:
            found: list[Suggestion] = []
            if option.suggest is not None:
                found = await self._desk.suggest(incoming, spec.path, option.name, "")
            labels = [each.label for each in found]
        return [f"- {escape(label)}" for label in labels[:MOST_LISTED]]
