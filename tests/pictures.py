"""Take the pictures of every state in docs/pictures: `make pictures`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from bot.archive import Archive
from index.build import build
from index.encoder import load
from tests.browsing import QUESTION, chromium, opened, serving
from tests.conftest import EXAMPLES, ROOT
from tests.hosts import Host, embedding
from tests.test_browser_axe import CHAT, SOURCE, chat_in, source_path

PICTURES = ROOT / "docs" / "pictures"
_WINDOWS = {"wide": (1280, 900), "narrow": (320, 720)}
_SCHEMES = ("light", "dark")


def main() -> None:
    """Take them all: each state of chat and source page, and the widget open, in light and dark, wide and narrow."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index"
        build([EXAMPLES], index, load())
        archive = Archive(index)
        with chromium() as browser, embedding(index) as sites:
            for scheme in _SCHEMES:
                for name, (width, height) in _WINDOWS.items():
                    context = opened(browser, width, scheme, height)
                    host = Host(context, sites.allowed)
                    host.open()
                    host.asked(QUESTION)
                    _take(host.page, PICTURES / f"widget-answer-{scheme}-{name}.png")
                    context.close()
        with serving(index) as address, chromium() as browser:
            for scheme in _SCHEMES:
                for name, (width, height) in _WINDOWS.items():
                    for page_of, states in (("chat", CHAT), ("source", SOURCE)):
                        for state in states:
                            context = opened(browser, width, scheme, height)
                            page = context.new_page()
                            if page_of == "chat":
                                chat_in(page, address, state)
                            else:
                                page.goto(address + source_path(archive, state))
                                if state == "picture":
                                    page.evaluate("location.hash = '#sider'")
                                    page.locator(".sider img").evaluate("picture => picture.decode()")
                            _take(page, PICTURES / f"{page_of}-{state.replace(' ', '-')}-{scheme}-{name}.png")
                            context.close()


def _take(page: Page, path: Path) -> None:
    """Write what the window shows in few colours, so that the repository stays small."""
    page.wait_for_timeout(600)
    shown = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shown.quantize(64, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, "PNG", optimize=True)
    print(path.relative_to(ROOT), f"{path.stat().st_size // 1024} kB", flush=True)


if __name__ == "__main__":
    main()
