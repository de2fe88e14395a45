"""How a learning space ends: archived, and when nobody needs it any more, deleted (DOMAIN 3.3).

Both take two people (DOMAIN 4.3), and deleting is announced first. What was asked for by one waits three days for
another; whoever asked must still run the space when somebody else says yes.
"""

from __future__ import annotations

from collections.abc import Mapping

from community_bot.domain.account import Account
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power
from community_bot.domain.space_state import SpaceMove, SpaceState, states_before
from community_bot.locales import key
from community_bot.services.directory import SpaceDoor, door_of
from community_bot.services.network import Asker, Network, Unit, action
from community_bot.services.space_life import changed, run
from community_bot.services.space_outlook import (
    MOVE,
    Act,
    Ending,
    Question,
    asker_still_runs,
    foreseen,
    homes_of,
    last_day,
    purge_day,
    questions,
)
from community_bot.services.space_people import admins, announce, facilitators_of, let_everybody_go, tell
from community_bot.services.spaces import works
from db.second_look_store import SecondLookRow
from db.space_rows import SpaceRow
from db.work_store import WorkUnderWayError

_QUESTION: Mapping[Act, str] = {
    "archive": key("space_life.question_archive"),
    "purge": key("space_life.question_purge"),
}


class Endings:
    """Archiving and deleting spaces. Who runs a space may ask for it; somebody else who runs it decides."""

    def __init__(self, network: Network) -> None:
        self._network = network

    # ── asking

    @action
    async def look(self, account: Account, space: str, act: Act) -> Ending:
        """Return what an ending would do, and whether somebody has asked for it; nothing happens yet.

        Raises :class:`Refusal` ``space.unknown``, ``space.move.*``, ``space.busy``, ``space.nothing_stands``,
        ``space.cohorts``, ``space.purge_announced`` or ``authority.*``.
        """

        def work(unit: Unit) -> Ending:
            row, asker = run(unit, account, space, states_before(MOVE[act]))
            return foreseen(unit, row, asker, act)

        return await self._network.look(work)

    @action
    async def archive(self, account: Account, space: str) -> Ending:
        """Ask for a space to be archived; a draft that nobody else is in is archived at once.

        It is archived when what that takes on the platforms is done. Raises as :meth:`look`.
        """
        return await self._network.act(lambda unit: self._ask(unit, account, space, "archive"))

    @action
    async def purge(self, account: Account, space: str) -> Ending:
        """Ask for the channels and rooms of an archived space to be deleted. Raises as :meth:`look`."""
        return await self._network.act(lambda unit: self._ask(unit, account, space, "purge"))

    def _ask(self, unit: Unit, account: Account, space: str, act: Act) -> Ending:
        row, asker = run(unit, account, space, states_before(MOVE[act]))
        outlook = foreseen(unit, row, asker, act)
        if outlook.alone:
            return self._do(unit, row, asker, act)
        if outlook.question is not None:
            return outlook
        # two who ask at the same moment: one asks, the other sees that somebody did
        row = changed(unit, row)
        question = questions(unit).ask(act, row.key, asker.known.id, unit.now)
        unit.ledger.record(unit.today, asker.role, f"space.{act}_asked", "space")
        told = tell(
            unit,
            [each for each in (*facilitators_of(unit, row.key), *admins(unit)) if each != asker.known.id],
            _QUESTION[act],
            space=row.key,
            day=outlook.purge_on.isoformat(),
            until=last_day(unit, question).isoformat(),
            button="space.confirm",
            weight="danger",
            argument=f"{act} {question.id}",
        )
        return foreseen(unit, row, asker, act, Question(question.id, True, last_day(unit, question), told))

    # ── a second person

    @action
    async def confirm(self, account: Account, act: Act, question: str) -> Ending:
        """Say yes to what somebody else asked for; then it begins.

        Raises :class:`Refusal` ``space.second_gone`` for a question that is answered, taken back or lapsed,
        ``space.second_same`` for one's own; and as :meth:`look`.
        """

        def work(unit: Unit) -> Ending:
            row, asker, found = self._open_question(unit, account, question)
            if found.act != act:
                raise Refusal("space.second_gone")
            if questions(unit).is_askers(found, asker.known.id):
                raise Refusal("space.second_same")
            foreseen(unit, row, asker, act)
            if not questions(unit).end(found.id):
                raise Refusal("space.second_gone")
            return self._do(unit, row, asker, act)

        return await self._network.act(work)

    @action
    async def withdraw(self, account: Account, question: str) -> SpaceDoor:
        """Take back what was asked for, or say no to it: nothing happens then. Raises as :meth:`confirm`."""

        def work(unit: Unit) -> SpaceDoor:
            row, asker, found = self._open_question(unit, account, question)
            if not questions(unit).end(found.id):
                raise Refusal("space.second_gone")
            unit.ledger.record(unit.today, asker.role, f"space.{found.act}_withdrawn", "space")
            return door_of(row, [])

        return await self._network.act(work)

    def _open_question(self, unit: Unit, account: Account, question: str) -> tuple[SpaceRow, Asker, SecondLookRow]:
        """Return an open question, for who runs the space that it is about."""
        found = questions(unit).get(question, unit.now)
        row = None if found is None else unit.layouts.get(found.thing)
        if found is None or row is None or not asker_still_runs(unit, row.key, found):
            # the gate comes first all the same: an id that was guessed tells nothing to who runs no space
            unit.asker(account, Power.MEMBER)
            raise Refusal("space.second_gone")
        return row, unit.asker(account, Power.RUN_SPACE, row.key), found

    def _do(self, unit: Unit, row: SpaceRow, asker: Asker, act: Act) -> Ending:
        if act == "archive":
            row = changed(unit, row)
            try:
                works(unit).add(
                    row.key, "archive", now=unit.now, member_id=asker.known.id, platform=asker.account.platform
                )
            except WorkUnderWayError:
                raise Refusal("space.busy") from None
            unit.ledger.record(unit.today, asker.role, "space.archive_begun", "space")
        else:
            row = changed(unit, row, purge_on=purge_day(unit))
            announce(unit, row.key, key("space_life.post_purge"), day=purge_day(unit).isoformat())
            unit.ledger.record(unit.today, asker.role, "space.purge_announced", "space")
        return Ending(act, door_of(row, []), homes_of(unit, row.key), {}, False, purge_day(unit), done=True)

    # ── changing one's mind

    @action
    async def keep(self, account: Account, space: str) -> SpaceDoor:
        """Take back that a space's channels and rooms will be deleted; one person is enough for that.

        Raises :class:`Refusal` ``space.purge_not_announced``, or ``space.purge_begun`` from the announced day on.
        """

        def work(unit: Unit) -> SpaceDoor:
            row, asker = run(unit, account, space, states_before(SpaceMove.PURGE))
            if row.purge_on is None:
                raise Refusal("space.purge_not_announced")
            if unit.today >= row.purge_on:
                raise Refusal("space.purge_begun")
            row = changed(unit, row, purge_on=None)
            announce(unit, row.key, key("space_life.post_kept"))
            unit.ledger.record(unit.today, asker.role, "space.purge_taken_back", "space")
            return door_of(row, [])

        return await self._network.act(work)

    # ── what never was

    @action
    async def discardable(self, account: Account, space: str) -> SpaceDoor:
        """Return a draft of which nothing stands. Raises :class:`Refusal` ``space.not_discardable``."""

        def work(unit: Unit) -> SpaceDoor:
            row, _ = run(unit, account, space, {SpaceState.DRAFT})
            _require_unbuilt(unit, row)
            return door_of(row, [])

        return await self._network.look(work)

    @action
    async def discard(self, account: Account, space: str) -> SpaceDoor:
        """Forget a draft of which nothing stands, with every row that ties somebody to it. Raises as above."""

        def work(unit: Unit) -> SpaceDoor:
            row, asker = run(unit, account, space, {SpaceState.DRAFT})
            row = changed(unit, row)
            _require_unbuilt(unit, row)
            let_everybody_go(unit, row.key)
            unit.layouts.forget(row.key)
            unit.ledger.record(unit.today, asker.role, "space.discarded", "space")
            return door_of(row, [])

        return await self._network.act(work)


def _require_unbuilt(unit: Unit, row: SpaceRow) -> None:
    if works(unit).open_of(row.key) is not None:
        raise Refusal("space.busy")
    if row.state != SpaceState.DRAFT or unit.layouts.pieces(row.key):
        raise Refusal("space.not_discardable")
