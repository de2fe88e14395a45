"""A small capability with every kind of command, button and form, and its words in three languages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.registry import Registry
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, PersonMenu, button, command
from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Catalogues, Language, Markup
from community_bot.locales.template import Template
from community_bot.locales.translator import Texts
from community_bot.platforms.port import Attachment, Button
from community_bot.services.network import Network

SEEDS = ("bean", "basil", "chili")


class Garden:
    """What can be done in the garden. ``may_go_on`` lets slow things end."""

    def __init__(self, network: Network) -> None:
        self.may_go_on = asyncio.Event()
        self.seen: list[tuple[Request, dict[str, object]]] = []
        self._network = network

    async def seeds(self, request: Request, typed: str) -> list[Suggestion]:
        return [Suggestion(seed, f"{seed} {request.language}") for seed in SEEDS if seed.startswith(typed)]

    @command(
        "garden plant",
        Option("seed", suggest=seeds),
        Option("bed", Kind.CHOICE, required=False, choices=("sunny", "shady")),
        Option("row", Kind.NUMBER, required=False, least=1, most=9),
        Option("friend", Kind.PERSON, required=False),
        power=Power.ANYONE,
    )
    async def plant(self, request: Request, **given: object) -> Reply:
        self.seen.append((request, given))
        return Reply(request.t("garden.planted", seed=str(given["seed"])))

    @command("garden greet", Option("who", Kind.PERSON), power=Power.ANYONE)
    async def greet(self, request: Request, who: Account) -> Reply:
        self.seen.append((request, {"who": who}))
        return Reply(request.t("garden.greeted"))

    @command("garden fence", power=Power.GRANT_ROLE)
    async def fence(self, request: Request) -> Reply:
        await self._network.look(lambda unit: unit.asker(request.account, Power.GRANT_ROLE))
        raise AssertionError("nobody in these tests holds an office")

    @command("garden tell", power=Power.ANYONE)
    async def tell(self, request: Request) -> Reply:
        paragraphs = "\n\n".join(f"**{n}** {'word ' * 100}".strip() for n in range(9))
        return Reply(Markup(paragraphs), (Button("Water", "garden.water", "all"),))

    @command("garden file", power=Power.ANYONE)
    async def file(self, request: Request) -> Reply:
        return Reply(Markup("Here."), files=(Attachment("seeds.txt", "ถั่ว".encode(), "text/plain"),))

    @command("garden slow", power=Power.ANYONE)
    async def slow(self, request: Request) -> Reply:
        await self.may_go_on.wait()
        return Reply(Markup("At last."), (Button("Turn", "garden.turn"),))

    @command("garden shout", Option("slowly", Kind.CHOICE, choices=("yes", "no")), power=Power.ANYONE)
    async def shout(self, request: Request, slowly: str) -> Reply:
        if slowly == "yes":
            await self.may_go_on.wait()
        return Reply(Markup("@everyone Come!"), public=True)

    @command("garden break", power=Power.ANYONE)
    async def break_down(self, request: Request) -> Reply:
        raise RuntimeError("the spade broke")

    @command("start", power=Power.ANYONE)
    async def start(self, request: Request) -> Reply:
        self.seen.append((request, {}))
        return Reply(form=await Naming().build(request, "gate", {}))

    @command("admin fence", power=Power.GRANT_ROLE)
    async def admin(self, request: Request) -> Reply:
        return Reply(Markup("done"))

    @button("garden.water")
    async def water(self, request: Request, argument: str) -> Reply:
        return Reply(request.t("garden.watered", what=argument, who=request.incoming.names[0]))

    @button("garden.turn")
    async def turn(self, request: Request, argument: str) -> Reply:
        return Reply(Markup("Turned."), replaces=True)

    @button("garden.turn_slowly")
    async def turn_slowly(self, request: Request, argument: str) -> Reply:
        await self.may_go_on.wait()
        return Reply(Markup("Turned."), replaces=True)

    @button("garden.slow_form")
    async def slow_form(self, request: Request, argument: str) -> Reply:
        await self.may_go_on.wait()
        return Reply(form=await Naming().build(request, "gate", {}))


class Naming:
    """A form of every kind of field; ``argument`` is where it was opened."""

    name = "naming"

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        if argument == "closed":
            raise Refusal("naming.closed")
        beds = tuple(
            Choice(bed, bed.title(), f"a {bed} bed", bed == first(answers, "bed")) for bed in ("sunny", "shady")
        )
        tools = tuple(
            Choice(tool, tool.title(), chosen=tool in answers.get("tools", ())) for tool in ("hoe", "rake")
        )
        fields = (
            Field(
                "name",
                "line",
                "Name",
                "As friends say it",
                Markup("**Welcome.**"),
                shortest=2,
                longest=20,
                value=first(answers, "name"),
            ),
            Field("bed", "choice", "Bed", "Where", Markup("A longer word about beds."), choices=beds),
            Field("tools", "ticks", "Tools", choices=tools, required=False),
            Field("more", "paragraph", "More", required=False, longest=4000, value=first(answers, "more")),
        )
        return Form(self.name, request.t.plain("naming.title"), fields, argument)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        if first(answers, "name") == "taken":
            raise Refusal("naming.taken", field="name", name="taken")

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        said = " ".join(f"{name}={'+'.join(values)}" for name, values in answers.items())
        return Reply(request.t("naming.done", said=said, argument=argument))

    def language(self, answers: Answers) -> Language | None:
        return None


def offer(registry: Registry, garden: Garden) -> None:
    registry.offer(garden)
    registry.offer_form(Naming())
    registry.menus.append(PersonMenu("greet", ("garden", "greet"), "who"))


def _named(thai: str, english: str, spanish: str) -> dict[Language, str]:
    return {"th": thai, "en": english, "es": spanish}


TEXTS: dict[str, Mapping[Language, str]] = {
    "command.garden.name": _named("สวน", "garden", "jardín"),
    "command.garden.plant.name": _named("ปลูก", "plant", "plantar"),
    "command.garden.plant.option.seed.name": _named("เมล็ด", "seed", "semilla"),
    "command.garden.plant.option.bed.name": _named("แปลง", "bed", "cama"),
    "command.garden.plant.option.bed.sunny.choice": _named("แดดจัด", "Sunny", "Con sol"),
    "command.garden.plant.option.bed.shady.choice": _named("ร่ม", "Shady", "Con sombra"),
    "command.garden.plant.option.row.name": _named("แถว", "row", "fila"),
    "command.garden.plant.option.friend.name": _named("เพื่อน", "friend", "amistad"),
    "command.garden.greet.option.who.name": _named("ใคร", "who", "quién"),
    "command.garden.shout.option.slowly.name": _named("ช้า", "slowly", "despacio"),
    "command.start.name": _named("เริ่มต้น", "start", "inicio"),
    "command.admin.name": _named("ตั้งค่า", "admin", "ajustes"),
    "menu.greet.name": _named("ทักทาย", "Say hello", "Saludar"),
    "garden.planted": _named("ปลูก {seed} แล้ว", "{seed} is planted.", "Plantaste {seed}."),
    "garden.greeted": _named("ทักแล้ว", "Greeted.", "Saludaste."),
    "garden.watered": _named("{who} รดน้ำ {what}", "{who} watered {what}.", "{who} regó {what}."),
    "naming.title": _named("ชื่อของคุณ", "Your name", "Tu nombre"),
    "naming.done": _named("ได้ {said} ที่ {argument}", "Got {said} at {argument}", "Recibido {said} en {argument}"),
    "refusal.naming.taken": _named("ชื่อ {name} ไม่ว่าง", "{name} is taken.", "{name} está ocupado."),
    "refusal.naming.closed": _named("ปิดแล้ว", "It is closed.", "Está cerrado."),
    "refusal.authority.not_member": _named("ต้องเข้าร่วมก่อน", "Join first.", "Primero únete."),
    "refusal.command.unknown": _named("ไม่มีคำสั่งนี้", "No such command.", "No existe."),
    "refusal.button.old": _named("ปุ่มเก่า", "An old button.", "Un botón viejo."),
    "welcome.greeting": _named(
        "ยินดีต้อนรับสู่ {network}", "Welcome to {network}.", "Te damos la bienvenida a {network}."
    ),
    "welcome.start.button": _named("เริ่ม", "Begin", "Empezar"),
    "face.our_fault": _named("ผิดที่เรา {reference}", "Our fault: {reference}", "Fue culpa nuestra: {reference}"),
    "form.again.button": _named("ลองอีกครั้ง", "Try again", "Otra vez"),
}


class GardenCatalogues(Catalogues):
    """The package's texts and the garden's; what nobody wrote is called by its own last word."""

    def _texts(self, language: Language) -> Texts:
        known = super()._texts(language)
        own = {key: (Template.read(said[language]),) for key, said in TEXTS.items()}
        own |= {key: (Template.read(said),) for key, said in _rest().items() if key not in own}
        return Texts(language, {**known.entries, **own}, known.counted)


def _rest() -> dict[str, str]:
    found: dict[str, str] = {}
    for group in ("garden", "admin"):
        found[f"command.{group}.description"] = group
    for path in ("plant", "greet", "fence", "tell", "file", "slow", "shout", "break"):
        found |= {f"command.garden.{path}.name": path, f"command.garden.{path}.description": path}
    found |= {"command.admin.fence.name": "fence", "command.admin.fence.description": "fence"}
    found["command.start.description"] = "start"
    for option in ("plant.option.seed", "plant.option.bed", "plant.option.row", "plant.option.friend"):
        found[f"command.garden.{option}.description"] = option
    for option in ("greet.option.who", "shout.option.slowly"):
        found[f"command.garden.{option}.description"] = option
    for value in ("yes", "no"):
        found[f"command.garden.shout.option.slowly.{value}.choice"] = value
    return found
