"""`login_page`: how a realm's pages look, from outside. What a person sees of it is in test_browser.py."""

import base64
import hashlib
import os
import re
import struct
import zlib

import pytest

from harness.users import JSON, credentials, fresh_name, register

pytestmark = pytest.mark.accounts
BROWSER = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b""))


FILES = {"logo.svg": SVG, "icon.png": png(), "brand.css": b"h1 { color: teal }\r\n"}
LOOK = """login_page {
    title "Example & Co"
    footer "Imprint"
    logo logo.svg
    icon icon.png
    accent "#0b6e4f"
    link Privacy /privacy
    css brand.css
    languages en de fr es
}"""


def write(gateway, files):
    for name, content in files.items():
        path = os.path.join(gateway.directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


@pytest.fixture(scope="module")
def branded(make_module_gateway):
    gateway = make_module_gateway(start=False, realm=LOOK)
    write(gateway, FILES)
    return gateway.start()


def page(gateway, path="/_auth/login", language=None, **headers):
    return gateway.fetch("GET", path, {**BROWSER, **({"Accept-Language": language} if language else {}), **headers})


def address_of(text, pattern):
    return re.search(pattern, text).group(1)


def test_every_page_has_the_look_and_the_policy_of_its_own_styles(branded):
    user = register(branded)
    paths = ["login", "register", "logout", "account", "login?fresh=1", "nothing"]
    for path in paths:
        response = page(branded, "/_auth/" + path, Cookie=user.cookie)
        text = response.body.decode()
        style = re.search("<style>(.*?)</style>", text, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

        assert "style-src 'sha256-%s';" % digest in response.get("content-security-policy"), path
        assert "--accent:#0b6e4f" in style and "h1 { color: teal }\n" in style, path
        assert '<a href="/privacy">Privacy</a>' in text and "<p>Imprint</p>" in text, path
        assert 'class="logo"' in text and 'rel="icon"' in text, path
        assert "Example &amp; Co" in text or path == "nothing", path


@pytest.mark.parametrize("name, kind, pattern", [
    ("logo.svg", "image/svg+xml", '<img class="logo" src="([^"]+)"'), ("icon.png", "image/png", 'rel="icon" href="([^"]+)"'),
])
def test_pictures_are_served_under_an_address_that_names_their_content(branded, name, kind, pattern):
    path = address_of(page(branded).body.decode(), pattern)
    response = branded.fetch("GET", path)

    assert response.status == 200 and response.body == FILES[name]
    assert response.get("content-type") == kind
    assert response.get("x-content-type-options") == "nosniff"
    assert response.get("cache-control") == "private, max-age=31536000, immutable"
    # A picture opened by itself is a document: it runs nothing.
    assert "default-src 'none'" in response.get("content-security-policy")
    assert "sandbox" in response.get("content-security-policy")
    assert branded.fetch("HEAD", path).status == 200
    other = branded.fetch("GET", path.split("?")[0] + "?v=old")
    assert other.status == 200 and other.get("cache-control") == "no-store"
    assert branded.fetch("POST", path).status == 405


def test_without_pictures_there_is_nothing_at_their_address(gateway):
    assert gateway.fetch("GET", "/_auth/logo").status == 404
    assert gateway.fetch("GET", "/_auth/icon").status == 404


@pytest.mark.parametrize("accept, tag, words", [
    (None, "en", "Sign in"), ("de-AT,de;q=0.9,en;q=0.1", "de", "Anmelden"), ("fr", "fr", "Se connecter"),
    ("pt, es;q=0.5", "es", "Iniciar sesión"), ("ja", "en", "Sign in"), ("\xff;;q=,", "en", "Sign in"),
])
def test_pages_speak_what_the_browser_asks_for(branded, accept, tag, words):
    response = page(branded, language=accept)

    assert '<html lang="%s"' % tag in response.body.decode() and words in response.body.decode()
    assert "Accept-Language" in response.get("vary")


def test_errors_of_forms_speak_the_same_language_and_programs_read_english(branded):
    german = {"Accept-Language": "de", **BROWSER, "Content-Type": "application/json"}
    weak = branded.fetch("POST", "/_auth/register", german, credentials(fresh_name(), "kurz"))
    wrong = branded.fetch("POST", "/_auth/login", german, credentials("nobody", "wrong one, surely"))
    denied = page(branded, "/deny/x", language="de")
    program = branded.fetch(
        "POST", "/_auth/register", {**JSON, "Accept-Language": "de"}, credentials(fresh_name(), "kurz"))

    assert "Ein Passwort braucht mindestens 10 Zeichen." in weak.body.decode()
    assert "Benutzername oder Passwort ist nicht richtig." in wrong.body.decode()
    assert "Fehler 403" in denied.body.decode() and "Diese Adresse darf niemand benutzen." in denied.body.decode()
    assert program.json()["errors"][0]["message"] == "A password needs at least 10 characters."


def test_a_reload_takes_a_new_look_on_and_a_broken_one_changes_nothing(make_gateway):
    gateway = make_gateway(start=False, realm=LOOK)
    write(gateway, FILES)
    gateway.start()
    before = page(gateway).body.decode()
    write(gateway, {"logo.svg": b"<svg onload='x()'></svg>"})
    broken = gateway.command("reload")
    assert broken.returncode != 0
    assert page(gateway).body.decode().split("</head>")[0] == before.split("</head>")[0]

    write(gateway, {"logo.svg": SVG + b"\n"})
    assert gateway.command("reload").returncode == 0
    pattern = '<img class="logo" src="([^"]+)"'
    new = address_of(page(gateway).body.decode(), pattern)
    assert new != address_of(before, pattern)
    assert gateway.fetch("GET", new).body == SVG + b"\n"


def test_check_names_the_place_of_what_is_wrong_in_a_template(make_gateway):
    gateway = make_gateway(start=False, realm="login_page { templates pages }")
    write(gateway, {"pages/login.html": b"<title>{{title}}</title>\n  {{stile}}{{content}}"})
    checked = gateway.command("check")

    assert checked.returncode == 78
    assert "pages/login.html:2:3: error[E411]" in checked.stdout + checked.stderr
    assert 'did you mean "{{style}}"?' in checked.stdout + checked.stderr
