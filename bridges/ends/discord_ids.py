"""Discord's ids, which tell the time at which they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def snowflake_at(instant: datetime) -> int:
    """Return the smallest id Discord gives at ``instant`` (reference, "Snowflakes")."""
    return int((instant - DISCORD_EPOCH) / MILLISECOND) << 22


def instant_of(snowflake: int) -> datetime:
    """Return the moment at which Discord gave an id."""
    return DISCORD_EPOCH + (snowflake >> 22) * MILLISECOND


def version_of(edited_at: datetime | None) -> int:
    """Return the milliseconds at which a message was last edited, 0 for never."""
    return 0 if edited_at is None else int((edited_at - DISCORD_EPOCH) / MILLISECOND)
