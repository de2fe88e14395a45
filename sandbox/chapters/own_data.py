"""The end of ``arriving``: what somebody takes away, and what is left of them when they have gone."""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sandbox.at_discord import press
from sandbox.burglar import Burglar, Loot
from sandbox.chapters.reading import is_in, one_line
from sandbox.discord import SimAnswer, SimChannel, SimMember
from sandbox.network import SandboxNetwork
from sandbox.private_talk import PrivateTalk
from sandbox.transcript import DidNotHappenError, Step, Transcript

SECONDS = 20.0
WORD = re.compile(r"\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}\b")
SHOW = ".ฉัน ดู"


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is somebody's: alias, accounts as (platform, id), further names; and what is others' and never in a file
    of theirs.
    """

    alias: str
    accounts: frozenset[tuple[str, str]]
    names: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Return everything by which they could be found."""
        return (self.alias, *self.names, *(user_id for _, user_id in self.accounts))


async def read_export(answer: SimAnswer, own: Belongings, step: Step) -> None:
    """Open the archive that came with an answer: her alias and accounts, nobody else's, the page in Thai."""
    await answer.wait_for(lambda now: bool(now.files), timeout=SECONDS)
    if not answer.ephemeral:
        raise DidNotHappenError("her data are shown to everybody")
    step.note(one_line(is_in("th", answer.text)))
    packed = await answer.person.download(answer.files[0])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        page, lines = archive.read("my-data.html").decode(), archive.read("my-data.jsonl").decode()
    told = json.dumps([json.loads(line) for line in lines.splitlines()], ensure_ascii=False)
    for each in (told, page):
        missing = [word for word in (own.alias, *(user_id for _, user_id in own.accounts)) if word not in each]
        foreign = [word for word in own.others if word in each]
        if missing or foreign:
            raise DidNotHappenError(f"missing: {missing}; others': {foreign}")
    words = is_in("th", re.sub(r"<[^>]*>", " ", page.partition("<body>")[2]))
    if '<html lang="th">' not in page:
        raise DidNotHappenError("the page does not say that it is in Thai")
    step.note(f"{len(lines.splitlines())} lines of JSON, and a page in Thai: {one_line(words)}")


async def erase_and_search(
    network: SandboxNetwork,
    transcript: Transcript,
    people: tuple[SimMember, SimChannel, PrivateTalk],
    own: Belongings,
) -> None:
    """Erase, come back, erase at once; then look for them as somebody would who has everything and the key."""
    mali, lobby, _ = people
    burglar = Burglar(network.folder, network.folder / "settings" / "secrets" / "network_key")
    backup = network.folder / "backups" / "before.backup"
    async with transcript.step("She asks to be forgotten: hidden at once, and a word brings her back") as step:
        hidden = await press(await mali.slash(lobby, "privacy erase"), "privacy.erase_later")
        word = WORD.search(is_in("th", hidden.text))
        if word is None:
            raise DidNotHappenError(f"no recovery word: {hidden.text}")
        step.note(one_line(await _not_shown(people, own)))
        back = await mali.slash(lobby, "privacy cancel-erase", word=word.group())
        step.note(one_line(is_in("th", back.text)))
        if own.alias not in (await mali.slash(lobby, "me show")).text:
            raise DidNotHappenError("she is not back")
    async with transcript.step("Files alone name nobody; with the network's key they would still name her") as step:
        await network.operator("backup", str(backup))
        _none(burglar.finds(own.words), "readable without a key")
        loot = burglar.opens(network.database_file)
        if own.alias not in loot.aliases or not own.accounts <= loot.accounts:
            raise DidNotHappenError("whoever has the key should be able to read her now")
        if not burglar.finds_bytes(loot.keys):
            raise DidNotHappenError("members' keys should lie in the database's file as long as they are needed")
        step.note(f"{len(burglar.files())} files searched; the key opens {len(loot.aliases)} members")
    async with transcript.step("She erases everything in this moment") as step:
        sure = await press(await mali.slash(lobby, "privacy erase"), "privacy.erase_danger")
        warning = is_in("th", sure.text)
        step.note(one_line(warning))
        # what follows stands in the place of the warning
        done = await press(sure, "privacy.erase_now")
        await done.wait_for(lambda now: now.text not in ("", warning), timeout=SECONDS)
        step.note(one_line(is_in("th", done.text)))
        step.note(one_line(await _not_shown(people, own)))
    async with transcript.step("Nothing leads to her any more: not with the key, not from an old backup") as step:
        await _search(network, burglar, own, loot)
        again = burglar.opens(await _restore_elsewhere(network, backup))
        _none([*again.aliases & {own.alias}, *(who for _, who in again.accounts & own.accounts)], "from the backup")
        if not again.aliases:
            raise DidNotHappenError("the backup brought nobody back, so it proves nothing")
        step.note(f"the backup from before brings {len(again.aliases)} back, and not her")


async def _not_shown(people: tuple[SimMember, SimChannel, PrivateTalk], own: Belongings) -> str:
    """Ask with two of their accounts who they are; return the last answer, none of which may know."""
    mali, lobby, hill = people
    answers = (await mali.slash(lobby, "me show")).text, (await hill.say(SHOW)).body
    for shown in answers:
        if own.alias in is_in("th", shown):
            raise DidNotHappenError(f"still shown: {shown}")
    return answers[-1]


async def _search(network: SandboxNetwork, burglar: Burglar, own: Belongings, before: Loot) -> None:
    """Look for somebody in everything the bot wrote; ``before`` is what the key gave while they were there."""
    async with asyncio.timeout(SECONDS):
        # until the doors on the platforms are shut, their accounts stand in what is still to be done
        while burglar.opens(network.database_file).accounts & own.accounts:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    left = burglar.opens(network.database_file)
    _none(left.aliases & {own.alias}, "in the database")
    hashes = [burglar.hash_of("account", *account) for account in own.accounts]
    _none(burglar.finds((*own.words, *hashes)), "in the files")
    destroyed = before.keys - left.keys
    if not destroyed:
        raise DidNotHappenError("her key is still there")
    # and it must not lie in a page that SQLite has only set free
    _none(burglar.finds_bytes(destroyed), "her key, in the files")


async def _restore_elsewhere(network: SandboxNetwork, backup: Path) -> Path:
    """Fill a second database from a backup, with the members' keys as they are beside it today."""
    elsewhere = network.folder / "elsewhere" / "community.db"
    url = f"sqlite+aiosqlite:///{elsewhere}"
    await network.operator("restore", str(backup), COMMUNITY_BOT_DATABASE__URL=url)
    return elsewhere


def _none(found: Collection[object], where: str) -> None:
    if found:
        raise DidNotHappenError(f"{where}: {sorted(map(str, found))}")
