"""What a recording must not hold: credentials in headers and in urls, known by their names.

Of the headers only those are kept that freezing, replaying or an archive needs. In urls the values
of parameters are replaced whose names say that they are secret. A secret that no name gives away,
in a path or in a body, is not known for one.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

SCRUBBED = "scrubbed"
"""What stands in the place of a secret."""

_HEADERS = """
    cache-control content-encoding content-language content-length content-location content-type
    date etag expires last-modified link location retry-after transfer-encoding x-robots-tag
"""
KEPT_HEADERS = frozenset(_HEADERS.split())
"""The headers of an answer that are stored, in lower case; no other is."""

_ENDS = """
    accesskey accesskeyid apikey appkey authkey clientkey consumerkey credential credentials
    licensekey passphrase passwd password privatekey samlrequest samlresponse secret secretkey
    securitykey sessid sessionid sessionkey signature signingkey subscriptionkey token
"""
_WORDS = """
    assertion auth authorization bearer csrf hmac jwt otp pass passcode pwd session sid sig
    verifier xsrf
"""
_PAGES = "continuation cursor next nextpage page pagination prev prevpage previous"
_SECRET_ENDS = tuple(_ENDS.split())
_SECRET_WORDS = frozenset(_WORDS.split())
_SECRET_IF_LONG = frozenset(("code", "key", "nonce", "ticket"))
_LONG = 16
_OF_PAGES = frozenset(f"{word}token" for word in _PAGES.split())
_NESTED = 3  # urls in the values of urls

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PAIR = re.compile(r"[^&;]+")
_PATH_PAIR = re.compile(r"(?<=;)[^;/]+")
_PACKED_PATH_PAIR = re.compile(r"(?<=%3b)(?:(?!%3b)[^;/])+", re.IGNORECASE)
_NAMED_HOST = re.compile(r"\A(\s*(?:[a-z][a-z0-9+.-]*:)?[/\\]{2})[^/\\]*@", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s;,\"<>]*))*)")
_RELATION = re.compile(r";\s*(rel|type|hreflang)\s*=\s*(\"[\w\s.+/-]*\"|[\w.+/-]+)", re.ASCII)


def scrubbed_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those of `headers` that are stored; urls in Location, Content-Location and Link are scrubbed.

    Of a Link stay the url and its rel, type and hreflang; one that is not written as RFC 8288 says
    goes.
    """
    kept = []
    for name, value in headers:
        lowered = name.lower()
        if lowered in ("location", "content-location"):
            kept.append((name, scrubbed_url(value)))
        elif lowered == "link":
            if links := _scrubbed_links(value):
                kept.append((name, links))
        elif lowered in KEPT_HEADERS:
            kept.append((name, value))
    return tuple(kept)


def scrubbed_url(url: str) -> str:
    """`url` without name and password, and with the values of secret parameters replaced.

    Parameters are those of the query, of the fragment, and of a path (`;jsessionid=...`), and those
    of a url that is the value of another. `is_secret` says which are secret. Everything else stays
    byte for byte, and what is scrubbed stays as it is when it is scrubbed again.
    """
    return _scrubbed(url, _NESTED)


def is_secret(name: str, value: str) -> bool:
    """Whether a parameter is secret by the last word of its name: user_token, X-Amz-Signature.

    A key, code, nonce or ticket counts as secret where it has 16 characters or more: shorter ones
    number pages. The tokens that stand for the next page (page_token) are not secret.
    """
    words = [word.lower() for word in _WORD.findall(unquote(name))]
    whole = "".join(words)
    if not words or whole in _OF_PAGES:
        return False
    if whole.endswith(_SECRET_ENDS) or words[-1] in _SECRET_WORDS:
        return True
    return words[-1] in _SECRET_IF_LONG and len(value) >= _LONG


def lost_secret(url: str) -> bool:
    """Whether a url as it is recorded had a secret where it was recorded."""
    return f"={SCRUBBED}" in unquote(unquote(url))


def _scrubbed(url: str, depth: int) -> str:
    rest, hash_mark, fragment = url.partition("#")
    path, question_mark, query = rest.partition("?")
    path = _NAMED_HOST.sub(r"\1", path) if "@" in path else path
    for pairs in (_PATH_PAIR, _PACKED_PATH_PAIR):
        path = pairs.sub(lambda found: _scrubbed_pair(found[0], depth), path)
    query, fragment = _scrubbed_pairs(query, depth), _scrubbed_pairs(fragment, depth)
    return f"{path}{question_mark}{query}{hash_mark}{fragment}"


def _scrubbed_pairs(text: str, depth: int) -> str:
    return _PAIR.sub(lambda found: _scrubbed_pair(found[0], depth), text)


def _scrubbed_pair(pair: str, depth: int) -> str:
    name, equals, value = pair.partition("=")
    if not equals or not value:
        return pair
    if is_secret(name, value):
        return f"{name}={SCRUBBED}"
    return f"{name}={_scrubbed_value(value, depth - 1)}"


def _scrubbed_value(value: str, depth: int) -> str:
    """A value that may be a url or pairs itself, written as they are or escaped."""
    if not depth or not any(mark in value for mark in "=@%"):
        return value
    plain = unquote(value)
    for text, written in ((value, str), (plain, _escaped)):
        scrubbed = _scrubbed(text, depth)
        if "?" not in text:
            scrubbed = _scrubbed_pairs(scrubbed, depth)
        if scrubbed != text:
            return written(scrubbed)
    return value


def _escaped(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def _scrubbed_links(value: str) -> str:
    links = []
    for url, settings in _LINK.findall(value):
        told = "".join(f"; {name}={said}" for name, said in _RELATION.findall(settings))
        links.append(f"<{scrubbed_url(url)}>{told}")
    return ", ".join(links)
