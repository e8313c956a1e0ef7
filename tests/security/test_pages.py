"""The console's pages as a way in: markup from names, tags, policies and headers; framing; caches;
input that no browser would send."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest

from iamsite.console.urls import urlpatterns
from iamsite.operations import OperationError
from tests.cast import PASSWORD, Acme, allow, trust
from tests.portal import Portal
from tests.security.browser import FORM, Browser

MARKUP = "<script>alert(1)</script>"
# Where security keys work: the portal itself, by the one name that they know.
HERE = "http://localhost:"
BREAKOUT = "\"'><img src=x onerror=alert(1)>"


class Reader(HTMLParser):
    """Finds what a browser would run, load or send."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.found.append(f"inline {tag}")
        if tag in ("style", "iframe", "object", "embed", "base"):
            self.found.append(tag)
        for name, value in attrs:
            if name.startswith(("on", "hx-on")) or name == "style":
                self.found.append(f"{tag} {name}={value}")
            wanted = (value or "").strip().lower()
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post") and (
                wanted.startswith(("javascript:", "data:", "//", "http"))
                and not wanted.startswith(HERE)
                and tag != "img"
            ):
                self.found.append(f"{tag} {name}={value}")
        if given.get("src") == "x":
            self.found.append("planted img")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    """Acme with markup wherever people write freely."""
    acme = Acme()
    do = acme.root.perform
    tags = [{"Key": "note", "Value": "a=b/c@d"}]
    do("UpdateAccountName", AccountName=f"Acme {MARKUP}{BREAKOUT}")
    document = allow("s3:GetObject", resource=f"arn:aws:s3:::{MARKUP}{BREAKOUT}/*", Sid="plain")
    do("PutUserPolicy", UserName="carol", PolicyName="markup", PolicyDocument=document)
    do("CreatePolicy", PolicyName="markup", PolicyDocument=document, Description="plain", Tags=tags)
    do(
        "CreateRole",
        RoleName="markup",
        AssumeRolePolicyDocument=trust(acme.arn("root")),
        Description=f"a {MARKUP}{BREAKOUT}",
        Path=f"/{quote(MARKUP, safe='()<>')[:0]}a/",
        Tags=tags,
    )
    do("CreateUser", UserName="o=a+b,c@d.e_f-g", Path="/!'\"<script>$&()/", Tags=tags)
    for name, path in (
        ("ListUsers", {}),
        ("GetUser", {"UserName": MARKUP}),
        ("ListGroups", {"PathPrefix": f"/{MARKUP}/"}),
    ):
        try:
            acme.carol.perform(name, **path)
        except OperationError:
            continue
    return acme  # fmt: skip


@pytest.fixture(scope="module")
def root(acme: Acme, portal: Portal) -> Browser:
    browser = Browser(portal.port)
    fields = {
        "kind": "root",
        "email": acme.email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": browser.csrf,
    }
    headers = {"Content-Type": FORM, "User-Agent": f"{MARKUP}{BREAKOUT}", "Referer": browser.origin}
    answer = browser("POST", "/console/sign-in", urlencode(fields).encode(), headers)
    assert answer.status == 302
    # A refused call whose user agent and parameters hold markup is in the trail.
    agent = {"User-Agent": f"{MARKUP}{BREAKOUT}"}
    browser("GET", f"/api/v1/users/{quote(MARKUP)}", None, agent)
    browser("DELETE", "/api/v1/users/nobody", None, {**agent, "X-CSRFToken": browser.csrf})
    return browser


def addresses(acme: Acme) -> list[str]:
    """Every address of the console that can be opened, of things whose parts hold markup."""
    arn = acme.arn("policy/markup")
    found = []
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if not route or "sign-" in route or route in ("theme",):
            continue
        if route.startswith("users"):
            name = "o=a+b,c@d.e_f-g" if "policies" not in route else "carol"
        else:
            name = "Developers" if route.startswith("groups") else "markup"
        parts = {"name": name, "arn": arn, "policy_name": "markup", "version": "v1"}
        for part in re.findall(r"<[^>]+>", route):
            value = parts.get(part.strip("<>").rpartition(":")[2], "carol")
            route = route.replace(part, quote(value, safe=":/"))
        found.append(f"/console/{route}")
    return found


def test_nothing_that_people_wrote_becomes_markup(root: Browser, acme: Acme) -> None:
    opened = 0
    seen = ""
    for path in [
        *addresses(acme),
        f"/console/search?q={quote(MARKUP + BREAKOUT)}",
        f"/console/users/?q={quote(BREAKOUT)}",
        f"/console/activity?q={quote(BREAKOUT)}",
    ]:
        answer = root.get(path)
        assert answer.status < 500, path
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        reader = read(answer.text)
        assert reader.found == [], path
        opened += answer.status == 200
        seen += "".join(reader.text)
    assert opened > 30
    for planted in (MARKUP, BREAKOUT, "/!'\"<script>$&()/"):
        assert planted in seen, "what was written is not shown, so nothing was tested"


@pytest.mark.parametrize(
    "path",
    ["/console/", "/console/users/", "/console/sign-in", "/console/nowhere", "/nowhere", "/api/v1/", "/console/search"],
)  # fmt: skip
def test_every_page_forbids_framing_sniffing_and_foreign_content(root: Browser, path: str) -> None:
    answer = root.get(path)
    rules = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert rules["default-src"] == "'self'"
    assert (rules["object-src"], rules["base-uri"]) == ("'none'", "'none'")
    assert (rules["frame-ancestors"], rules["form-action"]) == ("'none'", "'self'")
    assert "unsafe" not in str(rules)
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert read(answer.text).found == []


def test_what_only_the_viewer_may_see_is_kept_by_no_cache(root: Browser, acme: Acme) -> None:
    for path in ("/console/", "/console/users/", "/console/nowhere", "/console/search?q=carol"):
        assert root.get(path).headers["Cache-Control"] == "no-store", path
    assert Browser(root.port).get("/console/sign-in").headers["Cache-Control"] == "no-store"


def test_files_are_served_from_the_static_folder_only(browser: Browser) -> None:
    for path in (
        "/static/../settings.py", "/static/%2e%2e/%2e%2e/secrets/master-key", "/static/..%2fsecrets",
        "/static//etc/passwd", "/static/%00", "/secrets/master-key", "/.git/config", "/var/secrets",
    ):  # fmt: skip
        assert browser.get(path).status in (302, 400, 404), path


STRANGE = ["%00", "%FF", "%F0%9F%92%A9", "..%2F", "%2e%2e", "a%0d%0aX-Planted:%20a", "a" * 3000]
QUERIES = [
    "q=%00", "q=%FF", "q=%ED%A0%80", f"q={'a' * 5000}", "q=arn:aws:iam::123456789012:policy/a%3Fb",
    "q=arn:aws:iam::123456789012:user/a%0Ab", "marker=%00", "marker=x", "kind=%00", "tab=%00",
    "serial=%00", "after=%00", "outcome=%00", "event=%00", "scope=%00", "path=%00", "version=%00",
]  # fmt: skip


def test_no_address_makes_a_page_fail(root: Browser, acme: Acme) -> None:
    for path in (
        "users/{}/",
        "users/{}/delete",
        "roles/{}/",
        "roles/{}/delete",
        "groups/{}/",
        "groups/{}/delete",
        "policies/arn:aws:iam::{}",
        "policies/delete/arn:{}",
        "sessions/{}/end",
        "users/{}/keys/{}/delete",
    ):
        for part in STRANGE:
            answer = root.get("/console/" + path.format(part, part))
            assert answer.status < 500, (path, part)
            assert "Traceback" not in answer.text
            assert "X-Planted" not in answer.headers
    for page in (
        "users/",
        "policies/",
        "activity",
        "search",
    ):
        for query in QUERIES:
            answer = root.get(f"/console/{page}?{query}")
            assert answer.status < 500, (page, query)
            assert "Traceback" not in answer.text  # fmt: skip


BODIES = {
    "no form at all": (b"\xff\xfe\x00", FORM),
    "invalid UTF-8": (b"UserName=%FF%FE&csrfmiddlewaretoken={}", FORM),
    "a NUL": (b"UserName=e%00ve&csrfmiddlewaretoken={}", FORM),
    "ten thousand brackets": (b"UserName=" + b"%5B" * 10_000 + b"&csrfmiddlewaretoken={}", FORM),
    "too many fields": (b"&".join(b"a%d=" % n for n in range(10_001)), FORM),
    "no boundary": (b"UserName=eve", "multipart/form-data"),
    "a boundary that never comes": (b"x" * 1000, "multipart/form-data; boundary=y"),
    "a broken header": (b"--y\r\nContent-Disposition: \xff\r\n\r\n\r\n--y--", "multipart/form-data; boundary=y"),
    "JSON": (b'{"UserName":"eve"}', "application/json"),
    "another encoding": (b"UserName=e", f"{FORM}; charset=utf-7"),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
def test_a_bad_form_is_refused_and_stores_nothing(root: Browser, acme: Acme, what: str) -> None:
    body, content_type = BODIES[what]
    before = acme.root.perform("ListUsers")["Users"]
    token = root.csrf
    headers = {"Content-Type": content_type, "X-CSRFToken": token}
    for path in ("/console/users/create", "/console/sign-in", "/console/policies/create"):
        answer = root("POST", path, body.replace(b"{}", token.encode()), headers)
        assert 400 <= answer.status < 500, (path, answer.status)
        assert "Traceback" not in answer.text
    assert acme.root.perform("ListUsers")["Users"] == before


@pytest.mark.parametrize("content_type", [FORM, "multipart/form-data; boundary=y"])
def test_a_form_over_ten_megabytes_is_refused_and_reaches_no_disk(
    browser: Browser, content_type: str
) -> None:
    """Even the sign-in page would take a file of any size, and keep it while it comes."""
    part = b'--y\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body = part + b"x" * 10_000_000 + b"\r\n--y--\r\n"
    for path in ("/console/sign-in", "/console/theme"):
        answer = browser("POST", path, body, {"Content-Type": content_type})
        assert answer.status == 413


MALFORMED = [
    "",
    "{",
    "null",
    "[" * 10_000,
    '{"Version":"2012-10-17"}',
    "\u20ac",
    '{"a":NaN}',
    "x" * 140_000,
]


@pytest.mark.parametrize("document", MALFORMED, ids=lambda text: repr(text[:16]))
def test_a_malformed_policy_is_refused_beside_its_field(
    root: Browser, acme: Acme, document: str
) -> None:
    answer = root.submit("/console/policies/create", PolicyName="bad", PolicyDocument=document)
    assert answer.status in (400, 422)
    assert "Traceback" not in answer.text
    policies = acme.root.perform("ListPolicies", Scope="Local")["Policies"]
    assert "bad" not in {one["PolicyName"] for one in policies}
