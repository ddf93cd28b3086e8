"""What a recording must not hold: credentials in headers and in the queries of urls."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

SCRUBBED = "scrubbed"
"""What stands in the place of a secret."""

_HEADERS = """
    api-key apikey authentication-info authorization cookie cookie2 ocp-apim-subscription-key
    private-token proxy-authentication-info proxy-authorization set-cookie set-cookie2
    x-access-token x-amz-security-token x-api-key x-auth x-auth-token x-csrf-token x-functions-key
    x-goog-api-key x-session-id x-subscription-token x-vault-token x-xsrf-token
"""
_PARAMETERS = """
    accesskey accesstoken apikey apitoken appkey auth authkey authorization authtoken awsaccesskeyid
    bearer clientsecret credential credentials csrf csrftoken idtoken jsessionid jwt oauthtoken
    passphrase passwd password phpsessid privatekey pwd refreshtoken secret secretkey session
    sessionid sessiontoken sid sig signature subscriptionkey token xamzcredential xamzsecuritytoken
    xamzsignature xgoogcredential xgoogsignature
"""
SECRET_HEADERS = frozenset(_HEADERS.split())
"""Headers that are never stored, in lower case."""
SECRET_PARAMETERS = frozenset(_PARAMETERS.split())
"""Names of query parameters whose values are never stored, in lower case and without - and _."""

_LONG_KEY = 16
_SECRET_WORD = re.compile(r"(api|access|auth|secret|private)[-_]?(key|token)|password|secret", re.I)


def is_secret_header(name: str) -> bool:
    """Whether a header of this name may hold a credential."""
    lowered = name.lower()
    return lowered in SECRET_HEADERS or bool(_SECRET_WORD.search(lowered))


def scrubbed_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """`headers` without those that hold credentials; urls in Location and Link lose theirs."""
    kept = []
    for name, value in headers:
        if is_secret_header(name):
            continue
        lowered = name.lower()
        moved = lowered in ("location", "content-location", "refresh")
        kept.append((name, scrubbed_url(value) if moved else value))
    return tuple(kept)


def scrubbed_url(url: str) -> str:
    """`url` without name and password, and with the values of secret parameters replaced.

    A parameter called `key` counts as secret where its value is 16 characters or longer: shorter
    ones number pages. Everything else stays byte for byte.
    """
    if "?" not in url and "@" not in url and "#" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    host = parts.netloc.rpartition("@")[2]
    if not parts.query and not parts.fragment:
        return url if host == parts.netloc else urlunsplit(parts._replace(netloc=host))
    query, fragment = (_scrubbed_query(text) for text in (parts.query, parts.fragment))
    if (host, query, fragment) == (parts.netloc, parts.query, parts.fragment):
        return url
    return urlunsplit(parts._replace(netloc=host, query=query, fragment=fragment))


def _scrubbed_query(query: str) -> str:
    return re.sub(r"[^&;]+", lambda found: _scrubbed_pair(found[0]), query)


def _scrubbed_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain = unquote(name).lower().replace("-", "").replace("_", "")
    secret = plain in SECRET_PARAMETERS or (plain == "key" and len(value) >= _LONG_KEY)
    return f"{name}={SCRUBBED}" if equals and value and secret else pair
