"""`/help`: what this person may do, with examples as they would type them."""

from __future__ import annotations

from community_bot.commands.registry import Registry
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import CommandSpec, Option, button, command
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Markup


class Guide:
    """Shows only what may be used; whoever gets a role sees more tomorrow."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def suggest_topics(self, request: Request, typed: str) -> list[Suggestion]:
        """Offer the groups this person may use something of."""
        offered = [Suggestion(group, request.t.plain(f"command.{group}.name")) for group in self._groups(request)]
        return [each for each in offered if typed.casefold() in f"{each.label} {each.value}".casefold()]

    @command("help", Option("topic", required=False, most=60, suggest=suggest_topics), power=Power.ANYONE)
    async def help(self, request: Request, topic: str = "") -> Reply:
        """Show everything in short, or one group with examples."""
        groups = self._groups(request)
        if not topic:
            return self._overview(request, groups)
        wanted = topic.strip().lstrip("/.!").split(" ")[0].casefold()
        for group, specs in groups.items():
            names = {group, request.t.plain(f"command.{group}.name").casefold()}
            if wanted in names:
                return self._of_group(request, group, specs)
        raise Refusal("help.topic", topic=topic[:40])

    @button("help.open")
    async def open(self, request: Request, _argument: str) -> Reply:
        """Answer a "what can I do here?"."""
        return self._overview(request, self._groups(request))

    def _groups(self, request: Request) -> dict[str, list[CommandSpec]]:
        allowed: dict[str, list[CommandSpec]] = {}
        for group, specs in self._registry.groups().items():
            listed = (spec for spec in specs if spec.listed)
            mine = [spec for spec in listed if spec.power is Power.ANYONE or spec.power in request.powers]
            if mine:
                allowed[group] = mine
        return allowed

    def _overview(self, request: Request, groups: dict[str, list[CommandSpec]]) -> Reply:
        t = request.t
        lines = [t("help.overview"), ""]
        lines += [f"- {request.spell(group)} {t(f'command.{group}.description')}" for group in groups]
        lines += ["", t("help.more", help=request.spell("help"))]
        return Reply(Markup("\n".join(lines)))

    def _of_group(self, request: Request, group: str, specs: list[CommandSpec]) -> Reply:
        t = request.t
        lines = [Markup(f"**{t(f'command.{group}.description')}**"), ""]
        for spec in specs:
            example = t.plain(f"{spec.key}.example") if f"{spec.key}.example" in t else ""
            typed = f"{request.incoming.spell(spec.name, t.language)} {example}".strip()
            lines.append(f"- `{typed}` {t(f'{spec.key}.description')}")
        return Reply(Markup("\n".join(lines)))
