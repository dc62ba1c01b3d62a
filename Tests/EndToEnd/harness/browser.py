"""Chromium, driven by the WebDriver protocol (W3C) through chromedriver: no package for Python is needed."""

import base64
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from .gateway import command_line
from .redis_server import free_port
from .wire import wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER, TAB, SPACE, SHIFT = "\ue007", "\ue004", " ", "\ue008"
PASSING = ("aborted by navigation", "loader has changed", "does not belong to the document", "execution context")
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class WebDriverError(AssertionError):
    """What chromedriver refused."""


def program(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise AssertionError(
        "there is no %s: install chromium and chromium-driver (Tests/run does that on Debian)" % names[0])


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Driver:
    """One chromedriver, for any number of browsers."""

    def __init__(self, directory):
        self.directory = directory
        self.chromium = program("chromium", "google-chrome")
        self.port = free_port()
        with open(os.path.join(directory, "chromedriver.log"), "wb") as log:
            self.process = subprocess.Popen(
                [program("chromedriver"), "--port=%d" % self.port], stdout=log, stderr=log, start_new_session=True)
        wait_until(self.is_ready, 20, "chromedriver's start")

    def is_ready(self):
        assert self.process.poll() is None, "chromedriver ended with %s" % self.process.returncode
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None, attempts=5):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            "http://127.0.0.1:%d%s" % (self.port, path), data, {"Content-Type": "application/json"}, method=method)
        try:
            with direct.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            message = json.load(error)["value"]["message"]
        # What only looks is asked again when a page that was on its way came in between.
        looks = method == "GET" or path.endswith(("/element", "/elements", "/execute/sync"))
        if looks and attempts > 1 and any(words in message for words in PASSING):
            return self.call(method, path, body, attempts - 1)
        raise WebDriverError(message)

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        # A browser that answers no more does not end with its driver.
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if ("--user-data-dir=" + self.directory) in command_line(int(pid)):
                kill(int(pid))


class Browser:
    """A browser with a profile of its own, so with cookies of its own."""

    def __init__(self, driver, name, language="en", width=1000, height=900):
        profile = os.path.join(driver.directory, name)
        arguments = [
            "--headless=new", "--user-data-dir=" + profile, "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--no-proxy-server", "--lang=" + language,
            "--window-size=%d,%d" % (width, height),
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {
            "binary": driver.chromium, "args": arguments,
            "prefs": {"intl.accept_languages": language, "credentials_enable_service": False},
        }
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                         "goog:loggingPrefs": {"browser": "ALL"}}}
        self.driver = driver
        self.session = "/session/" + driver.call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def call(self, method, path, body=None):
        return self.driver.call(method, self.session + path, body)

    def stop(self):
        try:
            self.call("DELETE", "")
        except OSError:
            pass

    # Pages

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def back(self):
        self.call("POST", "/back", {})

    @property
    def url(self):
        return self.call("GET", "/url")

    @property
    def path(self):
        return "/" + self.url.split("/", 3)[3]

    @property
    def title(self):
        return self.call("GET", "/title")

    @property
    def text(self):
        """What a person reads."""
        return self.script("return document.body.innerText")

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def cookies(self):
        return {cookie["name"]: cookie for cookie in self.call("GET", "/cookie")}

    def delete_cookies(self):
        self.call("DELETE", "/cookie")

    # Elements

    def find(self, selector):
        return Element(self, self.call("POST", "/element", {"using": "css selector", "value": selector}))

    def find_all(self, selector):
        found = self.call("POST", "/elements", {"using": "css selector", "value": selector})
        return [Element(self, reference) for reference in found]

    def button(self, text):
        """The button that a person sees with this text."""
        for button in self.find_all("button"):
            if button.text.split("\n")[0].strip() == text:
                return button
        raise AssertionError("no button %r on %s:\n%s" % (text, self.url, self.text))

    def link(self, text):
        return Element(self, self.call("POST", "/element", {"using": "link text", "value": text}))

    @property
    def focused(self):
        return Element(self, self.call("GET", "/element/active"))

    def fill(self, **fields):
        for name, value in fields.items():
            field = self.find("input[name=%s]" % name)
            field.clear()
            field.type(value)

    # Keyboard

    def press(self, *keys):
        """Presses keys one after the other, wherever the focus is. A pair is pressed together."""
        actions = []
        for key in keys:
            for part in key:
                actions.append({"type": "keyDown", "value": part})
            for part in reversed(key):
                actions.append({"type": "keyUp", "value": part})
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def write(self, text):
        self.press(*text)

    # Looks

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def prefer(self, scheme):
        """`light` or `dark`, as the system would say it."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def resize(self, width, height=900):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def console_errors(self):
        """What the page was refused or failed at, as the browser's console says it, since the last question."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})]


class Element:
    def __init__(self, browser, reference):
        self.browser, self.reference = browser, reference
        self.prefix = "/element/" + reference[ELEMENT]

    @property
    def text(self):
        return self.browser.call("GET", self.prefix + "/text")

    @property
    def name(self):
        return self.property("name")

    def property(self, name):
        return self.browser.call("GET", self.prefix + "/property/" + name)

    def attribute(self, name):
        return self.browser.call("GET", self.prefix + "/attribute/" + name)

    def css(self, name):
        return self.browser.call("GET", self.prefix + "/css/" + name)

    def click(self):
        """Clicks; a button's click waits for the page that it leads to."""
        leads = self.property("tagName") == "BUTTON"
        if leads:
            self.browser.script("window.isLeft = true")
        self.browser.call("POST", self.prefix + "/click", {})
        if leads:
            arrived = "return !window.isLeft && document.readyState === 'complete'"
            wait_until(lambda: self.browser.script(arrived), 20, "the page behind a button")

    def type(self, text):
        self.browser.call("POST", self.prefix + "/value", {"text": text})

    def clear(self):
        self.browser.call("POST", self.prefix + "/clear", {})
