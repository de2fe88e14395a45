"""Everything that is kept about one person, row by row, unsealed: for that person's own eyes (PRV-8).

Nobody else is in it: not who vouched, who answered, whose claim; an organisation only as what they belong to
themselves. Every table that leads to a member has its reader here, and a test holds it to that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, or_, select

from db.cohort_store import title_of
from db.data_request_store import unseal_note
from db.ids import MemberId
from db.keys import NetworkKeys, SealingKey
from db.member_rows import Profile
from db.member_store import MemberStore
from db.retention import leads_to_member
from db.tables import arrival, cohort, dialogue, member, metadata, organisation

Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """One row about somebody: its table, its fields under our names for them, and when it goes."""

    table: str
    fields: Mapping[str, object]
    keep_until: datetime

    def __repr__(self) -> str:
        """Keep what is in it out of tracebacks."""
        return f"KeptRow({self.table})"


@dataclass(frozen=True, slots=True)
class _Opener:
    """What the readers need to unseal a row."""

    connection: Connection
    keys: NetworkKeys
    own: SealingKey
    member_id: MemberId


def rows_of_member(connection: Connection, keys: NetworkKeys, member_id: MemberId) -> list[KeptRow]:
    """Return every row that leads to a member, and what their accounts left. Raises LookupError for nobody."""
    members = MemberStore(connection, keys)
    opener = _Opener(connection, keys, members.key(member_id), member_id)
    found: list[KeptRow] = []
    for name, read in READERS.items():
        table = metadata.tables[name]
        columns = (member.c.id,) if table is member else leads_to_member(table)
        statement = select(table).where(or_(*(column == member_id for column in columns)))
        rows = connection.execute(statement.order_by(*table.primary_key))
        found += [KeptRow(name, read(row, opener), row.purge_after) for row in rows]
    for account in members.accounts(member_id):
        found += rows_of_account(connection, keys, account.platform, account.user_id)
    return found


def rows_of_account(connection: Connection, keys: NetworkKeys, platform: str, user_id: str) -> list[KeptRow]:
    """Return what is kept of an account itself, member or not: that it was greeted, a form it has not finished."""
    lookup = keys.lookup("account", platform, user_id)
    found = [
        KeptRow("arrival", {"platform": row.platform, "home": row.home, "step": row.step}, row.purge_after)
        for row in connection.execute(select(arrival).where(arrival.c.account_lookup == lookup))
    ]
    for row in connection.execute(select(dialogue).where(dialogue.c.account_lookup == lookup)):
        answers = keys.sealing.unseal(row.sealed_answers, f"dialogue of {lookup}").decode()
        found.append(KeptRow("dialogue", {"form": row.form, "answers": _parsed(answers)}, row.purge_after))
    return found


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        # a face may keep its unfinished forms in another way; the person gets them as they stand
        return text


def _member(row: Row[Any], opener: _Opener) -> Fields:
    profile = Profile.unpacked(opener.own.unseal(row.sealed_profile, f"profile of {row.id}"))
    chosen = json.loads(profile.packed())
    plain = _plain(row, "state", "state_since", "joined_on", "last_act_on", "probation_until", "erase_at")
    return {**chosen, **plain}


def _identity(row: Row[Any], opener: _Opener) -> Fields:
    account = opener.own.unseal(row.sealed_account, f"account {row.id}").decode()
    return {"platform": row.platform, "account": account, "linked_on": row.linked_on}


def _invite(row: Row[Any], opener: _Opener) -> Fields:
    label = opener.keys.sealing.unseal(row.sealed_label, f"label of {row.id}").decode()
    return {"label": label, **_plain(row, "state", "expires_at")}


def _vouch(row: Row[Any], opener: _Opener) -> Fields:
    return {"given": row.voucher_id == opener.member_id, "vouched_on": row.vouched_on}


def _affiliation(row: Row[Any], opener: _Opener) -> Fields:
    statement = select(organisation.c.sealed_profile).where(organisation.c.id == row.organisation_id)
    sealed = opener.connection.execute(statement).scalar_one()
    profile = json.loads(opener.keys.sealing.unseal(sealed, f"profile of {row.organisation_id}"))
    return {"organisation": profile["title"], **_plain(row, "steward", "state", "since")}


def _cohort(row: Row[Any], opener: _Opener) -> Fields:
    found = opener.connection.execute(select(cohort).where(cohort.c.id == row.cohort_id)).one()
    title = opener.keys.sealing.unseal(found.sealed_title, title_of(found.id)).decode()
    return {"cohort": title, "space": found.space, **_plain(row, "state", "since")}


def _data_request(row: Row[Any], opener: _Opener) -> Fields:
    note = unseal_note(row.sealed_note, row.id, opener.own)
    return {"kind": row.kind, "note": note, **_plain(row, "opened_on", "due_on", "done_on")}


def _effect(row: Row[Any], _opener: _Opener) -> Fields:
    # its details may name somebody else, such as who asks for company
    return _plain(row, "kind", "not_before", "failure")


def _only(*names: str) -> Callable[[Row[Any], _Opener], Fields]:
    return lambda row, _opener: _plain(row, *names)


def _plain(row: Row[Any], *names: str) -> Fields:
    return {name: row._mapping[name] for name in names}


READERS: dict[str, Callable[[Row[Any], _Opener], Fields]] = {
    "member": _member,
    "member_key": _only(),
    "identity": _identity,
    "consent": _only("purpose", "wording_version", "language", "given_on", "withdrawn_on"),
    "space_member": _only("space", "joined_on"),
    "space_work": _only("space", "kind"),
    "space_request": _only("space", "offered", "asked_on"),
    "cohort_member": _cohort,
    "role_grant": _only("role", "scope", "granted_on", "until"),
    "affiliation": _affiliation,
    "invite": _invite,
    "vouch": _vouch,
    "buddy_request": _only(),
    "link_code": _only("expires_at", "claim_platform"),
    "data_request": _data_request,
    "viewing": _only("day", "role", "times"),
    "effect": _effect,
}
"""How each table that leads to a member is read, in the order in which a person is shown it."""


def as_lines(rows: list[KeptRow]) -> Iterator[str]:
    """Yield each row as one line of JSON: ``table``, its fields, ``keep_until``; days and moments as ISO 8601."""
    for row in rows:
        entry = {"table": row.table, **row.fields, "keep_until": row.keep_until}
        yield json.dumps(entry, ensure_ascii=False, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in an export")


def tables_without_reader() -> list[Table]:
    """Return tables that lead to a member and would be forgotten in an export: none."""
    return [table for table in metadata.sorted_tables if leads_to_member(table) and table.name not in READERS]
