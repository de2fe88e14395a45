"""From the door to a member on Matrix alone, with everything that the running bot has."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from community_bot.composition import compose
from community_bot.services.directory import SpaceDoor
from tests.community_bot.matrix.stage import Stage

pytestmark = [pytest.mark.network, pytest.mark.asyncio(loop_scope="module")]


async def test_somebody_who_arrives_becomes_a_member_in_four_answers_and_is_let_into_a_space(stage: Stage) -> None:
    home = await stage.bot.create_room("ลานต้อนรับ", public=True)
    place = await stage.bot.create_room("เสียงและวิทยุ")
    stage.lobbies[home] = "es"
    doors = (SpaceDoor("sound", {"en": "Sound", "es": "Sonido"}, {"matrix": (place,)}),)
    rules = replace(stage.network.rules, spaces=doors)
    network = compose(stage.network.database, stage.keys, rules, stage.catalogues)
    async with stage.running(network.arrivals, network.desk) as port:
        effects = asyncio.create_task(network.effects({"matrix": port}, stage.catalogues).run())
        person = await stage.person("Inés")
        await person.join(home)
        room = await stage.own_room(person)
        assert "Riverside" in (await stage.heard(person, room)).body
        asked = await stage.ask(person, room, "1")
        assert "Español" in asked.body
        agreements = await stage.ask(person, room, "3")
        answer = await stage.ask(person, room, "todo")
        assert answer.body != agreements.body
        assert "Sonido" in (await stage.ask(person, room, "Río claro")).body
        welcome = await stage.ask(person, room, "1")
        assert "Río claro" in welcome.body
        invitation = await person.wait_for_invitation(lambda each: each.room_id == place)
        await person.join(invitation.room_id)
        # from here on they are spoken to by what they may do, in their language
        assert "Río claro" in (await stage.ask(person, room, "yo ver")).body
        effects.cancel()
        await asyncio.gather(effects, return_exceptions=True)
    del stage.lobbies[home]
