"""robots.txt: read as RFC 9309 says, asked once a host, obeyed unless the user says otherwise."""

import pytest

from webenvs.recording.client import FetchError
from webenvs.recording.robots import read_robots

NAMED = b"""# everybody
User-agent: *
Disallow: /
User-agent: Webenvs-Recorder
User-agent: other
Disallow: /private  # a remark
Allow: /private/open
Crawl-delay: 3
Sitemap: http://a.example/map
"""


def allows(rules, path, agent="webenvs-recorder/1.0"):
    return read_robots(rules.encode(), agent).allows(f"http://a.example{path}")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/private", False), ("/private/x", False), ("/private/open/x", True)],
)
def test_the_group_that_names_the_program_counts_and_no_other(path, allowed):
    assert read_robots(NAMED, "webenvs-recorder/1.0").allows(f"http://a.example{path}") is allowed


def test_a_program_that_is_not_named_follows_the_group_for_all():
    assert not read_robots(NAMED, "stranger").allows("http://a.example/x")


@pytest.mark.parametrize(
    ("rule", "path", "allowed"),
    [
        ("/*.php", "/a/b.php?x=1", False),
        ("/*.php$", "/a/b.php", False),
        ("/*.php$", "/a/b.php?x=1", True),
        ("/fish$", "/fish", False),
        ("/fish$", "/fishes", True),
        ("/a*b*c", "/aXbXc", False),
        ("/a*b*c", "/aXcXb", True),
        ("/x?y=*&z", "/x?y=1&z", False),
        ("/%7Ejoe/", "/~joe/a", False),
        ("/a%2Fb", "/a/b", True),
        ("/ä", "/%C3%A4", False),
        ("", "/anything", True),
        ("/", "/robots.txt", True),
    ],
)
def test_patterns(rule, path, allowed):
    assert allows(f"User-agent: *\nDisallow: {rule}\n", path) is allowed


def test_of_two_rules_of_one_length_the_allowing_one_counts():
    assert allows("User-agent: *\nDisallow: /page\nAllow: /page\n", "/page")


def test_groups_of_one_name_count_together():
    rules = "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n"
    assert [allows(rules, path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_what_is_no_robots_txt_allows_everything():
    assert allows("<html>not found</html>\x00\nDisallow: /", "/x")


def test_a_pattern_made_to_be_slow_is_not():
    rule = "/" + "*a" * 200 + "b"
    assert allows(f"User-agent: *\nDisallow: {rule}\n", "/" + "a" * 5000)


def test_a_pause_is_at_most_a_minute():
    assert read_robots(b"User-agent: *\nCrawl-delay: 86400", "x").delay == 60


def test_what_is_asked_to_be_left_alone_is(site, get):
    site.page("/robots.txt", "User-agent: *\nDisallow: /secret", kind="text/plain")
    with pytest.raises(FetchError) as caught:
        get(site.url("/open"), site.url("/open"), site.url("/secret/x"), robots=True)
    assert caught.value.fault == "robots"
    assert site.paths() == ["/robots.txt", "/open", "/open"]


def test_it_can_be_ignored(site, get):
    site.page("/robots.txt", "User-agent: *\nDisallow: /", kind="text/plain")
    get(site.url("/x"), robots=False)
    assert site.paths() == ["/x"]


def test_a_host_without_one_allows_everything(site, get):
    assert get(site.url("/x"), robots=True).status == 404
    assert site.paths() == ["/robots.txt", "/x"]


@pytest.mark.parametrize(("status", "fault"), [("500 Oops", "status"), ("501 Never", "robots")])
def test_a_host_whose_rules_cannot_be_read_is_left_alone(site, get, status, fault):
    site.page("/robots.txt", "", status=status)
    with pytest.raises(FetchError) as caught:
        get(site.url("/x"), robots=True)
    assert (caught.value.fault, site.paths()) == (fault, ["/robots.txt"])


def test_a_pause_it_asks_for_is_kept(site, get, clock):
    site.page("/robots.txt", "User-agent: *\nCrawl-delay: 4", kind="text/plain")
    get(site.url("/1"), site.url("/2"), robots=True)
    assert clock.slept == [4]


def test_its_redirect_to_a_private_address_is_refused(site, get):
    site.page("/robots.txt", "", status="302 Found", headers=[("Location", "http://10.0.0.1/")])
    with pytest.raises(FetchError) as caught:
        get(site.url("/x"), robots=True)
    assert (caught.value.fault, site.paths()) == ("refused", ["/robots.txt"])


def test_of_one_without_end_the_beginning_counts(site, get):
    site.page("/robots.txt", "User-agent: *\nDisallow: /x\n" + "# more\n" * 200_000)
    with pytest.raises(FetchError) as caught:
        get(site.url("/x"), robots=True)
    assert caught.value.fault == "robots"
