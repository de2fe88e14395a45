"""The seam to SimCord: the only place in the project that imports it.

SimCord is a faithful Discord in memory, made to be driven inside one process. What we lean on are its
internals (backend, route table, intent rules, actors, preview), so its version is pinned exactly and all
that touches them stands in this package.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import discord
import simcord.http.client  # registers SimCord's route handlers  # noqa: F401
from simcord.backend import serializers
from simcord.backend.cdn import CDN_BASE
from simcord.backend.errors import BackendError, SetupError
from simcord.http.router import RequestContext, RouteNotImplemented, UnsupportedField, dispatch

from sandbox.discord.routes import INTERACTION_CALLBACK, Route
from sandbox.discord.world.actors import WireEnv
from sandbox.discord.world.backend import WireBackend
from sandbox.discord.world.cdn import WireCdn, kind_of
from sandbox.discord.world.completion import complete
from sandbox.discord.world.delivery import member_chunks, shape_event, shard_of
from sandbox.discord.world.repairs import find_repair, invalid

logger = logging.getLogger(__name__)

_PORTAL_FLAGS = {  # application flags for an approved and for a limited privileged intent
    "presences": 1 << 13,
    "members": 1 << 15,
    "message_content": 1 << 19,
}

# Discord answers these with 201, every other success with content with 200.
_CREATED = {
    ("POST", "/applications/{id}/emojis"),
    ("POST", "/channels/{id}/messages/{id}/threads"),
    ("POST", "/channels/{id}/threads"),
    ("POST", "/guilds/{id}/channels"),
    ("POST", "/guilds/{id}/emojis"),
    ("POST", "/guilds/{id}/stickers"),
}

_MOST_REFRESHED = 50

# discord.js sends these with an edit; Discord takes no notice, SimCord refuses them.
_IGNORED_IN_EDITS = {"nonce", "enforce_nonce", "username", "avatar_url", "message_reference", "sticker_ids"}


@dataclass(slots=True)
class Upload:
    """A file of a multipart request, in the shape SimCord's handlers read; ``sound`` belongs to voice messages."""

    filename: str
    fp: BytesIO
    description: str | None = None
    sound: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the world answers to a request; ``body`` None is an answer without content."""

    status: int
    body: Any
    gap: str | None = None


@dataclass(slots=True)
class World:
    """Hold one simulated Discord: its backend, and the rules by which the bot sees it."""

    bot_name: str
    intents_allowed: frozenset[str]
    backend: WireBackend = field(init=False)
    env: WireEnv = field(init=False)
    operator_id: int = field(init=False)
    _told: list[WireEnv] = field(init=False)

    def __post_init__(self) -> None:
        self.backend = WireBackend(self.bot_name)
        self.allow_intents(self.intents_allowed)
        self.env = WireEnv(self.backend)
        self._told = [self.env]
        self.operator_id = self.backend.make_user("sandbox-operator").id

    # ------------------------------------------------------------------ REST

    def request(
        self, route: Route, *, json: Any, params: dict[str, str], files: list[Upload], reason: str | None
    ) -> Reply:
        """Carry out one REST request and return the answer, errors included."""
        self.backend.sounds = [upload.sound for upload in files]
        try:
            body = self._handle(route, json=json, params=params, files=files, reason=reason)
        except (RouteNotImplemented, UnsupportedField, NotImplementedError) as gap:
            logger.exception("the simulated Discord cannot do this")
            return Reply(501, {"code": 0, "message": str(gap)}, gap=str(gap))
        except BackendError as error:
            return Reply(error.status, error.to_json())
        except (KeyError, ValueError) as error:
            logger.warning("%s %s: taken as a bad request", route.method, route.path, exc_info=error)
            return Reply(400, invalid("_errors", "BASE_TYPE_REQUIRED", repr(error)).to_json())
        except Exception as error:
            logger.exception("%s %s failed", route.method, route.path)
            return Reply(500, {"code": 0, "message": f"500: Internal Server Error ({type(error).__name__})"})
        finally:
            self.backend.sounds = []
        if route.template == INTERACTION_CALLBACK:
            for env in self._told:
                env.note_answer(route.ids[0])
            # Only a client that asks for it is told about the message (with_response).
            if str(params.get("with_response", "")).lower() not in ("true", "1"):
                body = None
        if body is None:
            return Reply(204, None)
        return Reply(201 if (route.method, route.template) in _CREATED else 200, body)

    def _handle(
        self, route: Route, *, json: Any, params: dict[str, str], files: list[Upload], reason: str | None
    ) -> Any:
        if route.template.startswith("/guilds/{id}") and not self.backend.has_bot(route.ids[0]):
            raise BackendError(404, 10004, "Unknown Guild")
        if self._guild_of(route) in self.backend.unavailable:
            raise BackendError(503, 0, "503: Service Unavailable")
        if route.template.startswith("/webhooks/{id}/{token}") and route.ids[0] == self.backend.application_id:
            self.backend.check_interaction_token(route.token or "")
        if (route.method, route.template) == ("POST", "/attachments/refresh-urls"):
            return self._refresh(json)
        if (route.method, route.template) == ("GET", "/users/@me"):
            return self.bot_payload()
        if route.template in ("/oauth2/applications/@me", "/applications/@me"):
            return self._whole(self._application())
        if route.method == "PATCH" and "/messages/" in route.template and isinstance(json, dict):
            json = {key: value for key, value in json.items() if key not in _IGNORED_IN_EDITS}
        seen = "message_content" in self.intents_allowed
        found = find_repair(route.method, route.path)
        result: Any = NotImplemented
        if found is not None:
            handler, args = found
            context = RequestContext(
                self.backend,
                {key: unquote(value) for key, value in args.items()},
                json=json,
                params=params,
                files=files,
                reason=reason,
                method=route.method,
                path=route.path,
                message_content_access=seen,
            )
            result = handler(self.backend, context)
        if result is NotImplemented:
            result = dispatch(
                self.backend,
                route.method,
                route.path,
                json=json,
                params=params,
                files=files,
                reason=reason,
                message_content_access=seen,
            )
        whole = self._whole(result)
        self._own(whole)
        return whole

    def _refresh(self, json: Any) -> dict[str, Any]:
        urls = json.get("attachment_urls") if isinstance(json, dict) else None
        if not isinstance(urls, list) or not 1 <= len(urls) <= _MOST_REFRESHED:
            raise invalid("attachment_urls", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {_MOST_REFRESHED}.")
        return {"refreshed_urls": self.cdn.refresh([str(url) for url in urls])}

    def _whole(self, payload: Any) -> Any:
        return complete(payload, self.backend.bot_user.id)

    def _own(self, node: Any) -> None:
        """Say of the messages and webhooks in an answer which application they belong to."""
        if isinstance(node, list):
            for item in node:
                self._own(item)
        elif isinstance(node, dict):
            if "author" in node and "channel_id" in node:
                self.backend.complete_message(node)
            elif "application_id" in node and "channel_id" in node and "type" in node:
                self.backend.complete_webhook(node)
            else:
                for key in ("items", "message", "resource"):
                    self._own(node.get(key))

    def _application(self) -> dict[str, Any]:
        """Describe the application, with the privileged intents the portal has granted it."""
        described: dict[str, Any] = dispatch(self.backend, "GET", "/oauth2/applications/@me")
        owner = dict(serializers.user_payload(self.backend.users[self.operator_id]))
        return described | {"flags": self.portal_flags, "owner": owner}

    @property
    def portal_flags(self) -> int:
        """Return the application flags for the privileged intents granted."""
        return sum(bit for name, bit in _PORTAL_FLAGS.items() if name in self.intents_allowed)

    def webhook_channel(self, route: Route) -> int | None:
        """Return the channel a webhook execute posts in, None for any other request."""
        if route.method != "POST" or route.template != "/webhooks/{id}/{token}":
            return None
        webhook = self.backend.webhooks.get(route.ids[0])
        return webhook.channel_id if webhook is not None else None

    def _guild_of(self, route: Route) -> int | None:
        if not route.ids:
            return None
        first = route.ids[0]
        if route.template.startswith("/channels/{id}"):
            channel = self.backend.channels.get(first)
            return channel.guild_id if channel is not None else None
        if route.template.startswith("/webhooks/{id}"):
            webhook = self.backend.webhooks.get(first)
            return webhook.guild_id if webhook is not None else None
        return first if route.template.startswith("/guilds/{id}") else None

    @property
    def cdn(self) -> WireCdn:
        """Return the CDN."""
        return self.backend.wire_cdn

    def asset(self, path: str, query: Mapping[str, str]) -> bytes | None:
        """Return an uploaded file or picture by its path on the CDN, None where it is not or no longer open."""
        return self.cdn.get(f"{CDN_BASE}/{path}") if self.cdn.opens(path, query) else None

    def also_tell(self, env: WireEnv) -> None:
        """Let the people of a page, too, know when the bot has answered them."""
        self._told.append(env)

    def no_longer_tell(self, env: WireEnv) -> None:
        """Forget the people of a page that is closed."""
        self._told.remove(env)

    # ------------------------------------------------------------------ gateway

    def subscribe(self, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Hand every event to the listener, as it happens."""
        self.backend.subscribers.append(listener)

    def allow_intents(self, names: frozenset[str]) -> None:
        """Grant these privileged intents in the portal, and no others; sessions that are open stay."""
        self.intents_allowed = self.backend.intents_allowed = names

    def refuses(self, intents: int) -> bool:
        """Tell whether the bits ask for a privileged intent the portal has not granted."""
        declared = discord.Intents._from_value(intents)
        return any(
            getattr(declared, name) and name not in self.intents_allowed
            for name in ("members", "presences", "message_content")
        )

    def shape(self, intents: int, event: str, payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the event as a session with these intents sees it, None if it does not."""
        return shape_event(self.backend, discord.Intents._from_value(intents), event, payload)

    def chunks(self, intents: int, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Answer op 8; the whole list needs the members intent."""
        everybody = not request.get("user_ids") and not request.get("query")
        if everybody and not discord.Intents._from_value(intents).members:
            return []
        chunks: list[dict[str, Any]] = self._whole(member_chunks(self.backend, request))
        return chunks

    def guild_ids(self, shard: tuple[int, int]) -> list[int]:
        """Return the guilds of a shard that the bot is in."""
        number, count = shard
        return [key for key in self.backend.guilds if self.backend.has_bot(key) and (key >> 22) % count == number]

    def is_available(self, guild_id: int) -> bool:
        """Tell whether a guild is not behind an outage."""
        return guild_id not in self.backend.unavailable

    def guild_payload(self, guild_id: int) -> Mapping[str, Any]:
        """Return a guild as GUILD_CREATE carries it."""
        payload: dict[str, Any] = self._whole(
            dict(serializers.guild_create_payload(self.backend, self.backend.guilds[guild_id]))
        )
        return payload

    def bot_payload(self) -> dict[str, Any]:
        """Return the bot's own user."""
        about_itself = {"verified": True, "mfa_enabled": False, "locale": "en-US"}
        payload: dict[str, Any] = self._whole(dict(serializers.user_payload(self.backend.bot_user)))
        return payload | about_itself


__all__ = ["CDN_BASE", "BackendError", "Reply", "SetupError", "Upload", "World", "kind_of", "shard_of"]
