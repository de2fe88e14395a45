"""Typed ids: a row's id says what it is the id of, and nothing about any platform account."""

from typing import NewType

from ulid import ULID

ConversationId = NewType("ConversationId", str)
"""One joined conversation (ULID)."""

EndId = NewType("EndId", str)
"""One channel or room in a conversation (ULID)."""

SourceId = NewType("SourceId", int)
"""One message at the place where it was written; counts up in order of receipt."""

IntentId = NewType("IntentId", int)
"""One thing a lane still has to do; counts up, and a lane works in this order."""

MemberId = NewType("MemberId", str)
"""One member (ULID)."""

OrganisationId = NewType("OrganisationId", str)
"""One organisation (ULID)."""

AffiliationId = NewType("AffiliationId", str)
"""One member with one organisation (ULID)."""

InviteId = NewType("InviteId", str)
"""One invite (ULID)."""

DataRequestId = NewType("DataRequestId", str)
"""One request of a member about their data (ULID)."""


def new_id() -> str:
    """Return a new ULID: 48 bits of time, 80 random bits, sortable (DOMAIN 3, common fields)."""
    return str(ULID())
