"""gateway.conf from outside: every mistake is shown where it is, in one run, and nothing is accepted in silence."""

import json
import os
import re
import subprocess

import pytest

from harness.client import fetch
from harness.gateway import DEFAULT_ROUTES, binary
from harness.redis_server import free_port
from harness.wire import wait_until

pytestmark = pytest.mark.configuration


@pytest.fixture
def conf(make_gateway):
    """A gateway that is not started; its file may be written and checked."""
    return make_gateway(start=False)


def check(conf, text, *words):
    conf.write_text(text)
    return conf.command("check", *words, conf.path)


def test_good_file_is_good(conf):
    result = check(conf, conf.text())
    assert result.returncode == 0, result


def test_all_mistakes_in_one_run_with_their_places(conf):
    text = conf.text(routes="route /* app\nroute /a nowhere user\nroute /b app user { methds GET }",
        timeouts="header 2", top="bogus 1")
    result = check(conf, text)
    assert result.returncode == 78
    output = result.stdout + result.stderr
    lines = text.splitlines()
    for wrong, code in (("bogus 1", "E201"), ("header 2", "E205"), ("route /* app", "E207"),
            ("route /a nowhere user", "E301"), ("methds", "E201")):
        number = next(i for i, line in enumerate(lines, 1) if wrong in line)
        assert re.search(r"gateway\.conf:%d:\d+: error\[%s\]" % (number, code), output), (wrong, output)
    assert 'did you mean "methods"' in output and "^" in output


def test_machine_readable_diagnostics(conf):
    text = conf.text(top="bogus 1")
    number = text.splitlines().index("bogus 1") + 1
    document = json.loads(check(conf, text, "--format", "json").stdout)
    assert "E201" in json.dumps(document) and str(number) in json.dumps(document)
    result = check(conf, text, "--format", "gcc")
    assert re.search(r"gateway\.conf:%d:1: error: " % number, result.stdout + result.stderr)


@pytest.mark.parametrize("change", [
    {"extra": "listen 127.0.0.1:1 {\n    protocols h2\n}"},
    {"session": "key_file state/session.key\nrotate 1h"},
    {"redis": "managed {\n    outage grace 5s\n}"}, {"users": "register invite"},
    {"routes": "route /* app user { buffering on }"},
    {"routes": "route /* app user { websockets_per_user 5 }"},
])
def test_feature_that_is_not_there_says_so(conf, change):
    result = check(conf, conf.text(**change))
    output = result.stdout + result.stderr
    assert result.returncode == 78 and "not available in this version" in output, output


def test_unset_variable_is_an_error_and_a_default_is_not(conf):
    result = check(conf, conf.text(upstream="${env:NOWHERE_SET}"))
    assert result.returncode == 78 and "E110" in result.stdout + result.stderr
    assert check(conf, conf.text(upstream="${env:NOWHERE_SET:-127.0.0.1:1}")).returncode == 0


def test_expansion_is_one_word(conf):
    conf.env["TWO_WORDS"] = "127.0.0.1:1 weight 5"
    assert check(conf, conf.text(upstream="${env:TWO_WORDS}")).returncode == 78


def test_secret_is_never_printed(conf, tmp_path):
    secret = tmp_path / "short.key"
    secret.write_text("too-short-secret\n")
    result = check(conf, conf.text(session="key ${file:%s}" % secret))
    assert result.returncode == 78 and "too-short-secret" not in result.stdout + result.stderr
    assert "E402" in result.stdout + result.stderr and "16" in result.stdout + result.stderr


def test_password_in_the_url_is_an_error(conf):
    result = check(conf, conf.text(redis="redis://user:hunter2@127.0.0.1:6379/0"))
    output = result.stdout + result.stderr
    assert result.returncode == 78 and "E405" in output


def test_include(conf):
    directory = os.path.join(conf.directory, "routes.d")
    os.mkdir(directory)
    for name, line in (("b.conf", "route /b app public"), ("a.conf", "route /a app public")):
        with open(os.path.join(directory, name), "w") as file:
            file.write(line + "\n")
    assert check(conf, conf.text(routes="include routes.d/*.conf\ninclude none.d/*.conf")).returncode == 0
    assert check(conf, conf.text(routes="route /x app public\ninclude nothing.conf")).returncode == 78
    with open(os.path.join(directory, "c.conf"), "w") as file:
        file.write("\nroute /c nowhere public\n")
    result = check(conf, conf.text(routes="include routes.d/*.conf"))
    assert result.returncode == 78 and "c.conf:2:" in result.stdout + result.stderr


def test_strict_makes_warnings_errors(conf):
    text = conf.text(realm="idle 2h\nabsolute 1h")
    loose = check(conf, text)
    assert loose.returncode == 0 and "W504" in loose.stdout + loose.stderr
    assert check(conf, text, "--strict").returncode == 78


def test_missing_file_is_66(conf):
    assert conf.command("check", "nowhere.conf").returncode == 66


def test_help_and_init_come_from_the_same_table(conf):
    text = conf.command("help", "touch")
    assert text.returncode == 0 and "60s" in text.stdout
    assert conf.command("help", "nonsense").returncode != 0
    full = conf.command("init", "--full")
    assert full.returncode == 0
    for name in ("listen", "touch", "keepalive", "route", "on_unauth"):
        assert name in full.stdout
    small = conf.command("init")
    result = check(conf, small.stdout)
    assert small.returncode == 0 and result.returncode == 0, result


def test_routes_in_any_order_are_the_same(make_gateway):
    lines = [line for line in DEFAULT_ROUTES.splitlines() if line.strip()]
    gateway = make_gateway(routes="\n".join(reversed(lines)))
    assert gateway.fetch("GET", "/public/a").status == 200 and gateway.fetch("GET", "/a").status == 401


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\0" * 100, b"a" * 100_000, b"{" * 10_000, b"\"" * 999, b"site * {",
    b"}\n", b"; ;\n", b"listen \\"])
def test_garbage_is_a_diagnosis_not_a_crash(conf, text):
    with open(conf.path, "wb") as file:
        file.write(text)
    result = conf.command("check", conf.path)
    assert result.returncode == 78 and (result.stdout + result.stderr).strip()


def test_echo_upstream_for_a_start():
    port = free_port()
    process = subprocess.Popen([binary(), "echo", "--listen", "127.0.0.1:%d" % port], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        def answers():
            try:
                return fetch(("127.0.0.1", port), "GET", "/hello?x", {"X-User-Id": "u1"})
            except OSError:
                return None

        response = wait_until(answers, 5, "the echo")
        assert response.status == 200 and b"u1" in response.body and b"/hello" in response.body
        page = fetch(("127.0.0.1", port), "GET", "/", {"X-User-Id": "<b>", "Accept": "text/html"})
        assert b"<b>" not in page.body.replace(b"<body>", b"") and b"logout" in page.body
    finally:
        process.terminate()
        process.wait(5)
