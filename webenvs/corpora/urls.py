"""Urls: their one normal form, other forms that mean the same page, and the site they are of."""

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

WEB = ("http", "https")
"""The schemes whose urls have a normal form; any other url is its own."""

_PORTS = {"http": "80", "https": "443"}
_PATH_SAFE = "/%!$&'()*+,;=:@~-._"
_QUERY_SAFE = _PATH_SAFE + "?"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})|%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_QUOTES = "<>\"'`"
_PLAIN = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*/[A-Za-z0-9_~/-]*(?:\.[A-Za-z0-9]+)?\Z"
).match


@lru_cache(65_536)
def normal(url: str) -> str:
    """The normal form of an http or https url; another url, or one that is none, as it is.

    Scheme and host in lower case, the host in ASCII (IDN), without a default port or a dot at its
    end; dot segments resolved; escapes in upper case, those of unreserved characters undone, other
    characters than ASCII escaped; "/" for an empty path; no fragment (RFC 3986, section 6.2).
    """
    if _PLAIN(url) and "/." not in url:
        return url
    try:
        parts = urlsplit(url.strip())
        scheme = parts.scheme.lower()
        if scheme not in WEB or not parts.hostname:
            return url
        host = _host(parts, scheme)
    except ValueError:
        return url
    path = _without_dots(_escaped(parts.path, _PATH_SAFE)) or "/"
    return urlunsplit((scheme, host, path, _escaped(parts.query, _QUERY_SAFE), ""))


def forms(address: str) -> Iterator[str]:
    """The urls that an address may mean, the likeliest first.

    As it is; without blanks and quotes around it; without its fragment; in normal form; with or
    without its last slash; with the other of http and https.
    """
    yield address
    bare = address.strip().strip(_QUOTES)
    yield bare
    yield bare.partition("#")[0]
    url = normal(bare)
    yield url
    if not url.startswith(("http://", "https://")):
        return
    slashed = url[:-1] if url.endswith("/") else url + "/"
    yield slashed
    for form in (url, slashed):
        scheme, _, rest = form.partition("://")
        yield ("http" if scheme == "https" else "https") + "://" + rest


def site(url: str) -> str:
    """What the pages of one site have in common: the host of a web url, of any other the scheme."""
    scheme, _, rest = url.partition("://")
    return rest.partition("/")[0] if scheme in WEB else scheme


def _host(parts: SplitResult, scheme: str) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(str(error)) from error
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    if port is not None and str(port) != _PORTS[scheme]:
        host = f"{host}:{port}"
    user, at, _ = parts.netloc.rpartition("@")
    return f"{user}{at}{host}"


def _escaped(text: str, safe: str) -> str:
    return _ESCAPE.sub(_escape, quote(text, safe=safe, errors="surrogatepass"))


def _escape(found: re.Match[str]) -> str:
    if found[1] is None:
        return "%25"
    code = int(found[1], 16)
    return chr(code) if code in _UNRESERVED else f"%{found[1].upper()}"


def _without_dots(path: str) -> str:
    """`path` with its dot segments resolved (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
