"""What the members of the fictional network say to each other about what they learn.

Each exchange is a question and its answers in one joined room, with speakers on both sides of the bridge. Everyone
writes in their own language; Thai without gendered particles, as the glossary asks.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One message; `speaker` is a member's key in `sandbox.cast`."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """Messages in their order; `conversation` is a conversation's key in `sandbox.cast`."""

    conversation: str
    lines: tuple[Line, ...]


def _exchange(conversation: str, *lines: tuple[str, str]) -> Exchange:
    return Exchange(conversation, tuple(Line(speaker, text) for speaker, text in lines))


EXCHANGES: tuple[Exchange, ...] = (
    _exchange(
        "radio",
        ("baitoey", "ใครเคยอัดเสียงนอกห้องบ้าง ลมเข้าไมค์ตลอดเลย แก้ยังไงดี"),
        ("mek", "เอาถุงเท้าหนา ๆ สวมไมค์ไว้ก่อน เสียงลมหายไปเยอะเลย แล้วหันหลังให้ลมด้วยนะ"),
        ("baitoey", "ลองแล้ว ได้ผลจริง ถุงเท้าข้างที่หาคู่ไม่เจอมีประโยชน์แล้ว 555"),
        ("lukwa", "ขอไฟล์ก่อนกับหลังใส่ถุงเท้าหน่อยสิ จะเอาไว้เปิดให้คนใหม่ฟังเทียบกัน"),
        ("baitoey", "ได้เลย เดี๋ยวเย็นนี้ส่งให้ อย่างละครึ่งนาทีนะ"),
    ),
    _exchange(
        "facilitation",
        ("teddy", "What do you do with the last ten minutes of a session? Mine always fizzle out."),
        ("robin", "Everyone names one thing they will try before next time. One sentence each, no speeches."),
        ("juniper", "And write them where all can see. Next session starts by asking how it went."),
        ("teddy", "So the ending is already the next beginning. I'm borrowing that, thank you both."),
        ("sam", "We wrote ours on paper boats once. Nobody forgot."),
    ),
    _exchange(
        "first-aid",
        ("nacho", "¿Cada cuánto revisan el botiquín?"),
        ("chava", "Cada tres meses, con una lista pegada en la tapa. Lo que caduca pronto va hasta arriba."),
        ("marisol", "Y anotamos quién lo revisó, para que no le toque siempre a la misma persona."),
        ("nacho", "Perfecto. Hago la lista esta noche y la comparto aquí."),
    ),
    _exchange(
        "translation",
        ("juniper", "How do you say “check-in” in Thai when it's the opening round, not the airport?"),
        ("namoon", "ใช้ “เช็กอินใจ” ก็ได้ หรือถามง่าย ๆ ว่า “วันนี้มาด้วยความรู้สึกแบบไหน”"),
        ("itzel", "En español decimos «ronda de llegada». «Registro» suena a trámite."),
        ("juniper", "Those are all better than mine. Adding them to our word list now."),
        ("lukwa", "ฝากใส่ประโยคตัวอย่างด้วยนะ คนแปลคนต่อไปจะได้เห็นภาพ"),
    ),
    _exchange(
        "bookkeeping",
        ("khaofang", "เพิ่งรับหน้าที่จดบัญชีของกลุ่ม ไม่เคยทำเลย เริ่มตรงไหนดี"),
        ("lukwa", "เริ่มจากสมุดเล่มเดียวก่อน มีวันที่ รายการ รับ จ่าย คงเหลือ ห้าช่องก็พอ"),
        ("mek", "จดทุกเย็นแค่ห้านาที ดีกว่ามานั่งนึกตอนสิ้นเดือน อันนี้พูดจากประสบการณ์ตรง"),
        ("khaofang", "ห้าช่อง ห้านาที จำง่ายดี แล้วใบเสร็จเก็บยังไงไม่ให้หาย"),
        ("lukwa", "ใส่ซองแยกเดือนละซอง แล้วเขียนเลขไว้มุมใบเสร็จให้ตรงกับในสมุด"),
    ),
    _exchange(
        "radio",
        ("lupita", "¿Alguien sabe cómo quitar el zumbido del refrigerador en una grabación?"),
        ("tono", "Desconéctalo antes de grabar y deja tus llaves adentro: así no se te olvida conectarlo."),
        ("itzel", "Y graba diez segundos de silencio en ese cuarto, para limpiar después lo que quede."),
        ("lupita", "¡Qué buen truco el de las llaves! Hoy mismo lo pruebo."),
    ),
    _exchange(
        "facilitation",
        ("namoon", "ในวงมีคนพูดเก่งอยู่สองคน คนอื่นเลยไม่ค่อยได้พูด ทำยังไงดีไม่ให้เสียน้ำใจกัน"),
        ("tonkla", "ให้จับคู่คุยกันก่อนสักสามนาที แล้วค่อยกลับมาวงใหญ่ คนเงียบ ๆ จะมีเรื่องติดมือมาเล่าเอง"),
        ("janjao", "อีกวิธีคือส่งก้อนหินวนรอบวง ใครถืออยู่ก็ได้พูด ถ้ายังไม่อยากพูดก็ส่งต่อได้"),
        ("namoon", "ชอบก้อนหิน ที่บ้านมีก้อนสวย ๆ อยู่พอดี จะลองวันเสาร์นี้"),
        ("janjao", "แล้วมาเล่าให้ฟังด้วยนะว่าเป็นยังไงบ้าง"),
    ),
    _exchange(
        "first-aid",
        ("robin", "Does anyone have a good way to remember the rhythm for chest compressions?"),
        ("juniper", "100 to 120 a minute. We practise with a song everybody knows and a firm cushion."),
        ("sam", "The cushion helps. People stop being shy after the first minute."),
        ("robin", "Cushions I can bring. See you all at the practice on Sunday!"),
    ),
    _exchange(
        "bookkeeping",
        ("itzel", "Me faltan doce pesos en la caja y no encuentro dónde."),
        ("lupita", "Divide entre nueve: si sale exacto, invertiste dos cifras. Aquí no; busca un recibo suelto."),
        ("itzel", "¡Era el recibo de las copias! Estaba doblado dentro del cuaderno."),
        ("tono", "Siempre son las copias. Por eso yo guardo todo en un sobre por semana."),
    ),
    _exchange(
        "translation",
        ("teddy", "I'm interpreting for two hours tomorrow. How do you not lose your voice?"),
        ("hazel", "Swap with someone every twenty minutes, and agree on a hand sign for “slower, please”."),
        ("teddy", "A partner and a hand sign. Juniper, are you free?"),
        ("juniper", "I am! I'll bring ginger tea with honey."),
    ),
    _exchange(
        "radio",
        ("khaofang", "พรุ่งนี้จัดรายการครั้งแรก ตื่นเต้นมาก ทำยังไงไม่ให้เสียงสั่น"),
        ("lukwa", "อ่านออกเสียงให้ตัวเองฟังสองรอบ แล้วขีดในบทไว้ว่าจะหยุดหายใจตรงไหน ช้ากว่าที่คิดนิดหนึ่งกำลังดี"),
        ("tonkla", "ยิ้มตอนพูดด้วยนะ คนฟังได้ยินรอยยิ้มจริง ๆ"),
        ("khaofang", "ขีดบทเสร็จแล้ว เดี๋ยวไปซ้อมยิ้มหน้ากระจกก่อนนอน ขอบคุณทุกคนเลย"),
    ),
    _exchange(
        "facilitation",
        ("abril", "Mañana me toca guiar la rueda por primera vez. ¿Cómo empiezan ustedes?"),
        ("marisol", "Con una pregunta fácil para todo el mundo, tipo: ¿a qué olía hoy tu cocina?"),
        ("chava", "Y di desde el principio a qué hora terminan. La gente se relaja cuando lo sabe."),
        ("abril", "Ya tengo pregunta y hora. Les cuento cómo me va."),
        ("marisol", "Te va a ir muy bien. Si te trabas, haz una pausa y toma agua: nadie lo nota."),
    ),
    _exchange(
        "bookkeeping",
        ("hazel", "How do you explain a budget to people who say they hate numbers?"),
        ("wren", "With dried beans. Every plan gets a bowl, and people move beans until it works out."),
        ("hazel", "And then there is soup, presumably?"),
        ("wren", "That's how we get everyone to come back."),
    ),
    _exchange(
        "translation",
        ("mek", "มีคำไหนแปล feedback แล้วฟังไม่แข็งบ้าง"),
        ("namoon", "วงเราใช้ “เสียงสะท้อน” ฟังแล้วไม่เหมือนโดนตรวจการบ้าน"),
        ("mek", "ดีเลย อ่านแล้วรู้สึกอยากฟังขึ้นมาจริง ๆ"),
    ),
    _exchange(
        "first-aid",
        ("janjao", "กระเป๋าปฐมพยาบาลของวงเรายังขาดอะไรบ้าง วันนี้จะแวะไปซื้อ"),
        ("namoon", "ผ้าก๊อซเหลือแค่สองห่อ ถุงมือก็ใกล้หมด พลาสเตอร์ยังพออยู่"),
        ("janjao", "งั้นซื้อผ้าก๊อซกับถุงมือ เอากรรไกรปลายมนด้วยไหม"),
        ("namoon", "เอาด้วยสิ อันเก่าไม่คมแล้ว เก็บใบเสร็จไว้ด้วยนะ"),
    ),
    _exchange(
        "radio",
        ("wren", "How long should a first interview be? I have forty minutes and no idea where to cut."),
        (
            "hazel",
            "Pick the three answers you'd retell to a friend and let the rest go. Mine end up at six minutes.",
        ),
        ("wren", "Three answers I can do. Six minutes sounds so kind to the listener."),
        ("hazel", "Bring it on Thursday and we'll listen together before you publish."),
    ),
    _exchange(
        "translation",
        ("tono", "¿Cómo traducen «facilitator» sin que suene a oficina?"),
        ("abril", "Yo digo «quien acompaña la rueda». Es largo, pero se entiende."),
        ("nacho", "A mí me funciona «persona facilitadora» por escrito y «quien acompaña» al hablar."),
        ("tono", "Entonces las dos, según el caso. ¡Gracias!"),
    ),
)
