"""A second fictional network: a conversation of six ends, and a server with channels in several conversations.

Values only; what they mean is said in :mod:`sandbox.cast`.
"""

from __future__ import annotations

from sandbox.cast import Conversation, End, Home, Member, Network, Organisation, Room

SIX_ENDS = "seeds"
"""The conversation that joins a channel of each server and a room of each Matrix space."""

THREE_AND_THREE = Network(
    name="Three Springs Seed Exchange",
    organisations=(
        Organisation("rain-jar", "กลุ่มโอ่งน้ำฝน", "th"),
        Organisation("clay-oven", "Clay Oven Collective", "en"),
        Organisation("loose-thread", "Taller Hilo Suelto", "es"),
    ),
    homes=(
        Home(
            "spring-house",
            "discord",
            "บ้านต้นน้ำ · Spring House",
            (Room("seeds", "เมล็ดพันธุ์", "แลกเมล็ด แลกวิธีปลูก"),),
            language="th",
        ),
        Home(
            "oven-yard",
            "discord",
            "Oven Yard",
            (
                Room("seeds", "seeds", "What do you have too much of?"),
                Room("tools", "tool-shelf", "Lend, borrow, mend."),
                Room("questions", "questions", "One post for each question.", kind="forum"),
            ),
        ),
        Home(
            "thread-room",
            "discord",
            "Cuarto de Hilos",
            (Room("seeds", "semillas", "Intercambio de semillas y consejos."),),
            language="es",
        ),
        Home(
            "well-circle",
            "matrix",
            "วงรอบบ่อ · Well Circle",
            (Room("seeds", "เมล็ดพันธุ์", "ใครปลูกอะไรอยู่บ้าง"), Room("tools", "ชั้นเครื่องมือ", "ยืมแล้วอย่าลืมคืน")),
            language="th",
        ),
        Home(
            "gate-space",
            "matrix",
            "Garden Gate",
            (Room("seeds", "Seeds", "Sow, save, share."), Room("questions", "Questions", "Ask anything.")),
        ),
        Home(
            "patio-space",
            "matrix",
            "El Patio",
            (Room("seeds", "Semillas", "Lo que sembramos y lo que guardamos."),),
            language="es",
        ),
    ),
    members=(
        Member("fahsai", "ฟ้าใส", "th", "rain-jar", "spring-house"),
        Member("pepper", "Pepper", "en", "clay-oven", "oven-yard"),
        Member("chayo", "Chayo", "es", "loose-thread", "thread-room"),
        Member("ploypailin", "พลอยไพลิน", "th", "rain-jar", "well-circle"),
        Member("sage", "Sage", "en", "clay-oven", "gate-space"),
        Member("quique", "Quique", "es", "loose-thread", "patio-space"),
    ),
    conversations=(
        Conversation(
            SIX_ENDS,
            (
                End("spring-house", "seeds"),
                End("oven-yard", "seeds"),
                End("thread-room", "seeds"),
                End("well-circle", "seeds"),
                End("gate-space", "seeds"),
                End("patio-space", "seeds"),
            ),
        ),
        Conversation("tools", (End("oven-yard", "tools"), End("well-circle", "tools"))),
        Conversation("questions", (End("oven-yard", "questions"), End("gate-space", "questions"))),
    ),
)
