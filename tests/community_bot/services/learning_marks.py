"""Three members who learn together with marked words: needs, topics, a vote, a cohort, an experiment, a round."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from community_bot.composition import Capabilities
from community_bot.domain.account import Account
from community_bot.domain.experiment import MEASURES, Decision, Design
from community_bot.domain.space_design import Access
from community_bot.domain.space_state import SpaceState
from community_bot.services.access import Access as Doors
from community_bot.services.cohorts import Cohorts
from community_bot.services.doorkeeping import Doorkeeping
from community_bot.services.experiments import Experiments, start_for
from community_bot.services.growth import Growth
from community_bot.services.needs import Needs
from community_bot.services.network import Unit
from community_bot.services.space_life import Life
from community_bot.services.topics import Proposals
from community_bot.services.votes import Votes
from tests.community_bot.services.growing_network import HOME, design

S = TypeVar("S")

SCHOOL, BAKERY = "s-school", "s-bakery"
"""Two spaces that stand: the first is asked to be let into."""
NEED = "qxzneedofwind: record outside without hearing it"
OTHER_NEED = "qxzlackofreader: somebody who explains a balance sheet"
TOPIC, OTHER_TOPIC, SKILL = "Qxztopicofwind, outside", "Qxzothertopicoftales, indoors", "qxzskillofears"
REASON, PAUSE = "qxzreasontodecline, for once", "qxzpauseforrain, and sun"
COHORT, REMINDER, ARM = "Qxzcohortofrain", "qxzreminderofbread: bring it", "qxzarmofbread"
QUESTION, HYPOTHESIS = "qxzquestionofrain, and sun", "qxzhypothesisofrain, and sun"
NOTE, PASSED_ON, ALONE = "qxzdecisiontogo, on", "qxzpassedonrecipes, on", "qxzaloneforonce, and again"
LEARNING_MARKS = (
    *("qxzneedofwind", "qxzlackofreader", "Qxztopicofwind", "Qxzothertopicoftales", "qxzskillofears"),
    *("qxzreasontodecline", "Qxzcohortofrain", "qxzarmofbread", "qxzquestionofrain", "qxzhypothesisofrain"),
    *("qxzdecisiontogo", "qxzpassedonrecipes", "qxzaloneforonce", "qxzreminderofbread", "qxzpauseforrain"),
)
"""The beginnings of all of it. All is kept, sealed: the last two until they were told."""


class Learners:
    """``runs`` administers the network; ``writer`` and ``voter`` are members, ``called`` is the writer's alias."""

    def __init__(
        self, capabilities: Capabilities, runs: Account, writer: Account, voter: Account, called: str
    ) -> None:
        self.runs, self.writer, self.voter, self.called = runs, writer, voter, called
        self._capabilities = capabilities

    def service(self, kind: type[S]) -> S:
        """Return one of the services."""
        return next(each for each in self._capabilities.services if isinstance(each, kind))

    async def learn(self) -> None:
        """Do everything, up to a vote that is open and in which all three have cast a ballot."""
        await self._capabilities.network.act(_found)
        await self._come_in()
        await self._say_needs()
        await self._vote()
        await self._plan()

    async def _come_in(self) -> None:
        doors, keeping = self.service(Doors), self.service(Doorkeeping)
        await keeping.bring(self.runs, SCHOOL, self.called)
        await doors.join(self.writer, "School of rain")
        # asks, and waits
        await doors.join(self.voter, "School of rain")
        await keeping.requests(self.runs, SCHOOL)
        cohorts, experiments = self.service(Cohorts), self.service(Experiments)
        today = self._capabilities.network.clock().date()
        await cohorts.create(self.runs, SCHOOL, COHORT)
        wanted = Design(QUESTION, HYPOTHESIS, MEASURES[0], 8, today + timedelta(days=60))
        draft = await experiments.draft(self.runs, SCHOOL, wanted)
        await experiments.register(self.runs, draft.id)
        await experiments.arm(self.runs, COHORT, ARM)
        await self._capabilities.network.act(lambda unit: start_for(unit, SCHOOL))
        await cohorts.invite(self.runs, COHORT, self.called)
        for each in (await cohorts.show(self.writer)).views:
            await cohorts.join(self.writer, each.id)
        await cohorts.remind(self.runs, COHORT, REMINDER)
        await experiments.stop(self.runs, SCHOOL)
        await experiments.decide(self.runs, SCHOOL, Decision.ADAPT, NOTE)

    async def _say_needs(self) -> None:
        needs = self.service(Needs)
        await needs.add(self.writer, "network", NEED, "en")
        await needs.add(self.voter, "network", OTHER_NEED, "en")
        said = {each.text: each for each in await needs.listed(self.voter, "network")}
        await needs.support(self.voter, said[NEED].id)

    async def _vote(self) -> None:
        proposals, votes = self.service(Proposals), self.service(Votes)
        for title in (TOPIC, OTHER_TOPIC, f"{OTHER_TOPIC}, again"):
            await proposals.propose(self.writer, "network", title, skill=SKILL, need_id="", language="en")
        first, second, third = (await proposals.listed(self.runs, "network")).proposed
        await proposals.support(self.voter, first.id)
        await proposals.decide(self.runs, third.id, "decline", REASON)
        opened = await votes.open(self.runs, "network", [first.id, second.id], 3)
        for somebody, ticks in ((self.runs, [0]), (self.writer, [0, 1]), (self.voter, [1])):
            await votes.cast(somebody, opened.id, ticks)

    async def _plan(self) -> None:
        growth = self.service(Growth)
        await growth.begin(self.runs, 30)
        await growth.feed(self.runs, "en", (SCHOOL, BAKERY), PASSED_ON)
        await growth.write_note(self.runs, "en", BAKERY, ALONE)
        await self.service(Life).pause(self.runs, SCHOOL, PAUSE)


def _found(unit: Unit) -> None:
    for key, title, access in ((SCHOOL, "School of rain", Access.REQUEST), (BAKERY, "Bakery", Access.OPEN)):
        packed = design(title, access).packed()
        kept = {"access": access.value, "vouchers": 0, "stage": None, "today": unit.today}
        unit.layouts.add(key, packed, state=SpaceState.PILOT.value, **kept)  # type: ignore[arg-type]
        unit.layouts.settle(key, HOME, "discord", "en")
        unit.layouts.begin(key, HOME, "room.plaza", "room", unit.now)
        unit.layouts.made(key, HOME, "room.plaza", f"channel of {key}")
