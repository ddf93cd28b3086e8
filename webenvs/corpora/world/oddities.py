"""What pages about nothing are about: crafts, side issues, and kinds of near-namesakes."""


def _row(words: str) -> tuple[str, ...]:
    """The blank-separated words of a row."""
    return tuple(words.split())


CRAFTS = _row(
    "Barometer Kite Button Candle Basket Ribbon Pickle Lantern Paper Whistle Marble "
    "Thimble Rope Felt Cork Snow Puppet Stamp Moss Feather Bell Chalk Clay Glove Hedge "
    "Honey Kettle Ladder Mushroom Needle Onion Parchment Pebble Raft Saddle Sail Soap "
    "Sundial Tassel Twine Umbrella Walnut Wax Wheelbarrow Willow Wool Yeast Zither Anchor "
    "Apron Bobbin Broom Bucket Cider"
)
"""The first words of titles such as Barometer mending."""
MANNERS = _row(
    "mending carving races collecting lore painting trading games weaving folding "
    "polishing superstitions songs dances fairs riddles tossing auctions stitching sorting"
)
"""The second words of such titles."""
SIDES: dict[str, tuple[str, ...]] = {
    "person": (
        "Portraits of {name}",
        "Anecdotes about {name}",
        "Handwriting of {name}",
        "Stamps and coins with {name}",
    ),
    "place": (
        "Bakeries in {name}",
        "Weather lore of {name}",
        "Legends of {name}",
        "Birds of {name}",
        "Cooking in {name}",
        "Street songs of {name}",
    ),
    "organisation": (
        "Friends of {name}",
        "Canteen of {name}",
        "Songs about {name}",
        "Emblem of {name}",
        "Jokes about {name}",
    ),
    "event": (
        "Posters of {name}",
        "Helpers at {name}",
        "Songs about {name}",
        "Rumours about {name}",
    ),
    "work": (
        "Reception of {name}",
        "Parodies of {name}",
        "Misprints in {name}",
        "Fans of {name}",
    ),
}
"""Titles of pages about a side issue of an entity, by theme."""
KINDS = {
    "person": (
        *("a retired lighthouse keeper", "a pastry cook", "a collector of buttons"),
        *("a bell ringer", "a breeder of carrier pigeons", "an amateur magician"),
        *("a tram driver", "a piano tuner", "a beekeeper", "a judge of vegetable shows"),
    ),
    "city": (
        *("a hamlet of a few farms", "an abandoned railway halt", "a meadow with a chapel"),
        *("a forester's lodge", "a sandbank", "a bathing place without a road"),
    ),
    "company": (
        *("a corner shop", "a travelling circus", "a choir of postmen", "a model railway society"),
    ),
    "club": ("a skittles team of bank clerks", "a chess circle", "a walking group"),
    "university": ("an evening school for dancers", "a riding school", "a driving school"),
}
"""What near-namesakes are, by the type of the entity they are near."""

CUSTOMS = (
    "a pastime of long winters",
    "a craft that few still practise",
    "an old custom, now mostly seen at fairs",
    "a subject on which everyone has an opinion",
    "something taught at evening classes and practised in sheds",
)
"""What oddities are."""
OPENINGS = (
    "a side issue that enthusiasts take very seriously",
    "a matter with a small but faithful following",
    "a subject mainly of local interest",
    "a running joke in some circles",
    "what this page would describe if more were known",
)
"""What side issues are."""
