"""A member about whom there is a row in every table that can lead to one, and everybody who stands around them."""

from __future__ import annotations

from datetime import timedelta

from community_bot.domain.account import Account
from community_bot.domain.alias import likeness
from community_bot.domain.codes import read_code
from community_bot.domain.roles import Role
from community_bot.domain.space_design import Access, SpaceDesign
from community_bot.services.network import Unit
from community_bot.services.spaces import works
from db.cohort_store import CohortStore
from db.dialogue_store import DialogueStore
from db.ids import MemberId
from db.invite_store import InviteStore
from db.organisation_store import OrganisationStore
from db.space_request_store import SpaceRequestStore
from db.vouch_store import VouchStore
from tests.community_bot.services.growing_network import design
from tests.community_bot.services.river_network import NAPA, NAPA_ON_MATRIX, STRANGER, TULIO, RiverNetwork

ADMIN = Account("matrix", "@wan:river.example")
OTHERS = ("Tulio", "Mali", "Wan", TULIO.user_id, STRANGER.user_id, ADMIN.user_id)
"""What must never stand in Napa's export."""


async def full_record(
    river: RiverNetwork, label: str = "Evening course", title: str = "Blue Heron Radio"
) -> MemberId:
    """Make Napa with a row everywhere, among Tulio, Mali and Wan."""
    napa = await river.join("Napa", NAPA, NAPA_ON_MATRIX, spaces=("garden", "radio"), role=Role.FACILITATOR)
    tulio = await river.join("Tulio", TULIO)
    mali = await river.join("Mali", STRANGER)
    wan = await river.join("Wan", ADMIN, role=Role.NETWORK_ADMIN)
    await river.requests.correct(NAPA, "The province is another one")
    await river.requests.requests(ADMIN)

    def around(unit: Unit) -> None:
        organisations = OrganisationStore(unit.connection, unit.keys)
        organisation = organisations.add(
            title, likeness(title), "TH-50", state="confirmed", visibility="hidden", today=unit.today
        )
        organisations.affiliate(
            napa, organisation.id, state="confirmed", steward=True, today=unit.today, purge_after=unit.keep_until
        )
        ends = unit.now + timedelta(days=3)
        InviteStore(unit.connection, unit.keys).add("ABCDEFGHJK", label, napa, ends, ends)
        vouches = VouchStore(unit.connection)
        vouches.add(mali, napa, unit.today, unit.keep_until)
        vouches.add(napa, tulio, unit.today, unit.keep_until)
        unit.link_codes.give(napa, read_code("ABCD-EFGH"), unit.now + timedelta(minutes=10))
        unit.buddies.ask(napa, "ticket", unit.now + timedelta(days=7))
        unit.outbox.add("tell", {"text": "buddy.asked_notice", "alias": "Tulio"}, now=unit.now, member_id=napa)
        unit.consents.withdraw(napa, "reminders", unit.today)
        circle = SpaceDesign("circle", {"en": "Circle"}, {}, Access.OPEN, (), {}, frozenset(), frozenset())
        kept = {"state": "draft", "access": "open", "vouchers": 0, "stage": None, "today": unit.today}
        unit.layouts.add("s-circle", circle.packed(), **kept)  # type: ignore[arg-type]
        works(unit).add("s-circle", "apply", now=unit.now, member_id=napa, platform="discord")
        requests = SpaceRequestStore(unit.connection, unit.keys)
        until = unit.end_of(unit.today + timedelta(days=14))
        requests.add("s-circle", napa, offered=False, today=unit.today, purge_after=until)
        course = design("Evening course").packed()
        unit.layouts.add(
            "s-course", course, state="active", access="open", vouchers=0, stage=None, today=unit.today
        )
        cohorts = CohortStore(unit.connection, unit.keys)
        cohort = cohorts.add("s-course", "First rains", state="running", today=unit.today)
        cohorts.put(cohort.id, napa, "in", unit.today, unit.keep_until)
        unit.arrivals.note("matrix", NAPA_ON_MATRIX.user_id, "river", unit.now + timedelta(hours=72))
        assert wan

    await river.network.act(around)
    dialogues = DialogueStore(river.database, river.network.keys, river.clock)
    await dialogues.put("matrix", NAPA_ON_MATRIX.user_id, "onboarding", b'{"alias": ["Napa"]}')
    return napa
