"""What surrounds the text of a served page: head, banners, navigation, advertisements, footer.

Which of these a site has, in which form and order, is drawn once a host; the wording of
advertisements and related links once a page.
"""

from html import escape

from webenvs.corpora.world.dice import Dice
from webenvs.records import Page

BANNERS = (
    "We use cookies to make this site better for you.",
    "This site stores small files on your device.",
    "Your privacy matters to us and to our partners.",
)
ADVERTS = (
    "Sponsored: boots that outlast the road. Order today and save.",
    "Advertisement: insure your piano before it rains.",
    "Partner content: ten mattresses our readers fell asleep on.",
    "Sponsored: learn to yodel in a weekend.",
    "Advertisement: fresh herring delivered to your door.",
    "Partner content: why everyone is talking about gravel.",
)
LETTERS = (
    "Subscribe to our newsletter and never miss a story.",
    "Get the best of the week in your inbox.",
    "Join thousands of readers of our weekly letter.",
)
RELATED = (
    *("Most read this week", "From the archive", "Editors' picks", "You may also like"),
    *("Trending now", "Recommended for you"),
)
TEASERS = (
    *("How to fold a map", "The quietest stations of the coast", "A short history of the doorbell"),
    *("Soup, reconsidered", "Who invented the queue?", "Five gardens to visit in drizzle"),
    *("The secret life of gloves", "What bakers know", "Letters that never arrived"),
)
RIGHTS = (
    "All rights reserved. Imprint and terms of use apply.",
    "Texts may be reused with a mention of the source.",
    "Made with care and far too much coffee.",
)
SHARES = ("Share this page", "Send by mail", "Print this page", "Save for later")
"""Wordings; none of them is a sentence of a generated page."""

_MAINS = (
    ("<main>", "</main>"),
    ('<main id="main" class="page">', "</main>"),
    ('<div role="main" class="wrap">', "</div>"),
    ('<div id="content">', "</div>"),
    ("<article>", "</article>"),
)
_HEADS = (
    '<header class="site-header"><a href="/">{name}</a>{menu}</header>',
    '<div role="navigation" class="top">{menu}</div>',
    '<div class="navbar"><strong>{name}</strong>{menu}</div>',
)
_SIDES = (
    '<aside class="sidebar"><h3>{title}</h3><ul>{entries}</ul></aside>',
    '<nav class="related"><h3>{title}</h3><ul>{entries}</ul></nav>',
)
_COOKIES = (
    '<div class="cookie-banner" role="dialog">{text} <button>Accept all</button></div>',
    '<dialog open class="consent">{text} <button>Agree</button></dialog>',
    '<div id="consent" aria-hidden="true">{text} <a href="/privacy">Settings</a></div>',
)


class Frame:
    """How one host dresses its pages, and the drawn words of one page."""

    def __init__(self, host: str, url: str) -> None:
        """Draw the host's habits, then the page's words."""
        habits, words = Dice("frame", host), Dice("frame", url)
        self.host = host
        self.main = habits.pick(_MAINS)
        self.head = habits.pick(_HEADS)
        self.side = habits.pick(_SIDES)
        self.cookies = habits.pick(_COOKIES).format(text=habits.pick(BANNERS))
        self.cookies_first = habits.chance(0.5)
        self.crumbs = habits.chance(0.6)
        self.rights = habits.pick(RIGHTS)
        self.letter = words.pick(LETTERS)
        self._adverts = habits.chance(0.7)
        self._edits = habits.chance(0.4)
        self._shares = habits.chance(0.5)
        self._words = words

    def titled(self, title: str, blocks: list[str]) -> str:
        """The main element: the heading, the blocks, and tools of the page."""
        edit = '<span class="mw-editsection">[edit]</span>' if self._edits else ""
        opening, closing = self.main
        shares = "".join(f"<button>{text}</button>" for text in self._words.some(SHARES, 2))
        tools = [f'<div role="navigation" class="share">{shares}</div>'] if self._shares else []
        heading = f"<h1>{escape(title)}{edit}</h1>"
        return "\n".join([opening, heading, *blocks, *tools, closing])

    def advert(self, number: int) -> list[str]:
        """An advertisement between two blocks, or none."""
        if not self._adverts or not self._words.chance(0.5):
            return []
        text = self._words.pick(ADVERTS)
        if number % 4 == 1:
            return [f'<aside class="advert"><p>{text}</p></aside>']
        return [f'<iframe class="advert" title="{text}"></iframe>']

    def sidebar(self) -> str:
        """A box of other things to read."""
        teasers = self._words.some(TEASERS, 3)
        entries = "".join(
            f'<li><a href="/t/{place}">{text}</a></li>' for place, text in enumerate(teasers)
        )
        return self.side.format(title=self._words.pick(RELATED), entries=entries)


def document(frame: Frame, page: Page, main: str) -> str:
    """The whole document around the main element."""
    title = page.title if frame.host in page.title else f"{page.title} - {frame.host}"
    menu = "".join(
        f'<a href="/{name.lower()}">{name}</a> ' for name in ("Start", "Topics", "Login")
    )
    crumbs = f'<div class="breadcrumb">Start / {escape(page.title)}</div>' if frame.crumbs else ""
    letter = f'<form class="newsletter"><label>{frame.letter}</label><input type="email"></form>'
    body = [
        '<a class="skip" href="#main" hidden>Skip to content</a>',
        frame.cookies if frame.cookies_first else "",
        frame.head.format(name=escape(frame.host), menu=f"<nav>{menu}</nav>"),
        crumbs,
        main,
        frame.sidebar(),
        f"<footer>{letter}<p>{frame.rights}</p></footer>",
        "" if frame.cookies_first else frame.cookies,
        '<script src="/static/site.js"></script>',
        "<noscript>Please switch on scripts.</noscript>",
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f"<title>{escape(title)}</title>",
            f'<link rel="canonical" href="{escape(page.url)}">',
            "<style>.advert{float:right}</style>",
            "</head>",
            "<body>",
            *filter(None, body),
            "</body>",
            "</html>",
            "",
        ]
    )
