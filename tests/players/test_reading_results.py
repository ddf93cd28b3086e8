"""What the web shows is read back as it was meant, whatever stands in it."""

from webenvs.players.script.clues import hop_of
from webenvs.players.script.comparison import comparison
from webenvs.players.script.notes import fit, note_of, values
from webenvs.players.script.results import Sheet, observations, readings


def sheet(title, text, *links):
    return Sheet(title, "https://a.example/x", 1, 1, text, links)


def test_what_the_web_shows_is_read_back(begin, site):
    session = begin(page_characters=300)
    calls = [
        ("search", {"query": "Brena"}),
        ("fetch", {"url": site("brena")}),
        ("fetch", {"url": site("chronicle"), "page": 2}),
        ("find", {"text": "1719"}),
        ("fetch", {"url": site("nowhere")}),
    ]
    session.act({"calls": [{"name": name, "arguments": given} for name, given in calls]})
    found = readings(session.observe("researcher_0")["text"])
    search, first, second, find, missing = found
    assert search.hits[0][:2] == ("Brena", site("brena"))
    assert first.sheet.title == "Brena"
    assert (
        first.sheet.text == "Brena is a town. Its mayor is Ilsa Veit. Its bridge has a chronicle."
    )
    assert first.sheet.links[0] == ("Ilsa Veit", site("veit"))
    assert (second.sheet.part, second.sheet.parts) == (2, 4)
    assert find.found == (4,)
    assert missing == type(missing)()


def test_a_repeated_call_reads_like_the_first(begin):
    session = begin()
    seen = []
    for _ in range(2):
        session.act({"calls": [{"name": "search", "arguments": {"query": "Brena"}}]})
        seen += readings(session.observe("researcher_0")["text"])
    assert seen[0] == seen[1]
    assert seen[0].hits


def test_failures_and_empty_searches_are_told_apart(begin):
    failing = begin(noise="timeout:1")
    failing.act({"calls": [{"name": "search", "arguments": {"query": "Brena"}}]})
    assert readings(failing.observe("researcher_0")["text"])[0].failed
    empty = begin()
    empty.act({"calls": [{"name": "search", "arguments": {"query": "xyzzy"}}]})
    assert readings(empty.observe("researcher_0")["text"]) == [readings("[search] ")[0]]


def test_observations_are_grouped_by_the_message_they_answer():
    roles = ("system", "user", "assistant", "tool", "user", "assistant", "assistant", "tool")
    messages = [{"role": role, "content": str(place)} for place, role in enumerate(roles)]
    assert observations(messages) == ["3\n\n4", "", "7"]


def test_a_note_says_what_kind_of_thing_its_page_is():
    def kinds(title, text):
        return set(note_of(sheet(title, text)).kinds)

    assert kinds("Ley", "Ley is a market town in the hills.") == {"city"}
    assert kinds("Ley Ltd", "Ley Ltd, a shipping company, was sold twice.") == {"company"}
    assert kinds("Ann Lee", "Ann Lee was a painter. She left her home in May.") == {"person"}
    assert kinds("Members", "All members:\n- Ann Lee\n- Bo Dean") == {"list"}
    assert kinds("Hill College", "The gates close at nine.") == {"school"}


def test_a_list_ties_its_items_to_what_it_is_a_list_of():
    note = note_of(sheet("Rivers of Orland", "A list:\n- Ley\n- Orr Water, short"))
    tied = {name for statement in note.statements for _, name in statement.names}
    assert {"Orr Water", "Orland"} <= tied
    assert "Rivers" not in tied


def test_links_name_things_and_pointers_elsewhere_are_left_out():
    text = "## Life\nAnn met Bo at Ley.\nSee also: Main Page"
    note = note_of(sheet("Ann Lee", text, ("Bo", "https://a.example/bo")))
    assert note.links == {"bo": "https://a.example/bo"}
    assert [statement.text for statement in note.statements] == ["Ann met Bo at Ley."]
    assert "Main Page" not in str(note.statements)


def test_other_names_of_a_page_are_kept():
    note = note_of(sheet("Ley", "Ley (formerly Port Orr) is a town."))
    assert note.aliases == ("port orr",)


def test_years_and_numbers_are_told_apart():
    assert values("In 1902 it had 5,120 people; in 932 none.", "year") == ["1902", "932"]
    assert values("In 1902 it had 5,120 people.", "number") == ["5,120"]
    assert values("It has 1902 seats.", "number") == ["1902"]
    assert values("Nobody counted.", "number") == []


def test_a_known_kind_speaks_for_or_against_a_name():
    hop = hop_of("city of birth of")
    assert fit("Ley", hop, frozenset({"city"})) > 0 > fit("Ley", hop, frozenset({"river"}))
    assert fit("Ley", hop, frozenset()) == 0 > fit("Italian", hop, frozenset())
    assert fit("Rivers of Orland", hop, frozenset({"list"})) < fit("Orr", hop, frozenset({"river"}))


def test_the_value_of_a_comparison_decides():
    asked = comparison("Which town was founded first, Ley or Orr?")
    ley = note_of(sheet("Ley", "Ley was founded in 1402. It burnt in 1200.")).statements
    orr = note_of(sheet("Orr", "Orr was founded in 1301.")).statements
    assert asked.answer(ley, orr) == "Orr"
    assert asked.answer(ley, ()) == "Ley"
    assert asked.answer((), orr) == "Orr"
    assert asked.answer((), ()) == "Ley"


def test_without_words_to_go_by_the_first_is_taken():
    asked = comparison("Which one, Ley or Orr?")
    ley = note_of(sheet("Ley", "Ley is a town.")).statements
    assert asked.answer(ley, ()) == "Ley"
