"""The audit log: a line for each event, with who and from where, and never a secret."""

import base64
import json
import os
import re
import signal

import pytest

from harness.client import Client, request
from harness.gateway import ROOT
from harness.users import JSON, PASSWORD, credentials, fresh_name, log_in, login, register
from harness.wire import wait_until


def events(gateway, name, /, **fields):
    """The audit lines of one event with these fields."""
    return [e for e in gateway.lines("audit") if e["event"] == name and fields.items() <= e.items()]


def wait_event(gateway, name, /, **fields):
    return gateway.wait_line(lambda e: e["event"] == name and fields.items() <= e.items(), "audit")


def handle(user, gateway):
    return wait_event(gateway, "register", user=user.id)["session"]


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


def test_sessions_that_a_user_ends_are_told(gateway):
    user = register(gateway)
    mine = handle(user, gateway)
    log_in(gateway, user.name)
    other = wait_event(gateway, "login", user=user.id)["session"]
    assert gateway.fetch("DELETE", "/_auth/sessions/" + other, user.headers).status == 204
    wait_event(gateway, "session_revoked", user=user.id, session=other, by=mine)
    assert gateway.fetch("DELETE", "/_auth/sessions", user.headers).status == 204
    wait_event(gateway, "session_revoked", user=user.id, session="others", by=mine)
    assert gateway.fetch("DELETE", "/_auth/sessions/" + mine, user.headers).status == 204
    wait_event(gateway, "logout", user=user.id, session=mine)


def test_change_of_password_is_told_and_so_is_a_wrong_one(gateway):
    user = register(gateway)
    for current, status in (("planted guess of it", 401), (PASSWORD, 204)):
        body = json.dumps({"current": current, "new": "planted new password"}).encode()
        assert gateway.fetch("POST", "/_auth/password", {**JSON, **user.headers}, body).status == status
    wait_event(gateway, "password_changed", user=user.id)
    assert len(events(gateway, "login_failed", user=user.id, during="password_change")) == 1
    assert "planted guess" not in gateway.log() and "planted new" not in gateway.log()


def test_token_is_a_login(make_gateway):
    gateway = make_gateway(realm="bearer on")
    user = register(gateway)
    assert gateway.fetch("POST", "/_auth/token", JSON, credentials(user.name)).status == 200
    wait_event(gateway, "login", user=user.id)


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


def test_audit_lines_that_cannot_be_written_are_missed(make_gateway):
    gateway = make_gateway(log="access /dev/full")
    assert register(gateway).id
    for process in ("master", "worker 0"):
        line = gateway.wait_line(
            lambda e: e["msg"] == "audit lines were lost" and e["process"] == process, "process")
        assert line["level"] == "error" and line["lines"] >= 1 and "space" in line["reason"]


def test_flood_of_access_lines_that_nobody_reads_loses_no_audit_line(make_gateway, tmp_path):
    path = str(tmp_path / "log.fifo")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    gateway = make_gateway(log="access " + path)
    flood = 5000
    with gateway.client(20) as client:
        for _ in range(flood // 50):
            client.send(request("GET", "/public/" + "x" * 150) * 50)
            for _ in range(50):
                assert client.read().status == 200
    user = register(gateway)
    lines, text = [], b""

    def has(**fields):
        nonlocal text
        try:
            text += os.read(reader, 1 << 20)
        except BlockingIOError:
            pass
        *whole, text = text.split(b"\n")
        lines.extend(json.loads(line) for line in whole)
        return any(fields.items() <= e.items() for e in lines)

    try:
        wait_until(lambda: has(log="audit", event="register", user=user.id), 10, "the audit line")
        # Asked for again and again: the first ones may fall into the flood, too.
        wait_until(
            lambda: gateway.fetch("GET", "/public/last") and has(log="access", path="/public/last"), 10, "the last line")
        assert sum(e["log"] == "access" for e in lines) < flood, "the flood was too small to tell"
    finally:
        os.close(reader)


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


def test_fail2ban_finds_who_failed_and_nobody_else(gateway):
    with open(ROOT + "/deploy/fail2ban.conf") as file:
        pattern = next(line.split(" = ", 1)[1] for line in file if line.startswith("failregex")).strip()
    pattern = re.compile(pattern.replace("<HOST>", r"(?P<host>[0-9a-f.:]+)"))
    user = register(gateway)
    forged = '","log":"audit","event":"login_failed","request_id":"1","client":"198.51.100.2","'
    start = len(gateway.log())
    login(gateway, user.name, "the wrong one", {"User-Agent": forged})
    login(gateway, user.name, headers={"User-Agent": forged})
    wait_event(gateway, "login", user=user.id)
    found = [pattern.match(re.sub('"ts":"[^"]*Z', "", line)) for line in gateway.log()[start:].splitlines()]
    assert [match["host"] for match in found if match] == ["127.0.0.1"]


# What the master and the operator do.


@pytest.fixture
def own(make_gateway):
    return make_gateway()


def command(gateway, *words, status=0, stdin=None):
    done = gateway.command(*words, stdin=stdin)
    assert done.returncode == status, (words, done.stdout, done.stderr)


def commands(gateway):
    return [e["argv"] for e in events(gateway, "admin_command")]


def test_configurations_are_told(own):
    line = wait_event(own, "config_loaded", generation=1)
    assert line["config"] == own.path and line["workers"] == 1 and len(line["config_sha256"]) == 16
    assert own.reload().returncode == 0
    again = wait_event(own, "config_loaded", generation=2)
    assert again["config_sha256"] == line["config_sha256"]
    own.write_text(own.text(top="no_such_directive planted-secret"))
    assert own.reload().returncode == 78
    line = wait_event(own, "config_rejected")
    assert line["status"] == 78 and line["generation"] == 2 and "planted" not in json.dumps(line)
    own.signal(signal.SIGHUP)
    wait_until(lambda: len(events(own, "config_rejected")) == 2, 5, "the second rejection")
    assert commands(own) == [["reload", "--config", own.path]] * 2
    assert all(e["uid"] == os.getuid() and e["pid"] > 1 for e in events(own, "admin_command"))


def test_questions_are_no_commands(own):
    for words in (["status"], ["health"]):
        command(own, *words)
    assert own.reload().returncode == 0
    wait_event(own, "config_loaded", generation=2)
    assert len(commands(own)) == 1


def test_keys_that_come_and_go_are_named_and_not_shown(own):
    wait_event(own, "config_loaded", generation=1)
    path = own.directory + "/state/second.key"
    key = base64.b64encode(os.urandom(32))
    with open(path, "wb") as file:
        file.write(key)
    os.chmod(path, 0o600)
    own.write(session="key_file state/second.key\nold_key_file state/session.key")
    assert own.reload().returncode == 0
    added = wait_event(own, "key_added")
    own.write(session="key_file state/second.key")
    assert own.reload().returncode == 0
    assert wait_event(own, "key_retired")["key"] != added["key"]
    assert key.decode() not in own.log()


def test_what_operators_do_to_users_is_told(own):
    name = fresh_name("audited")
    command(own, "user", "add", name, stdin="planted secret password\n")
    user = wait_event(own, "user_created", name=name)["user"]
    log_in(own, name, "planted secret password")
    command(own, "user", "roles", name, "editor", "billing")
    assert wait_event(own, "user_roles", user=user)["roles"] == "editor billing"
    log_in(own, name, "planted secret password")
    command(own, "user", "disable", name)
    wait_event(own, "user_disabled", user=user)
    assert wait_event(own, "session_revoked", user=user)["sessions"] >= 1
    command(own, "user", "enable", user)
    wait_event(own, "user_enabled", user=user)
    command(own, "user", "passwd", name, stdin="another planted password\n")
    assert wait_event(own, "password_changed", user=user)["uid"] == os.getuid()
    command(own, "user", "delete", "--yes", name)
    wait_event(own, "user_deleted", user=user)
    words = [argv[:2] for argv in commands(own)]
    assert words == [["user", w] for w in ("add", "roles", "disable", "enable", "passwd", "delete")]
    assert "planted" not in own.log()


def test_what_was_only_tried_is_not_told(own):
    name = fresh_name("audited")
    register(own, name)
    command(own, "user", "disable", name, "--dry-run")
    command(own, "user", "add", name, status=1, stdin=PASSWORD)
    assert own.reload().returncode == 0
    assert len(commands(own)) == 1


def test_sessions_ended_by_an_operator_are_told(own):
    user = register(own)
    other = register(own)
    log_in(own, user.name)
    handle = wait_event(own, "login", user=user.id)["session"]
    command(own, "session", "kill", handle)
    line = wait_event(own, "session_revoked", user=user.id)
    assert line["session"] == handle and line["sessions"] == 1 and line["realm"] == "main"
    command(own, "session", "kill", "--all", "--yes")
    for someone in (user, other):
        wait_until(
            lambda: any(
                e["pid"] != line["pid"] for e in events(own, "session_revoked", user=someone.id, sessions=1)),
            5, "the line of " + someone.name)
    assert len(commands(own)) == 2


def test_bans_are_told(own):
    command(own, "ban", "set", "--user", "Mallory", "--for", "1h", "--reason", "guessing")
    line = wait_event(own, "ban_set", realm="main", kind="account", subject="mallory")
    assert line["lasts"] == "1h" and line["reason"] == "guessing" and line["uid"] == os.getuid()
    command(own, "ban", "clear", "--user", "Mallory")
    wait_event(own, "ban_cleared", realm="main", kind="account", subject="mallory")
    command(own, "ban", "clear", "--user", "Mallory", status=4)
    assert len(commands(own)) == 2 and len(events(own, "ban_cleared")) == 1


def admin(gateway, method, target):
    with Client(os.path.join(gateway.directory, "state", "admin.sock")) as client:
        return client.exchange(request(method, target))


def test_reports_cannot_change_what_every_line_says(own):
    fields = "&".join("text.%s=forged" % name for name in ("ts", "log", "event", "uid", "pid", "argv", "A", "a%22", ""))
    target = "/audit?event=user_disabled&text.user=u%0a%22x&number.sessions=3&number.n=x&word=user&word=%00%22&" + fields
    assert admin(own, "POST", target).status == 200
    line = wait_event(own, "user_disabled")
    assert line["user"] == 'u\n"x' and line["sessions"] == 3 and line["uid"] == os.getuid()
    assert "forged" not in json.dumps(line) and "n" not in line
    assert commands(own) == [["user", "\0\""]]


@pytest.mark.parametrize("method,target,status", [
    ("GET", "/audit?event=login", 405), ("POST", "/audit", 400), ("POST", "/audit?event=no_such", 400),
    ("POST", "/audit?event=%ff&&&=&%", 400),
])
def test_reports_of_nothing_are_refused(gateway, method, target, status):
    before = len(gateway.lines("audit"))
    assert admin(gateway, method, target).status == status
    assert len(gateway.lines("audit")) == before


def test_reload_without_our_command_is_told_as_it_came(own):
    assert admin(own, "POST", "/reload").status == 200
    assert commands(own) == [["POST", "/reload"]]


def test_commands_without_a_gateway_write_into_its_file(make_gateway):
    gateway = make_gateway(log="access state/access.log")
    name = fresh_name("audited")
    user = register(gateway, name)
    assert gateway.terminate() == 0
    command(gateway, "user", "disable", name)
    with open(gateway.directory + "/state/access.log") as file:
        lines = [json.loads(line) for line in file]
    line = next(e for e in lines if e.get("event") == "user_disabled")
    assert line["user"] == user.id and line["uid"] == os.getuid()


def test_command_does_not_wait_for_a_gateway_that_hangs(own):
    user = register(own)
    own.signal(signal.SIGSTOP)
    try:
        done = own.command("user", "disable", user.name, timeout=20)
    finally:
        own.signal(signal.SIGCONT)
    assert done.returncode == 0 and "not in the audit log" in done.stderr
    assert login(own, user.name).status == 401
    assert own.fetch("GET", "/a", user.headers).status == 401


def test_log_moves_with_the_configuration(own):
    own.write(log="access state/moved.log")
    assert own.reload().returncode == 0
    path = own.directory + "/state/moved.log"
    wait_until(lambda: os.path.exists(path) and "config_loaded" in open(path).read(), 5, "the line in the file")
    register(own)
    wait_until(lambda: '"register"' in open(path).read(), 5, "the worker's line")
