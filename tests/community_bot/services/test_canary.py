"""Marked words go in through all that people can do; none is readable where it should not be (SAF-2, SAF-6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from prometheus_client import generate_latest
from sqlalchemy import select

from community_bot.composition import Capabilities, compose
from community_bot.domain.account import Account
from community_bot.domain.agreements import PURPOSES
from community_bot.domain.roles import NETWORK, Role
from community_bot.locales import catalogues
from community_bot.services.buddies import Buddies
from community_bot.services.data_requests import DataRequests
from community_bot.services.erasing import Erasing
from community_bot.services.invitations import Invitations
from community_bot.services.linking import Linking, LinkStart
from community_bot.services.members import Members
from community_bot.services.network import Rules, Unit
from community_bot.services.onboarding import Choices, Onboarding
from community_bot.services.organisations import Organisations
from community_bot.services.privacy import Privacy
from community_bot.services.roles import Roles, make_office_code
from community_bot.services.stewardship import Stewardship
from community_bot.services.votes import Votes
from community_bot.services.vouching import Vouching
from db.backup import back_up, restore
from db.dialogue_store import DialogueStore
from db.engine import Database
from db.keys import NetworkKeys, SealedOtherwiseError, SealingKey
from db.member_keys_file import MEMBER_KEYS_NAME, MemberKeysFile
from db.tables import metadata
from tests.community_bot.conftest import Log
from tests.community_bot.services.growing_network import STAGES
from tests.community_bot.services.learning_marks import COHORT, LEARNING_MARKS, Learners
from tests.community_bot.services.river_network import GARDEN, RADIO, Clock

S = TypeVar("S")

KEY = b"a key for canaries, 32 bytes or more"
OWNER = Account("discord", "601234567890987654")
MARKED = Account("discord", "609876543210123456")
MARKED_TOO = Account("matrix", "@qxzaccountofmine:river.example")
NEWCOMER = Account("matrix", "@qxznewcomer:hill.example")
ALIASES = ("Qxzfirstalias", "นกกระเต็นคีรี")
TITLE, LABEL, NOTE, FORM = "Qxztitleofradio", "qxzlabelofposter", "qxznotetocorrect: please", "qxzhalfwrittenform"
MARKS = (
    *ALIASES,
    MARKED.user_id,
    "qxzaccountofmine",
    "qxznewcomer",
    "Qxznewcomer",
    "Qxztitleofradio",
    "qxzlabelofposter",
    "qxznotetocorrect",
    FORM,
    *LEARNING_MARKS,
)
CONTEXTS = (
    *("profile of", "account", "claim on", "label of", "dialogue of", "note of", "words for"),
    *("words of need", "words of topic", "title of cohort", "words of experiment", "what is passed on in"),
)
COMPOSED = {
    "experiment_arm": "arm {cohort_id} of experiment {experiment_id}",
    "growth_note": "note of {space} in round {round}",
}


def written(mark: str) -> Iterator[bytes]:
    """Yield how a mark may stand in a file: in several encodings, escaped, and in base64 at each offset."""
    for spelling in (mark, mark.upper(), mark.lower()):
        yield from (spelling.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
        yield json.dumps(spelling)[1:-1].encode()
    for offset in range(3):
        # the first and the last characters depend on what stands around
        shifted = b"\0" * offset + mark.encode()
        begin = 4 if offset else 0
        yield base64.b64encode(shifted)[begin:-4]
        yield base64.urlsafe_b64encode(shifted)[begin:-4]
    yield mark.encode().hex().encode()


def found_in(raw: bytes, marks: Iterable[str] = MARKS) -> set[str]:
    """Return the marks that can be read somewhere."""
    return {mark for mark in marks if any(each in raw for each in written(mark))}


def service(capabilities: Capabilities, kind: type[S]) -> S:
    """Return one of the services."""
    return next(each for each in capabilities.services if isinstance(each, kind))


@pytest.fixture
def keys() -> NetworkKeys:
    return NetworkKeys(KEY)


def composed(
    database: Database, keys: NetworkKeys, keys_file: MemberKeysFile, clock: Clock | None = None
) -> Capabilities:
    rules = Rules("River Network", spaces=(RADIO, GARDEN), vouchers=1, stages=STAGES, quorum_least=3)
    return compose(database, keys, rules, catalogues(), clock=clock or Clock(), keys_file=keys_file)


async def live(capabilities: Capabilities) -> None:
    """Do everything with marked words that a member does between arriving and leaving."""
    onboarding, members = service(capabilities, Onboarding), service(capabilities, Members)
    linking, roles = service(capabilities, Linking), service(capabilities, Roles)
    vouching, invitations = service(capabilities, Vouching), service(capabilities, Invitations)
    organisations, stewardship = service(capabilities, Organisations), service(capabilities, Stewardship)
    requests, privacy = service(capabilities, DataRequests), service(capabilities, Privacy)
    agreed = frozenset(purpose.key for purpose in PURPOSES)

    await onboarding.complete(OWNER, ["owner"], Choices("en", agreed, "Wan", "radio"))
    # the first admin lets themselves in: nobody is there to vouch yet
    code = await make_office_code(capabilities.network)
    await roles.take_office(OWNER, code)
    await admit_first(capabilities)

    await capabilities.arrivals.arrived(MARKED, "river")
    await capabilities.arrivals.greeted([MARKED], "71", "81")
    await onboarding.complete(MARKED, ["qxzname"], Choices("en", agreed, ALIASES[0], "radio"))
    await vouching.decide(OWNER, ALIASES[0], "admit")
    await members.set_region(MARKED, None)
    await members.set_quiet(MARKED, "22:00", "07:00", "Asia/Bangkok")

    start = await linking.begin(MARKED)
    assert isinstance(start, LinkStart)
    await linking.claim(MARKED_TOO, start.code)
    claim = await linking.pending(MARKED)
    assert claim is not None
    await linking.confirm(MARKED, claim.tag)

    await roles.grant(OWNER, ALIASES[0], Role.FACILITATOR, NETWORK, 30)
    await roles.grant(OWNER, ALIASES[0], Role.HOST, NETWORK, 30)
    invite = await invitations.create(MARKED, LABEL, 3)
    await capabilities.arrivals.arrived(NEWCOMER, "hill")
    await onboarding.use_invite(NEWCOMER, "hill", invite.code)
    await onboarding.complete(NEWCOMER, ["qxzname"], Choices("es", agreed, "Qxznewcomer", "radio"))
    await vouching.vouch(OWNER, "Qxznewcomer")
    await service(capabilities, Buddies).ask(NEWCOMER)
    await invitations.create(MARKED, LABEL, 3)

    await organisations.register(MARKED, TITLE)
    await stewardship.invite(MARKED, "Qxznewcomer", None)
    await organisations.confirm(NEWCOMER, None)

    await members.set_alias(MARKED, ["qxzname"], ALIASES[1])
    await requests.correct(MARKED, NOTE)
    await requests.requests(OWNER)
    await privacy.export(MARKED)
    await privacy.withdraw(MARKED, "reminders")
    network = capabilities.network
    dialogues = DialogueStore(network.database, network.keys, network.clock)
    await dialogues.put("matrix", MARKED_TOO.user_id, "privacy.note", FORM.encode())
    await Learners(capabilities, OWNER, MARKED, NEWCOMER, ALIASES[1]).learn()


async def admit_first(capabilities: Capabilities) -> None:
    """Make the first member active, as the first office code does for who waits to be vouched for."""

    def work(unit: Unit) -> None:
        member = unit.who(OWNER).known
        unit.members.set_state(member.id, "active", unit.today)
        unit.members.end_probation(member.id)

    await capabilities.network.act(work)


async def rows(database: Database) -> list[tuple[str, dict[str, object]]]:
    async with database.read() as connection:
        return [
            (table.name, dict(row))
            for table in metadata.sorted_tables
            for row in (await connection.execute(select(table))).mappings()
        ]


async def raw_rows(database: Database) -> bytes:
    """Return everything that stands in the tables, as it stands there."""
    cells = [cell for _, row in await rows(database) for cell in row.values()]
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def raw_files(*folders: Path) -> bytes:
    return b"\n".join(path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file())


async def opened(database: Database, keys: NetworkKeys) -> bytes:
    """Return all that a thief reads who has both the database and the network's key."""
    found = await rows(database)
    own: list[SealingKey] = []
    for name, row in found:
        if name == "member_key":
            assert isinstance(row["wrapped"], bytes)
            own.append(SealingKey(keys.unwrap(row["wrapped"], str(row["member_id"]))))
    plain: list[bytes] = []
    for name, row in found:
        values = [str(value) for value in row.values() if isinstance(value, str | int)]
        contexts = ["target of an effect", "words for a room"]
        contexts += [context.format(**row) for table, context in COMPOSED.items() if table == name]
        contexts += [f"{prefix} {value}" for prefix in CONTEXTS for value in values]
        for cell in row.values():
            if isinstance(cell, bytes):
                plain += _tried(cell, [keys.sealing, *own], contexts)
    return b"\n".join(plain)


def _tried(sealed: bytes, keys: list[SealingKey], contexts: list[str]) -> Iterator[bytes]:
    for key in keys:
        for context in contexts:
            try:
                yield key.unseal(sealed, context)
            except SealedOtherwiseError:
                # another key's, or another place's
                continue


async def test_nothing_marked_is_readable_in_files_backups_logs_or_metrics(
    database: Database, keys: NetworkKeys, tmp_path: Path, log: Log
) -> None:
    backups = tmp_path / "backups"
    capabilities = composed(database, keys, MemberKeysFile(backups / MEMBER_KEYS_NAME, KEY))
    await live(capabilities)
    await back_up(database, backups / "net.backup", KEY)
    await capabilities.retention.run_daily()
    assert found_in(await opened(database, keys)) >= {
        ALIASES[1],
        MARKED.user_id,
        "qxznotetocorrect",
        "Qxztitleofradio",
        FORM,
        *LEARNING_MARKS,
    }
    assert found_in(await raw_rows(database)) == set()
    assert found_in(raw_files(tmp_path)) == set()
    assert found_in(log.getvalue().encode()) == set()
    assert found_in(generate_latest()) == set()
    assert log.getvalue()


async def test_a_vote_says_nothing_while_it_is_open_and_leaves_no_ballot_behind(
    database: Database, keys: NetworkKeys, tmp_path: Path, log: Log
) -> None:
    clock, keys_file = Clock(), MemberKeysFile(tmp_path / "backups" / MEMBER_KEYS_NAME, KEY)
    capabilities = composed(database, keys, keys_file, clock)
    await live(capabilities)
    ballots = await cells_of_votes(database)
    assert len(ballots) == 1 + 2 * 3
    assert found_in(await raw_rows(database)) == set()
    await back_up(database, tmp_path / "backups" / "net.backup", KEY)
    restored = Database(f"sqlite+aiosqlite:///{tmp_path}/restored.db")
    await restore(restored, tmp_path / "backups" / "net.backup", KEY)
    assert await cells_of_votes(restored) == []
    await restored.close()
    assert found_in(raw_files(tmp_path)) == set()
    clock.forward(days=4)
    votes = service(capabilities, Votes)
    assert await votes.run_due() == 1
    (result,), open_until = await votes.results(OWNER, NETWORK)
    assert open_until is None
    assert (result.ballots, [total for _, total in result.counts or ()]) == (3, [2, 2])
    assert await cells_of_votes(database) == []
    everything = await raw_rows(database) + raw_files(tmp_path)
    assert [cell for cell in ballots if cell in everything] == []
    assert found_in(everything) == set()
    assert found_in(log.getvalue().encode()) == set()


async def cells_of_votes(database: Database) -> list[bytes]:
    """Return what is kept of ballots: each vote's own key, and who voted with what, as it stands there."""
    named = {"vote": ("wrapped_secret",), "ballot": ("voter_lookup", "sealed_choice")}
    cells = [row[column] for table, row in await rows(database) for column in named.get(table, ())]
    return [cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells if cell is not None]


async def test_an_export_has_what_was_learned_by_oneself_and_nothing_of_others_or_of_a_secret(
    sqlite_database: Database, keys: NetworkKeys, tmp_path: Path
) -> None:
    capabilities = composed(sqlite_database, keys, MemberKeysFile(tmp_path / MEMBER_KEYS_NAME, KEY))
    await live(capabilities)
    exports = {
        account: (await service(capabilities, Privacy).export(account)).lines.decode()
        for account in (OWNER, MARKED, NEWCOMER)
    }
    tables = {
        account: {json.loads(line).get("table") for line in lines.splitlines()}
        for account, lines in exports.items()
    }
    assert COHORT in exports[MARKED]
    assert "cohort_member" in tables[MARKED]
    assert "space_request" in tables[NEWCOMER]
    names = {
        OWNER: ("Wan", OWNER.user_id),
        MARKED: (*ALIASES, MARKED.user_id),
        NEWCOMER: ("Qxznewcomer", NEWCOMER.user_id),
    }
    for account, lines in exports.items():
        others = [name for other, said in names.items() if other != account for name in said]
        assert [name for name in others if name in lines] == []
        # what leads to nobody is in nobody's export
        assert found_in(lines.encode(), set(LEARNING_MARKS) - {COHORT}) == set()


async def test_after_erasing_not_even_the_networks_key_opens_anything_of_the_member(
    database: Database, keys: NetworkKeys, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    keys_file = MemberKeysFile(backups / MEMBER_KEYS_NAME, KEY)
    capabilities = composed(database, keys, keys_file)
    await live(capabilities)
    member = await capabilities.network.look(lambda unit: unit.who(MARKED).known)
    wrapped = next(
        row["wrapped"]
        for name, row in await rows(database)
        if row.get("member_id") == member.id and name == "member_key"
    )
    await back_up(database, backups / "net.backup", KEY)
    theirs = {ALIASES[0], ALIASES[1], MARKED.user_id, "qxzaccountofmine", "qxznotetocorrect", FORM}
    await service(capabilities, Erasing).erase(MARKED, at_once=True)
    # doors are closed on the platforms; what was on its way is done
    await capabilities.effects({}, catalogues()).run_due()

    assert found_in(await opened(database, keys), theirs) == set()
    # two others have a ballot in the open vote; theirs is gone
    assert len(await cells_of_votes(database)) == 1 + 2 * 2
    everything = await raw_rows(database)
    assert member.id.encode() not in everything
    for account in (MARKED, MARKED_TOO):
        lookup = keys.lookup("account", account.platform, account.user_id)
        assert lookup.encode() not in everything
    assert isinstance(wrapped, bytes)
    assert wrapped not in raw_files(tmp_path)
    assert member.id not in {row["member_id"] for row in keys_file.read()}


@pytest.mark.parametrize("mark", [*ALIASES, MARKED.user_id, "qxznotetocorrect"])
def test_the_search_itself_finds_a_mark_however_it_is_written(mark: str) -> None:
    around = f"before {mark} after"
    for raw in (
        around.encode(),
        around.encode("utf-16-le"),
        around.upper().encode() if mark.isascii() else around.encode(),
        json.dumps(around).encode(),
        *(base64.b64encode(b"x" * offset + around.encode()) for offset in range(3)),
        base64.urlsafe_b64encode(around.encode()),
    ):
        assert found_in(raw) == {mark}
    assert found_in(b"nothing to see") == set()
