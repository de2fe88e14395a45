"""What lies on the CDN, and the addresses under which clients may fetch it for a while.

Discord signs the addresses of attachments: ``ex`` and ``is`` are the seconds of their end and beginning in
hexadecimal, ``hm`` the signature (reference.mdx, Signed Attachment CDN URLs). Emoji, stickers and avatars are
open to everybody.
"""

import hmac
import mimetypes
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote

from PIL import Image, UnidentifiedImageError
from simcord.backend.cdn import CDN_BASE, CdnStore

LINK_SECONDS = 86_400
_SPOILER = 1 << 3  # attachment flags (message.mdx)
# SimCord's address of an attachment, perhaps with an older signature, inside JSON.
_ATTACHMENT = re.compile(re.escape(CDN_BASE) + r'/(attachments/\d+/\d+/[^"\\?\s]+)(?:\?[^"\\\s]*)?')


class WireCdn(CdnStore):
    """Keep what was uploaded, describe it as Discord does, and sign where it lies.

    ``seconds`` is how long an address is good for, by the clock given. ``base`` is the address clients use.
    """

    def __init__(self, clock: Callable[[], datetime], seconds: int = LINK_SECONDS) -> None:
        super().__init__()
        self.base = ""
        self.seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)

    # ------------------------------------------------------------------ keeping

    def store_attachment(
        self, attachment_id: int, channel_id: int, filename: str, data: bytes, description: str | None
    ) -> dict[str, Any]:
        """Keep a file; SimCord's address breaks on a name that needs quoting, and it measures no picture."""
        made = super().store_attachment(attachment_id, channel_id, filename, data, description)
        path = f"attachments/{channel_id}/{attachment_id}/"
        made["url"] = made["proxy_url"] = f"{CDN_BASE}/{path}{quote(filename)}"
        if filename.startswith("SPOILER_"):
            made["flags"] = _SPOILER
        return {**made, **_measured(data, str(made["content_type"]))}

    def store_emoji(self, emoji_id: int, data: bytes) -> None:
        """Keep the picture of an emoji, whichever kind of picture is asked for."""
        for ending in ("png", "webp", "gif", "jpg"):
            self._blobs[f"{CDN_BASE}/emojis/{emoji_id}.{ending}"] = data

    def get(self, url: str) -> bytes | None:
        """Return what lies under an address, signed or not, quoted or not."""
        return self._blobs.get(unquote(url.partition("?")[0]))

    # ------------------------------------------------------------------ addresses

    def outward(self, text: str) -> str:
        """Put clients' addresses into JSON text, those of attachments signed anew."""
        if CDN_BASE not in text:
            return text
        return _ATTACHMENT.sub(lambda found: self.sign(found[1]), text).replace(CDN_BASE, self.base)

    def inward(self, text: str) -> str:
        """Put our own addresses into JSON text that a client sent."""
        return text.replace(self.base, CDN_BASE) if self.base else text

    def sign(self, path: str) -> str:
        """Return an address that is good from now on, for a while; ``path`` is quoted."""
        now = int(self._clock().timestamp())
        given = f"ex={now + self.seconds:x}&is={now:x}"
        return f"{self.base}/{path}?{given}&hm={self._signature(unquote(path), given)}&"

    def opens(self, path: str, query: Mapping[str, str]) -> bool:
        """Tell whether an address is open: only that of an attachment asks for a signature that still holds."""
        if not path.startswith("attachments/"):
            return True
        given = f"ex={query.get('ex', '')}&is={query.get('is', '')}"
        if not hmac.compare_digest(self._signature(path, given), query.get("hm", "")):
            return False
        return int(query["ex"], 16) > self._clock().timestamp()

    def refresh(self, urls: list[str]) -> list[dict[str, str | None]]:
        """Return each address as it was given and signed anew (POST /attachments/refresh-urls)."""
        answer: list[dict[str, str | None]] = []
        for url in urls:
            found = _ATTACHMENT.fullmatch(url)
            known = found is not None and self.get(url) is not None
            original = url.replace(CDN_BASE, self.base)
            answer.append({"original": original, "refreshed": self.sign(found[1]) if found and known else None})
        return answer

    def _signature(self, path: str, given: str) -> str:
        return hmac.new(self._key, f"{path}?{given}".encode(), sha256).hexdigest()


def kind_of(path: str) -> str:
    """Return the content type under which a file is served, by its name."""
    return mimetypes.guess_type(path)[0] or "application/octet-stream"


def _measured(data: bytes, kind: str) -> dict[str, Any]:
    """Return width and height of a picture; what cannot be read is a file like any other."""
    if not kind.startswith("image/"):
        return {}
    try:
        with Image.open(BytesIO(data)) as picture:
            return {"width": picture.width, "height": picture.height}
    except (UnidentifiedImageError, OSError, ValueError):
        return {}  # a picture by its name only
