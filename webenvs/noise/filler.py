"""What surrounds and pads the text of a page: banners, menus, letters, advertisements, idle talk.

None of it names anything, states a number, or can be the answer to a question.
"""

from collections.abc import Sequence
from functools import cache

from webenvs.noise.draw import Draw, Item

BANNERS = (
    "We and our partners keep cookies on your device. Accept all | Reject all | Manage choices",
    "This page uses cookies for statistics and for advertising. I agree | Settings",
    "Before you read on: choose which data we may collect. Allow all | Only what is needed",
    "Your consent is missing. Without it some parts of this page cannot be shown. Agree | More",
    "By going on you accept our use of cookies and of similar techniques. OK | Learn more",
)
MENUS = (
    "Home | News | Topics | Pictures | About us | Contact | Log in",
    "Start > Archive > Subjects > This page",
    "Menu: Latest | Most read | Regions | Culture | Science | Sport | Weather",
    "Skip to content | Search | Text size A- A A+ | Print | Listen to this page",
    "Front page / Encyclopedia / Articles A to Z / Random article / Help",
)
LETTERS = (
    "Do you like what you read? Our letter brings you the best of it every Friday. Your e-mail: "
    "[          ] Subscribe",
    "Never miss an article again: sign up for our free letter. You can leave it at any time.",
    "Create an account to save this page, to comment, and to follow its topics.",
    "You have read most of your free articles of this month. Subscribe now and go on reading.",
    "Tell us what you think of this page. The survey takes less than a minute.",
)
SHARES = (
    "Share: Mail | Link | Message | Print",
    "Was this page helpful? Yes | No | Report a mistake",
    "Comments are closed. Read what others said before.",
    "Follow us for more stories like this one.",
)
RELATED = ("Related links", "You may also like", "Read next", "More on this subject", "In brief")
FOOTERS = (
    "Imprint | Terms of use | Privacy | Accessibility | Jobs | Advertise with us",
    "All rights reserved. Reproduction only with written permission of the publisher.",
    "Back to top. This page was made by a content system. Help | Contact | Feedback",
    "Sources, licences and revisions of this page are listed elsewhere. Cite this page | Export",
)

_GOODS = (
    *("walking shoes", "garden furniture", "a mattress made to measure", "noise-cancelling hats"),
    *("fresh pasta at your door", "a language course", "window frames", "an electric bicycle"),
    *("home insurance", "reading glasses", "a river cruise", "coffee by the month"),
)
_OFFERS = (
    "ADVERTISEMENT\nTreat yourself to {goods}. Order today and save. Close this ad",
    "Sponsored content: why our readers cannot do without {goods}.",
    "Promoted: {goods}, now at half the price. Offer ends soon. Why am I seeing this?",
    "Advertisement - the article goes on below.\nThousands have switched to {goods}. Have you?",
    "Partner message: compare the best deals on {goods} in your area. Compare now >",
    "AD: {goods}. No contract, no risk, cancel whenever you like. Skip in a moment",
)

SENTENCES = (
    "Much has been written about the subject, and not all of it agrees.",
    "Readers who are new to it may want to begin with the general overview.",
    "Opinions differ on how the matter should be seen as a whole.",
    "What follows is a summary of what is commonly said.",
    "Earlier accounts leave out a good deal, and later ones repeat them.",
    "It has to be seen in the light of its time.",
    "A full treatment would go beyond the scope of this page.",
    "Some of the material was collected by volunteers over several seasons.",
    "The wording of this passage has been changed more than once.",
    "There is little in the archives that would settle the question.",
    "Visitors often ask about this, and the answer is seldom short.",
    "The picture becomes clearer once the background is known.",
    "As so often, the details matter more than the outline.",
    "Anyone who wishes to know more is advised to consult a library.",
    "A few remarks on method may be in order here.",
    "None of this should be taken as the last word.",
    "The tone of the debate has become calmer since.",
    "It would be easy to make too much of such reports.",
    "Letters to the editors have raised the same point again and again.",
    "Compared with similar cases, nothing about it is unusual.",
    "Long passages of older versions were moved to pages of their own.",
    "In practice the difference is smaller than it sounds.",
    "The terms are used loosely, here as elsewhere.",
    "Critics have called the presentation long-winded, with some reason.",
    "Others prefer to leave the question open.",
    "The following remarks are of a general nature.",
    "Where sources are silent, guesses have filled the gap.",
    "Everything else is a matter of taste.",
    "This part of the page is waiting for someone to shorten it.",
    "Those who were there remember it in different ways.",
    "It is customary to mention the weather at this point.",
    "A second look rarely does any harm.",
)
"""Idle talk, for pages that are too long."""

_PARAGRAPHS = 128

_SPARE_BITS = 20
"""Bits of a draw that are left over, so that no item is favoured by more than one in a million."""


def picks(draw: Draw, items: Sequence[Item], count: int, *names: object) -> list[Item]:
    """`count` of the items, each drawn on its own; one draw is split into as many as it holds."""
    size = len(items)
    held = max(1, (128 - _SPARE_BITS) // size.bit_length())
    found: list[Item] = []
    while len(found) < count:
        bits = draw.integer(2**128, *names, len(found))
        for _ in range(min(held, count - len(found))):
            bits, some = divmod(bits, size)
            found.append(items[some])
    return found


def advertisement(draw: Draw, *names: object) -> str:
    """An advertisement as it stands between two paragraphs."""
    goods = draw.choice(_GOODS, *names, "goods")
    return draw.choice(_OFFERS, *names, "offer").format(goods=goods)


def idle_talk(draw: Draw, characters: int, *names: object) -> list[str]:
    """Paragraphs of at least so many characters together, about nothing."""
    stock = _paragraphs()
    count = -(-characters // min(map(len, stock)))
    paragraphs = picks(draw, stock, count, *names)
    written = 0
    for place, paragraph in enumerate(paragraphs):
        written += len(paragraph)
        if written >= characters:
            return paragraphs[: place + 1]
    return paragraphs


@cache
def _paragraphs() -> tuple[str, ...]:
    """The paragraphs that idle talk is put together from, four to seven sentences each."""
    draw = Draw("idle talk")
    return tuple(
        [
            " ".join(draw.shuffled(SENTENCES, number)[: 4 + number % 4])
            for number in range(_PARAGRAPHS)
        ]
    )
