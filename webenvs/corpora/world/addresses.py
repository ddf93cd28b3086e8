"""Where the pages of a generated web lie: the urls of everything but articles."""

import re
import unicodedata

from webenvs.corpora.world.graph import ROOT

MAIN = f"{ROOT}/wiki/Main_Page"
"""The front page, from which every other page can be reached by links."""

_APART = re.compile(r"[^a-z0-9]+")


def slug_of(text: str) -> str:
    """The text in lower-case ASCII letters and digits, hyphens between words."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _APART.sub("-", plain.lower()).strip("-")


def wiki_url(title: str) -> str:
    """The page of the encyclopedia with that title."""
    return f"{ROOT}/wiki/{title.replace(' ', '_')}"


def index_url(title: str) -> str:
    """The top of an index of the encyclopedia."""
    return wiki_url(f"Portal:{title}")


def notice_url(title: str) -> str:
    """A page about the encyclopedia itself."""
    return wiki_url(f"Project:{title}")


def list_url(title: str, part: int) -> str:
    """A part (from 0) of a list."""
    return f"{ROOT}/lists/{title.replace(' ', '_')}" + (f"/{part + 1}" if part else "")


def housed(url: str) -> bool:
    """Whether a page is no article of the encyclopedia but lies on the site of its owner."""
    return not url.startswith(f"{ROOT}/")


def site_url(owner: str) -> str:
    """The home page of the organisation with that title."""
    return f"https://{slug_of(owner)}.example/"


def root_of(url: str) -> str:
    """The home page of the site on which a page lies."""
    return "/".join([*url.split("/", 3)[:3], ""])


def level_url(url: str, level: int, part: int) -> str:
    """A page of the index whose top lies at `url`, `level` levels from the bottom."""
    return f"{url.rstrip('/')}/{'abcdefgh'[level]}{part + 1}"
