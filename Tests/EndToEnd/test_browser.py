"""The pages in a real browser: what people do there, with the mouse and with the keyboard only, and how they look.

GATEHOUSE_SCREENSHOTS=DIRECTORY keeps a picture of every page in every look.
"""

import itertools
import os
import time

import pytest

from harness.browser import ENTER, SHIFT, SPACE, TAB, Browser, Driver
from harness.users import COOKIE, PASSWORD, fresh_name, register
from harness.wire import wait_until

pytestmark = pytest.mark.browser
numbers = itertools.count(1)
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40" width="120" height="40">
<style>.a { fill: #0b6e4f }</style><rect class="a" width="120" height="40" rx="8"/></svg>
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = Driver(str(tmp_path_factory.mktemp("chromium")))
    yield driver
    driver.stop()


@pytest.fixture(scope="module")
def site(make_module_gateway):
    gateway = make_module_gateway(
        realm="remember 30d\nlogin_page { languages en de fr es }",
        routes="""
            route /* app user
            route /public/* app public
            route /fresh/* app user { fresh 3s }
            route /admin/* app role admin
        """)
    gateway.recorder.default = page_handler
    return gateway


def page_handler(exchange):
    exchange.read_body()
    page = b"<!doctype html><link rel=icon href=data:,><title>App</title><p>app page</p>"
    exchange.reply(body=page, headers=[("Content-Type", "text/html")])


@pytest.fixture
def open_browser(driver, cleanup):
    return lambda **options: cleanup.add(Browser(driver, "profile%d" % next(numbers), **options))


@pytest.fixture
def browser(open_browser):
    return open_browser()


def address(gateway, path="/"):
    return "http://localhost:%d%s" % (gateway.port, path)


def sign_in(browser, gateway, name, path="/", password=PASSWORD, remember=False):
    browser.open(address(gateway, path))
    assert browser.path.startswith("/_auth/login"), browser.url
    browser.fill(username=name, password=password)
    if remember:
        browser.find("input[name=remember]").click()
    browser.button("Sign in").click()


def days_left(browser):
    return (browser.cookies()[COOKIE]["expiry"] - time.time()) / 86_400


# What people do


def test_registers_and_lands_where_the_link_led(site, browser):
    name = fresh_name("ada")
    browser.open(address(site, "/deep/page?x=1&y=a%20b"))
    browser.link("Create one").click()
    browser.fill(username=name, password=PASSWORD)
    browser.button("Create account").click()

    assert browser.path == "/deep/page?x=1&y=a%20b"
    assert "app page" in browser.text
    cookie = browser.cookies()[COOKIE]
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert name in [request.get("x-user-name") for request in site.recorder.requests]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_browser_keeps_the_cookie_over_http_of_the_machine_itself(site, browser, host):
    name = register(site).name
    browser.open("http://%s:%d/page" % (host, site.port))
    browser.fill(username=name, password=PASSWORD)
    browser.button("Sign in").click()

    assert browser.path == "/page" and "app page" in browser.text


def test_sign_in_lasts_a_day_and_a_month_when_remembered(site, browser):
    name = register(site).name
    sign_in(browser, site, name, "/page")
    assert browser.path == "/page"
    assert 0.9 < days_left(browser) < 1.1

    browser.delete_cookies()
    sign_in(browser, site, name, "/page", remember=True)
    assert browser.path == "/page"
    assert 29 < days_left(browser) < 31


def test_wrong_password_is_told_at_the_top_and_the_second_try_still_leads_on(site, browser):
    name = register(site).name
    sign_in(browser, site, name, "/deep/link", password="not the password")

    assert browser.title.startswith("Error: ")
    assert browser.find("[role=alert]").text
    assert browser.find("input[name=username]").property("value") == name
    assert browser.find("input[name=password]").property("value") == ""
    assert browser.focused.name == "password"
    browser.fill(password=PASSWORD)
    browser.button("Sign in").click()
    assert browser.path == "/deep/link"


def test_refused_registration_keeps_the_name_and_names_the_field(site, browser):
    browser.open(address(site, "/_auth/register"))
    name = fresh_name("eve")
    browser.fill(username=name, password="short")
    browser.button("Create account").click()

    assert browser.title.startswith("Error: ")
    assert browser.find("input[name=username]").property("value") == name
    assert browser.focused.name == "password"
    assert browser.find("#password-wrong").text
    browser.find("[role=alert] a").click()
    assert browser.focused.name == "password"


def test_account_page_shows_who_and_ends_another_session(site, open_browser):
    name = register(site).name
    here, there = open_browser(), open_browser()
    sign_in(here, site, name)
    sign_in(there, site, name)
    here.open(address(site, "/_auth/account"))

    # Registering made one more.
    assert name in here.text and len(here.find_all(".list li")) == 3
    assert here.text.count("This session") == 1 and "Linux" in here.text
    handle = there.script("return fetch('/_auth/sessions').then(r => r.json())"
                          ".then(d => d.sessions.find(s => s.current).id)")
    here.find("input[value='%s'] ~ button" % handle).click()
    assert here.path.startswith("/_auth/account")
    assert "That session is signed out." in here.text and len(here.find_all(".list li")) == 2
    there.open(address(site, "/page"))
    assert there.path.startswith("/_auth/login")
    here.open(address(site, "/page"))
    assert here.path == "/page"


def test_everywhere_else_ends_all_but_this_one(site, open_browser):
    name = register(site).name
    here, there = open_browser(), open_browser()
    sign_in(here, site, name)
    sign_in(there, site, name)
    here.open(address(site, "/_auth/account"))
    here.button("Sign out everywhere else").click()

    assert len(here.find_all(".list li")) == 1
    there.open(address(site, "/page"))
    assert there.path.startswith("/_auth/login")


def test_changes_the_password_and_goes_on(site, open_browser):
    name, new = register(site).name, "a new one, and a long one"
    here, there = open_browser(), open_browser()
    sign_in(here, site, name)
    sign_in(there, site, name)
    here.open(address(site, "/_auth/account"))
    here.fill(current="wrong one, surely", new=new)
    here.button("Change password").click()
    assert here.title.startswith("Error: ") and here.focused.name == "current"

    here.fill(current=PASSWORD, new=new)
    here.button("Change password").click()
    assert "Your password is changed." in here.text and len(here.find_all(".list li")) == 1
    there.open(address(site, "/page"))
    assert there.path.startswith("/_auth/login")
    there.fill(username=name, password=PASSWORD)
    there.button("Sign in").click()
    assert there.title.startswith("Error: ")
    there.fill(password=new)
    there.button("Sign in").click()
    assert there.path == "/page"


def test_stale_login_asks_for_the_password_alone(site, browser):
    name = register(site).name
    sign_in(browser, site, name, "/page")
    wait_until(lambda: stale(browser, site), 10, "the login's being too old")

    assert "enter your password once more" in browser.text
    assert browser.find("input[name=username]").property("value") == name
    assert browser.focused.name == "password"
    browser.write(PASSWORD)
    browser.press(ENTER)
    wait_until(lambda: browser.path == "/fresh/page", 10, "the way back")


def stale(browser, site):
    browser.open(address(site, "/fresh/page"))
    return browser.path.startswith("/_auth/login")


def test_forbidden_page_says_so_and_is_no_way_out_of_the_session(site, browser):
    sign_in(browser, site, register(site).name, "/admin/page")

    assert browser.path == "/admin/page" and "403" in browser.text
    browser.open(address(site, "/page"))
    assert "app page" in browser.text


def test_signs_out_and_the_back_button_shows_nothing_of_the_account(site, browser):
    name = register(site).name
    sign_in(browser, site, name)
    browser.open(address(site, "/_auth/account"))
    browser.link("Sign out").click()
    browser.button("Sign out").click()

    assert browser.path.startswith("/_auth/login")
    assert COOKIE not in browser.cookies()
    browser.back()
    browser.back()
    assert name not in browser.text, browser.text
    assert browser.path.startswith("/_auth/login")


def test_back_button_after_signing_in_sends_nothing_twice(site, browser):
    name = register(site).name
    sign_in(browser, site, name, "/page")
    browser.back()
    assert not browser.title.startswith("Error")
    browser.open(address(site, "/other"))
    assert browser.path == "/other" and "app page" in browser.text


# The keyboard alone


def test_signs_in_with_the_keyboard_alone(site, browser):
    name = register(site).name
    browser.open(address(site, "/page"))
    assert browser.focused.name == "username"
    browser.write(name)
    browser.press(TAB)
    assert browser.focused.name == "password"
    browser.write(PASSWORD)
    browser.press(TAB)
    assert browser.focused.name == "remember"
    browser.press(SPACE)
    assert browser.focused.property("checked")
    browser.press((SHIFT, TAB))
    browser.press(ENTER)

    wait_until(lambda: browser.path == "/page", 10, "the page after the login")
    assert 29 < days_left(browser) < 31


def test_every_control_of_the_account_page_is_reached_by_tab_and_seen(site, open_browser):
    name = register(site).name
    browser = open_browser()
    sign_in(browser, site, name)
    browser.open(address(site, "/_auth/account"))
    controls = browser.script(
        "return [...document.querySelectorAll('a, button, input:not([type=hidden]):not([tabindex])')]"
        ".map(e => e.name || e.innerText)")
    reached = []
    for _ in controls:
        browser.press(TAB)
        focused = browser.focused
        reached.append(focused.name or focused.text)
        assert focused.css("outline-style") != "none" and focused.css("outline-width") != "0px"
    assert reached == controls
    browser.link("Sign out").type(ENTER)
    browser.press(TAB, SPACE, TAB, ENTER)
    wait_until(lambda: browser.path.startswith("/_auth/login"), 10, "the end of the session")
    browser.open(address(site, "/page"))
    assert browser.path.startswith("/_auth/login")


# Languages


@pytest.mark.parametrize("language, words", [
    ("de", "Anmelden"), ("fr-CA", "Se connecter"), ("es", "Iniciar sesión"), ("pt-BR", "Sign in"), ("en-GB", "Sign in"),
])
def test_page_speaks_the_language_of_the_browser(site, open_browser, language, words):
    browser = open_browser(language=language)
    browser.open(address(site, "/page"))

    assert browser.button(words)
    assert browser.script("return document.documentElement.lang") == (language[:2] if language[:2] in "de fr es" else "en")


# Looks


CONTRASTS = """
const channels = text => text.match(/[0-9.]+/g).map(Number);
const linear = v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 };
const luminance = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
const ground = e => {
    for (; e; e = e.parentElement) {
        const c = channels(getComputedStyle(e).backgroundColor);
        if (c.length < 4 || c[3] > 0) return c;
    }
    return [255, 255, 255];
};
const wrong = [];
for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || e.tagName === 'INPUT';
    if (!own || e.closest('.hidden') || e.type === 'hidden') continue;
    const [a, b] = [luminance(channels(getComputedStyle(e).color)), luminance(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) wrong.push(e.tagName + ' ' + e.className + ' ' + contrast.toFixed(2) + ' ' + e.textContent);
}
return wrong;
"""
NARROW = """
return [...document.querySelectorAll('body *')].filter(e => !e.closest('.hidden')
    && (e.getBoundingClientRect().right > document.documentElement.clientWidth || e.scrollWidth > e.clientWidth + 1
        && getComputedStyle(e).display !== 'inline')).map(e => e.outerHTML.slice(0, 120))
"""
LOOKS = {
    "plain": "",
    "branded": """login_page {
        title "Example Shop"
        footer "Example Ltd, 1 Sample Street"
        logo logo.svg
        icon logo.svg
        accent "#0b6e4f"
        link Privacy /public/privacy
        link "Terms of use" https://example.org/terms
        css look.css
        languages de en
    }""",
    "yellow": 'login_page { accent "#ffd400" }',
    "night": 'login_page { accent "#101820" }',
}


def look_gateway(make, look):
    gateway = make(start=False, realm="remember 30d\n" + LOOKS[look])
    for name, text in {"logo.svg": LOGO, "look.css": "h1 { letter-spacing: 1px }\n"}.items():
        with open(os.path.join(gateway.directory, name), "w") as file:
            file.write(text)
    gateway.recorder.default = page_handler
    return gateway.start()


@pytest.fixture(scope="module", params=list(LOOKS))
def looks(request, make_module_gateway):
    gateway = look_gateway(make_module_gateway, request.param)
    gateway.look = request.param
    return gateway


def pages(browser, gateway):
    """Opens one page after the other, each in the state that has the most to show."""
    name = register(gateway).name
    browser.open(address(gateway, "/page"))
    yield "login"
    browser.fill(username="nobody", password="wrong one, surely")
    browser.find("button").click()
    yield "login-failed"
    browser.open(address(gateway, "/_auth/register"))
    yield "register"
    browser.fill(username=name, password=PASSWORD)
    browser.find("button").click()
    yield "register-failed"
    browser.open(address(gateway, "/_auth/login?return_to=/deny/x"))
    browser.fill(username=name, password=PASSWORD)
    browser.find("button").click()
    yield "forbidden"
    browser.open(address(gateway, "/_auth/account?done=session"))
    yield "account"
    browser.fill(current="wrong one, surely", new="short")
    browser.find("form[action$=password] button").click()
    yield "account-failed"
    browser.open(address(gateway, "/_auth/logout"))
    yield "logout"
    browser.open(address(gateway, "/_auth/login?fresh=1"))
    yield "fresh"
    browser.open(address(gateway, "/_auth/nothing"))
    yield "not-found"
    browser.script("document.cookie = 'gatehouse-check=1; path=/'")
    browser.delete_cookies()
    browser.script("document.cookie = 'gatehouse-check=1; path=/'")
    browser.open(address(gateway, "/page"))
    yield "cookie-lost"


@pytest.mark.slow
@pytest.mark.parametrize("scheme, width", [("light", 320), ("dark", 1000)])
def test_pages_fit_and_can_be_read(looks, open_browser, scheme, width):
    browser = open_browser()
    browser.prefer(scheme)
    browser.resize(width, 1400)
    for page in pages(browser, looks):
        keep(browser, "%s-%s-%s-%d.png" % (looks.look, page, scheme, width))
        assert browser.find("h1").text, page
        assert browser.script(NARROW) == [], page
        assert browser.script(CONTRASTS) == [], page
        refused = [line for line in browser.console_errors() if "Content Security Policy" in line]
        assert refused == [], page


def keep(browser, name):
    directory = os.environ.get("GATEHOUSE_SCREENSHOTS")
    if directory:
        os.makedirs(directory, exist_ok=True)
        browser.screenshot(os.path.join(directory, name))


def test_title_logo_accent_links_and_css_are_there(make_gateway, browser):
    gateway = look_gateway(make_gateway, "branded")
    browser.open(address(gateway, "/page"))

    assert browser.find("h1").text == "Sign in to Example Shop"
    assert browser.script("return document.querySelector('.logo').naturalWidth") > 0
    assert browser.find("button").css("background-color") == "rgba(11, 110, 79, 1)"
    assert browser.find("h1").css("letter-spacing") == "1px"
    assert "Example Ltd" in browser.text
    assert browser.console_errors() == []
    browser.link("Privacy").click()
    assert browser.path == "/public/privacy"


def test_page_of_ones_own_html_works_like_the_built_in_one(make_gateway, browser):
    gateway = make_gateway(start=False, realm="login_page { templates pages }")
    os.mkdir(os.path.join(gateway.directory, "pages"))
    with open(os.path.join(gateway.directory, "pages", "page.html"), "w") as file:
        file.write("""<!doctype html><html lang="{{language}}"><title>{{title}} - ours</title>{{style}}
            <body><header>Our own header for {{site}}</header><main>{{content}}</main>{{footer}}</body></html>""")
    gateway.recorder.default = page_handler
    gateway.start()
    name = register(gateway).name
    sign_in(browser, gateway, name, "/page", password="wrong one, surely")

    assert browser.title.startswith("Error: ") and browser.title.endswith(" - ours")
    assert "Our own header for localhost:%d" % gateway.port in browser.text
    assert browser.find("button").css("background-color") == "rgba(31, 95, 191, 1)"
    browser.fill(password=PASSWORD)
    browser.button("Sign in").click()
    assert browser.path == "/page"
