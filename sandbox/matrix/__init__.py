"""Run a real Matrix homeserver on this machine and talk to it as people do.

What people can do (``MatrixPerson``; every call is awaited; what is sent returns its event id):

==========================================================  =================================================
``say`` / ``notice`` / ``emote(room, text, html=)``         m.text, m.notice, m.emote
``reply(room, event, text, html=)``                         m.in_reply_to
``reply_in_thread(room, root, text, latest=, reply_to=)``   m.thread with its fallback, or a real answer in it
``edit(room, event, text, html=, content=)``                m.replace, of whichever event is named
``redact(room, event)``, ``unreact(room, event, key)``      messages, edits, reactions
``react(room, event, key, name=)``                          an emoji, or an mxc address with its short name
``mention(room, user_id, text)``, ``mention_room``          pill and m.mentions; @room
``send_image`` / ``send_video`` / ``send_audio`` /          ``(room, name, data, kind=, caption=, alt=,``
``send_file``                                               ``spoiler=)``; spoiler: True, or the reason
``send_voice(room, data, seconds=, waveform=)``             MSC3245
``send_sticker(room, name, data, kind=)``                   m.sticker
``start_poll(room, question, answers, stable=, most=)``     m.poll.start or org.matrix.msc3381.poll.start
``vote(room, poll, *answers)``, ``end_poll(room, poll)``    answers by their text
``pin`` / ``unpin(room, event)``, ``type(room, on=)``
``upgrade(room) -> room``, ``rename``, ``set_topic``        the first leaves a tombstone
``kick`` / ``ban`` / ``unban(room, user)``
``empower(room, user, level)``, ``change_power``,
``encrypt(room)``
``send(room, type, content)``, ``put_state``                anything else
==========================================================  =================================================

What a reader sees: ``messages(room)`` gives m.room.message events as they came (``SeenEvent``). ``shown(room)``
gives what a client shows (``ShownMessage``): ``text``, ``html``, ``kind``, ``edited`` (edits of the same sender
only), ``redacted``, ``reply_to``, ``thread``, ``reactions`` (key: senders), ``media`` (``SeenMedia``: name,
caption, alt, spoiler, voice, size, mimetype …), ``poll``, ``name`` and ``profile`` (the per-message profile, else
the member's name), ``mentions``, ``mentions_room``, ``pinned``. ``wait_until_shown(room, condition)`` waits;
``download(message)`` fetches the bytes over authenticated media.

Faults: ``TroubledRoad(synapse.url)`` is a proxy the bot talks to instead; ``road.url``,
``road.faults.add(Fault.…)`` with the kinds of :mod:`sandbox.faults` (also ``Fault.limited``: 429 with
retry_after_ms), ``road.cut()`` for all connections at once, ``road.close_gate()`` / ``open_gate()`` for a
homeserver that is away, ``road.requests``, ``road.until(condition)``. ``SandboxNetwork(…, troubled=True)`` puts one
between the bot and its homeserver: ``network.road``.
"""

from sandbox.faults import Fault
from sandbox.matrix.child import SynapseDiedError
from sandbox.matrix.events import Invitation, SeenEvent
from sandbox.matrix.person import MatrixPerson
from sandbox.matrix.requests import MatrixRefusedError
from sandbox.matrix.shown import Profile, SeenMedia, SeenQuestion, ShownMessage
from sandbox.matrix.synapse import RealSynapse
from sandbox.matrix.troubled_road import TroubledRoad

__all__ = [
    "Fault",
    "Invitation",
    "MatrixPerson",
    "MatrixRefusedError",
    "Profile",
    "RealSynapse",
    "SeenEvent",
    "SeenMedia",
    "SeenQuestion",
    "ShownMessage",
    "SynapseDiedError",
    "TroubledRoad",
]
