"""The client: what an ordinary server says arrives, and what a hostile one does is bounded."""

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from webenvs import seeding
from webenvs.errors import SettingError
from webenvs.recording.client import Client, FetchError, FetchSettings


def failed(get, *urls, **settings):
    """The error of the last url."""
    with pytest.raises(FetchError) as caught:
        get(*urls, **settings)
    return caught.value


def test_a_page_arrives_with_status_version_headers_and_body(site, get):
    site.page("/", "<p>Alba")
    found = get(site.url())
    assert (found.status, found.version, found.body) == (200, "HTTP/1.1", b"<p>Alba")
    assert found.header("CONTENT-type") == "text/html"


def test_a_server_that_speaks_http_1_0_is_understood(site, get):
    site.routes["/"] = b"HTTP/1.0 200 OK\r\n\r\n<p>old"
    found = get(site.url())
    assert (found.version, found.body) == ("HTTP/1.0", b"<p>old")


def test_the_user_agent_is_the_one_of_the_settings(site, get):
    get(site.url(), user_agent="my-crawler/2")
    assert site.asked[0].headers["user-agent"] == "my-crawler/2"


@pytest.mark.parametrize("part", ["slow_head", "slow_body"])
def test_a_server_that_sends_a_byte_now_and_then_is_left_after_the_total_time(
    site, get, hostile, part
):
    site.routes["/"] = getattr(hostile, part)()
    error = failed(get, site.url(), total_time=0.3)
    assert (error.fault, "not done in 0.3 s" in str(error)) == ("timeout", True)


def test_a_server_that_says_nothing_is_left_after_the_timeout(site, get, hostile):
    site.routes["/"] = hostile.silent
    error = failed(get, site.url(), timeout=0.2)
    assert (error.fault, "no byte in 0.2 s" in str(error)) == ("timeout", True)


def test_a_body_without_end_is_left_at_the_size_limit(site, get, hostile):
    site.routes["/"] = hostile.endless
    assert failed(get, site.url(), size_limit=100_000).fault == "too_large"


def test_a_decompression_bomb_is_stopped_without_being_unpacked(site, get, hostile):
    site.routes["/"] = hostile.bomb(100)
    tracemalloc.start()
    tracemalloc.reset_peak()
    try:
        error = failed(get, site.url(), size_limit=1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (error.fault, "when unpacked" in str(error)) == ("too_large", True)
    assert peak < 10_000_000


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
        ("gzip", lambda data: gzip.compress(data) + bytes(20)),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("identity", lambda data: data),
    ],
    ids=["gzip", "two members", "padded", "deflate", "raw deflate", "identity"],
)
def test_packed_bodies_are_unpacked(site, get, ordinary, coding, pack):
    body = b"<p>The Alba is a river. " * 9000
    site.routes["/"] = ordinary(pack(body), headers=[("Content-Encoding", coding)])
    assert get(site.url()).body == body


@pytest.mark.parametrize(
    ("coding", "body", "said"),
    [
        ("br", b"\x8b\x00\x80", "encoded as 'br'"),
        ("gzip, gzip", gzip.compress(b"x"), "encoded as 'gzip, gzip'"),
        ("gzip", b"no gzip at all", "damaged"),
        ("gzip", gzip.compress(b"x" * 999)[:-9], "ends before its end"),
    ],
    ids=["brotli", "twice", "none", "cut"],
)
def test_a_body_that_is_not_packed_as_it_was_asked_for_is_broken(
    site, get, ordinary, coding, body, said
):
    site.routes["/"] = ordinary(body, headers=[("Content-Encoding", coding)])
    error = failed(get, site.url())
    assert (error.fault, said in str(error)) == ("broken", True)


@pytest.mark.parametrize("way", ["too_short", "huge_headers", "many_headers"])
def test_an_answer_that_keeps_no_rule_of_http_is_broken(site, get, hostile, way):
    site.routes["/"] = getattr(hostile, way)()
    assert failed(get, site.url()).fault == "broken"


def test_a_connection_that_is_reset_in_mid_body_is_broken(site, get, hostile):
    site.routes["/"] = hostile.reset
    assert failed(get, site.url()).fault == "broken"


@pytest.mark.parametrize(
    "line", [b"HELLO\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"", b"\x16\x03\x01\x00"]
)
def test_a_status_line_that_is_none_is_broken(site, get, line):
    site.routes["/"] = line
    assert failed(get, site.url()).fault == "broken"


def test_of_a_body_longer_than_its_length_only_the_length_is_read(site, get, hostile):
    site.routes["/"] = hostile.too_long()
    assert get(site.url()).body == b"<p>ab"


def test_a_port_where_nobody_listens_is_unreachable(site, get):
    error = failed(get, "http://127.0.0.1:1/", allow=("127.0.0.1:1",))
    assert error.fault == "unreachable"


def test_a_name_without_address_is_unreachable(get):
    def nowhere(host, port):
        raise OSError("no such host")

    assert failed(get, "http://nowhere.example/", resolver=nowhere).fault == "unreachable"


def test_a_host_that_asks_for_a_pause_gets_it(site, get, clock, ordinary):
    def route(site, connection):
        first = len(site.asked) == 1
        pause = [("Retry-After", "7")]
        connection.sendall(
            ordinary("", "429 Too Many Requests", headers=pause) if first else ordinary("<p>now")
        )

    site.routes["/"] = route
    assert get(site.url(), retries=1).body == b"<p>now"
    assert clock.slept == [7.0]


def test_a_pause_until_a_date_counts_from_the_date_of_the_answer(site, get, clock):
    headers = [
        ("Date", "Mon, 30 Nov 2026 10:00:00 GMT"),
        ("Retry-After", "Mon, 30 Nov 2026 10:00:09 GMT"),
    ]
    site.page("/", "", status="503 Busy", headers=headers)
    assert failed(get, site.url(), retries=1).fault == "status"
    assert clock.slept == [9.0]


def test_a_host_that_asks_for_too_long_a_pause_is_left_alone(site, get, clock):
    site.page("/", "", status="429 No", headers=[("Retry-After", "86400")])
    assert failed(get, site.url(), retries=3).pause == 86400
    assert (len(site.asked), clock.slept) == (1, [])


def test_pauses_double_from_attempt_to_attempt(site, get, clock):
    site.page("/", "", status="500 Oops")
    assert failed(get, site.url(), retries=3).fault == "status"
    assert (len(site.asked), clock.slept) == (4, [0.5, 1.0, 2.0])


def test_a_page_that_is_not_there_is_asked_once(site, get):
    assert get(site.url("/none"), retries=3).status == 404
    assert len(site.asked) == 1


def test_a_cookie_is_not_sent_back(site, get):
    site.page("/", "<p>x", headers=[("Set-Cookie", "id=42; Path=/")])
    get(site.url(), site.url())
    assert ["cookie" in asked.headers for asked in site.asked] == [False, False]


def test_a_header_is_sent_to_its_origin_alone(site, other_site, get):
    headers = {f"http://{site.host}": {"Authorization": "Bearer abc"}}
    get(site.url(), other_site.url(), headers=headers, allow=(site.host, other_site.host))
    assert site.asked[0].headers["authorization"] == "Bearer abc"
    assert "authorization" not in other_site.asked[0].headers


def test_proxies_of_the_environment_are_not_used(site, get, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.page("/", "<p>direct")
    assert get(site.url()).body == b"<p>direct"


def test_requests_to_one_host_begin_a_delay_apart(site, get, clock):
    get(site.url("/1"), site.url("/2"), site.url("/3"), delay=2)
    assert clock.slept == [2, 2]


def test_one_host_is_asked_by_so_many_at_once(site, quick, ordinary):
    def route(site, connection):
        site.over.wait(0.05)
        connection.sendall(ordinary("<p>x"))

    async def run():
        async with Client(quick(per_host=2, concurrency=8)) as client:
            await asyncio.gather(*(client.get(site.url(f"/{number}")) for number in range(8)))

    site.routes = {f"/{number}": route for number in range(8)}
    asyncio.run(run())
    assert (site.most, len(site.asked)) == (2, 8)


def test_whatever_a_server_sends_is_a_response_or_a_named_failure(site, quick, ordinary):
    good = ordinary(gzip.compress(b"<p>river " * 99), headers=[("Content-Encoding", "gzip")])
    sent = [mangled(good, number) for number in range(80)]
    site.routes = {f"/{number}": data for number, data in enumerate(sent)}

    async def ask(client, number):
        try:
            return (await client.get(site.url(f"/{number}"))).status
        except FetchError as error:
            return error.fault

    async def run():
        async with Client(quick(per_host=8, timeout=1)) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(len(sent))))

    assert {"broken", 200} <= set(asyncio.run(run()))


def mangled(data, number):
    """`data` with a few bytes changed, dropped and doubled."""
    data = bytearray(data)
    for time in range(1 + number % 4):
        place = seeding.integer(len(data), "place", number, time)
        what = seeding.integer(3, "what", number, time)
        if what == 0:
            data[place] = seeding.integer(256, "byte", number, time)
        elif what == 1:
            del data[place : place + 9]
        else:
            data[place:place] = data[max(0, place - 30) : place]
    return bytes(data)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"timeout": 0}, "timeout = 0"),
        ({"timeout": float("nan")}, "timeout = nan"),
        ({"total_time": float("inf")}, "total_time = inf"),
        ({"retries": -1}, "retries = -1"),
        ({"delay": float("nan")}, "delay = nan"),
        ({"size_limit": 0}, "size_limit = 0"),
        ({"size_limit": 10**9}, "size_limit = 1000000000 is not allowed"),
        ({"user_agent": "a\nb"}, "user_agent = 'a\\nb'"),
        ({"headers": {"https://a.example/path": {}}}, "headers = 'https://a.example/path'"),
    ],
)
def test_a_setting_out_of_range_is_named(settings, named):
    with pytest.raises(SettingError) as caught:
        FetchSettings(**settings)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Authorization", "Bearer SECRET\n", "value for 'Authorization'"),
        ("Authorization", "Bearer SECRÉT", "value for 'Authorization'"),
        ("Authori zation", "Bearer SECRET", "headers = 'Authori zation'"),
        ("", "Bearer SECRET", "headers = ''"),
    ],
    ids=["line end", "accent", "blank", "empty"],
)
def test_a_header_that_cannot_be_sent_is_named_without_its_value(name, value, said):
    with pytest.raises(SettingError) as caught:
        FetchSettings(headers={"https://a.example": {name: value}})
    assert said in str(caught.value)
    assert "SECR" not in str(caught.value)


@pytest.mark.parametrize(
    "until",
    [
        "soon",
        "-7",
        "Mon, 30 Nov 99999999999999999999 10:00:00 GMT",
        "Mon, 30 Nov 2026 10:00:00 +99999999999999999999",
    ],
)
def test_a_pause_that_is_none_is_not_made(site, get, clock, until):
    headers = [("Date", "Mon, 30 Nov 2026 10:00:00 GMT"), ("Retry-After", until)]
    site.page("/", "", status="503 Busy", headers=headers)
    assert failed(get, site.url(), retries=1).fault == "status"
    assert clock.slept == [0.5]


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_certificates_that_is_none_is_named(get, tmp_path, content):
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    with pytest.raises(SettingError, match="certificates = "):
        get("https://a.example/", certificates=str(file))


@pytest.mark.parametrize("robots", [False, True])
def test_a_url_that_has_half_an_address_is_refused(get, robots):
    assert failed(get, "http://a[/", robots=robots).fault == "refused"
