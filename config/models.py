"""The settings of a network, as frozen values.

The rooms of the bot receive these values; none of them reads a file or the environment by itself. A ``Settings``
built in code takes only what it is given: files and environment are read by ``config.load.load_settings``.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.problems import Problem
from config.rules import broken_rules
from config.sources import current_reading
from config.values import (
    GHOST_PREFIX,
    ChannelId,
    DatabaseUrl,
    EndPlace,
    MatrixRoomId,
    MatrixUserId,
    MustBe,
    NetworkKey,
    Password,
    ServiceAddress,
    Slug,
    SocketAddress,
    TimeZone,
    Token,
    WebAddress,
    WholeNumber,
    decode_network_key,
)


class Section(BaseModel):
    """Hold one section of the settings: unchangeable, and closed to keys nobody knows."""

    # values are hidden in pydantic's own messages, because a wrong value can be a misplaced secret
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NetworkSettings(Section):
    """Say who the network is."""

    name: Annotated[str, Field(min_length=1, max_length=80), MustBe("a name of 1 to 80 characters")]
    language: Annotated[Literal["th", "en", "es"], MustBe("one of th, en, es")] = "en"
    time_zone: Annotated[TimeZone, MustBe("an IANA time zone such as Asia/Bangkok")] = "Asia/Bangkok"
    country: Annotated[Literal["th", "mx"], MustBe("one of th, mx")] = "th"
    """Whose country pack names provinces and regions."""


class MemberSettings(Section):
    """Say how people become members, and for how long they are kept. The defaults protect."""

    invite_only: Annotated[bool, MustBe("true or false")] = False
    vouchers: Annotated[WholeNumber, Field(ge=0, le=5), MustBe("a whole number from 0 (nobody) to 5")] = 0
    probation_days: Annotated[WholeNumber, Field(ge=0, le=90), MustBe("a whole number of days, from 0 to 90")] = 14
    erase_hours: Annotated[WholeNumber, Field(ge=1, le=720), MustBe("a whole number of hours, from 1 to 720")] = 72
    keep_days: Annotated[WholeNumber, Field(ge=30, le=1825), MustBe("a whole number of days, from 30 to 1825")] = (
        730
    )


class DatabaseSettings(Section):
    """Say where the database is. Relative SQLite paths are relative to the working directory."""

    url: Annotated[DatabaseUrl, MustBe("an address with sqlite+aiosqlite:/// or postgresql+asyncpg://")] = (
        "sqlite+aiosqlite:///data/community.db"
    )
    relay_map_days: Annotated[WholeNumber, Field(ge=1, le=365), MustBe("a whole number of days, from 1 to 365")] = (
        90
    )
    """For how many days the identifiers of bridged copies are kept, so that a retraction reaches them all."""
    backups: Annotated[str, Field(min_length=1), MustBe("a folder, such as backups or /srv/backups")] = "backups"
    """Where ``backup`` writes unless told otherwise, and where ``migrate`` puts what it saves before it begins."""


class DiscordSettings(Section):
    """Say where Discord is. The defaults are Discord itself; the sandbox puts its own addresses here."""

    api_base: Annotated[WebAddress, MustBe("the https:// address of Discord's API")] = "https://discord.com/api/v10"
    gateway: Annotated[
        SocketAddress | None, MustBe("the wss:// address of the gateway, or left out to ask Discord for it")
    ] = None
    cdn_base: Annotated[WebAddress, MustBe("the https:// address of Discord's files")] = (
        "https://cdn.discordapp.com"
    )
    hurry: Annotated[WholeNumber, Field(ge=1, le=1000), MustBe("a whole number, 1 to 1000")] = 1
    """How many times faster than Discord's own its limits pass: a simulated Discord may be in a hurry."""


class MatrixSettings(Section):
    """Say which Matrix account the network speaks with, and where its homeserver is."""

    homeserver: Annotated[WebAddress, MustBe("the https:// address of the homeserver")]
    user_id: Annotated[MatrixUserId, MustBe("a full Matrix user id such as @community:example.org")]
    device_id: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9._-]{1,64}$"),
        MustBe("1 to 64 letters, digits, dots, hyphens or underscores"),
    ] = "COMMUNITYBOT"
    mode: Annotated[Literal["bot", "appservice"], MustBe("one of bot, appservice")] = "bot"
    """Who speaks for the people of the other side: one account for all, or a ghost for each."""
    appservice_url: Annotated[
        ServiceAddress | None,
        MustBe("the address at which the homeserver reaches the bot, such as http://bot:9009"),
    ] = None
    appservice_host: Annotated[
        str, Field(min_length=1, pattern=r"^[A-Za-z0-9.:-]+$"), MustBe("a host name or address, without a port")
    ] = "127.0.0.1"
    appservice_port: Annotated[WholeNumber, Field(ge=1, le=65535), MustBe("a port, 1 to 65535")] = 9009
    ghost_prefix: Annotated[
        str,
        Field(pattern=r"^[a-z0-9._=/-]{1,40}$"),
        MustBe("1 to 40 lower-case letters, digits, or any of . _ = / -"),
    ] = GHOST_PREFIX
    ghost_suffix: Annotated[str, Field(max_length=40), MustBe("up to 40 characters")] = ""
    encrypted_rooms: Annotated[
        tuple[MatrixRoomId, ...], MustBe("a list of room ids such as !abcdefghij:example.org")
    ] = ()
    """Encrypted rooms that may be bridged all the same; each by name, so that no other ever is by mistake."""

    @property
    def server_name(self) -> str:
        """Return the homeserver's name as it stands in user ids, with its port where it has one."""
        return self.user_id.partition(":")[2]


class ConversationSettings(Section):
    """Join Discord channels and Matrix rooms into one conversation, as equals."""

    key: Annotated[
        Slug, MustBe("a short name: a lower-case letter, then up to 39 lower-case letters, digits or hyphens")
    ]
    discord_channels: Annotated[
        tuple[ChannelId, ...], MustBe("a list of channel ids, each a whole number of 17 to 19 digits")
    ] = ()
    matrix_rooms: Annotated[
        tuple[MatrixRoomId, ...], MustBe("a list of room ids such as !abcdefghij:example.org")
    ] = ()


class HomeSettings(Section):
    """Name one place where people arrive: a Discord server with its welcome channel, or a Matrix room."""

    language: Annotated[Literal["th", "en", "es"], MustBe("one of th, en, es")]
    discord_server: Annotated[ChannelId | None, MustBe("a server id, a whole number of 17 to 19 digits")] = None
    discord_channel: Annotated[ChannelId | None, MustBe("a channel id, a whole number of 17 to 19 digits")] = None
    matrix_room: Annotated[MatrixRoomId | None, MustBe("a room id such as !abcdefghij:example.org")] = None


Title = Annotated[str | None, Field(min_length=1, max_length=80), MustBe("a title of 1 to 80 characters")]


class EndSettings(Section):
    """Say how one channel or room takes part in its conversation; without any it is an equal of the others."""

    place: Annotated[
        EndPlace,
        MustBe("a channel id of 17 to 19 digits, or a room id such as !abcdefghij:example.org"),
    ]
    direction: Annotated[Literal["both", "send", "receive"], MustBe("one of both, send, receive")] = "both"
    """``send``: what is said here goes out and nothing comes in; ``receive``: the other way round."""
    files: Annotated[bool, MustBe("true or false")] = True
    links: Annotated[bool, MustBe("true or false")] = True
    announcements: Annotated[bool, MustBe("true or false")] = False
    title: Title = None
    origins: Annotated[bool, MustBe("true or false")] = False
    everyone_role: Annotated[ChannelId | None, MustBe("a Discord role's id, a whole number of 17 to 19 digits")] = (
        None
    )
    quota: Annotated[WholeNumber, Field(ge=0, le=600), MustBe("a whole number of messages a minute, 0 to 600")] = 0


class SpaceSettings(Section):
    """Name a learning space that people can join: its titles, and its channels and rooms on both platforms."""

    key: Annotated[
        Slug, MustBe("a short name: a lower-case letter, then up to 39 lower-case letters, digits or hyphens")
    ]
    vouchers: Annotated[WholeNumber, Field(ge=0, le=5), MustBe("a whole number from 0 (as the network) to 5")] = 0
    title_th: Title = None
    title_en: Title = None
    title_es: Title = None
    discord_channels: Annotated[
        tuple[ChannelId, ...], MustBe("a list of channel ids, each a whole number of 17 to 19 digits")
    ] = ()
    matrix_rooms: Annotated[
        tuple[MatrixRoomId, ...], MustBe("a list of room ids such as !abcdefghij:example.org")
    ] = ()


class LearningSettings(Section):
    """Say how learning spaces are made and how topics are voted on. The defaults protect."""

    templates: Annotated[
        str | None, Field(min_length=1), MustBe("a folder with templates of your own, such as templates")
    ] = None
    """The shipped templates are there without it; in it, one that is named like a shipped one replaces it."""
    vote_days: Annotated[WholeNumber, Field(ge=3, le=10), MustBe("a whole number of days, from 3 to 10")] = 5
    quorum_least: Annotated[WholeNumber, Field(ge=3, le=100), MustBe("a whole number of people, from 3 to 100")] = 5
    quorum_percent: Annotated[WholeNumber, Field(ge=1, le=100), MustBe("a whole number, from 1 to 100")] = 15
    purge_notice_days: Annotated[
        WholeNumber, Field(ge=1, le=90), MustBe("a whole number of days, from 1 to 90")
    ] = 14


class StageSettings(Section):
    """Name one stage of the Growth Cycle (GRW-1)."""

    key: Annotated[
        Slug, MustBe("a short name: a lower-case letter, then up to 39 lower-case letters, digits or hyphens")
    ]
    title_th: Title = None
    title_en: Title = None
    title_es: Title = None


USUAL_STAGES = (
    StageSettings(key="listen", title_th="ฟัง", title_en="Listen", title_es="Escuchar"),
    StageSettings(key="choose", title_th="เลือก", title_en="Choose", title_es="Elegir"),
    StageSettings(key="learn", title_th="เรียนรู้", title_en="Learn", title_es="Aprender"),
    StageSettings(key="practise", title_th="ลงมือฝึก", title_en="Practise", title_es="Practicar"),
    StageSettings(key="reflect", title_th="สะท้อนคิด", title_en="Reflect", title_es="Reflexionar"),
    StageSettings(key="pass-on", title_th="ส่งต่อ", title_en="Pass on", title_es="Transmitir"),
)
"""The stages of a network that names none (DOMAIN 3.7)."""

MOST_STAGES = 12  # the picture of the cycle is to be read on a phone


class WebSettings(Section):
    """Say where the bot's own pages (health, metrics, dashboard) listen."""

    host: Annotated[
        str, Field(min_length=1, pattern=r"^[A-Za-z0-9.:-]+$"), MustBe("a host name or address, without a port")
    ] = "127.0.0.1"
    port: Annotated[WholeNumber, Field(ge=0, le=65535), MustBe("a port, 1 to 65535, or 0 to choose a free one")] = (
        8080
    )
    allow_non_loopback: Annotated[bool, MustBe("true or false")] = False
    public_url: Annotated[
        WebAddress | None, MustBe("the https:// address under which everybody reaches the page of files and faces")
    ] = None
    """Without it nothing of ours is public: too large files are told by name and size, and nobody has a letter."""
    media_port: Annotated[
        WholeNumber, Field(ge=0, le=65535), MustBe("a port, 1 to 65535, or 0 to choose a free one")
    ] = 8081
    """Where the page of files and faces listens, on ``host``: one of its own, for ``/metrics`` is nobody else's."""


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


class LogSettings(Section):
    """Say how much is logged, and in which shape. What must not be logged is not a setting."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(_lower),
        MustBe("one of debug, info, warning, error"),
    ] = "info"
    format: Annotated[Literal["console", "json", "auto"], MustBe("one of console, json, auto")] = "auto"


class Secrets(Section):
    """Hold what proves identity. Read from secret files or the environment, never from the settings file."""

    network_key: Annotated[
        NetworkKey,
        MustBe("base64 of at least 32 random bytes; make one with: community-bot new-key > secrets/network_key"),
    ]
    discord_token: Annotated[Token | None, MustBe("the token of the Discord bot")] = None
    matrix_access_token: Annotated[Token | None, MustBe("the access token of the Matrix account")] = None
    matrix_password: Annotated[Password | None, MustBe("the password of the Matrix account")] = None
    matrix_as_token: Annotated[
        Token | None, MustBe("the as_token of the registration; community-bot matrix registration makes it")
    ] = None
    matrix_hs_token: Annotated[
        Token | None, MustBe("the hs_token of the registration; community-bot matrix registration makes it")
    ] = None
    database_password: Annotated[Password | None, MustBe("the password of the PostgreSQL user")] = None

    def network_key_bytes(self) -> bytes:
        """Return the network key as bytes, at least 32 of them, for deriving the keys of the stores."""
        return decode_network_key(self.network_key.get_secret_value())


class Settings(BaseSettings):
    """Hold everything an operator can decide about one network."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix="COMMUNITY_BOT_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
    )

    network: Annotated[NetworkSettings, MustBe("a section, [network]")]
    database: Annotated[DatabaseSettings, MustBe("a section, [database]")] = DatabaseSettings()
    discord: Annotated[DiscordSettings | None, MustBe("a section, [discord]")] = None
    matrix: Annotated[MatrixSettings | None, MustBe("a section, [matrix]")] = None
    conversations: Annotated[
        tuple[ConversationSettings, ...], MustBe("a list of sections, each under its own [[conversations]]")
    ] = ()
    ends: Annotated[tuple[EndSettings, ...], MustBe("a list of sections, each under its own [[ends]]")] = ()
    members: Annotated[MemberSettings, MustBe("a section, [members]")] = MemberSettings()
    homes: Annotated[tuple[HomeSettings, ...], MustBe("a list of sections, each under its own [[homes]]")] = ()
    spaces: Annotated[tuple[SpaceSettings, ...], MustBe("a list of sections, each under its own [[spaces]]")] = ()
    learning: Annotated[LearningSettings, MustBe("a section, [learning]")] = LearningSettings()
    stages: Annotated[
        tuple[StageSettings, ...],
        Field(min_length=1, max_length=MOST_STAGES),
        MustBe(f"a list of 1 to {MOST_STAGES} sections, each under its own [[stages]]; left out for the usual six"),
    ] = USUAL_STAGES
    web: Annotated[WebSettings, MustBe("a section, [web]")] = WebSettings()
    logs: Annotated[LogSettings, MustBe("a section, [logs]")] = LogSettings()
    secrets: Annotated[Secrets, MustBe("the secrets, each in its own file")]

    _warnings: tuple[Problem, ...] = PrivateAttr(default=())

    @property
    def settings_warnings(self) -> tuple[Problem, ...]:
        """What does not stop the bot but should be looked at, such as a secret file others can read."""
        return self._warnings

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        broken = broken_rules(self.model_dump())
        if broken:
            words = "; ".join(f"{rule.key} must be {rule.expected}" for rule in broken)
            raise PydanticCustomError("rules", "{words}", {"words": words})
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read environment, secret files and TOML, in this order of precedence, while ``load_settings`` runs."""
        reading = current_reading()
        if reading is None:
            return (init_settings,)
        return reading.sources(settings_cls)
