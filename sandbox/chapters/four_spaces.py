"""Four learning spaces on three homes, one command each; changed by hand, put right; one lives, one is archived."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from sandbox.at_discord import AtDiscord
from sandbox.chapters.need_to_topic import need_to_topic
from sandbox.chapters.reading import is_in, one_line
from sandbox.discord import SimChannel, SimGuild
from sandbox.matrix import MatrixRefusedError
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk
from sandbox.standing import Standing, differences, of_guild, of_rooms
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 40.0
TITLES = ("Night radio", "Open ledgers", "First aid circle", "Words that travel")
LIVES, ENDS = TITLES[0], TITLES[2]
ROOMS = 6
PLAZA = "ลานกลาง"
"""What the room where people meet is called on Matrix, which speaks Thai here."""
HOMES = ("river-house", "paper-boat-studio")
EXPERIMENT = {
    "question": "Do people who record together come back?",
    "hypothesis": "Half of those who come to two sessions come to a third.",
    "measure": "members active in 28 days",
    "least": "8",
}


class Spaces:
    """What stands of the four, and where."""

    def __init__(self, network: SandboxNetwork, rooms_before: frozenset[str]) -> None:
        self.network = network
        self.guilds = tuple(network.guilds[key] for key in HOMES)
        self._rooms_before = rooms_before

    async def rooms(self) -> list[str]:
        """Return the Matrix spaces and rooms that have been made since."""
        return sorted(set(await self.network.synapse.room_ids()) - self._rooms_before)

    async def standing(self) -> Standing:
        """Return everything that stands of them on all three homes."""
        found = await of_rooms(self.network.synapse, await self.rooms())
        for guild in self.guilds:
            found = {**found, **{f"{guild.name} {key}": value for key, value in of_guild(guild).items()}}
        return found

    async def names(self) -> dict[str, str]:
        """Return what each of the Matrix rooms is called."""
        standing = await of_rooms(self.network.synapse, await self.rooms())
        return {key.split()[0]: value for key, value in standing.items() if " m.room.name " in key}

    def channels(self, home: int, title: str) -> list[SimChannel]:
        """Return the channels of a space on one server."""
        guild: SimGuild = self.guilds[home]
        return [
            each
            for category in guild.categories()
            if category.name == title
            for each in guild.in_category(category)
        ]


async def four_spaces(network: SandboxNetwork, transcript: Transcript) -> None:
    """Play the chapter. Raises what the failing step raised."""
    if not network.bot.running:
        async with transcript.step("The bot starts again"):
            await network.bot.start()
            await network.bot.ready()
    async with transcript.step(
        "Juniper becomes a member and takes the office that the operator has a code for"
    ) as step:
        juniper = AtDiscord.of(network, "juniper")
        await juniper.join("Paper Crane")
        await juniper.take_office()
        shown = is_in("en", (await juniper.do("admin roles")).text)
        step.note(one_line(shown))
    spaces = Spaces(network, frozenset(await network.synapse.room_ids()))
    await _make(juniper, spaces, transcript)
    await _drift_and_repair(juniper, spaces, transcript)
    async with transcript.step(
        f"{LIVES} is opened: an experiment is registered, its agreements are agreed to"
    ) as step:
        await _open(juniper, step)
    async with transcript.step(
        "Teddy and ใบเตย join on Discord, Nube on Matrix: each finds the doors open"
    ) as step:
        teddy, baitoey, nube, plaza = await _three_join(network, spaces, step)
    plazas = spaces.channels(1, LIVES)[0], plaza
    await need_to_topic(network, transcript, (juniper, teddy, baitoey, nube), plazas)
    async with transcript.step(f"{ENDS} is archived: everything can be read, nobody writes any more") as step:
        await _archive(juniper, spaces, step)


async def _make(juniper: AtDiscord, spaces: Spaces, transcript: Transcript) -> None:
    async with transcript.step(
        "Four learning spaces, one command each, on two Discord servers and on Matrix"
    ) as step:
        for title in TITLES:
            begun = await juniper.do("space create", template="pilot", title=title)
            step.note(one_line(is_in("en", begun.text).partition("\n")[0]))
    async with transcript.step("One private message, edited, tells how it goes until all four stand") as step:
        told = await juniper.until_told("4 of 4 spaces", *TITLES, seconds=SECONDS)
        step.note(one_line(is_in("en", told.text)))
        if len(juniper.told()) != 1:
            raise DidNotHappenError(f"told in {len(juniper.told())} messages")
        for home in range(len(HOMES)):
            found = [[each.name for each in spaces.channels(home, title)] for title in TITLES]
            if any(len(names) != ROOMS for names in found):
                raise DidNotHappenError(f"not {ROOMS} channels each: {found}")
            step.note(f"{spaces.guilds[home].name}: {', '.join(found[0])}")
        rooms = await spaces.rooms()
        if len(rooms) != len(TITLES) * (ROOMS + 1):
            raise DidNotHappenError(f"{len(rooms)} rooms on Matrix")
        step.note(f"Matrix: {len(TITLES)} spaces of {ROOMS} rooms")


async def _drift_and_repair(juniper: AtDiscord, spaces: Spaces, transcript: Transcript) -> None:
    network = spaces.network
    river, boat = spaces.guilds
    before = await spaces.standing()
    async with transcript.step(
        "By hand: a channel renamed, a permission given, in Synapse somebody made powerful"
    ) as step:
        river.rename_channel(spaces.channels(0, LIVES)[0], "ที่นั่งเล่น")
        boat.set_overwrite(spaces.channels(1, LIVES)[-1], boat.id, view_channel=True)
        robin = network.on_matrix["robin"]
        await network.synapse.make_room_admin(await _room_of(spaces, LIVES), robin.user_id)
        changed = differences(before, await spaces.standing())
        if len(changed) != 3:
            raise DidNotHappenError(f"changed: {changed}")
        step.note(f"{len(changed)} of {len(before)} things that can be compared are different now")
    async with transcript.step(
        "She asks what was changed: all three are named, with a button to put them right"
    ) as step:
        found = await juniper.do("space check", space=LIVES)
        text = is_in("en", found.text)
        for word in ("ที่นั่งเล่น", robin.user_id, "not see "):
            if word not in text:
                raise DidNotHappenError(f"{word} is not named: {text}")
        for line in text.splitlines():
            step.note(one_line(line)) if line.strip() else None
    async with transcript.step(
        "She presses it: everything stands exactly as before, to the last permission"
    ) as step:
        await juniper.press(found, "space.repair")
        told = await juniper.until_told(f"**{LIVES}** stands as designed again", seconds=SECONDS)
        step.note(one_line(is_in("en", told.text)))
        if left := differences(before, await spaces.standing()):
            raise DidNotHappenError(f"still different: {left}")
        step.note(f"{len(before)} things compared, none is different")


async def _room_of(spaces: Spaces, title: str) -> str:
    """Return a room that a Matrix space of this title lists."""
    names = await spaces.names()
    space = next(room for room, name in names.items() if f'"{title}"' in name)
    listed = await of_rooms(spaces.network.synapse, [space])
    return next(key.split()[2] for key, content in listed.items() if " m.space.child " in key and "via" in content)


async def _open(juniper: AtDiscord, step: Step) -> None:
    form = await juniper.do("experiment register", space=LIVES)
    stops_on = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    read_again = await juniper.fill(form, {**EXPERIMENT, "stops_on": stops_on})
    frozen = await juniper.press(read_again, "experiment.freeze")
    step.note(one_line(is_in("en", frozen.text).partition("\n")[0]))
    agreements = await juniper.do("space open", space=LIVES)
    opened = await juniper.press(agreements, "space.agree")
    text = is_in("en", opened.text)
    if "is open" not in text:
        raise DidNotHappenError(text)
    step.note(one_line(text))


async def _three_join(
    network: SandboxNetwork, spaces: Spaces, step: Step
) -> tuple[AtDiscord, AtDiscord, PrivateTalk, str]:
    teddy, baitoey = AtDiscord.of(network, "teddy"), AtDiscord.of(network, "baitoey")
    await teddy.join("Tin Whistle")
    await baitoey.join("ใบตองห่อขนม")
    person = await network.synapse.person("nube.farol", display_name="Nube")
    nube = await PrivateTalk.begin(person, network.rooms["lantern-space", "welcome"], network.bot_user_id)
    is_in("es", (await nube.walk_in("Nube de Paso", language=3)).body)
    for somebody, home, language in ((teddy, 1, "en"), (baitoey, 0, "th")):
        answer = await somebody.do("space join", space=LIVES)
        step.note(one_line(is_in("th" if language == "th" else "en", answer.text)))
        plaza, facilitators = spaces.channels(home, LIVES)[0], spaces.channels(home, LIVES)[-1]
        async with asyncio.timeout(SECONDS):
            while not plaza.lets(somebody.member):  # noqa: ASYNC110 - another process has no event
                await asyncio.sleep(0.05)
        if facilitators.lets(somebody.member):
            raise DidNotHappenError("the facilitators' channel is open to everybody")
    answer_there = await nube.say(f'.espacio entrar "{LIVES}"')
    step.note(one_line(is_in("es", answer_there.body)))
    plaza_there = await _walk_through(nube, step)
    return teddy, baitoey, nube, plaza_there


async def _walk_through(nube: PrivateTalk, step: Step) -> str:
    """Accept the invitation to the space, walk into each room that it lists; return the one where people meet."""
    person = nube.person
    invited = await person.wait_for_invitation(lambda each: each.name == LIVES, timeout=SECONDS)
    await person.join(invited.room_id)
    entered: dict[str, str] = {}
    shut: list[str] = []
    for room in await person.listed_in(invited.room_id):
        try:
            await person.join(room)
        except MatrixRefusedError:
            shut.append(room)
        else:
            entered[str((await person.state(room, "m.room.name"))["name"])] = room
    if len(entered) != ROOMS - 1 or len(shut) > 1:
        raise DidNotHappenError(f"entered {entered}, {len(shut)} were shut")
    step.note(f"on Matrix she walks into {', '.join(entered)}; the facilitators' room stays shut")
    return entered[PLAZA]


async def _archive(juniper: AtDiscord, spaces: Spaces, step: Step) -> None:
    shown = await juniper.do("space archive", space=ENDS)
    step.note(one_line(is_in("en", shown.text)))
    await juniper.press(shown, "space.archive")
    told = await juniper.until_told(f"**{ENDS}** is archived", seconds=SECONDS)
    step.note(one_line(is_in("en", told.text)))
    for home, guild in enumerate(spaces.guilds):
        for channel in spaces.channels(home, ENDS):
            said = [each.permissions for each in channel.overwrites() if each.target_id == guild.id]
            if not said or said[0].get("send_messages") is not False:
                raise DidNotHappenError(f"{channel.name} can still be written in")
