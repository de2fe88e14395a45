"""What the operator decided, as values for the rooms of the bot: none of them reads the settings by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from community_bot.cogs.incoming import GuildHome
from community_bot.domain.growth import Stage
from community_bot.domain.home import MATRIX, Home
from community_bot.domain.regions import country_pack_of
from community_bot.domain.space_design import SpaceDesign, design_of
from community_bot.locales import Language
from community_bot.matrix.face import MatrixHomes
from community_bot.services.directory import SpaceDoor
from community_bot.services.network import Rules
from config import Settings
from config.country_packs import load_country_pack
from config.space_templates import load_templates


def rules_of(settings: Settings) -> Rules:
    """Return what the operator decided, as the services' values.

    Raises ``SettingsError`` when a template of the network's own cannot be read as one.
    """
    members, learning = settings.members, settings.learning
    return Rules(
        name=settings.network.name,
        language=settings.network.language,
        zone=settings.network.time_zone,
        country_pack=country_pack_of(load_country_pack(settings.network.country).model_dump()),
        vouchers=members.vouchers,
        invite_only=members.invite_only,
        probation_days=members.probation_days,
        erase_hours=members.erase_hours,
        keep_days=members.keep_days,
        spaces=tuple(
            SpaceDoor(
                space.key,
                _titles({"th": space.title_th, "en": space.title_en, "es": space.title_es}),
                {
                    "discord": tuple(str(channel) for channel in space.discord_channels),
                    "matrix": space.matrix_rooms,
                },
                space.vouchers,
            )
            for space in settings.spaces
        ),
        homes=homes_of(settings),
        templates=templates_of(settings),
        stages=tuple(
            Stage(stage.key, _titles({"th": stage.title_th, "en": stage.title_en, "es": stage.title_es}))
            for stage in settings.stages
        ),
        vote_days=learning.vote_days,
        quorum_least=learning.quorum_least,
        quorum_percent=learning.quorum_percent,
        purge_notice_days=learning.purge_notice_days,
    )


def templates_of(settings: Settings) -> Mapping[str, SpaceDesign]:
    """Return what spaces can be made from. Raises ``SettingsError`` with every problem of every template."""
    folder = settings.learning.templates
    loaded = load_templates(None if folder is None else Path(folder))
    return {key: design_of(values) for key, values in loaded.items()}


def homes_of(settings: Settings) -> tuple[Home, ...]:
    """Return where spaces can be built: each Discord server where people arrive, and the one homeserver.

    On Matrix the language is that of the first room where people arrive, or the network's.
    """
    homes = [
        Home(str(home.discord_server), "discord", home.language)
        for home in settings.homes
        if home.discord_server is not None
    ]
    if settings.matrix is not None:
        spoken = next((home.language for home in settings.homes if home.matrix_room is not None), None)
        homes.append(Home(MATRIX, "matrix", spoken or settings.network.language))
    return tuple(homes)


def _titles(given: Mapping[Language, str | None]) -> Mapping[Language, str]:
    return {language: title for language, title in given.items() if title is not None}


def guild_homes(settings: Settings) -> tuple[GuildHome, ...]:
    """Return the Discord servers where people arrive."""
    return tuple(
        GuildHome(home.discord_server, home.discord_channel, home.language)
        for home in settings.homes
        if home.discord_server is not None and home.discord_channel is not None
    )


def matrix_homes(settings: Settings) -> MatrixHomes:
    """Return the Matrix rooms where people arrive, and the others that are the network's."""
    lobbies = {home.matrix_room: home.language for home in settings.homes if home.matrix_room is not None}
    spaces = {room for space in settings.spaces for room in space.matrix_rooms}
    bridged = {room for conversation in settings.conversations for room in conversation.matrix_rooms}
    return MatrixHomes(lobbies, (spaces | bridged) - lobbies.keys(), (spaces | lobbies.keys()) - bridged)
