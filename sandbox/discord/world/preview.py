"""SimCord's browser preview, kept live and readable in Thai."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web
from simcord.preview import Preview, _validate_preview
from simcord.preview._server import PreviewServer

from sandbox.discord.world.actors import WireEnv
from sandbox.discord.world.population import Population

# SimCord's page carries Noto Sans for Latin, Arabic, Hebrew, Devanagari and Chinese. Thai is served from the
# PyPI package fontpkg-noto-sans-thai (OFL-1.1) where that is installed; else the browser's own fonts decide.
_THAI_PACKAGE = "fontpkg_noto_sans_thai"
THAI_FONT_PATH = "/fonts/noto-sans-thai.ttf"
# The same family name for another range: the page's own font list finds it without being changed.
THAI_FACE = f"""
@font-face {{
  font-family: "Noto Sans"; font-weight: 100 900; font-display: swap;
  src: url("{THAI_FONT_PATH}") format("truetype"); unicode-range: U+0E00-0E7F, U+25CC;
}}
"""


def thai_font() -> bytes | None:
    """Return the Thai font file, None where its package is not installed."""
    found = find_spec(_THAI_PACKAGE)
    if found is None or found.origin is None:
        return None
    file = next(iter((Path(found.origin).parent / "files").glob("*.ttf")), None)
    return file.read_bytes() if file is not None else None


class _LiveServer(PreviewServer):
    """Serve the page's files, and the Thai face behind its style sheet."""

    _STATIC_FILES: ClassVar[dict[str, str]] = PreviewServer._STATIC_FILES | {THAI_FONT_PATH: THAI_FONT_PATH}

    async def _static(self, request: web.Request) -> web.StreamResponse:
        if request.path == THAI_FONT_PATH:
            font = thai_font()
            if font is None or request.headers.get("Host", "") not in self._allowed_hosts():
                raise web.HTTPNotFound
            return web.Response(body=font, content_type="font/ttf", headers=self._SECURITY_HEADERS)
        response: web.Response = await super()._static(request)
        if request.path == "/preview.css" and thai_font() is not None:
            response.text = (response.text or "") + THAI_FACE
        return response


class LivePreview(Preview):
    """Show one channel to its readers and publish it anew whenever the world has changed.

    SimCord publishes after an action in the page or on its refresh button. Its page already asks every half
    second whether there is something new, so publishing is all that "live" needs.
    """

    stale = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._settled: dict[str, int] = {}  # page -> the revision that its last action, or its opening, made
        self._ours: dict[str, int] = {}  # page -> the revision made here

    @classmethod
    def of(cls, world: Population, channel_id: int, viewer_ids: list[int], port: int = 0) -> "LivePreview":
        """Prepare the page of a channel; the first viewer is the one it opens as.

        Raises SetupError where a viewer may not read the channel.
        """
        env = WireEnv(world.backend)  # SimCord allows one preview per environment
        channel = world.handle(channel_id, env)
        guild_id = world.backend.get_channel(channel_id).guild_id
        assert guild_id is not None, "pages are for the channels of guilds"
        viewers = [world.actor(viewer, guild_id, env) for viewer in viewer_ids]
        options: dict[str, Any] = {
            "layout": "channel",
            "display": "responsive",
            "width": 960,
            "height": 720,
            "locale": "en-US",
            "timezone": "UTC",
            "presentation_time": None,
        }
        checked, selected, assets, skus, port = _validate_preview(
            env, channel, viewers, port=port, assets=None, sku_presentations=None, **options
        )
        preview = cls(env, checked, selected, assets=assets, sku_presentations=skus, port=port, **options)
        preview._server = _LiveServer(preview, port)
        return preview

    @property
    def interaction_env(self) -> WireEnv:
        """Return the environment whose people wait for the bot's answers."""
        env = self.env
        assert isinstance(env, WireEnv)
        return env

    @property
    def readers(self) -> int:
        """Return how many browser pages are open on it; the one SimCord keeps for itself does not count."""
        return len(self._pages) - 1 if self._active else 0

    def publish(self) -> None:
        """Show every open page what is there now, unless an action is just changing it."""
        if not self._active or self._active_action is not None:
            return
        self.stale = False
        self._advance_presentation_time()
        for page in tuple(self._pages.values()):
            if page.id not in self._pages:  # publishing one drops others whose lease is over
                continue
            if self._ours.get(page.id) != page.revision:
                self._settled[page.id] = page.revision
            self._publish(page, reason="refresh")
            self._ours[page.id] = page.revision
        for gone in self._ours.keys() - self._pages.keys():
            del self._ours[gone], self._settled[gone]

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        """Accept an action from a reader who has not yet seen what was published here.

        The page binds an action to the revision it shows; without this, every message that arrives while
        somebody presses "send" would refuse theirs. The action's own target is checked all the same.
        """
        page = self._pages.get(context_id or "")
        if page is not None and self._ours.get(page.id) == page.revision:
            shown = body.get("published_revision")
            if isinstance(shown, int) and self._settled[page.id] <= shown < page.revision:
                body = {**body, "published_revision": page.revision}
        result: dict[str, Any] = await super()._action(context_id, body)
        return result
