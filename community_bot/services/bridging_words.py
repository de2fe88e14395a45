"""Why something does not cross, in words: each stable code of the bridge has a sentence that says what helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from community_bot.locales import Markup, Translator, key
from community_bot.services.bridging_port import Named
from db.bridge_rows import Place, Platform

STARTING: Final = key("bridge.reason.starting")
UNREACHABLE: Final = key("bridge.reason.unreachable")
LIMIT: Final = key("bridge.reason.limit")
FORBIDDEN: Final = key("bridge.reason.forbidden")
WEBHOOKS: Final = key("bridge.reason.webhooks")
HISTORY: Final = key("bridge.reason.history")
GONE: Final = key("bridge.reason.gone")
OUTSIDE: Final = key("bridge.reason.outside")
ENCRYPTED: Final = key("bridge.reason.encrypted")
UPGRADED: Final = key("bridge.reason.upgraded")
UPGRADED_FORGED: Final = key("bridge.reason.upgraded_forged")
UPGRADED_OUTSIDE: Final = key("bridge.reason.upgraded_outside")
UPGRADED_WIDER: Final = key("bridge.reason.upgraded_wider")
KIND: Final = key("bridge.reason.kind")
LOCKED: Final = key("bridge.reason.locked")
ACCOUNT: Final = key("bridge.reason.account")
TOO_LARGE: Final = key("bridge.reason.too_large")
REFUSED: Final = key("bridge.reason.refused")
NAME: Final = key("bridge.reason.name")
FILE: Final = key("bridge.reason.file")
FAULT: Final = key("bridge.reason.fault")
LEFT: Final = key("bridge.reason.left_behind")
LATE: Final = key("bridge.reason.late")
QUOTA: Final = key("bridge.reason.quota")
KEYS: Final = key("bridge.reason.keys")

SENTENCES: Final[Mapping[str, str]] = {
    "not_connected": STARTING,
    "catching_up": STARTING,
    "bridge.left_behind": LEFT,
    "bridge.not_rendered": FAULT,
    "bridge.over_quota": QUOTA,
    "bridge.too_late": LATE,
    "discord.channel_gone": GONE,
    "discord.forbidden": FORBIDDEN,
    "discord.invalid_name": NAME,
    "discord.missing_add_reactions": FORBIDDEN,
    "discord.missing_create_threads": FORBIDDEN,
    "discord.missing_manage_messages": FORBIDDEN,
    "discord.missing_manage_threads": FORBIDDEN,
    "discord.missing_manage_webhooks": WEBHOOKS,
    "discord.missing_pin_messages": FORBIDDEN,
    "discord.missing_read_history": HISTORY,
    "discord.missing_send_messages": FORBIDDEN,
    "discord.no_answer": UNREACHABLE,
    "discord.no_further_webhook": WEBHOOKS,
    "discord.not_a_text_channel": KIND,
    "discord.not_connected": STARTING,
    "discord.not_in_server": OUTSIDE,
    "discord.reconnecting": UNREACHABLE,
    "discord.refused": REFUSED,
    "discord.server_unavailable": UNREACHABLE,
    "discord.thread_archived": LOCKED,
    "discord.thread_gone": GONE,
    "discord.thread_locked": LOCKED,
    "discord.too_large": TOO_LARGE,
    "discord.unavailable": UNREACHABLE,
    "discord.unreachable": UNREACHABLE,
    "discord.webhook_gone": WEBHOOKS,
    "discord.webhook_without_token": WEBHOOKS,
    "discord.wrong_place": KIND,
    "matrix.account": ACCOUNT,
    "matrix.appservice_unknown": ACCOUNT,
    "matrix.appservice_unreachable": ACCOUNT,
    "matrix.banned": OUTSIDE,
    "matrix.encrypted_room": ENCRYPTED,
    "matrix.forbidden": FORBIDDEN,
    "matrix.ghost_banned": FORBIDDEN,
    "matrix.keys_lost": KEYS,
    "matrix.limit": LIMIT,
    "matrix.login_lost": ACCOUNT,
    "matrix.lost_room": OUTSIDE,
    "matrix.missing_power": FORBIDDEN,
    "matrix.no_answer": UNREACHABLE,
    "matrix.not_connected": STARTING,
    "matrix.not_invited": OUTSIDE,
    "matrix.other_device": KEYS,
    "matrix.refused": REFUSED,
    "matrix.room_gone": GONE,
    "matrix.room_lost": OUTSIDE,
    "matrix.room_upgraded": UPGRADED,
    "matrix.too_large": TOO_LARGE,
    "matrix.transaction_failed": UNREACHABLE,
    "matrix.unavailable": UNREACHABLE,
    "matrix.unreachable": UNREACHABLE,
    "matrix.upgraded_encrypted": ENCRYPTED,
    "matrix.upgraded_forged": UPGRADED_FORGED,
    "matrix.upgraded_not_invited": UPGRADED_OUTSIDE,
    "matrix.upgraded_taken": UPGRADED,
    "matrix.upgraded_too_often": UPGRADED,
    "matrix.upgraded_wider": UPGRADED_WIDER,
    "media.gone": FILE,
    "media.metadata": FILE,
    "media.too_large": TOO_LARGE,
    "media.unreachable": FILE,
    "media.unreadable": FILE,
}
MENDED_BY_PEOPLE: Final = frozenset(
    {
        FORBIDDEN,
        WEBHOOKS,
        HISTORY,
        GONE,
        OUTSIDE,
        ENCRYPTED,
        UPGRADED,
        UPGRADED_FORGED,
        UPGRADED_OUTSIDE,
        UPGRADED_WIDER,
        KIND,
        LOCKED,
    }
)
"""What the people of a place can mend themselves. The rest passes by, or is the operator's."""


def reason_key(code: str) -> str | None:
    """Return the sentence of a code; None for one that has none of its own."""
    return LIMIT if code.startswith("discord.limit") else SENTENCES.get(code)


def said_of_reason(t: Translator, code: str) -> Markup:
    """Say why, in whole sentences; a code without a sentence is told as it is, for the operator knows it."""
    found = reason_key(code)
    return t("bridge.reason.other", code=code) if found is None else t(found)


def is_mended_by_people(code: str) -> bool:
    """Say whether the people who run a place can do something about it."""
    return reason_key(code) in MENDED_BY_PEOPLE


def name_of_place(t: Translator, place: Place, title: str, named: Named | None = None) -> Markup | str:
    """Return what people call a place: what the operator says, else the platform, else only what kind it is."""
    if title:
        return title
    if named is not None and named.title:
        return named.title
    return t("bridge.some_channel" if place.platform is Platform.DISCORD else "bridge.some_room")
