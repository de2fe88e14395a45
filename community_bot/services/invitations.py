"""Inviting people (`/invite`): a code for one person, shown once, good for a few days.

What is counted is which label brought people, by week; who invited whom is written nowhere (MEM-6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from community_bot.domain.account import Account
from community_bot.domain.codes import INVITE_CODE, new_code, read_code
from community_bot.domain.invite import (
    FEWEST_SHOWN,
    USED_KEPT,
    USUAL_DAYS,
    WRONG_CODES,
    WRONG_CODES_WITHIN,
    check_days,
    most_open,
    read_label,
)
from community_bot.domain.refusal import Refusal
from community_bot.domain.roles import NETWORK, Power, Role
from community_bot.domain.tries import Tries
from community_bot.services.members import zone_of
from community_bot.services.network import Asker, Network, Unit, action
from db.holding import hold_member
from db.ids import InviteId
from db.keys import NetworkKeys
from db.source_labels import seal_source, unseal_source

SOURCE = "source"
"""The kind of tally that counts which labels brought people."""
SOURCES_SINCE = timedelta(weeks=13)

_wrong_codes: WeakKeyDictionary[NetworkKeys, Tries] = WeakKeyDictionary()
"""Wrong codes by account, for each network of this process. In memory only: nothing to keep of strangers."""


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """One invite that can still be used, as its maker sees it. ``zone`` is the IANA name of their clock."""

    label: str
    expires_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class NewInvite:
    """A fresh invite with the code that nobody can look up again."""

    code: str
    invite: OpenInvite

    def __repr__(self) -> str:
        """Keep the code out of tracebacks."""
        return "NewInvite(…)"


@dataclass(frozen=True, slots=True)
class Source:
    """How many came with a label in the last quarter; None for fewer than ``FEWEST_SHOWN`` (PRV-4)."""

    label: str
    came: int | None


class Invitations:
    """Making invites and taking them back."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @action
    async def create(self, account: Account, label: str, days: int = USUAL_DAYS) -> NewInvite:
        """Make an invite for one person. Raises :class:`Refusal` ``invite.label.*``, ``.days``, ``.too_many``."""
        holds, plain = check_days(days), read_label(label)

        def work(unit: Unit) -> NewInvite:
            asker = inviter(unit, account)
            maker = asker.known
            # two at once must not each count one too few
            hold_member(unit.connection, maker.id)
            most = most_open(grant.role for grant in asker.grants if grant.holds(grant.scope, unit.today))
            if len(unit.invites.open_of(maker.id, unit.now)) >= most:
                raise Refusal("invite.too_many", most=most)
            code = new_code(INVITE_CODE)
            expires_at = unit.now + holds
            unit.invites.add(
                read_code(code), plain, maker.id, expires_at, unit.end_of(expires_at.date() + timedelta(days=1))
            )
            unit.ledger.record(unit.today, asker.role, "invite.created", "invite")
            zone = zone_of(maker.profile, unit.rules.zone).key
            return NewInvite(code, OpenInvite(plain, expires_at, zone))

        return await self._network.act(work)

    @action
    async def open_invites(self, account: Account) -> list[OpenInvite]:
        """Return the asker's own open invites, without their codes, which nobody knows any more."""

        def work(unit: Unit) -> list[OpenInvite]:
            maker = inviter(unit, account).known
            zone = zone_of(maker.profile, unit.rules.zone).key
            return [OpenInvite(row.label, row.expires_at, zone) for row in unit.invites.open_of(maker.id, unit.now)]

        return await self._network.look(work)

    @action
    async def revoke(self, account: Account, label: str) -> int:
        """Take back every open invite of the asker's with a label; return how many that were.

        Raises :class:`Refusal` ``invite.none_such``.
        """

        def work(unit: Unit) -> int:
            asker = inviter(unit, account)
            wanted = " ".join(label.split()).casefold()
            mine = unit.invites.open_of(asker.known.id, unit.now)
            taken = sum(unit.invites.remove(row.id) for row in mine if row.label.casefold() == wanted)
            if not taken:
                raise Refusal("invite.none_such", field="label")
            unit.ledger.record(unit.today, asker.role, "invite.revoked", "invite")
            return taken

        return await self._network.act(work)

    @action
    async def sources(self, account: Account) -> list[Source]:
        """Return what brought people in the last quarter, the most first; small counts are not told."""

        def work(unit: Unit) -> list[Source]:
            # the labels are other people's words: for those who decide about admission
            unit.asker(account, Power.DECIDE_ADMISSION)
            counts = unit.ledger.counts(SOURCE, unit.today - SOURCES_SINCE)
            found = [
                Source(unseal_source(unit.keys, sealed), total if total >= FEWEST_SHOWN else None)
                for sealed, total in counts.items()
            ]
            # those whose count is not told stand by their label, or their order would tell it
            return sorted(found, key=lambda source: (-(source.came or 0), source.label))

        return await self._network.look(work)


def redeem(unit: Unit, account: Account, code: str) -> InviteId:
    """Use an invite up for an account and count its label. Raises :class:`Refusal`.

    ``invite.unknown`` for a code that is unknown, used or taken back alike, so that codes cannot be probed;
    ``invite.expired``; ``invite.tries`` for an hour after five wrong ones.
    """
    tries = _wrong_codes.setdefault(unit.keys, Tries(WRONG_CODES, WRONG_CODES_WITHIN))
    if not tries.may(account, unit.now):
        raise Refusal("invite.tries")
    found = unit.invites.find(read_code(code))
    expired = found is not None and found.state == "open" and found.expires_at <= unit.now
    if found is None or not unit.invites.use(found.id, unit.now, unit.now + USED_KEPT):
        tries.wrong(account, unit.now)
        raise Refusal("invite.expired" if expired else "invite.unknown", field="code")
    unit.ledger.count(SOURCE, seal_source(unit.keys, found.label), unit.today)
    unit.ledger.record(unit.today, "nobody", "invite.used", "invite")
    return found.id


def inviter(unit: Unit, account: Account) -> Asker:
    """Return who asks, when they may invite in the network or in any one space: the way in is the same.

    Whoever is new themselves brings nobody yet (SAF-15). Raises :class:`Refusal`: ``invite.probation`` or one of
    ``authority.*``.
    """
    somebody = unit.who(account)
    on_probation = somebody.member is not None and somebody.member.probation_until is not None
    if on_probation and somebody.may(Power.MEMBER) and not entrusted(somebody):
        raise Refusal("invite.probation")
    scope = next((grant.scope for grant in somebody.grants if somebody.may(Power.INVITE, grant.scope)), NETWORK)
    return unit.asker(account, Power.INVITE, scope)


def entrusted(asker: Asker) -> bool:
    """Say whether somebody holds any office: then others have vouched for them already."""
    return any(grant.role is not Role.MEMBER for grant in asker.grants)
