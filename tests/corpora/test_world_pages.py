"""The pages of the generated web: links, sites, lists, indexes, wording, and their raw HTML."""

import re
from collections import Counter, deque
from functools import cache

import pytest

from webenvs.corpora.html.page import extract
from webenvs.corpora.knowledge import Entity, plain
from webenvs.corpora.world import boilerplate, colour, oddities
from webenvs.corpora.world.addresses import MAIN, housed, level_url, root_of, slug_of
from webenvs.corpora.world.articles import TYPES
from webenvs.corpora.world.budget import article_count, index_pages, most_within, with_index
from webenvs.corpora.world.cast import cast_of
from webenvs.corpora.world.dice import Dice
from webenvs.corpora.world.history import history_of
from webenvs.corpora.world.hubs import index_places
from webenvs.corpora.world.labels import LABELS, label_of
from webenvs.corpora.world.news import printed_shares
from webenvs.corpora.world.placement import plan_of
from webenvs.corpora.world.plan import CHUNK, entities_of
from webenvs.corpora.world.prose import Writer, bare_name, enumeration, linked, words_for
from webenvs.corpora.world.raw import html_of
from webenvs.corpora.world.relations import RELATIONS
from webenvs.corpora.world.render import pages_of
from webenvs.records import Link, Page

SIZES = (300, 2_000)


@cache
def drafted(pages):
    cast = cast_of(0, article_count(pages, 0.5))
    facts = history_of(0, cast)
    return cast, plan_of(0, pages, cast, facts)


@cache
def written(pages):
    """Every page of a web by its url, with the passages that state facts."""
    cast, plan = drafted(pages)
    return {page.url: (page, spans) for page, spans in pages_of(0, cast, plan)}


def clicks(start, pages, inside=""):
    """How many clicks each page below `inside` is from the start."""
    depth = {start: 0}
    waiting = deque([start])
    while waiting:
        url = waiting.popleft()
        for link in pages[url][0].links:
            if link.url not in depth and link.url.startswith(inside):
                depth[link.url] = depth[url] + 1
                waiting.append(link.url)
    return depth


def of_kind(pages, kind):
    """The pages of one kind, in the order of their urls."""
    _, plan = drafted(pages)
    odd = {page.url for page in plan.distractors}
    kinds = {
        "article": lambda url: "/wiki/" in url and "Portal:" not in url and url not in odd,
        "distractor": lambda url: url in odd,
        "index": lambda url: "Portal:" in url or "/archive/" in url,
        "list": lambda url: "/lists/" in url,
        "news": lambda url: "/news/2" in url,
        "site": lambda url: housed(url) and "/news/2" not in url and "/archive/" not in url,
    }
    return [written(pages)[url][0] for url in sorted(written(pages)) if kinds[kind](url)]


@pytest.mark.parametrize("pages", SIZES)
def test_links_lead_to_pages_and_their_positions_hold_their_anchors(pages):
    web = written(pages)
    for page, _ in web.values():
        for link in page.links:
            assert link.url in web, (page.url, link.url)
            assert link.anchor
            assert page.text[link.position :].startswith(link.anchor)


@pytest.mark.parametrize("pages", SIZES)
def test_every_page_can_be_reached_by_clicks_from_the_main_page(pages):
    web = written(pages)
    assert set(clicks(MAIN, web)) == set(web)


@pytest.mark.parametrize("pages", SIZES)
def test_every_entity_has_its_own_page(pages):
    cast, _ = drafted(pages)
    for entity in entities_of(cast):
        page, _ = written(pages)[entity.url]
        assert entity.name in page.title


@pytest.mark.parametrize("pages", SIZES)
def test_every_page_of_a_site_is_at_most_four_clicks_from_its_home_page(pages):
    _, plan = drafted(pages)
    web = written(pages)
    for site in plan.sites:
        depth = clicks(site.root, web, site.root)
        assert set(depth) == {url for url in web if url.startswith(site.root)}
        assert max(depth.values()) <= 4


def test_sites_are_deep_and_state_facts_that_stand_nowhere_shallower():
    _, plan = drafted(2_000)
    web = written(2_000)
    pages_of_fact = {}
    for url, (_, spans) in web.items():
        for fact, _, _ in spans:
            pages_of_fact.setdefault(fact, set()).add(url)
    deepest = Counter()
    for site in plan.sites:
        depth = clicks(site.root, web, site.root)
        for urls in pages_of_fact.values():
            if urls <= set(depth):
                deepest[min(depth[url] for url in urls)] += 1
    assert min(deepest[depth] for depth in (1, 2, 3, 4)) >= 5


@pytest.mark.parametrize("pages", SIZES)
def test_a_site_is_linked_from_the_article_of_its_owner(pages):
    cast, plan = drafted(pages)
    owners = entities_of(cast)
    for site in plan.sites:
        article, _ = written(pages)[owners[site.owner].url]
        assert site.root in {link.url for link in article.links}
        assert "Official site: " in article.text


def test_sites_belong_to_all_sorts_of_organisations_but_not_to_all_of_them():
    cast, plan = drafted(2_000)
    owners = Counter(entities_of(cast)[site.owner].type for site in plan.sites)
    assert {"university", "museum", "company", "newspaper", "journal", "club"} <= set(owners)
    for name in ("museum", "company", "club"):
        assert owners[name] < len(cast.members[name])


def test_a_full_site_has_a_menu_with_about_contact_and_news():
    _, plan = drafted(2_000)
    full = [site for site in plan.sites if not site.bare]
    assert len(full) > 10
    for site in full:
        home, _ = written(2_000)[site.root]
        targets = {link.url.removeprefix(site.root) for link in home.links}
        assert {"about/", "contact/", "news/"} <= targets
        assert all(f"{shelf.slug}/" in targets for shelf in site.shelves)


def test_links_of_one_page_may_bear_the_same_label():
    repeated = 0
    for page in of_kind(2_000, "site"):
        labels = Counter(link.anchor for link in page.links)
        targets = {link.anchor: set() for link in page.links}
        for link in page.links:
            targets[link.anchor].add(link.url)
        repeated += any(count > 1 and len(targets[label]) > 1 for label, count in labels.items())
    assert repeated > 30


def test_newspapers_print_news_of_others_in_archives_of_their_own():
    cast, plan = drafted(2_000)
    printed = [item for item in plan.items if item.site >= 0]
    assert len(printed) > 10
    for item in printed:
        site = plan.sites[item.site]
        assert entities_of(cast)[site.owner].type == "newspaper"
        archive, _ = written(2_000)[f"{site.root}archive/"]
        assert item.url in {link.url for link in archive.links}
        home, _ = written(2_000)[site.root]
        assert archive.url in {link.url for link in home.links}


def test_a_newspaper_without_room_prints_nothing():
    _, plan = drafted(2_000)
    assert printed_shares(0, plan.sites, [0, 1], 3) == [0, 0]


@pytest.mark.parametrize("pages", SIZES)
def test_no_page_enumerates_more_than_a_chunk(pages):
    for page, _ in written(pages).values():
        for block in page.text.split("\n\n"):
            lines = block.split("\n")
            assert sum(line.startswith("- ") or " | " in line for line in lines) <= CHUNK + 1
        assert len(page.links) <= 3 * CHUNK


def test_long_lists_go_on_on_further_pages():
    _, plan = drafted(2_000)
    parts = [roll for roll in plan.rolls if roll.next]
    assert parts
    for roll in parts:
        page, _ = written(2_000)[roll.url]
        assert roll.next in {link.url for link in page.links}
        assert "(page " in roll.title


def test_tables_have_a_head_and_as_many_cells_in_every_row():
    found = 0
    for page in of_kind(2_000, "list"):
        rows = [line.split(" | ") for line in page.text.split("\n") if " | " in line]
        if rows:
            found += 1
            assert len({len(row) for row in rows}) == 1
            assert len(rows) > 3
    assert found > 50
    titles = {page.title for page in of_kind(2_000, "list")}
    assert any(" by " in title for title in titles)
    assert any(title.startswith("Graduates of ") for title in titles)


def test_a_row_of_a_table_states_all_that_it_shows():
    _, plan = drafted(2_000)
    wide = [roll for roll in plan.rolls if len(roll.columns) > 1 and roll.object >= 0]
    assert wide
    for roll in wide:
        page, spans = written(2_000)[roll.url]
        stated = {fact for fact, _, _ in spans}
        assert {fact for row in roll.rows for fact in row if fact >= 0} == stated
        assert page.text.count("not recorded") == sum(row.count(-1) for row in roll.rows)


def test_namesakes_have_a_page_that_leads_to_all_of_them():
    cast, plan = drafted(2_000)
    owners = entities_of(cast)
    shared = {group.name for group in plan.namesakes if "disambiguation" in group.title}
    names = Counter(entity.name for entity in owners)
    assert shared <= {name for name, count in names.items() if count > 1}
    assert len(shared) >= 5
    for group in plan.namesakes:
        page, _ = written(2_000)[group.url]
        assert {owners[place].url for place in group.members} == {link.url for link in page.links}


@pytest.mark.parametrize("pages", SIZES)
def test_the_indexes_lead_to_every_article_list_and_news_item(pages):
    listed = {link.url for page in of_kind(pages, "index") for link in page.links}
    wanted = [page for kind in ("list", "distractor") for page in of_kind(pages, kind)]
    cast, plan = drafted(pages)
    assert {page.url for page in wanted} <= listed
    assert {item.url for item in plan.items} <= listed
    assert {one.url for one in entities_of(cast) if not housed(one.url)} <= listed


@pytest.mark.parametrize("pages", SIZES)
def test_pages_about_the_encyclopedia_fill_what_is_left(pages):
    main, _ = written(pages)[MAIN]
    notices = [link.url for link in main.links if "/Project:" in link.url]
    assert 0 < len(notices) == drafted(pages)[1].notices
    for url in notices:
        page, spans = written(pages)[url]
        assert not spans
        assert page.text.endswith("Main Page")


@pytest.mark.parametrize("pages", SIZES)
def test_page_text_has_no_trace_of_templates(pages):
    for page, _ in written(pages).values():
        assert not re.search(r"[\[\]{}]|  |\.\.| ,| \.|\n\n\n|: \n", page.text), page.url
        assert page.text == page.text.strip()
        assert not re.search(r"\ba [aeio]", page.text), page.url


def test_relations_are_told_in_several_phrasings():
    _, plan = drafted(2_000)
    openings = {}
    for page, spans in written(2_000).values():
        for fact, start, end in spans:
            words = page.text[start:end].split()
            openings.setdefault(plan.facts[fact].relation, set()).add(" ".join(words[-3:-1]))
    assert all(len(openings[name]) >= 3 for name in RELATIONS)


def test_news_carry_their_date_and_their_headline_opens_with_a_capital():
    for page in of_kind(2_000, "news"):
        assert re.match(r"\d{1,2} [A-Z][a-z]+ \d{4}\n\n", page.text)
        assert page.title[0].isupper() or page.title[0].isdigit()


@pytest.mark.parametrize("kind", ["article", "distractor", "index", "list", "news", "site"])
def test_extraction_keeps_the_text_of_a_served_page_and_drops_what_surrounds_it(kind):
    pages = of_kind(2_000, kind)
    step = max(1, len(pages) // 15)
    surroundings = (
        *boilerplate.BANNERS,
        *boilerplate.ADVERTS,
        *boilerplate.LETTERS,
        *boilerplate.TEASERS,
        *boilerplate.RIGHTS,
        *boilerplate.SHARES,
        *("[edit]", "Accept all", "Skip to content", "Please switch on"),
    )
    for page in pages[::step]:
        html = html_of(page)
        found = extract(html.encode(), page.url).page
        words = plain(found.text)
        for _, start, end in written(2_000)[page.url][1]:
            assert plain(page.text[start:end]) in words, page.url
        for block in page.text.split("\n\n"):
            assert " · " in block or plain(block.replace("## ", "")) in words, page.url
        assert not any(text in found.text for text in surroundings)
        assert found.title == page.title
        menu = page.text.rpartition("\n\n")[0] if " · " in page.text else page.text
        kept = {(link.anchor, link.url) for link in page.links if link.position < len(menu)}
        assert kept <= {(link.anchor, link.url) for link in found.links}


def test_served_pages_are_dressed_differently_by_different_hosts():
    pages = of_kind(2_000, "site")
    heads = {re.sub(r"<h1>.*", "", html_of(page), flags=re.S)[-400:] for page in pages[:400]}
    assert len(heads) > 20
    assert html_of(pages[0]) == html_of(pages[0])
    body = "\n".join(html_of(page) for page in pages)
    for mark in ("cookie-banner", 'class="advert"', "newsletter", "sidebar", "breadcrumb"):
        assert mark in body


def test_served_pages_show_tables_infoboxes_and_lists_as_elements():
    assert '<table class="infobox">' in "".join(map(html_of, of_kind(300, "article")))
    lists = "".join(map(html_of, of_kind(300, "list")))
    assert '<table class="wikitable">' in lists
    assert "<ul>" in lists


def test_html_is_escaped_and_links_stand_in_their_place():
    link = Link(anchor="A & B", url="https://x.example/?a=1&b=2", position=10)
    page = Page(
        url="https://x.example/p", title="<T>", text="See 1 < 2 A & B.\n\n## <H>", links=(link,)
    )
    html = html_of(page)
    assert '<p>See 1 &lt; 2 <a href="https://x.example/?a=1&amp;b=2">A &amp; B</a>.</p>' in html
    assert "<h1>&lt;T&gt;" in html
    assert "<h2>&lt;H&gt;</h2>" in html
    assert extract(html.encode(), page.url).page.links == (
        Link(anchor="A & B", url="https://x.example/?a=1&b=2", position=17),
    )


def test_dice_depend_on_their_key_alone_and_favour_no_side():
    assert [Dice(1, "a").below(9) for _ in range(3)] == [Dice(1, "a").below(9)] * 3
    one, other = Dice(1, "a"), Dice(1, "b")
    assert [one.below(100) for _ in range(40)] != [other.below(100) for _ in range(40)]
    counts = Counter(one.below(6) for _ in range(12_000))
    assert set(counts) == set(range(6))
    assert max(counts.values()) < 1.1 * min(counts.values())
    assert 2_700 < sum(one.chance(0.3) for _ in range(10_000)) < 3_300
    assert not one.chance(0.0)
    assert one.chance(1.0)


def test_dice_take_no_place_twice():
    dice = Dice("some")
    for count in (0, 3, 5, 9):
        drawn = dice.some("abcde", count)
        assert len(drawn) == len(set(drawn)) == min(count, 5)
    assert {"".join(Dice(turn).some("ab", 2)) for turn in range(20)} == {"ab", "ba"}


def test_a_writer_keeps_the_places_of_links_and_facts():
    writer = Writer()
    writer.block()
    writer.fill("{o} and {a} met.", {"o": (("the ", ""), ("Ulv", "u")), "a": "Ada"}, 7, -1)
    writer.space()
    writer.fill("{o} rains.", {"o": (("ulv", "u"),)})
    writer.heading("More")
    writer.item()
    writer.link("x", "y")
    writer.item()
    writer.add("z")
    page, spans = writer.page("url", "title")
    assert page.text == "The Ulv and Ada met. ulv rains.\n\n## More\n- x\n- z"
    assert spans == ((7, 0, 20),)
    assert [(link.anchor, link.position) for link in page.links] == [
        ("Ulv", 4),
        ("ulv", 21),
        ("x", 43),
    ]


def test_names_and_pronouns_are_worded_by_type_and_gender():
    river = Entity(id="Ulv", name="Ulv", type="river", url="u")
    woman = Entity(id="Ada_Holm", name="Ada Holm", type="person", gender="f", url="a")
    assert linked(river) == (("the ", ""), ("Ulv", "u"))
    assert linked(woman, "Holm") == (("Holm", "a"),)
    assert bare_name(river) == "the Ulv"
    assert words_for(woman, alive=False, opening=True)["S"] == "Holm"
    assert words_for(woman, alive=True, opening=False)["S"] == "She"
    three = enumeration([(("a", ""),), (("b", ""),), (("c", ""),)])
    assert "".join(text for text, _ in three) == "a, b and c"


@pytest.mark.parametrize("entries", [0, 1, 40, 41, 1_600, 1_601, 70_000])
def test_an_index_has_the_pages_that_the_budget_counts(entries):
    counted = len(list(index_places(entries))) if entries else 0
    assert counted == index_pages(entries)


def test_the_most_that_fits_fits_and_one_more_does_not():
    for room in (0, 1, 2, 40, 41, 42, 83, 1_700):
        most = most_within(room)
        assert with_index(most) <= room < with_index(most + 1)


def test_addresses_are_plain():
    assert slug_of("Šárka & Sons (Ltd.)") == "sarka-sons-ltd"
    assert root_of("https://a.example/b/c") == "https://a.example/"
    assert level_url("https://a.example/archive/", 1, 2) == "https://a.example/archive/b3"


@pytest.mark.parametrize("relation", RELATIONS.values(), ids=lambda relation: relation.name)
def test_a_relation_has_a_label(relation):
    label = label_of(relation.name, relation.domain)
    assert label in LABELS
    assert label[0].isupper()
    assert "_" not in label


@pytest.mark.parametrize("theme", colour.PATTERNS)
def test_colour_holds_no_digit_and_knows_its_words(theme):
    words = {"S": "It", "they": "it", "them": "it", "their": "its", "Their": "Its"}
    for pattern in colour.PATTERNS[theme]:
        writer = Writer()
        colour.Colour(theme, Dice(pattern), words).pattern(writer, pattern)
        assert not re.search(r"[\d{}]", writer.text)
        assert writer.text[0].isupper()
    assert len(colour.PATTERNS[theme]) >= 15


def test_every_type_has_a_theme_with_side_issues():
    for name in TYPES:
        assert oddities.SIDES[colour.theme_of(name)]
