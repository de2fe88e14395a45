"""Puts the bridge together: both accounts' sides, what fetches files, who speaks on Matrix, the public pages."""

from __future__ import annotations

import errno
import hmac
from collections.abc import Awaitable, Mapping, Sequence
from hashlib import sha256

import aiohttp

from bridges.bridge import Bridge
from bridges.commons import Failed, Missed, missed_in_english, untold
from bridges.crew import Crew
from bridges.ends.discord_account import Options
from bridges.ends.discord_downloads import Downloads
from bridges.ends.discord_home import DiscordHome
from bridges.ends.discord_leaving import Leaving
from bridges.ends.discord_limits import Assumed, WebhookLimits
from bridges.ends.discord_webhooks import WebhookTransport
from bridges.ends.matrix_client import MatrixClient
from bridges.ends.matrix_ghosts import Ghosts
from bridges.ends.matrix_home import MatrixHome
from bridges.ends.matrix_ping import AppservicePing
from bridges.ends.matrix_transactions import TransactionListener
from bridges.ends.matrix_voice import BotVoice, GhostVoice, Voice
from bridges.ends.port import Home, Job
from bridges.markup.tree import Emoji, Mention
from bridges.media.carrying import Carrier, Fetch
from bridges.media.file import Attachment, Kind
from bridges.media.linked import LinkedFiles
from bridges.media.links import AvatarLinks, MediaLinks
from bridges.media.whereabouts import where_of
from bridges.message import Author, Message
from bridges.metrics import BridgeMetrics
from community_bot.community import Community
from community_bot.errors import OperatorError
from community_bot.platforms.discord import CommunityBot
from community_bot.platforms.matrix import MatrixConnection, ServiceConnection
from community_bot.registration import ghost_names
from community_bot.services.letter_drawing import LetterArtist
from community_bot.services.linked_accounts import LinkedAccounts
from community_bot.shelf import BridgeShelf
from community_bot.web.media import MediaServer
from config import Settings
from db.bridge_rows import Platform
from db.bridge_store import BridgeStore
from db.engine import Database
from db.relay_store import RelayStore

EMOJI_LIMIT = 256 * 1024
"""Bytes: what Discord takes for a custom emoji."""


class Bridgework:
    """The bridge and all it leans on. ``bot`` and ``matrix`` are connections that the community shares.

    :meth:`start` after the bridge has started, :meth:`deafen` before it finishes, :meth:`close` last.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        session: aiohttp.ClientSession,
        bot: CommunityBot | None,
        matrix: MatrixConnection | None,
        community: Community,
        metrics: BridgeMetrics,
        crew: Crew,
        failed: Failed = untold,
        missed: Missed = missed_in_english,
    ) -> None:
        self._settings = settings
        self._linked = LinkedAccounts(community.network)
        self._session = session
        self._key = settings.secrets.network_key_bytes()
        self._store = BridgeStore(database)
        self._listener: TransactionListener | None = None
        self._ping: AppservicePing | None = None
        self._service: ServiceConnection | None = None
        self._ghosts: Ghosts | None = None
        self._pages: MediaServer | None = None
        self._downloads: Downloads | None = None
        self._links = MediaLinks(settings.web.public_url, self._key)
        self._faces = AvatarLinks(settings.web.public_url, self._key)
        self._discord = self._discord_home(bot, RelayStore(database)) if bot is not None else None
        self._matrix = self._matrix_home(matrix, community) if matrix is not None else None
        if bot is not None:
            Leaving(bot, self._left)
        self._carriers = [self._carrier()]
        self._furnish(self._carriers[0])
        self.bridge = Bridge(
            database,
            keep_days=settings.database.relay_map_days,
            homes=self.homes,
            metrics=metrics,
            crew=crew,
            people=self._people,
            failed=failed,
            missed=missed,
        )

    @property
    def homes(self) -> dict[Platform, Home]:
        """The bridge's side of each account there is."""
        homes: dict[Platform, Home] = {}
        if self._discord is not None:
            homes[Platform.DISCORD] = self._discord
        if self._matrix is not None:
            homes[Platform.MATRIX] = self._matrix
        return homes

    def jobs(self, platform: Platform) -> dict[str, Job]:
        """Return an account's work by task name."""
        jobs = dict(self.homes[platform].jobs())
        if platform is Platform.MATRIX and self._ping is not None:
            jobs["matrix-appservice-ping"] = self._ping.run
        return jobs

    def problems(self) -> dict[str, str | None]:
        """Return what else may keep the bridge from hearing: a stable code each, None when it is well."""
        return {"matrix-appservice": self._ping.problem} if self._ping is not None else {}

    # ── life

    async def start(self) -> None:
        """Listen for the homeserver, and serve the public pages. Raises :class:`OperatorError`."""
        if self._listener is not None:
            await _bound(self._listener.start(), "matrix.appservice_port")
        web = self._settings.web
        if web.public_url is not None:
            carrier = self._carrier()  # its own: who reads slowly must not hold up what crosses
            self._carriers.append(carrier)
            shelf = BridgeShelf(self.bridge, self._downloads, self._matrix)
            artist = LetterArtist()
            self._pages = MediaServer(
                web.host,
                web.media_port,
                links=self._links,
                avatars=self._faces,
                shelf=shelf,
                files=LinkedFiles(shelf, carrier),
                draw=lambda letter: artist.draw(letter.text, letter.colour),
            )
            await _bound(self._pages.start(), "web.media_port")

    async def deafen(self) -> None:
        """Hear nothing more: what comes from now on comes again, at the next start."""
        for home in self.homes.values():
            await home.part()
        if self._listener is not None:
            await self._listener.stop()

    async def close(self) -> None:
        """Let everything go that is held."""
        if self._pages is not None:
            await self._pages.stop()
        for carrier in self._carriers:
            await carrier.close()
        if self._service is not None:
            await self._service.close()

    # ── the accounts

    def _discord_home(self, bot: CommunityBot, relay: RelayStore) -> DiscordHome:
        discord = self._settings.discord
        assert discord is not None
        self._downloads = Downloads(self._session, bot, discord.cdn_base)
        return DiscordHome(
            bot,
            store=self._store,
            transport=WebhookTransport(
                self._session, discord.api_base, limits=WebhookLimits(Assumed().scaled(1 / discord.hurry))
            ),
            relay=relay,
            downloads=self._downloads,
        )

    def _matrix_home(self, connection: MatrixConnection, community: Community) -> MatrixHome:
        client = connection.bridge_road
        voice = self._voice(client)
        home = MatrixHome(
            client,
            store=self._store,
            profile=self._profile,
            for_the_bot=community.is_for_the_bot,
            voice=voice,
            emoji=self._emoji if self._downloads is not None else None,
            pushed=self._is_pushed if self._listens else None,
        )
        if self._listens:
            self._listen(home)
        return home

    @property
    def _listens(self) -> bool:
        """Whether the homeserver pushes what happens."""
        matrix = self._settings.matrix
        return matrix is not None and matrix.mode == "appservice"

    def _voice(self, client: MatrixClient) -> Voice:
        """Return who speaks: ghosts where the settings say so, the bot's own account otherwise.

        That one, too, knows the ghosts: what they said before is no news.
        """
        token = self._settings.secrets.matrix_as_token
        matrix = self._settings.matrix
        names = ghost_names(self._settings)
        if token is None or matrix is None or not self._listens:
            return BotVoice(client, names)
        self._service = ServiceConnection(matrix.homeserver, matrix.user_id, token.get_secret_value())
        service = MatrixClient(self._service.client)
        ghosts = Ghosts(service, names, suffix=matrix.ghost_suffix, bot=client)
        self._ghosts = ghosts
        return GhostVoice(client, service, ghosts, names)

    async def _left(self, account: str) -> None:
        """Have somebody's ghost leave with them. Raises the kinds of ``EndError``."""
        if self._ghosts is not None:
            await self._ghosts.retire(self._ghosts.user_for(self._profile(account)))

    def _listen(self, home: MatrixHome) -> None:
        matrix, token = self._settings.matrix, self._settings.secrets.matrix_hs_token
        assert matrix is not None
        assert token is not None
        assert self._service is not None
        self._listener = TransactionListener(
            matrix.appservice_host, matrix.appservice_port, hs_token=token.get_secret_value(), take=home.take
        )
        self._ping = AppservicePing(MatrixClient(self._service.client), self._listener)

    def _is_pushed(self) -> str | None:
        return self._ping.problem if self._ping is not None else None

    def _profile(self, account: str) -> str:
        """Make a profile id that says nothing about the account to anyone without the network key."""
        return hmac.new(self._key, f"profile|{account}".encode(), sha256).hexdigest()[:24]

    async def _people(self, platform: Platform, mentions: Sequence[Mention], other: Platform) -> Mapping[str, str]:
        """Say which mentioned people have an account at the other end; :data:`bridges.ends.port.People`."""
        return await self._linked.on(other.value, platform.value, [mention.ref for mention in mentions])

    # ── files and faces

    def _carrier(self) -> Carrier:
        fetches: dict[Platform, Fetch] = {}
        if self._discord is not None:
            fetches[Platform.DISCORD] = self._discord.fetch
        if self._matrix is not None:
            fetches[Platform.MATRIX] = self._matrix.fetch
        return Carrier(fetches)

    def _furnish(self, carrier: Carrier) -> None:
        if self._discord is not None:
            self._discord.equip(Options(carrier=carrier, links=self._link, avatars=self._face))
        if self._matrix is not None:
            self._matrix.furnish(carrier, self._links)

    def _link(self, message: Message, attachment: Attachment) -> str | None:
        return self._links.link(where_of(message, attachment))

    def _face(self, author: Author) -> str:
        """Return the public address of somebody's picture, or of a letter where they share none; empty: none.

        Discord's own addresses are public as they are.
        """
        if author.avatar.startswith("https://"):
            return author.avatar
        shown = self._faces.picture(author.avatar) or self._faces.letter(author.name, self._profile(author.account))
        return shown or ""

    async def _emoji(self, emoji: Emoji) -> bytes | None:
        """Fetch the picture of one of Discord's custom emoji."""
        discord = self._settings.discord
        if discord is None or self._downloads is None or not emoji.ref.isdecimal():
            return None
        kind = "gif" if emoji.animated else "png"
        address = f"{discord.cdn_base.rstrip('/')}/emojis/{emoji.ref}.{kind}"
        picture = Attachment(f"{emoji.name}.{kind}", Kind.IMAGE, f"image/{kind}", None, address)
        return await self._downloads.fetch(picture, EMOJI_LIMIT)


async def _bound(starting: Awaitable[None], key: str) -> None:
    """Begin to listen somewhere. Raises :class:`OperatorError` where that is not possible."""
    try:
        await starting
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "another program listens there" if taken else error.strerror or type(error).__name__
        raise OperatorError(
            "web.address",
            f"The bot cannot listen at the port of {key}: {reason}.",
            f"Stop the other program, or choose another {key}.",
        ) from error
