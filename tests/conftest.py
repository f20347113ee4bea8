"""What several tests share: the examples' index, and the shared data where it is at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index.build import build
from index.encoder import Encoder, load
from tests import warm

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.hosts import Host, Sites

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "corpus" / "examples"
SHARED = ROOT.parent / "shared"


def until(holds: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait until something holds, and give how long that took; fail where it does not come true."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() < began + seconds, "it does not come true"
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.fixture(scope="session", autouse=True)
def _readers() -> Iterator[None]:
    """What builds and verifies in this process shares the processes that read."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("index.gathering", "index.deep", "bot.verify"):
            patch.setattr(f"{module}.Reader", warm.Reader)
        yield
    warm.end()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder."""
    return load()


@pytest.fixture(scope="session")
def examples_index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """An index of the bundled examples; tests read it and change nothing."""
    index = tmp_path_factory.mktemp("index") / "examples"
    build([EXAMPLES], index, encoder)
    return index


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("the shared data is not on this machine")
    return SHARED


@pytest.fixture(scope="module")  # while it is open, asyncio cannot run in this thread
def browser() -> Iterator[Browser]:
    """A headless Chromium, for the tests that look at pages."""
    from tests.browsing import chromium  # the tests of everything else need no playwright

    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def sites(examples_index: Path) -> Iterator[Sites]:
    """The server, a site that may embed it, and one that may not."""
    from tests.hosts import embedding

    with embedding(examples_index) as sites:
        yield sites


@pytest.fixture
def host(browser: Browser, sites: Sites, request: pytest.FixtureRequest) -> Iterator[Host]:
    """The host page that may embed; a parameter gives the window's width and the colour scheme."""
    from tests.browsing import opened
    from tests.hosts import Host

    context = opened(browser, *getattr(request, "param", ()))
    yield Host(context, sites.allowed)
    context.close()
