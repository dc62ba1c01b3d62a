"""The audit log: a line for each event, with who and from where, and never a secret."""

import json
import os

import pytest

from harness.users import JSON, PASSWORD, credentials, fresh_name, log_in, login, register
from harness.wire import wait_until


def events(gateway, name, /, **fields):
    """The audit lines of one event with these fields."""
    return [e for e in gateway.lines("audit") if e["event"] == name and fields.items() <= e.items()]


def wait_event(gateway, name, /, **fields):
    return gateway.wait_line(lambda e: e["event"] == name and fields.items() <= e.items(), "audit")


def handle(user, gateway):
    return next(e for e in events(gateway, "register", user=user.id))["session"]


def test_account_and_its_session_are_told_in_one_line(gateway):
    user = register(gateway)
    line = wait_event(gateway, "register", user=user.id)
    assert line["name"] == user.name and line["realm"] == "main" and line["client"] == "127.0.0.1"
    assert len(line["session"]) == 16 and line["ts"].endswith("Z") and len(line["request_id"]) == 36
    assert not events(gateway, "login", user=user.id)


def test_login_tells_the_session_that_the_access_log_names(gateway):
    user = register(gateway)
    again = log_in(gateway, user.name)
    line = wait_event(gateway, "login", user=user.id)
    gateway.fetch("GET", "/a?seen=%s" % line["session"], again.headers)
    access = gateway.wait_line(lambda e: e.get("session") == line["session"], "access")
    assert access["user"] == user.id


def test_request_id_is_the_answers(gateway):
    user = register(gateway)
    response = login(gateway, user.name)
    wait_event(gateway, "login", request_id=response.get("x-request-id"))


def test_failures_say_why_and_show_only_names_that_exist(gateway):
    user = register(gateway)
    login(gateway, user.name.upper(), "the wrong one")
    wrong = wait_event(gateway, "login_failed", reason="wrong_password", name=user.name)
    for name in ("Hunter2-typed", "hunter2-TYPED", "my pass phrase", "x\ny"):
        login(gateway, name, "whatever it is")
    wait_until(lambda: len([e for e in events(gateway, "login_failed", reason="unknown_name")]) >= 4, 5, "the lines")
    unknown = events(gateway, "login_failed", reason="unknown_name")[-4:]
    assert all("name" not in e and "user" not in e for e in unknown)
    digests = [e["name_hash"] for e in unknown]
    assert digests[0] == digests[1] and len(set(digests)) == 3 and wrong["name_hash"] not in digests
    text = gateway.log().lower()
    assert "hunter2-typed" not in text and "my pass phrase" not in text


def test_logout_is_told_once(gateway):
    user = register(gateway)
    for _ in range(2):
        gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers})
    line = wait_event(gateway, "logout", user=user.id)
    assert line["session"] == handle(user, gateway) and line["everywhere"] is False
    assert len(events(gateway, "logout", user=user.id)) == 1


def test_logout_everywhere_says_so(gateway):
    user = register(gateway)
    gateway.fetch("POST", "/_auth/logout", {**JSON, **user.headers}, json.dumps({"everywhere": True}).encode())
    assert wait_event(gateway, "logout", user=user.id)["everywhere"] is True


def test_sessions_that_make_room_are_told(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 2 evict oldest")
    user = register(gateway)
    log_in(gateway, user.name)
    log_in(gateway, user.name)
    line = wait_event(gateway, "session_evicted", user=user.id)
    assert line["sessions"] == 1 and events(gateway, "login", session=line["by"])


def test_login_beyond_the_limit_is_a_failure_with_its_reason(make_gateway):
    gateway = make_gateway(sessions="\nsessions_per_user 1 reject")
    user = register(gateway)
    assert login(gateway, user.name).status == 409
    assert "session" not in wait_event(gateway, "login_failed", user=user.id, reason="session_limit")


def test_throttled_attempts_are_told_without_the_name(make_gateway):
    gateway = make_gateway(realm="login_limit 2/15m per account_ip")
    user = register(gateway)
    for _ in range(4):
        login(gateway, user.name, "the wrong one")
    line = wait_event(gateway, "throttled")
    assert line["name_hash"] == events(gateway, "login_failed")[0]["name_hash"] and "name" not in line
    assert line["retry_after"] > 0 and len(events(gateway, "login_failed", name=user.name)) == 2


def test_audit_stays_on_without_an_access_log(make_gateway):
    gateway = make_gateway(log="access off")
    user = register(gateway)
    wait_event(gateway, "register", user=user.id)
    assert not gateway.lines("access")


def test_audit_goes_to_the_access_log_file_and_comes_back_after_rotation(make_gateway):
    gateway = make_gateway(log="access %s" % "state/access.log")
    path = os.path.join(gateway.directory, "state/access.log")

    def kinds():
        with open(path) as file:
            return {json.loads(line)["log"] for line in file}

    register(gateway)
    wait_until(lambda: kinds() == {"access", "audit"}, 5, "both kinds of lines")
    assert not gateway.lines("audit")
    os.rename(path, path + ".1")
    gateway.signal(10)
    wait_until(lambda: os.path.exists(path), 5, "the new file")
    register(gateway)
    wait_until(lambda: "audit" in kinds(), 5, "a line in the new file")


def test_addresses_are_masked_where_the_access_log_masks_them(make_gateway):
    gateway = make_gateway(log="access on\n    client_ip masked")
    user = register(gateway)
    assert wait_event(gateway, "register", user=user.id)["client"] == "127.0.0.0"


def test_text_form_cannot_be_broken_by_a_client(make_gateway):
    gateway = make_gateway(log="access on\n    format text")
    user = register(gateway)
    agent = {"User-Agent": "x event=login user=root\"\\"}
    gateway.fetch("POST", "/_auth/login", {**JSON, **agent}, credentials(user.name))
    line = wait_until(lambda: next((x for x in gateway.log().splitlines() if " audit login " in x), None), 5, "a line")
    assert 'ua="x event=login user=root\\"\\\\"' in line and " user=%s " % user.id in line + " "


@pytest.mark.parametrize("form", ["json", "text"])
def test_planted_secrets_are_in_no_log(make_gateway, form):
    gateway = make_gateway(log="access on\n    level trace\n    format %s" % form)
    secrets = ["planted-password-1", "planted-password-2", "planted-name-3", "planted-value-4"]
    name = fresh_name("planted")
    user = register(gateway, name, secrets[0])
    login(gateway, name, secrets[1])
    login(gateway, secrets[2], secrets[1])
    again = log_in(gateway, name, secrets[0])
    gateway.fetch("GET", "/a?token=%s" % secrets[3], {**again.headers, "Authorization": "Bearer " + secrets[3]})
    gateway.fetch("POST", "/_auth/logout", {**JSON, **again.headers})
    wait_until(lambda: "logout" in gateway.log(), 5, "the logout")
    assert gateway.terminate() == 0
    text = gateway.log()
    for ticket in (user.ticket, again.ticket):
        secrets += [part for part in ticket.split(".") if len(part) > 12]
    for secret in secrets:
        assert secret not in text, secret
    assert PASSWORD not in text
