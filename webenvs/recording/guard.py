"""Which addresses may be asked: http and https, of hosts that are on the public internet.

A url is checked before it is asked, and the address that its host resolves to is checked when a
connection is made to exactly that address, so a name that changes its mind in between gains
nothing. What is refused can be allowed by name.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence

import httpx

from webenvs.errors import CorpusError, bad_setting
from webenvs.recording.scrubbing import scrubbed_url
from webenvs.records import Record
from webenvs.text import clip, printable

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host, as text; raises OSError where it has none."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
"""The schemes that may be asked, and the port of each."""

_REFUSED_4 = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by carriers",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "metadata of a cloud",
    "169.254.0.0/16": "link-local, metadata of a cloud",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved, metadata of a cloud",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_REFUSED_6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::ffff:0:0/96": "IPv4 in IPv6",
    "64:ff9b::/96": "IPv4 in IPv6 (NAT64)",
    "64:ff9b:1::/48": "IPv4 in IPv6 (NAT64)",
    "2001::/23": "reserved (Teredo and others)",
    "2001:db8::/32": "documentation",
    "2002::/16": "IPv4 in IPv6 (6to4)",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
}
_NETWORKS = tuple(
    (ipaddress.ip_network(network), word) for network, word in {**_REFUSED_4, **_REFUSED_6}.items()
)
_GLOBAL_6 = ipaddress.ip_network("2000::/3")
_ALWAYS = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "168.63.129.16/32", "fd00:ec2::/32", "fe80::/10")
)
"""Networks that an allowed name may not lead to: their addresses themselves must be allowed."""
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_ENTRY = re.compile(r"(?:\[[0-9a-f:.]+\]|[^:/?#@\[\]\s]+)(:[0-9]{1,5})?", re.I)
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.I)


class RefusedError(CorpusError):
    """A url, or the address it leads to, that may not be asked; the message says why."""


class Target(Record, frozen=True, kw_only=True):
    """What a url asks: scheme, host in lower case and ASCII, and port."""

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """The target as `scheme://host:port`, its port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the operating system gives for a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


class Guard:
    """Says which urls and addresses may be asked."""

    def __init__(self, allow: Iterable[str] = (), resolver: Resolver = system_resolver) -> None:
        """`allow`: hosts as urls write them, `host` or `host:port`, that may be anywhere.

        A name that is allowed may lead to private and loopback addresses; to a link-local or
        metadata address leads only that address itself. Raises SettingError for an entry that is no
        host.
        """
        self._allowed = frozenset(_entry(text) for text in allow)
        self._resolver = resolver

    def target(self, url: str) -> Target:
        """What `url` asks; raises RefusedError if it may not be asked, whatever it resolves to."""
        target = target_of(url)
        address = _literal(target.host)
        if address is not None:
            self._check(address, target.host, target.port)
        return target

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host that may be connected to; RefusedError if there is none.

        Raises OSError if the host has no address at all.
        """
        literal = _literal(host)
        found = [str(literal)] if literal is not None else list(self._resolver(host, port))
        if not found:
            raise OSError(f"{host} has no address")
        kept, refusal = [], None
        for text in found:
            try:
                self._check(ipaddress.ip_address(text), host, port)
            except (RefusedError, ValueError) as error:
                refusal = error
            else:
                kept.append(text)
        if not kept:
            raise RefusedError(str(refusal))
        return tuple(kept)

    def _check(self, address: Address, host: str, port: int) -> None:
        word = refused(address)
        if not word:
            return
        named = self._allows(host, port)
        if named and (_literal(host) == address or not _always(address)):
            return
        shown = host if _literal(host) else f"{host} is {address}, which"
        wanted = _written(str(address) if named else host, port)
        raise RefusedError(
            f"{shown} is not on the public internet ({word}); to ask it all the same, allow "
            f"{wanted!r} by name."
        )

    def _allows(self, host: str, port: int) -> bool:
        return (host, None) in self._allowed or (host, port) in self._allowed


def target_of(url: str) -> Target:
    """The scheme, host and port of `url`; RefusedError unless it is a plain http or https url."""
    shown = clip(printable(scrubbed_url(url)), 200)
    try:
        parsed = httpx.URL(url)
        named, host = b"@" in parsed.netloc, parsed.raw_host.decode("ascii").lower()
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise RefusedError(f"{shown!r} is no url: {error}.") from None
    if parsed.scheme not in PORTS:
        raise RefusedError(f"{shown!r} is not asked: only http and https urls are.")
    if parsed.userinfo or named:
        raise RefusedError("A url with a user name or password in it is not asked.")
    address = _literal(host)
    if address is None:
        _check_name(host, shown)
    else:
        host = str(address)
    port = PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65_536:
        raise RefusedError(f"{shown!r} has the port {port}, which is none.")
    return Target(scheme=parsed.scheme, host=host, port=port)


def refused(address: Address) -> str:
    """Why an address is not on the public internet, in a word or two; "" if it is."""
    for network, word in _NETWORKS:
        if address.version == network.version and address in network:
            return word
    if address.version == 6 and (address not in _GLOBAL_6 or getattr(address, "scope_id", None)):
        return "reserved"
    return ""


def _always(address: Address) -> bool:
    return any(address.version == net.version and address in net for net in _ALWAYS)


def _literal(host: str) -> Address | None:
    """The address that `host` spells in the one usual way, or None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check_name(host: str, shown: str) -> None:
    """Raise RefusedError for a host that is neither a name nor spelled as an address should be.

    Numbers such as 2130706433, 127.1 or 0x7f.0.0.1 are addresses to some readers.
    """
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        raise RefusedError(f"{shown!r} is not asked: its host is a number, and no plain address.")
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise RefusedError(f"{shown!r} is not asked: its host is no name of a host.")


def _entry(text: str) -> tuple[str, int | None]:
    """The host and the port, if any, of an entry; SettingError if it is none."""
    allowed = "a host as urls write it, with or without a port: intranet.example, 127.0.0.1:8080"
    bare = text.count(":") > 1 and not text.startswith("[")
    found = _ENTRY.fullmatch(f"[{text}]" if bare else text)
    if not found:
        raise bad_setting("allow", text, allowed)
    try:
        target = target_of(f"http://{text if not bare else found[0]}/")
    except RefusedError as error:
        raise bad_setting("allow", text, f"{allowed} ({error})") from error
    return target.host, target.port if found[1] else None


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
