"""What members ask people to do about their data: correct it, or stop something (PRV-5: within 30 days).

The words are sealed with the member's own key. Who answers is shown them, and that they looked is noted (SAF-26).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from community_bot.domain.account import Account
from community_bot.domain.member import MemberState
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import Power, Role
from community_bot.locales import key
from community_bot.services.network import Network, Unit, action
from community_bot.services.privacy import kept_on, own_record
from db.data_request_store import DataRequestStore, read_note
from db.ids import DataRequestId

ANSWERED_WITHIN = timedelta(days=30)
"""PDPA section 30, and the clock of PRV-5."""
ANSWER_KEPT = timedelta(days=90)
SHORTEST_NOTE, LONGEST_NOTE = 3, 1000
MOST_WAITING = 5
BUTTON = key("privacy.requests.button").removesuffix(".button")
"""Opens the list of what waits; its action is called as its text."""


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """What a member asked for, for whoever has to answer it."""

    id: DataRequestId
    alias: str
    kind: str
    note: str
    due_on: date

    def __repr__(self) -> str:
        """Keep it out of tracebacks."""
        return f"WaitingRequest({self.kind})"


class DataRequests:
    """Asking, and answering."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def correct(self, account: Account, note: str) -> date:
        """Ask that something be corrected; return by when it is answered. Raises :class:`Refusal` ``privacy.*``."""
        return await self._ask(account, "correct", note)

    @action
    async def object(self, account: Account, note: str) -> date:
        """Object to something that is done with one's data; return by when it is answered."""
        return await self._ask(account, "object", note)

    async def _ask(self, account: Account, kind: str, note: str) -> date:
        text = note.strip()
        if len(text) < SHORTEST_NOTE:
            raise Refusal("privacy.note_short", field="note", shortest=SHORTEST_NOTE)
        if len(text) > LONGEST_NOTE:
            raise Refusal("privacy.note_long", field="note", longest=LONGEST_NOTE)

        def work(unit: Unit) -> date:
            member, requests = own_record(unit, account), DataRequestStore(unit.connection)
            if requests.count_waiting(member.id) >= MOST_WAITING:
                raise Refusal("privacy.many_waiting", most=MOST_WAITING)
            due = unit.today + ANSWERED_WITHIN
            requests.open(
                member.id,
                kind,
                text,
                unit.members.key(member.id),
                today=unit.today,
                due=due,
                until=unit.end_of(due + ANSWER_KEPT),
            )
            unit.ledger.record(unit.today, unit.who(account).role, "privacy.asked", "data_request", kind)
            for row in unit.grants.holders(Role.NETWORK_ADMIN):
                if row.until is None or row.until >= unit.today:
                    notice = {"text": key("privacy.request_notice"), "button": BUTTON}
                    unit.outbox.add("tell", notice, now=unit.now, member_id=row.member_id)
            return due

        return await self._network.act(work)

    @action
    async def requests(self, account: Account) -> list[WaitingRequest]:
        """Return what members asked for and nobody has answered, the most urgent first; each looked at is noted.

        Raises :class:`Refusal` ``authority.*``.
        """

        def work(unit: Unit) -> list[WaitingRequest]:
            asker = unit.asker(account, Power.SEE_HEALTH)
            found: list[WaitingRequest] = []
            for row in DataRequestStore(unit.connection).waiting():
                member = unit.members.get(row.member_id)
                if member is None or member.state == MemberState.ERASING:
                    continue
                note = read_note(row, unit.members.key(member.id))
                found.append(WaitingRequest(row.id, member.profile.alias, row.kind, note, row.due_on))
                kept = unit.end_of(kept_on(unit, member))
                unit.ledger.viewed(member.id, asker.role, unit.today, kept)
            return found

        return await self._network.act(work)

    @action
    async def answer(self, account: Account, request_id: str) -> None:
        """Note that a request was done; whoever asked is told. Raises :class:`Refusal` ``privacy.answered``."""

        def work(unit: Unit) -> None:
            asker = unit.asker(account, Power.SEE_HEALTH)
            until = unit.end_of(unit.today + ANSWER_KEPT)
            member_id = DataRequestStore(unit.connection).answer(DataRequestId(request_id), unit.today, until)
            if member_id is None:
                raise Refusal("privacy.answered")
            notice = {"text": key("privacy.answered_notice"), "always": "yes"}
            unit.outbox.add("tell", notice, now=unit.now, member_id=member_id)
            unit.ledger.record(unit.today, asker.role, "privacy.answered", "data_request")

        await self._network.act(work)
