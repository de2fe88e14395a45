"""Speaking through webhooks, with an exact answer to one question: did the call take effect?

discord.py's own webhook adapter repeats a POST after a 5xx, which can say a message twice, and sleeps on a limit
while holding a lock behind which edits and deletes wait, so it is not used here. This one asks once and never
waits; what an answer says about the limits goes into :class:`bridges.ends.discord_limits.WebhookLimits`, and
:class:`bridges.ends.discord_pool.WebhookPool` waits for them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
from yarl import URL

from bridges.ends.discord_answers import Answer, ThreadGoneError, WebhookGoneError, explain
from bridges.ends.discord_limits import Call, CallKind, Told, WebhookLimits
from bridges.ends.port import CopyGoneError, NotSentError, UnsureError
from bridges.media.file import File

TIMEOUT = aiohttp.ClientTimeout(total=20, connect=5)
BYTES_PER_SECOND = 128 * 1024
"""The slowest upload that is not given up."""
LONGEST_ALT = 1024
"""Characters of a file's description (resources/message, "Attachment Object")."""
# Cloudflare refuses libraries' own names with 40333 (reference, "User Agent")
USER_AGENT = "DiscordBot (community-bot, 1.0)"

__all__ = ["Said", "Webhook", "WebhookGoneError", "WebhookTransport"]


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook of ours in ``channel``. The token is a secret: asked of Discord at start, kept in memory only."""

    id: str
    token: str = field(repr=False)
    channel: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message that stands: its id, and the thread it stands in, None for the channel itself."""

    ref: str
    thread: str | None


class WebhookTransport:
    """Calls webhooks, one request for each call. Every method raises the kinds of :class:`EndError`.

    A payload without ``allowed_mentions`` is refused with :class:`ValueError`: without it Discord pings whomever
    the words name, on edits too (resources/webhook).
    """

    def __init__(
        self, session: aiohttp.ClientSession, api_base: str, *, limits: WebhookLimits | None = None
    ) -> None:
        self.limits = limits if limits is not None else WebhookLimits()
        self._session = session
        self._api_base = URL(api_base.rstrip("/"))

    async def execute(
        self,
        webhook: Webhook,
        payload: Mapping[str, Any],
        *,
        files: Sequence[File] = (),
        thread: str | None = None,
        thread_name: str | None = None,
    ) -> Said:
        """Say a message: in ``thread``, in a new thread of a forum named ``thread_name``, or in the channel.

        Raises :class:`WebhookGoneError`, :class:`ThreadGoneError`, :class:`ThreadClosedError` too.
        """
        if thread is not None and thread_name is not None:
            raise ValueError("a message goes into a thread or begins one")
        body = dict(_checked(payload)) | ({"thread_name": thread_name} if thread_name is not None else {})
        answer = await self._call("POST", webhook, CallKind.EXECUTE, body=body, files=files, thread=thread)
        ref, place = answer.text("id"), answer.text("channel_id")
        if answer.status != 200 or ref is None or (thread_name is not None and place is None):
            raise explain(answer, thread=thread is not None)
        return Said(ref, place if thread_name is not None else thread)

    async def edit(
        self,
        webhook: Webhook,
        ref: str,
        payload: Mapping[str, Any],
        *,
        thread: str | None = None,
        files: Sequence[File] | None = None,
    ) -> None:
        """Change a message that this webhook said; repeating it changes nothing.

        With ``files`` its attachments become those of ``payload`` and these; None leaves them as they are.
        Raises :class:`CopyGoneError` where there is nothing left to change, else as :meth:`execute`.
        """
        body = dict(_checked(payload))
        if files is not None:
            body.setdefault("attachments", [])
        answer = await self._call("PATCH", webhook, CallKind.EDIT, ref, body=body, files=files or (), thread=thread)
        if answer.status == 200 and answer.text("id") is not None:
            return
        error = explain(answer, thread=thread is not None)
        if isinstance(error, ThreadGoneError):
            raise CopyGoneError(error.reason)
        raise error

    async def delete(self, webhook: Webhook, ref: str, *, thread: str | None = None) -> None:
        """Delete a message that this webhook said; one that is gone already counts as deleted."""
        answer = await self._call("DELETE", webhook, CallKind.DELETE, ref, thread=thread)
        if answer.status == 204:
            return
        error = explain(answer, thread=thread is not None)
        if not isinstance(error, CopyGoneError | ThreadGoneError):
            raise error

    async def _call(
        self,
        method: str,
        webhook: Webhook,
        kind: CallKind,
        ref: str | None = None,
        *,
        body: Mapping[str, Any] | None = None,
        files: Sequence[File] = (),
        thread: str | None = None,
    ) -> Answer:
        """Ask once, and tell the limits how it ended. Nothing is awaited before the call is counted."""
        call = Call(webhook.id, webhook.channel, kind)
        self.limits.sent(call)
        told = Told()  # what an answer that never came says: perhaps it was counted
        try:
            async with self._session.request(
                method,
                self._url(webhook, ref),
                params=_query(kind, thread),
                headers={"User-Agent": USER_AGENT},
                timeout=_patience(files),
                allow_redirects=False,  # one would carry the token elsewhere; Discord sends none
                **_content(body, files),
            ) as response:
                answer = await Answer.read(response)
                told = answer.told
                return answer
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            told = Told(counted=False)
            raise NotSentError("discord.unreachable") from error
        except (aiohttp.ClientError, TimeoutError):
            # not chained: some of these name the address, and with it the token
            raise UnsureError("discord.no_answer") from None
        finally:
            self.limits.learn(call, told)

    def _url(self, webhook: Webhook, ref: str | None) -> URL:
        url = self._api_base / "webhooks" / webhook.id / webhook.token
        return url if ref is None else url / "messages" / ref


def _checked(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    allowed = payload.get("allowed_mentions")
    if not isinstance(allowed, Mapping) or "parse" not in allowed:
        raise ValueError("whom a message may ping must be said explicitly")
    return payload


def _query(kind: CallKind, thread: str | None) -> dict[str, str]:
    query = {"wait": "true"} if kind is CallKind.EXECUTE else {}
    return query | ({"thread_id": thread} if thread is not None else {})


def _content(body: Mapping[str, Any] | None, files: Sequence[File]) -> dict[str, Any]:
    """Return a request's content: JSON, or a form with the files (reference, "Uploading Files")."""
    if not files:
        return {"json": body} if body is not None else {}
    names = [_name(file) for file in files]
    announced = [
        {"id": number, "filename": name} | ({"description": file.alt[:LONGEST_ALT]} if file.alt else {})
        for number, (file, name) in enumerate(zip(files, names, strict=True))
    ]
    whole = dict(body or {})
    whole["attachments"] = [*whole.get("attachments", ()), *announced]
    # names stand in the form as they are: escaped in the way of addresses they would be shown so
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", json.dumps(whole), content_type="application/json")
    for number, (file, name) in enumerate(zip(files, names, strict=True)):
        # a stream is sent piece by piece, and no error of the library's shows what is in it
        data = BytesIO(file.data)
        form.add_field(f"files[{number}]", data, filename=name, content_type="application/octet-stream")
    return {"data": form}


def _name(file: File) -> str:
    """Return a name that cannot break out of the form's headers; Discord blurs what begins with ``SPOILER_``."""
    name = "".join(letter for letter in file.name if letter.isprintable() and letter not in '"\\/').strip()
    name = name or "file"
    return f"SPOILER_{name}" if file.spoiler and not name.startswith("SPOILER_") else name


def _patience(files: Sequence[File]) -> aiohttp.ClientTimeout:
    upload = sum(len(file.data) for file in files) / BYTES_PER_SECOND
    return aiohttp.ClientTimeout(total=(TIMEOUT.total or 0.0) + upload, connect=TIMEOUT.connect)
