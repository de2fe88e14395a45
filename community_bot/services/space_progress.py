"""Telling who began something how it goes: one message, edited while it lasts, however much is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from community_bot.domain.account import PlatformName
from community_bot.domain.languages import Language
from community_bot.locales import Catalogues, Markup, Translator
from community_bot.logs import get_logger
from community_bot.platforms.port import Button, Card, ImpossibleError, NotNowError, PlatformPort, Shown
from community_bot.services.directory import Titles
from community_bot.services.network import Network, Unit
from community_bot.services.spaces import works
from db.errors import DatabaseError
from db.ids import MemberId
from db.work_store import OPEN, WorkRow

log = get_logger(__name__)

BETWEEN = 1.0
"""Seconds between two edits: what a reader can follow, and far from any limit."""
MOST_LINES = 12
LONGEST = 1800
"""Characters of the message: it is edited, so it has to fit into one wherever it is shown."""
NEXT_LOOK = 15.0
"""Seconds until a message that could not be shown is tried again, while nothing else happens."""
LONGEST_CALL = 30.0
"""Seconds that showing one message may take."""
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Batch:
    """What one member has under way, or has not been told the end of."""

    member_id: MemberId
    language: Language
    accounts: Mapping[str, str]
    works: tuple[WorkRow, ...]
    done: Mapping[str, int]
    titles: Titles

    @property
    def over(self) -> bool:
        return all(each.state not in OPEN for each in self.works)


class Progress:
    """Keeps one message for each member who has something under way. :meth:`run` is its task."""

    def __init__(
        self, network: Network, ports: Mapping[PlatformName, PlatformPort], catalogues: Catalogues
    ) -> None:
        self._network = network
        self._ports = ports
        self._catalogues = catalogues
        self._bell = network.bell("progress")
        self._said: dict[MemberId, Markup] = {}

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._bell.clear()
            try:
                waiting = await self.tell_all()
            except* DatabaseError as errors:
                first = errors.exceptions[0]
                error_code = first.code if isinstance(first, DatabaseError) else "database.busy"
                log.warning("telling how it goes waits for the database", reason=error_code)
                waiting = True
            # whatever gets on rings; it is looked at without that only for a message that could not be shown
            with suppress(TimeoutError):
                async with asyncio.timeout(NEXT_LOOK if waiting else None):
                    await self._bell.wait()
            await asyncio.sleep(BETWEEN)

    async def tell_all(self) -> bool:
        """Tell everybody how far it is; return whether there is more to tell later."""
        batches = await self._network.look(_batches)
        self._said = {each.member_id: said for each in batches if (said := self._said.get(each.member_id))}
        limit = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for batch in batches:
                group.create_task(self._tell_in_time(batch, limit))
        return bool(batches)

    async def _tell_in_time(self, batch: Batch, limit: asyncio.Semaphore) -> None:
        async with limit:
            try:
                async with asyncio.timeout(LONGEST_CALL):
                    await self._tell(batch)
            except TimeoutError:
                # one that never ends must not keep the others waiting
                log.warning("progress cannot be shown", reason="progress.timeout")

    async def _tell(self, batch: Batch) -> None:
        t = self._catalogues.translator(batch.language)
        card = progress_card(t, batch.works, batch.done, batch.titles)
        shown = batch.works[0].shown
        platform = shown.get("platform", "")
        port = self._ports.get("matrix" if platform == "matrix" else "discord")
        ids = [each.id for each in batch.works]
        new = any(each.shown != shown for each in batch.works)
        if port is None or platform not in batch.accounts:
            # nobody is there to be told
            await self._network.act(lambda unit: works(unit).told(ids))
            return
        try:
            if "ref" not in shown:
                told = await port.tell(batch.accounts[platform], card, key=f"building-{ids[0]}")
                shown = {"platform": platform, "place": told.place, "ref": told.ref}
                new = True
                if batch.over:
                    # told before, cut off before that was noted: then it says what was so at that time
                    await port.revise(told, card)
            elif self._said.get(batch.member_id) != card.text:
                await port.revise(Shown(shown["place"], shown["ref"]), card)
        except NotNowError:
            return
        except ImpossibleError as error:
            # closed direct messages, or the message was deleted: the button under the first answer still tells
            log.warning("progress cannot be shown", platform=platform, reason=error.reason)
            await self._network.act(lambda unit: works(unit).told(ids))
            return
        self._said[batch.member_id] = card.text
        if batch.over:
            await self._network.act(lambda unit: works(unit).told(ids))
        elif new:
            where = shown
            await self._network.act(lambda unit: works(unit).told_at(ids, where))


def _batches(unit: Unit) -> list[Batch]:
    found: list[Batch] = []
    for member_id, rows in works(unit).untold().items():
        member = unit.members.get(member_id)
        if member is None:
            continue
        # those that began later are told in the message that is there already
        rows.sort(key=lambda each: "ref" not in each.shown)
        found.append(
            Batch(
                member_id,
                cast("Language", member.profile.language),
                {each.platform: each.user_id for each in reversed(unit.members.accounts(member_id))},
                tuple(rows),
                works(unit).done_steps([each.id for each in rows]),
                unit.directory.titles(each.space for each in rows),
            )
        )
    return found


def progress_card(t: Translator, rows: Sequence[WorkRow], done: Mapping[str, int], titles: Titles) -> Card:
    """Return how undertakings go, the ones still under way first."""
    lines: list[str] = []
    if len(rows) > 1:
        over = sum(each.state not in OPEN for each in rows)
        lines.append(t("space.progress.several", over=over, all=len(rows)))
    left = sorted(rows, key=lambda each: each.state not in OPEN)
    room = LONGEST
    for row in left[:MOST_LINES]:
        line = progress_line(t, row, done.get(row.id, 0), titles.of(row.space, t.language))
        room -= len(line) + 3
        if room < 0:
            break
        lines.append(f"- {line}" if len(rows) > 1 else line)
        left.remove(row)
    if left:
        lines.append(t.count("space.progress.more", len(left)))
    buttons: tuple[Button, ...] = ()
    if len(rows) == 1 and rows[0].state == "done" and rows[0].kind == "apply":
        buttons = (Button(t.plain("space.open.button"), "space.open", rows[0].space, "main"),)
    elif len(rows) == 1 and rows[0].state in ("undone", "stuck"):
        buttons = (Button(t.plain("space.plan.button"), "space.plan", rows[0].space),)
    return Card(Markup("\n".join(lines)), buttons)


def progress_line(t: Translator, row: WorkRow, done: int, title: str) -> Markup:
    """Return how one undertaking goes."""
    match row.state:
        case "running" if row.attempts and row.reason:
            return t("space.progress.waiting", space=title, done=done, all=row.total, reason=row.reason)
        case "running":
            return t(f"space.progress.{row.kind}", space=title, done=done, all=max(row.total, done))
        case "undoing":
            return t("space.progress.undoing", space=title, reason=_reason(t, row))
        case "done":
            return t(f"space.progress.{row.kind}_done", space=title)
        case "undone":
            return t("space.progress.undone", space=title, reason=_reason(t, row))
        case _:
            return t("space.progress.stuck", space=title, reason=_reason(t, row))


def _reason(t: Translator, row: WorkRow) -> Markup:
    """Return why it cannot be done: in words where we have them, else the code, which the operator knows."""
    known = f"space.reason.{row.reason}"
    words = t(known) if known in t else t("space.reason.other", code=row.reason or "")
    return words if row.failed_piece is None else t("space.reason.at", reason=words, piece=row.failed_piece)
