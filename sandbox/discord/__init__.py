"""A simulated Discord over real sockets, for tests and for the sandbox on one machine.

What people can do (``SimMember``; every call is awaited, ids are those of messages):

======================================================  =====================================================
``say(channel, text, reply_to=, ping_reply=True,``      a message; files are ``(name, bytes)`` or ``SimFile(name,
``files=, stickers=, poll=SimPoll(…)) -> id``           data, description, spoiler)``; stickers are ``SimSticker``
``say_voice(channel, data, seconds=, waveform=)``       a voice message (flags 8192)
``forward(channel, message_id, to) -> id``              a forward (``message_snapshots``)
``edit(channel, id, text, drop_files=())``              an own message; ``drop_files`` takes files out by name
``delete(channel, id)``, ``bulk_delete(channel, ids)``  the second as a moderator
``react`` / ``unreact(channel, id, emoji)``             an emoji, or ``SimEmoji.reaction``
``start_thread(channel, name, message_id=) -> thread``  from a message, or from nothing
``post(forum, title, text, files=, tags=) -> thread``   in a forum; the first message has the thread's id
``pin`` / ``unpin(channel, id)``, ``type(channel)``
``vote`` / ``unvote(channel, id, *answers)``            answers by their text or number; ``end_poll(channel, id)``
======================================================  =====================================================

Mentions are written as on Discord: ``SimMember.mention``, ``SimChannel.mention``, ``SimRole.mention``,
``SimEmoji.markup``, ``@everyone``.

What administrators do: ``SimChannel.rename``, ``edit(topic=, slow_seconds=)``, ``delete``, ``archive(locked=)``,
``unarchive``, ``webhooks``, ``delete_webhook(id)``, ``set_bot_permissions(view_channel=False)``, ``pin``,
``show_preview(id, title=, url=, partial=)`` (the event of a link that was unfolded); ``SimGuild.add_text_channel``,
``add_forum(name, tags=)``, ``add_emoji``, ``add_sticker``, ``remove_bot``, ``become_unavailable``,
``become_available``, ``ban(person, delete_messages=)``.

What a reader sees: ``SimChannel.messages()``, ``message(id)``, ``wait_for(condition)``, ``threads()``,
``deleted()`` (what is gone, as it last stood). A ``SeenMessage`` has ``content``, ``author_name``,
``author_avatar`` (address), ``edited``, ``deleted``, ``reply_to``, ``reactions`` (emoji: count), ``reactors``
(emoji: who), ``files`` (``SeenFile``: name, size, description, spoiler, voice …; the bytes:
``SimChannel.download(file)``, or ``url`` over HTTP), ``stickers``, ``poll``, ``forwarded``, ``thread_id`` (that
began here), ``channel_id`` (where it stands; a thread's own id in a thread), ``in_thread``, ``pinned``,
``embeds``, ``is_voice``, ``is_system`` and whom it has ever notified, edits included: ``pinged_people``,
``pinged_roles``, ``pinged_everyone``, ``pinged_nobody``.

The CDN signs the addresses of attachments (``ex``, ``is``, ``hm``); they expire by the world's clock after
``SimulatedDiscord(cdn_seconds=86400)``: ``advance_clock(86400)``, and ``POST /attachments/refresh-urls`` heals.
Faults: ``sim.faults.add(Fault.…)`` with the kinds of :mod:`sandbox.faults` (status, limited, lost_request,
lost_answer, late_5xx, cut, delay); ``duplicate_events`` and ``delay_events`` for messages, edits, deletions,
reactions, votes and threads, or ``events=`` by a pattern.
"""

from sandbox.discord.answers import SimAnswer
from sandbox.discord.carried import SeenAnswer, SeenForward, SeenPoll, SimEmoji, SimFile, SimPoll, SimSticker
from sandbox.discord.channels import SimChannel
from sandbox.discord.faults import Fault, Faults
from sandbox.discord.forms import FormField, ImpossibleFormError, SimForm
from sandbox.discord.guilds import SimGuild
from sandbox.discord.people import SimMember
from sandbox.discord.ratelimits import RateLimits, Window
from sandbox.discord.reading import Button, Choice, Menu, SeenFile
from sandbox.discord.records import RequestRecord, SeenMessage, SimCommand, SimOverwrite, SimRole, SimWebhook
from sandbox.discord.server import SimulatedDiscord
from sandbox.discord.world import BackendError, SetupError

__all__ = [
    "BackendError",
    "Button",
    "Choice",
    "Fault",
    "Faults",
    "FormField",
    "ImpossibleFormError",
    "Menu",
    "RateLimits",
    "RequestRecord",
    "SeenAnswer",
    "SeenFile",
    "SeenForward",
    "SeenMessage",
    "SeenPoll",
    "SetupError",
    "SimAnswer",
    "SimChannel",
    "SimCommand",
    "SimEmoji",
    "SimFile",
    "SimForm",
    "SimGuild",
    "SimMember",
    "SimOverwrite",
    "SimPoll",
    "SimRole",
    "SimSticker",
    "SimWebhook",
    "SimulatedDiscord",
    "Window",
]
