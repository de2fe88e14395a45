"""Two people arrive, each greeted in their language; one links her other accounts, takes her data, and goes."""

from __future__ import annotations

import re

from sandbox.at_discord import press
from sandbox.chapters.own_data import Belongings, erase_and_search, read_export
from sandbox.chapters.reading import is_in, one_line
from sandbox.discord import SimAnswer, SimChannel, SimMember
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 20.0
ACCOUNT_NAME, ALIAS = "มะลิ", "ดอกแก้วริมน้ำ"
OTHER_ALIAS = "ใบบัวกลางฝน"
"""By which she was known on the account she had before."""
GUEST_ALIAS = "Colibrí de Barro"
GIVES_UP = "มีข้อมูลของตัวเองอยู่แล้ว"
"""What an account is asked whose own record would go to the other."""
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
SHOW, LINK = ".ฉัน ดู", ".ฉัน เชื่อมบัญชี"


async def arriving(network: SandboxNetwork, transcript: Transcript) -> None:
    """Play the chapter. Raises what the failing step raised."""
    if not network.bot.running:
        async with transcript.step("The bot starts again"):
            await network.bot.start()
            await network.bot.ready()
    lobby = network.channels["river-house", "welcome"]
    async with transcript.step("มะลิ joins a Discord server; one message greets her, in Thai") as step:
        mali = network.guilds["river-house"].add_member("mali.river", display=ACCOUNT_NAME, locale="th")
        greeting = await _greeting(lobby, mali, step)
    async with transcript.step(
        "She fills in the form; her account's name is no alias, so she chooses another"
    ) as step:
        await _fill_in(network, mali, lobby, greeting, step)
    async with transcript.step("Flor joins a Matrix lobby; the bot opens a room with her, in Spanish") as step:
        flor = await network.synapse.person("flor.farol", display_name="Flor")
        talk = await PrivateTalk.begin(flor, network.rooms["lantern-space", "welcome"], network.bot_user_id)
        welcome = await talk.greeting(seconds=SECONDS)
        step.note(one_line(is_in("es", welcome.body)))
    async with transcript.step("She answers four questions there and belongs") as step:
        question = await talk.press(welcome, 1)
        for answer in ("Español", "todo", GUEST_ALIAS, "2"):
            step.note(f"«{is_in('es', question.body).splitlines()[-1]}» — {answer}")
            question = await talk.say(answer)
        _must_hold(is_in("es", question.body), GUEST_ALIAS, "Acompañar la rueda")
        step.note(one_line(question.body))
        await flor.wait_for_invitation(
            lambda each: each.room_id == network.rooms["lantern-space", "facilitation"], timeout=SECONDS
        )
        step.note("the door of her first space is open: she is invited there")
    async with transcript.step("มะลิ links a Matrix account that is nobody's yet: a code there, a yes here") as step:
        hill = await _come_on_matrix(network, "mali.hill", "hill-circle")
        await _link(mali, lobby, hill, step)
    async with transcript.step("And the account she had before: two records become one") as step:
        farol = await _come_on_matrix(network, "mali.farol", "lantern-space")
        # the lobby speaks Spanish; from the first answer on she is spoken to in Thai
        is_in("th", (await farol.walk_in(OTHER_ALIAS, language=1, space=2)).body)
        asked = await _link(mali, lobby, farol, step)
        _must_hold(asked, OTHER_ALIAS)
        shown = is_in("th", (await mali.slash(lobby, "me show")).text)
        _must_hold(shown, ALIAS, "Discord, Matrix, Matrix", "วิทยุชุมชน", "ชวนคุยทั้งวง")
        there = is_in("th", (await farol.say(SHOW)).body)
        _must_hold(there, ALIAS)
        step.note(one_line(there))
    own = Belongings(
        ALIAS,
        frozenset({("discord", str(mali.id)), ("matrix", hill.person.user_id), ("matrix", farol.person.user_id)}),
        (OTHER_ALIAS, ACCOUNT_NAME, "mali.river", "mali.hill", "mali.farol"),
        (GUEST_ALIAS, flor.user_id, *(str(member.id) for member in network.on_discord.values())),
    )
    async with transcript.step("She takes her data away in one file: hers, and nobody else's") as step:
        await read_export(await mali.slash(lobby, "privacy export"), own, step)
    async with transcript.step("She pauses, and comes back") as step:
        paused = await mali.slash(lobby, "me pause")
        step.note(one_line(is_in("th", paused.text)))
        step.note(one_line(is_in("th", (await press(paused, "me.resume")).text)))
    await erase_and_search(network, transcript, (mali, lobby, hill), own)


async def _greeting(lobby: SimChannel, newcomer: SimMember, step: Step) -> int:
    """Wait for the message that greets somebody; return its id."""
    name = f"<@{newcomer.id}>"
    seen = await lobby.wait_for(lambda messages: any(name in each.content for each in messages), timeout=SECONDS)
    greeting = next(each for each in seen if name in each.content)
    step.note(one_line(is_in("th", greeting.content).partition("\n")[2]))
    return greeting.id


async def _fill_in(network: SandboxNetwork, mali: SimMember, lobby: SimChannel, greeting: int, step: Step) -> None:
    opened = await mali.click(lobby, greeting)
    form = opened.form
    if form is None:
        raise DidNotHappenError(f"no form opened: {opened.text}")
    step.note(f"{is_in('th', form.title)}: {', '.join(is_in('th', each.label) for each in form.fields)}")
    # nobody has the purposes ticked for them (PRV-1)
    if form.field("agreements").value:
        raise DidNotHappenError("agreements are ticked already")
    refused = await form.submit({"agreements": ["agreements", "membership"], "alias": ACCOUNT_NAME})
    step.note(one_line(is_in("th", refused.text)))
    again = (await press(refused, "form.again")).form
    if again is None:
        raise DidNotHappenError("the form does not open again")
    card = await again.submit({"alias": ALIAS, "space": "radio"})
    _must_hold(is_in("th", card.text), ALIAS, "วิทยุชุมชน")
    step.note(one_line(card.text))
    posts = [
        record
        for record in network.discord.requests
        if record.method == "POST" and f"<@{mali.id}>" in str((record.json or {}).get("content"))
    ]
    if len(posts) != 1:
        raise DidNotHappenError(f"greeted {len(posts)} times")
    # it names her, and has done its work
    await lobby.wait_for(lambda seen: all(each.id != greeting for each in seen), timeout=SECONDS)
    step.note("the greeting that named her is gone again")


async def _come_on_matrix(network: SandboxNetwork, localpart: str, home: str) -> PrivateTalk:
    person = await network.synapse.person(localpart, display_name=ACCOUNT_NAME)
    return await PrivateTalk.begin(person, network.rooms[home, "welcome"], network.bot_user_id)


async def _link(mali: SimMember, lobby: SimChannel, other: PrivateTalk, step: Step) -> str:
    """Link another account from both sides; return what she was asked before she said yes."""
    given: SimAnswer = await mali.slash(lobby, "me link")
    code = CODE.search(is_in("th", given.text))
    if code is None or not given.ephemeral:
        raise DidNotHappenError(f"no code for her alone: {given.text}")
    await other.greeting()
    answer = await other.say(f"{LINK} {code.group()}")
    step.note(one_line(answer.body))
    if GIVES_UP in answer.body:
        # a record of its own would go: she is asked there first
        step.note(one_line((await other.press(answer, 1)).body))
    asked = await press(given, "link.look")
    _must_hold(is_in("th", asked.text), other.person.user_id)
    step.note(one_line(asked.text))
    step.note(one_line(is_in("th", (await press(asked, "link.confirm")).text)))
    return asked.text


def _must_hold(text: str, *words: str) -> None:
    missing = [word for word in words if word not in text]
    if missing:
        raise DidNotHappenError(f"{missing} not in: {text}")
