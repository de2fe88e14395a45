"""Every command on both platforms with marked words, and then: none of the marks can be read in anything kept."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

from community_bot.languages import offered
from sandbox.burglar import Burglar
from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room, Space
from sandbox.discord import RateLimits
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk
from tests.network.learning_canaries import LEARNING_MARKS, LEFT_OUT, Learning
from tests.network.someone import OnDiscord, OnMatrix, Someone

pytestmark = [pytest.mark.network, pytest.mark.long]

CODE = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{2,4})+\b")
FAILURES = ("Traceback", "a failure nobody caught", "a task failed", "an act could not be answered")

THE_HOUSE = Network(
    name="The House",
    organisations=(Organisation("kites", "Kite Makers", "en"),),
    homes=(
        Home(
            "river",
            "discord",
            "Cuartocanario River",
            (Room("welcome", "welcome", "Say hello"), Room("radio", "cuartocanario-radio", "Temacanario")),
            language="en",
            welcome="welcome",
        ),
        Home(
            "hill",
            "matrix",
            "Cuartocanario Hill",
            (Room("welcome", "Welcome", "Say hello"), Room("radio", "Cuartocanario Radio", "Temacanario")),
            language="en",
            welcome="welcome",
        ),
    ),
    members=(
        Member("usuariocanario-voz", "Nombrecanario Voz", "en", "kites", "river"),
        Member("usuariocanario-eco", "Nombrecanario Eco", "en", "kites", "hill"),
    ),
    conversations=(Conversation("radio", (End("river", "radio"), End("hill", "radio"))),),
    spaces=(Space("radio", ("วิทยุ", "Radio", "Radio"), (End("river", "radio"), End("hill", "radio"))),),
)
MARKS = (
    *("usuariocanario", "Nombrecanario", "Cuartocanario", "cuartocanario", "Temacanario"),
    *("Aliascanario", "aliascanario", "Titulocanario", "titulocanario", "Etiquetacanario", "etiquetacanario"),
    *("Notacanario", "notacanario", "Mensajecanario", "Cosacanario"),
)
"""The beginnings of everything private that is said below."""


@pytest.fixture
async def house(limits: RateLimits) -> AsyncIterator[SandboxNetwork]:
    """A network whose rooms and members bear marked names, its bot running."""
    async with SandboxNetwork(THE_HOUSE, limits=limits) as network:
        await network.bot.start()
        await network.bot.ready()
        yield network


async def operator(network: SandboxNetwork, *words: str) -> str:
    """Type one of the operator's commands and return what it printed."""
    settings = network.folder / "settings"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "community_bot", *words, "--settings", str(settings / "network.toml")),
        cwd=network.folder,
        env={**os.environ, "COMMUNITY_BOT_SECRETS_DIR": str(settings / "secrets")},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode().strip()


async def on_discord(network: SandboxNetwork, number: int) -> OnDiscord:
    guild, lobby = network.guilds["river"], network.channels["river", "welcome"]
    member = guild.add_member(f"usuariocanario-d{number}", display=f"Nombrecanario D{number}")
    # Discord shows /admin to who administers the server, and to others only once the server's settings say so
    guild.give_role(member, guild.add_role(f"keys {number}", administrator=True))
    return OnDiscord(member, lobby)


async def on_matrix(network: SandboxNetwork, number: int) -> OnMatrix:
    person = await network.synapse.person(f"usuariocanario-m{number}", display_name=f"Nombrecanario M{number}")
    talk = await PrivateTalk.begin(person, network.rooms["hill", "welcome"], network.bot_user_id)
    await talk.greeting()
    return OnMatrix(talk)


async def come_in(newcomer: Someone, alias: str, **code: str) -> None:
    """Fill in the way in, with an invite's ``code`` or without."""
    await newcomer.do("start", **code)
    if isinstance(newcomer, OnDiscord):
        await newcomer.press("form.open")
        shown = await newcomer.fill({"agreements": ["agreements", "membership"], "alias": alias, "space": "radio"})
    else:
        await newcomer.press("form.open")
        shown = await newcomer.fill({"language": "English", "agreements": "1 2", "alias": alias, "space": "1"})
    assert alias in shown


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found is not None, text
    return found.group()


async def do_everything(
    me: Someone, friend: Someone, spare: Someone, learning: Learning, office_code: str
) -> list[str]:
    """Use every command that there is; return the codes that were shown on the way.

    ``friend`` becomes a member, ``spare`` becomes ``me``'s second account for a moment and a member afterwards.
    Something of every kind is still there at the end: an organisation, an open invite and a used one, a request
    that waits, what was learned.
    """
    # tells one platform's marks from the other's
    sign = learning.sign
    alias, changed = f"Aliascanario Uno {sign}", f"Aliascanario Dos {sign}"
    befriended, invited = learning.aliases
    title, label = f"Titulocanario {sign}", f"Etiquetacanario {sign}"
    codes = [office_code]
    await come_in(me, alias)
    await come_in(friend, befriended)
    await me.do("help", topic="me")
    assert changed in await me.do("me alias", alias=changed)
    assert "English" in await me.do("me language", language="en")
    await me.do("me calendar", calendar="gregorian")
    await me.do("me region", region="Cosacanario")
    assert changed in await me.do("me show")

    # a second account, and away with it again
    codes.append(code_in(await me.do("me link")))
    await spare.do("me link", code=codes[-1])
    assert spare.user_id.strip("@") in (await me.press("link.look")).replace("\\", "")
    await me.press("link.confirm")
    await me.do("me unlink", platform=spare.platform)

    # an office
    await me.do("admin claim", code=office_code)
    await me.do("admin grant", alias=befriended, role="host", days=30, scope="network")
    assert befriended in await me.do("admin roles")
    await me.do("admin revoke", alias=befriended, role="host", scope="network")
    await me.do("admin health")
    await me.do("admin audit")
    await me.do("admin welcome", scope="network")
    await me.press("form.open")
    # everybody who arrives reads this, so it is kept as it is
    await me.fill({"wording": "Come in, sit down"})

    # the bridge, from a place that is joined with nothing, and what would become of words there
    for command in ("bridge list", "bridge status", "bridge pause", "bridge resume"):
        await me.do(command)
    await me.do("bridge preview", text=f"Mensajecanario {sign}")

    # data
    for command in ("privacy correct", "privacy object"):
        await friend.do(command)
        await friend.fill({"note": f"Notacanario {sign}: {command}"})
    assert f"Notacanario {sign}" in await me.do("privacy requests")
    await me.press("privacy.answer")
    for command in ("privacy show", "privacy export", "privacy viewers", "privacy consents"):
        await me.do(command)
    await me.do("privacy withdraw", purpose="reminders")

    # an organisation
    assert title in await me.do("org register", title=title, visibility="network")
    await me.do("org accept", title=title)
    assert title in await me.do("org show")
    await friend.do("org list")
    await me.do("org visibility", level="hidden", organisation=title)
    for answer in ("org decline", "org confirm"):
        await me.do("org invite", alias=befriended, organisation=title)
        await friend.do(answer, organisation=title)
    await me.do("org stewards", step="add", alias=befriended, organisation=title)
    await friend.do("org leave", organisation=title)
    await me.do("org end", alias=befriended, organisation=title)
    await me.do("org close", organisation=title)
    await me.press("organisation.close")
    assert f"{title} Dos" in await me.do("org register", title=f"{title} Dos", visibility="network")

    # bringing people along
    codes.append(code_in(await me.do("invite create", label=label, days=7)))
    await come_in(spare, invited, code=codes[-1])
    for number in ("Dos", "Tres"):
        codes.append(code_in(await me.do("invite create", label=f"{label} {number}", days=7)))
    assert f"{label} Tres" in await me.do("invite list")
    await me.do("invite sources")
    await me.do("invite revoke", label=f"{label} Dos")
    await me.do("invite vouch", alias=befriended)
    await me.do("invite vouch-for", person=friend)
    await me.do("invite queue")
    await me.do("invite decide", alias=befriended, decision="admit")

    await learning.all_of_it()

    # going, and coming back
    await friend.do("me pause")
    await friend.do("me resume")
    await friend.do("privacy erase")
    codes.append(code_in(await friend.press("privacy.erase_later")))
    await friend.do("privacy cancel-erase", word=codes[-1])
    assert befriended in await friend.do("me show")
    await friend.do("me quiet", since="22:00", until="07:00", zone="Asia/Bangkok")
    # a line that is no command, and one that is nearly one
    await me.do("help", topic=f"Cosacanario {sign}")
    await friend.do("me leave")
    await friend.press("me.leave")
    return codes


async def test_no_marked_word_and_no_account_is_readable_in_anything_that_is_kept(house: SandboxNetwork) -> None:
    voz, eco = house.on_discord["usuariocanario-voz"], house.on_matrix["usuariocanario-eco"]
    await voz.say(house.channels["river", "radio"], "Mensajecanario del río")
    await eco.say(house.rooms["hill", "radio"], "Mensajecanario del cerro")
    wanted = {tuple(path): " ".join(path) for path in offered().commands}
    burglar = Burglar(house.folder, house.folder / "settings" / "secrets" / "network_key")
    people: list[Someone] = []
    codes: list[str] = []
    for sign, come in (("Rio", on_discord), ("Cerro", on_matrix)):
        office_code = await operator(house, "admin-code")
        me, friend, spare = [await come(house, number) for number in range(3)]
        aliases = (f"Aliascanario Tres {sign}", f"Aliascanario Cuatro {sign}")
        learning = Learning(house, burglar, me, friend, spare, sign, aliases)
        codes += await do_everything(me, friend, spare, learning, office_code)
        typed = me.typed | friend.typed | spare.typed
        assert set(wanted.values()) - typed == set(), "a command that no canary has sung to"
        people += [me, friend, spare]
    # forms that are left in the middle
    await spare.do("topic propose")
    await spare.fill({"title": "Asuntocanario a medias"})
    newcomer = await on_matrix(house, 9)
    await newcomer.talk.press(await newcomer.talk.greeting(), 1)
    await newcomer.talk.say("English")
    await newcomer.talk.say("1 2")
    await newcomer.talk.say("Aliascanario a medias")
    people.append(newcomer)
    await house.keeper.wait_until(
        house.rooms["hill", "radio"], lambda seen: any("Mensajecanario del río" in e.body for e in seen)
    )

    await operator(house, "backup", str(house.folder / "backups" / "canary.backup"))
    served = []
    async with aiohttp.ClientSession() as session:
        for page in ("metrics", "readyz", "healthz"):
            async with session.get(f"{house.bot.health_url}/{page}") as answer:
                served.append(await answer.text())
    # the marks have gone in: with the key they come out again
    loot = burglar.opens(house.database_file)
    assert {"Aliascanario Dos Rio", "Aliascanario Dos Cerro"} <= loot.aliases
    assert {(each.platform, each.user_id) for each in people} & loot.accounts
    quotes = "\n".join(burglar.quotes(house.database_file))
    wrote = set(LEARNING_MARKS) - set(LEFT_OUT)
    assert {mark for mark in LEARNING_MARKS if f"{mark} " in quotes} == wrote

    (house.folder / "data" / "pages.txt").write_text("\n".join(served), encoding="utf-8")
    names = {path.name for path in burglar.files()}
    assert {"community.db", "canary.backup", "member-keys.backup", "bot.log", "pages.txt"} <= names
    accounts = [*(each.user_id for each in people), str(voz.id), eco.user_id]
    bare = [code.replace("-", "") for code in codes]
    assert burglar.finds((*MARKS, *accounts, *codes, *bare)) == []
    log = house.bot.output.read_text(encoding="utf-8")
    assert [words for words in FAILURES if words in log] == []
