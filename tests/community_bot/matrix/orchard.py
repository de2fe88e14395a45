"""A small capability to ask for in three languages: commands of every kind, buttons, a form."""

from __future__ import annotations

from typing import cast

from community_bot.commands.forms import Answers, Choice, Field, Form, first
from community_bot.commands.registry import Registry
from community_bot.commands.request import Reply, Request, Suggestion
from community_bot.commands.specification import Kind, Option, button, command
from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.locales import Catalogues, Language, Markup
from community_bot.locales.template import Template
from community_bot.locales.translator import Texts
from community_bot.platforms.port import Attachment, Button

TREES = ("mango", "guava", "papaya")


class Orchard:
    """What can be done among the trees. ``done`` is what was done, ``form`` what the third button opens."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.form = "naming x"

    async def trees(self, request: Request, typed: str) -> list[Suggestion]:
        return [Suggestion(tree, f"{tree} tree") for tree in TREES]

    @command(
        "tree plant",
        Option("kind", Kind.CHOICE, choices=("tall", "small")),
        Option("count", Kind.NUMBER, least=1, most=20),
        Option("words", required=False, most=40),
        power=Power.ANYONE,
    )
    async def plant(self, request: Request, kind: str, count: int, words: str = "") -> Reply:
        self.done.append(f"plant {kind} {count} {words}".strip())
        return Reply(request.t("orchard.planted", kind=kind, count=count, words=words))

    @command("tree water", Option("tree", suggest=trees), power=Power.ANYONE)
    async def water(self, request: Request, tree: str) -> Reply:
        self.done.append(f"water {tree}")
        return Reply(request.t("orchard.watered", tree=tree))

    @command("tree gift", Option("who", Kind.PERSON), power=Power.ANYONE)
    async def gift(self, request: Request, who: Account) -> Reply:
        self.done.append(f"gift {who.user_id}")
        return Reply(request.t("orchard.watered", tree="gift"))

    @command("fruit", power=Power.ANYONE)
    async def fruit(self, request: Request) -> Reply:
        self.done.append(f"fruit {request.incoming.names[0]}")
        buttons = (
            Button("Eat", "fruit.eat", "one"),
            Button("Keep", "fruit.keep"),
            Button("Name", "form.open", self.form),
        )
        return Reply(request.t("orchard.fruit"), buttons)

    @command("market", power=Power.ANYONE)
    async def market(self, request: Request) -> Reply:
        self.done.append("market")
        return Reply(request.t("orchard.market"), (Button("Buy", "fruit.keep"),), public=True)

    @command("map", power=Power.ANYONE)
    async def map(self, request: Request) -> Reply:
        return Reply(Markup("map"), files=(Attachment("แผนที่.txt", "ต้นไม้".encode(), "text/plain"),))

    @button("fruit.eat")
    async def eat(self, request: Request, argument: str) -> Reply:
        self.done.append(f"eat {argument}")
        return Reply(request.t("orchard.eaten"), (Button("More", "fruit.keep"),), replaces=True)

    @button("fruit.keep")
    async def keep(self, request: Request, argument: str) -> Reply:
        self.done.append("keep")
        return Reply(request.t("orchard.kept"))


class Naming:
    """Four questions; the first decides the language of the rest. The name ``Taken`` is refused at once,

    the name ``Later`` only when all is handed in.
    """

    name = "naming"

    def __init__(self, orchard: Orchard) -> None:
        self._orchard = orchard

    async def build(self, request: Request, argument: str, answers: Answers) -> Form:
        if argument == "closed":
            raise Refusal("orchard.closed")
        t = request.t
        languages = tuple(
            Choice(each, each.upper(), chosen=each == first(answers, "language")) for each in ("th", "en", "es")
        )
        tools = tuple(
            Choice(each, each.title(), chosen=each in answers.get("tools", ())) for each in ("hoe", "rake", "axe")
        )
        fields = (
            Field("language", "choice", t.plain("orchard.language.label"), choices=languages),
            Field("tools", "ticks", t.plain("orchard.tools.label"), choices=tools, fewest=1),
            Field(
                "name",
                "line",
                t.plain("orchard.name.label"),
                "Short",
                shortest=2,
                longest=12,
                value=first(answers, "name"),
            ),
            Field("more", "paragraph", t.plain("orchard.more.label"), required=False, value=first(answers, "more")),
        )
        return Form(self.name, t.plain("orchard.naming.title"), fields, argument)

    async def check(self, request: Request, argument: str, answers: Answers) -> None:
        if first(answers, "name") == "Taken":
            raise Refusal("orchard.taken", field="name")

    async def submit(self, request: Request, argument: str, answers: Answers) -> Reply:
        if first(answers, "name") == "Later":
            raise Refusal("orchard.taken", field="name")
        said = " ".join(f"{name}={'+'.join(values)}" for name, values in answers.items())
        self._orchard.done.append(f"named {argument} {said}")
        return Reply(request.t("orchard.named", name=first(answers, "name")))

    def language(self, answers: Answers) -> Language | None:
        return cast("Language | None", first(answers, "language") or None)


def offer(registry: Registry, orchard: Orchard) -> None:
    registry.offer(orchard)
    registry.offer_form(Naming(orchard))


def _(thai: str, english: str, spanish: str) -> dict[Language, str]:
    return {"th": thai, "en": english, "es": spanish}


TEXTS: dict[str, dict[Language, str]] = {
    "command.tree.name": _("ต้นไม้", "tree", "árbol"),
    "command.tree.plant.name": _("ปลูก", "plant", "plantar"),
    "command.tree.plant.example": _("สูง 3 ริมน้ำ", "tall 3 by the river", "alto 3 junto al río"),
    "command.tree.plant.option.kind.name": _("แบบ", "kind", "tipo"),
    "command.tree.plant.option.kind.description": _("เลือกแบบ", "Choose the kind", "Elige el tipo"),
    "command.tree.plant.option.kind.tall.choice": _("สูง", "tall", "alto"),
    "command.tree.plant.option.kind.small.choice": _("เตี้ย", "small", "bajito"),
    "command.tree.plant.option.count.name": _("จำนวน", "count", "cantidad"),
    "command.tree.plant.option.words.name": _("ข้อความ", "words", "palabras"),
    "command.tree.water.name": _("รดน้ำ", "water", "regar"),
    "command.tree.water.option.tree.name": _("ต้น", "tree", "cual"),
    "command.tree.gift.name": _("ให้", "gift", "regalar"),
    "command.fruit.name": _("ผลไม้", "fruit", "fruta"),
    "command.market.name": _("ตลาด", "market", "mercado"),
    "command.map.name": _("แผนที่", "map", "mapa"),
    "orchard.planted": _(
        "ปลูก {kind} {count} {words}", "Planted {kind} {count} {words}", "Plantaste {kind} {count} {words}"
    ),
    "orchard.watered": _("รดน้ำ {tree} แล้ว", "Watered {tree}.", "Regaste {tree}."),
    "orchard.fruit": _("**ผลไม้** สุกแล้ว", "**Fruit** is ripe.", "La **fruta** está madura."),
    "orchard.market": _("ตลาดเปิดแล้ว", "The market is open.", "El mercado está abierto."),
    "orchard.eaten": _("กินแล้ว", "Eaten.", "Comida."),
    "orchard.kept": _("เก็บแล้ว", "Kept.", "Guardada."),
    "orchard.naming.title": _("ตั้งชื่อ", "Give a name", "Pon un nombre"),
    "orchard.language.label": _("ภาษา", "Language", "Idioma"),
    "orchard.tools.label": _("เครื่องมือ", "Tools", "Herramientas"),
    "orchard.name.label": _("ชื่อ", "Name", "Nombre"),
    "orchard.more.label": _("อื่นๆ", "More", "Más"),
    "orchard.named": _("ชื่อ {name} แล้ว", "Named {name}.", "Se llama {name}."),
    "refusal.orchard.taken": _("ชื่อนี้ไม่ว่าง", "That name is taken.", "Ese nombre está ocupado."),
    "refusal.orchard.closed": _("ปิดแล้ว", "It is closed.", "Está cerrado."),
}


class OrchardCatalogues(Catalogues):
    """The package's texts and the orchard's."""

    def _texts(self, language: Language) -> Texts:
        known = super()._texts(language)
        own = {key: (Template.read(said[language]),) for key, said in TEXTS.items()}
        return Texts(language, {**known.entries, **own}, known.counted)
