"""Draw one Lottie sticker from standard input to standard output, as PNG; a process of its own.

Run as ``python -m bridges.media.lottie_artist``. It draws the first frame on which something is seen: many begin
with nothing.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from io import BytesIO

from bridges.media.stills import LARGEST, SIDE

_MEMORY = 512 * 1024 * 1024
_CPU_SECONDS = 8
_LOOKED_AT = 12


def draw(data: bytes) -> bytes:
    """Return the still. Raises whatever the library raises, ``ValueError`` when nothing is to be seen."""
    from rlottie_python.rlottie_wrapper import LottieAnimation  # noqa: PLC0415 - a library of this process alone

    with LottieAnimation.from_data(data.decode()) as animation:
        frames = max(1, animation.lottie_animation_get_totalframe())
        for number in range(0, frames, max(1, frames // _LOOKED_AT)):
            picture = animation.render_pillow_frame(frame_num=number, width=SIDE, height=SIDE)
            if picture.getbbox() is not None:
                break
        else:
            raise ValueError("nothing is to be seen")
        out = BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()


def main() -> None:
    """Draw within bounds of memory and time."""
    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CPU, _CPU_SECONDS)):
        # a machine that sets narrower bounds keeps them
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    sys.stdout.buffer.write(draw(sys.stdin.buffer.read(LARGEST + 1)))


if __name__ == "__main__":
    main()
