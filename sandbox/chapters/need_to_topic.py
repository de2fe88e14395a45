"""The middle of ``four learning spaces``: somebody says what is needed, and a secret vote makes a topic of it."""

from __future__ import annotations

from sandbox.at_discord import AtDiscord
from sandbox.burglar import Burglar
from sandbox.chapters.reading import is_in, one_line
from sandbox.discord import SimChannel
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk
from sandbox.time_passing import days_pass
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 40.0
SPACE = "Night radio"
NEED = "I want to record outside without the wind in the microphone"
TOPIC, OTHER = "Recording in the wind", "Telling a story in five minutes"
DAYS = 3


async def need_to_topic(
    network: SandboxNetwork,
    transcript: Transcript,
    people: tuple[AtDiscord, AtDiscord, AtDiscord, PrivateTalk],
    plazas: tuple[SimChannel, str],
) -> None:
    """Play it; all four are in the space, which the first runs. ``plazas``: where people meet, on each platform."""
    plaza, room = plazas
    juniper, teddy, baitoey, nube = people
    async with transcript.step("Teddy says what he needs, ใบเตย supports it: nobody can see who it was") as step:
        added = await teddy.fill(await teddy.do("need add", space=SPACE), {"need": NEED})
        step.note(one_line(is_in("en", added.text)))
        listed = await baitoey.press(await baitoey.do("need list", space=SPACE), "need.support")
        _must_hold(listed.text, NEED)
        step.note(one_line(listed.text))
    async with transcript.step(
        "Juniper makes a topic of it, ใบเตย proposes another; both are put to the vote"
    ) as step:
        form = await juniper.do("topic propose", space=SPACE)
        assert form.form is not None
        need = form.form.field("need").choices[1].value
        await juniper.fill(form, {"title": TOPIC, "skill": "a windshield made of a sock", "need": need})
        await baitoey.fill(await baitoey.do("topic propose", space=SPACE), {"title": OTHER})
        ballot = await juniper.do("topic ballot", space=SPACE)
        assert ballot.form is not None
        both = [each.value for each in ballot.form.field("topics").choices]
        opened = await juniper.fill(ballot, {"topics": both, "days": str(DAYS)})
        step.note(one_line(is_in("en", opened.text)))
    async with transcript.step("All four vote, on both platforms; how it stands is nowhere to be seen") as step:
        await _vote(network, (juniper, teddy, baitoey), nube, step)
    async with transcript.step(
        f"{DAYS} days pass; the result stands in the space's rooms on both platforms"
    ) as step:
        await days_pass(network, DAYS)
        said = await plaza.wait_for(lambda seen: any(_tells(each.text) for each in seen), timeout=SECONDS)
        step.note(one_line(is_in("en", next(each.text for each in said if _tells(each.text)))))
        there = await nube.person.wait_until(room, lambda seen: any(_tells(e.body) for e in seen), timeout=SECONDS)
        step.note(one_line(next(each.body for each in there if _tells(each.body))))
        result = is_in("en", (await teddy.do("topic result", space=SPACE)).text)
        _must_hold(result, TOPIC, OTHER)
        step.note(one_line(result))


async def _vote(network: SandboxNetwork, on_discord: tuple[AtDiscord, ...], nube: PrivateTalk, step: Step) -> None:
    for somebody in on_discord:
        ticked = await somebody.press(await somebody.do("topic vote"), "vote.tick")
        await somebody.press(ticked, "vote.cast")
    card = await nube.say(".tema votar")
    ticked_there = await nube.press(card, 1)
    # the two topics are the first two buttons, casting is the third
    cast = await nube.press(ticked_there, 3)
    step.note(one_line(is_in("es", cast.body)))
    running = is_in("en", (await on_discord[0].do("topic result", space=SPACE)).text)
    if OTHER in running:
        raise DidNotHappenError(f"an open vote is told: {running}")
    step.note(one_line(running))
    burglar = Burglar(network.folder, network.folder / "settings" / "secrets" / "network_key")
    accounts = [*(str(each.member.id) for each in on_discord), nube.person.user_id]
    if found := burglar.finds((*accounts, NEED, TOPIC)):
        raise DidNotHappenError(f"readable in what the bot keeps: {found}")
    step.note(f"{len(burglar.files())} files searched: no voter, no need, no topic can be read there")


def _tells(text: str) -> bool:
    """Say whether this is the result, in whatever language: only the chosen topic is named in it."""
    return TOPIC in text and OTHER not in text


def _must_hold(text: str, *words: str) -> None:
    missing = [word for word in words if word not in text]
    if missing:
        raise DidNotHappenError(f"{missing} not in: {text}")
