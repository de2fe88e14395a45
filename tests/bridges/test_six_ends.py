"""One conversation of six ends: whatever goes wrong, each shows every message once, in order, as it last read.

Three ends are like Discord's channels (no memory for keys, answers shown in words), three like Matrix rooms. The
platforms fail in every way the contract of an end names, events come twice and in the wrong order, and the bridge
dies at any moment; what people did is then told again, as catching up does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bridges.ends.port import BlockedError, EndError, NotSentError
from bridges.markup.reading_aloud import plain_of
from bridges.message import Deleted, Edited, Heard, Message, Pinned, Reacted
from bridges.patience import LaneState
from bridges.terms import EndTerms
from db.bridge_rows import EndRow, Intent, Platform
from db.engine import Database
from db.tables import relay_copy, relay_intent
from tests.bridges.memory_home import MemoryHome, Region, joining, place_of
from tests.bridges.places import MemoryPlace, edited, lost_answer, lost_request
from tests.bridges.test_lanes import until
from tests.databases import Templates, close

# a killed process does not close its connection either; newer Pythons remark on it
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <sqlite3.Connection:pytest.PytestUnraisableExceptionWarning"
)

ENDS = ("d1", "d2", "d3", "m1", "m2", "m3")
WANTED = joining(garden=" ".join(ENDS))


def homes() -> dict[Platform, MemoryHome]:
    def room(row: EndRow) -> MemoryPlace:
        return MemoryPlace(row, repeatable_for=timedelta(hours=1))

    def channel(row: EndRow) -> MemoryPlace:
        return MemoryPlace(row, quotes=True, joins=200)

    return {Platform.DISCORD: MemoryHome(channel), Platform.MATRIX: MemoryHome(room)}


@dataclass
class Talk:
    """What people did, and how it is told to the bridge."""

    region: Region
    database: Database
    order: list[tuple[str, str]] = field(default_factory=list)
    """(end, ref) of every message in the order in which they were heard."""
    gone: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    reacted: dict[str, set[str]] = field(default_factory=dict)
    pinned: dict[str, bool] = field(default_factory=dict)

    def home(self, end: str) -> MemoryHome:
        return self.region.homes[Platform.DISCORD if end[0] == "d" else Platform.MATRIX]

    def hear(self, end: str, *heard: Heard) -> Awaitable[object]:
        return self.home(end).hear(*heard)

    def ref_at(self, end: str, ref: str) -> str | None:
        """Return where a message stands at an end: as it was written, or as its copy."""
        place = self.region.place(end)
        if ref in place.sources:
            return ref
        current = self.text_of(ref, quoted=place.quotes)
        # under pressure several lines stand in one copy
        standing = (each.ref for each in place.said if not each.removed and current in each.text.split("\n"))
        return next(standing, None)

    async def known_at(self, end: str, ref: str) -> str | None:
        """Return the same when it is written down, too: nobody can be understood who answers sooner than that."""
        stands_as = self.ref_at(end, ref)
        place = self.region.place(end)
        if stands_as is None or stands_as in place.sources:
            return stands_as
        query = select(relay_copy.c.id).where(relay_copy.c.end_id == place.id, relay_copy.c.ref == stands_as)
        known = await self.database.look(lambda connection: connection.execute(query).first())
        return stands_as if known is not None else None

    def current(self, ref: str) -> Message:
        end = next(end for end, known in self.order if known == ref)
        return self.region.place(end).sources[ref]

    def text_of(self, ref: str, *, quoted: bool) -> str:
        text = plain_of(self.current(ref).text)
        answered = self.answers.get(ref)
        if quoted and answered is not None and answered not in self.gone:
            return f"[{plain_of(self.current(answered).text)}] {text}"
        return text

    def expected(self, end: str) -> list[str]:
        quoted = self.region.place(end).quotes
        return [self.text_of(ref, quoted=quoted) for at, ref in self.order if at != end and ref not in self.gone]

    async def settled(self) -> None:
        """Wait until there is nothing left to do anywhere, in memory and in the database."""

        async def idle() -> bool:
            lanes = [self.region.bridge.report(end) for end in self.region.bridge.ends]
            if any(lane.lane is not LaneState.IDLE or lane.depth for lane in lanes):
                return False
            return not any(each.waiting for each in (await self.region.store.backlogs()).values())

        await until(idle)

    def check(self) -> None:
        for end in ENDS:
            place = self.region.place(end)
            assert [line for text in place.texts() for line in text.split("\n")] == self.expected(end), end
            joined = {each.ref for each in place.said if "\n" in each.text}
            for _, ref in self.order:
                if ref in self.gone:
                    continue
                stands_as = self.ref_at(end, ref)
                assert stands_as is not None
                if stands_as in joined:
                    continue  # what hangs from it hangs from each of its lines
                elsewhere = {r for e in ENDS if e != end for r in self.given(e, ref)}
                assert place.ours.get(stands_as, set()) == elsewhere, (end, ref)
                if ref in self.pinned:
                    assert (stands_as in place.pinned) == self.pinned[ref], (end, ref)

    def given(self, end: str, ref: str) -> set[str]:
        stands_as = self.ref_at(end, ref)
        return self.region.place(end).given.get(stands_as, set()) if stands_as is not None else set()


async def test_an_answer_shows_what_it_answers_and_follows_its_edits_and_its_deletion(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        talk = Talk(region, sqlite_database)
        question = region.place("m1").write("q", "¿Quién trae semillas?")
        await talk.hear("m1", question)
        await until(lambda: bool(region.texts("d1") and region.texts("m2")))
        answer = region.place("d1").write("a", "ฉันเอามา", reply_to=region.place("d1").said[0].ref)
        await talk.hear("d1", answer)
        await until(lambda: region.texts("d2")[1:] == ["[¿Quién trae semillas?] ฉันเอามา"])
        # where answers are native, they hang from the copy or from the original itself
        await until(lambda: len(region.texts("m1")) == 1 and len(region.texts("m2")) == 2)
        said = region.place("m1").copy_of("ฉันเอามา").part
        assert said.answers is not None
        assert said.answers.ref == "q"
        await talk.hear("m1", Edited(question.end, "q", edited(question, "¿Quién trae agua?", 2)))
        await until(lambda: region.texts("d2") == ["¿Quién trae agua?", "[¿Quién trae agua?] ฉันเอามา"])
        region.place("m1").sources.pop("q")
        await talk.hear("m1", Deleted(question.end, "q"))
        await until(lambda: region.texts("d2") == ["ฉันเอามา"] == region.texts("d3"))


async def test_one_reaction_counts_once_at_every_other_end_and_goes_with_the_last_who_gave_it(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        talk = Talk(region, sqlite_database)
        await talk.hear("d1", message := region.place("d1").write("1", "เริ่มกันเลย"))
        await until(lambda: all(region.texts(end) for end in ENDS if end != "d1"))
        copy = region.place("m1").said[0].ref
        region.place("m1").given[copy] = {"👍"}
        await talk.hear("m1", Reacted(region.place("m1").id, copy, "$r1"))
        await until(lambda: region.place("d1").ours.get("1") == {"👍"})
        region.place("d1").given["1"] = {"👍"}
        await talk.hear("d1", Reacted(message.end, "1"))
        await talk.settled()
        assert region.place("m2").ours[region.place("m2").said[0].ref] == {"👍"}
        assert region.place("m1").ours[copy] == {"👍"}
        region.place("m1").given[copy] = set()
        await talk.hear("m1", Deleted(region.place("m1").id, "$r1"))
        await talk.settled()
        assert region.place("d1").ours["1"] == set()
        assert region.place("m2").ours[region.place("m2").said[0].ref] == {"👍"}


async def test_a_deletion_overtakes_everything_that_waits_behind_a_limit(sqlite_database: Database) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        talk = Talk(region, sqlite_database)
        for number in range(3):
            await talk.hear("m1", region.place("m1").write(str(number), f"m{number}"))
        await until(lambda: len(region.texts("d1")) == 3)
        place = region.place("d1")
        place.troubles.append((NotSentError("discord.limit_shared", retry_after=3600.0), False))
        late = region.place("m1").write("3", "m3")
        await talk.hear("m1", late, region.place("m1").write("4", "m4"))
        await until(lambda: not place.troubles)
        region.place("m1").sources.pop("0")
        await talk.hear("m1", Deleted(late.end, "0"))
        await until(lambda: place.texts() == ["m1", "m2"])
        # and one that waits itself is never said: its deletion ends the wait
        region.place("m1").sources.pop("3")
        await talk.hear("m1", Deleted(late.end, "3"))
        await until(lambda: place.texts() == ["m1", "m2", "m4"])


async def test_a_paused_end_hears_nothing_new_but_is_not_left_with_what_was_taken_back(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        talk = Talk(region, sqlite_database)
        first = region.place("m1").write("1", "one")
        await talk.hear("m1", first)
        await until(lambda: region.texts("d1") == ["one"])
        await region.bridge.pause(region.place("d1").id, paused=True)
        await talk.hear("m1", region.place("m1").write("2", "two"))
        await talk.hear("d1", region.place("d1").write("3", "three"))
        await talk.hear("m1", Deleted(first.end, "1"))
        await until(lambda: region.texts("d1") == [])
        await until(lambda: region.texts("d2") == ["two"])
        await region.bridge.pause(region.place("d1").id, paused=False)
        await talk.hear("m1", region.place("m1").write("4", "four"))
        await until(lambda: region.texts("d1") == ["four"])


async def test_lines_of_one_author_are_joined_under_pressure_and_stay_editable_and_deletable(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes())
    async with region.running(WANTED):
        talk = Talk(region, sqlite_database)
        here, there = region.place("d1"), region.place("m1")
        here.pressed = True
        there.write("0", "zero")
        here.troubles.append((NotSentError("discord.limit_shared", retry_after=0.2), False))
        lines = [there.write(str(number), f"m{number}") for number in range(4)]
        await talk.hear("m1", *lines, there.write("4", "m4", "Tenok"))
        await until(lambda: here.texts() == ["m0\nm1\nm2\nm3", "m4"])
        assert region.texts("m2") == ["m0", "m1", "m2", "m3", "m4"]
        there.sources["1"] = edited(lines[1], "m1 anew", 1)
        await talk.hear("m1", Edited(there.id, "1", there.sources["1"]))
        await until(lambda: here.texts() == ["m0\nm1 anew\nm2\nm3", "m4"])
        for ref in "032":
            del there.sources[ref]
            await talk.hear("m1", Deleted(there.id, ref))
        await until(lambda: here.texts() == ["m1 anew", "m4"])
        del there.sources["1"]
        await talk.hear("m1", Deleted(there.id, "1"))
        await until(lambda: here.texts() == ["m4"])


async def test_who_writes_more_than_a_place_may_send_is_told_and_the_others_are_not_drowned(
    sqlite_database: Database,
) -> None:
    told: list[tuple[str, str]] = []

    async def failed(_: Intent, message: Message, reason: str) -> None:
        told.append((message.ref, reason))

    region = Region(sqlite_database, homes(), failed=failed)
    loud = place_of("m1")
    async with region.running(joining(garden="d1 m1 m2"), {loud: EndTerms(quota=3)}):
        there = region.place("m1")
        messages = [there.write(str(number), f"m{number}") for number in range(5)]
        await region.homes[Platform.MATRIX].hear(*messages)
        region.say("m2", "quiet")
        await until(lambda: region.texts("d1") == ["m0", "m1", "m2", "quiet"])
        await until(lambda: len(told) == 4)
        assert set(told) == {("3", "bridge.over_quota"), ("4", "bridge.over_quota")}
        # heard again, it is still too many; a minute later there is room
        later = replace(there.write("5", "m5"), sent_at=messages[0].sent_at + timedelta(minutes=1))
        await region.homes[Platform.MATRIX].hear(*messages, later)
        await until(lambda: region.texts("d1") == ["m0", "m1", "m2", "quiet", "m5"])


async def test_after_a_long_absence_an_end_is_told_what_it_missed_and_gets_the_newest(
    sqlite_database: Database,
) -> None:
    region = Region(sqlite_database, homes(), sleep=soon)
    async with region.running(joining(garden="d1 m1")):
        place, there = region.place("d1"), region.place("m1")
        place.troubles.extend([(NotSentError("discord.unreachable"), False)] * 10_000)
        await region.homes[Platform.MATRIX].hear(*(there.write(str(number), f"m{number}") for number in range(700)))
        await until(lambda: len(place.troubles) < 9_990)
        # what was heard then is by now hours old
        hours_ago = datetime.now(UTC) - timedelta(hours=5)
        await sqlite_database.transact(lambda c: c.execute(relay_intent.update().values(received_at=hours_ago)))
    region = Region(sqlite_database, region.homes, sleep=soon)
    place.troubles.clear()
    # it cannot be told at first: then the first one crosses, and nothing is put aside
    place.troubles.append((BlockedError("test.may_not_speak"), False))
    async with region.running(joining(garden="d1 m1")):
        await until(lambda: len(place.texts()) >= 302)
    assert place.texts() == ["m0", "m1", *(f"m{number}" for number in range(400, 700))]
    (told,) = place.announced
    assert told.startswith("⏳ 398 messages")


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "say", "answer", "edit", "edit", "delete", "react", "unreact", "pin"]),
        st.integers(0, 5),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=14,
)


# without shrinking: what hangs would be tried a hundred times, each as long as a test may wait
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=ACTS, chance=st.integers(0, 10_000), lives=st.integers(1, 3))
async def test_any_mix_of_faults_disorder_repeats_and_crashes(
    tmp_path_factory: pytest.TempPathFactory,
    templates: Templates,
    acts: list[tuple[str, int, int]],
    chance: int,
    lives: int,
) -> None:
    database = await templates.sqlite(tmp_path_factory.mktemp("six") / "community.db")
    dice = random.Random(chance)
    accounts = homes()
    talk = Talk(Region(database, accounts, sleep=soon), database)
    chunk = max(1, len(acts) // lives)
    for begin in range(0, len(acts), chunk):
        last = begin + chunk >= len(acts)
        talk.region = Region(database, accounts, sleep=soon)
        async with talk.region.running(WANTED):
            await tell_all_again(talk)
            for name in ENDS:
                talk.region.place(name).troubles.extend(troubles(dice))
                talk.region.place(name).pressed = dice.random() < 0.5
            for number, (act, end, which) in enumerate(acts[begin : begin + chunk], begin):
                await do(talk, dice, Act(act, ENDS[end], which, f"{number}"))
                if dice.random() < 0.3:
                    await asyncio.sleep(dice.random() / 100)
            if last:
                await talk.settled()
                # what is told again changes nothing
                await tell_all_again(talk)
                await talk.settled()
    await close(database)
    talk.check()


async def soon(_seconds: float) -> None:
    """Wait for as long as it takes others to have their turn."""
    await asyncio.sleep(0.001)


def troubles(dice: random.Random) -> list[tuple[EndError, bool]]:
    kinds: list[tuple[EndError, bool]] = [
        lost_answer(),
        lost_request(),
        (NotSentError("x", retry_after=0.01), False),
    ]
    return [dice.choice(kinds) for _ in range(dice.randrange(4))]


@dataclass(frozen=True)
class Act:
    """What somebody does at an end, about which of the messages; ``ref`` is its own name."""

    kind: str
    end: str
    which: int
    ref: str


async def do(talk: Talk, dice: random.Random, asked: Act) -> None:
    """Let somebody do something, and tell it: perhaps twice, perhaps what follows before what it follows from."""
    act, end, which, ref = asked.kind, asked.end, asked.which, asked.ref
    alive = [(at, known) for at, known in talk.order if known not in talk.gone]
    if act in ("say", "answer") or not alive:
        answered = alive[which % len(alive)][1] if act == "answer" and alive else None
        stands_as = await talk.known_at(end, answered) if answered is not None else None
        if answered is not None and stands_as is not None:
            talk.answers[ref] = answered
        message = talk.region.place(end).write(ref, f"w{ref}", reply_to=stands_as)
        talk.order.append((end, ref))
        heard: list[Heard] = [message]
        if dice.random() < 0.2:
            later = edited(message, f"w{ref} anew", 1)
            talk.region.place(end).sources[ref] = later
            heard.append(Edited(message.end, ref, later if dice.random() < 0.5 else None))
        if dice.random() < 0.15:
            heard.append(message)
        if dice.random() < 0.15:
            # the deletion overtakes the message
            del talk.region.place(end).sources[ref]
            talk.gone.add(ref)
            heard.insert(0, Deleted(message.end, ref, early=True))
        await talk.hear(end, *heard)
        return
    at, known = alive[which % len(alive)]
    place = talk.region.place(at)
    if act == "edit":
        before = place.sources[known]
        after = edited(before, f"{plain_of(before.text)}+", before.version + 1)
        place.sources[known] = after
        await talk.hear(at, Edited(place.id, known, after if dice.random() < 0.5 else None, f"$edit-{ref}"))
    elif act == "delete":
        del place.sources[known]
        talk.gone.add(known)
        await talk.hear(at, *[Deleted(place.id, known)] * dice.choice([1, 2]))
    else:
        stands_as = await talk.known_at(end, known)
        here = talk.region.place(end)
        if stands_as is None or any(each.ref == stands_as and "\n" in each.text for each in here.said):
            return  # not said there yet, or not to be told from the lines beside it
        if act == "pin":
            here.pinned.add(stands_as)
            talk.pinned[known] = True
            await talk.hear(end, Pinned(here.id, stands_as, pinned=True))
        else:
            given = here.given.setdefault(stands_as, set())
            emoji = "🌱👍"[int(ref) % 2]
            given.add(emoji) if act == "react" else given.discard(emoji)
            await talk.hear(end, Reacted(here.id, stands_as, f"$reaction-{ref}"))


async def tell_all_again(talk: Talk) -> None:
    """Tell how everything stands, as catching up does after a crash."""
    for at, ref in talk.order:
        place = talk.region.place(at)
        if ref in talk.gone:
            await talk.hear(at, Deleted(place.id, ref, early=True))
        else:
            message = place.sources[ref]
            await talk.hear(at, message, Edited(place.id, ref, message))
