"""The guard: only http and https, only the public internet, checked at the address connected to."""

import pytest

from webenvs.errors import SettingError
from webenvs.recording.client import FetchError
from webenvs.recording.guard import Guard, RefusedError

OFF_THE_NET = """
    0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.0.1 168.63.129.16
    169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1
    198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::1
    ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1
    2001:db8::1 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1
"""


def guard(*allow, addresses=()):
    return Guard(allow, lambda host, port: addresses)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org/",
        "example.org",
        "",
        "http:///path",
        "http://name@example.org/",
        "http://name:word@example.org/",
        "http://example.org@127.0.0.1/",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.0.0.0x1/",
        "http://0/",
        "http://1.2.3.4.5/",
        "http://127。0。0。1/",
        "http://１２７.0.0.1/",
        "http://exa mple.org/",
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://exa\nmple.org/",
        "http://exam%70le.org/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
    ],
)
def test_a_url_that_is_no_plain_web_address_is_refused(url):
    with pytest.raises(RefusedError):
        guard().target(url)


@pytest.mark.parametrize("address", OFF_THE_NET.split())
def test_an_address_off_the_public_internet_is_refused(address):
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(RefusedError, match="not on the public internet"):
        guard().target(f"http://{literal}/")
    with pytest.raises(RefusedError, match="not on the public internet"):
        guard(addresses=[address]).addresses("name.example", 80)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"])
def test_a_public_address_may_be_asked(address):
    assert guard(addresses=[address]).addresses("name.example", 80) == (address,)


def test_of_several_addresses_only_public_ones_are_connected_to():
    found = guard(addresses=["127.0.0.1", "8.8.8.8", "::1", "nonsense"])
    assert found.addresses("name.example", 80) == ("8.8.8.8",)


def test_an_error_says_what_to_allow():
    with pytest.raises(RefusedError, match=r"allow 'name\.example:8080' by name"):
        guard(addresses=["10.0.0.1"]).addresses("name.example", 8080)


@pytest.mark.parametrize("entry", ["intranet.example", "Intranet.Example", "intranet.example:8080"])
def test_a_name_that_is_allowed_may_be_private(entry):
    found = guard(entry, addresses=["10.0.0.1", "127.0.0.1"])
    assert found.addresses("intranet.example", 8080) == ("10.0.0.1", "127.0.0.1")


@pytest.mark.parametrize("entry", ["intranet.example:80", "other.example", "10.0.0.1"])
def test_what_is_allowed_is_allowed_for_that_host_and_port_alone(entry):
    with pytest.raises(RefusedError):
        guard(entry, addresses=["10.0.0.1"]).addresses("intranet.example", 8080)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "168.63.129.16"])
def test_a_name_that_is_allowed_still_may_not_lead_to_metadata(address):
    with pytest.raises(RefusedError):
        guard("intranet.example", addresses=[address]).addresses("intranet.example", 80)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("169.254.169.254", "http://169.254.169.254/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("::1", "http://[::1]/"),
        ("127.0.0.1:80", "http://127.0.0.1/"),
    ],
)
def test_an_address_can_be_allowed_itself(entry, url):
    assert guard(entry).target(url).scheme == "http"


@pytest.mark.parametrize(
    "entry", ["", "http://a.example", "a.example/x", "a b", "10.0.0.0/8", "127.1"]
)
def test_an_entry_that_is_no_host_is_named(entry):
    with pytest.raises(SettingError, match="allow = "):
        guard(entry)


def test_a_name_is_written_in_ascii_and_its_own_port_left_out():
    assert guard().target("HTTPS://Exämple.org:443/x").origin == "https://xn--exmple-cua.org"


def test_the_connection_goes_to_the_address_that_was_checked(site, get):
    site.page("/", "<p>x")
    names = []

    def resolver(host, port):
        names.append(host)
        return ["127.0.0.1"]

    name = f"here.example:{site.server_address[1]}"
    get(f"http://{name}/", allow=(name,), resolver=resolver)
    assert (names, site.asked[0].headers["host"]) == (["here.example"], name)


def test_a_name_that_changes_its_address_is_checked_at_every_connection(site, get):
    site.page("/", "<p>x")
    addresses = iter(["127.0.0.1", "169.254.169.254"])
    name = f"turn.example:{site.server_address[1]}"
    with pytest.raises(FetchError, match=r"169\.254\.169\.254"):
        get(
            f"http://{name}/1",
            f"http://{name}/2",
            allow=(name,),
            resolver=lambda host, port: [next(addresses)],
        )
    assert site.paths() == ["/1"]


def test_a_name_that_is_not_allowed_does_not_reach_the_loopback(site, get):
    with pytest.raises(FetchError) as caught:
        get(
            f"http://evil.example:{site.server_address[1]}/",
            resolver=lambda host, port: ["127.0.0.1"],
        )
    assert (caught.value.fault, site.asked) == ("refused", [])
