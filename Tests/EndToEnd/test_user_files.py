"""Accounts in a file that somebody else writes: htpasswd's, or one with roles."""

import json
import os

import pytest

from harness.users import JSON, PASSWORD, credentials, log_in, login
from harness.wire import wait_until

pytestmark = pytest.mark.accounts

# Of PASSWORD, made with openssl, crypt(3) and htpasswd's ways.
HASHES = {
    "apr": "$apr1$aB3.x/9z$LUgV.xRw.8fQ9NxuEdCM1.",
    "sha": "{SHA}mN7MYuzjmaIu0w1JDvMzvn/ec4U=",
    "sha512": "$6$rounds=5000$4a1ishNyt835Iy.E$"
        "Q2.VvjkjQTjCv3Ks.FDsUae.aI/oS.ii9d1Q/FINUe76q7jmeRt8i5yKE7RRkyFu55a27ZSrF7vowmbpwSE3v.",
    "yes": "$y$j75$k2XAnEHBqQ1Ct2aMXFKNa/$D51GutEaDStaXNx6KNVHl2qcn8n8Q9TT3VpvxytddG1",
    "bc": "$2b$04$c3jxLSCoQDXvVhtv1Ku52uAdQX27.hyMuAM67tpU3okvU1DEbEJvC",
}
HTPASSWD = "".join("%s:%s\n" % item for item in HASHES.items())
ROUTES = """
    route /* app user
    route /admin/* app role admin
"""


def write(directory, text):
    """Replaces the file as an editor does: at once."""
    path = os.path.join(directory, "users.txt")
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


@pytest.fixture
def files(make_gateway):
    def make(text, start=True, **options):
        gateway = make_gateway(
            start=False, **{"store": "file users.txt", "users": "", "routes": ROUTES, **options})
        write(gateway.directory, text)
        return gateway.start() if start else gateway

    return make


def test_htpasswd_serves_as_it_is(files):
    gateway = files(HTPASSWD + "odd:rqXexS6ZhobKA\n")
    for name in HASHES:
        user = log_in(gateway, name.upper())
        assert user.document["user"] == {"id": name, "name": name, "roles": []}
        assert gateway.fetch("GET", "/x", user.headers).status == 200
        for wrong in (PASSWORD + "x", "", PASSWORD.upper()):
            assert login(gateway, name, wrong).status in (401, 422)
    assert login(gateway, "odd").status == 401
    assert "users.txt:6" in gateway.log() and "rqXexS6ZhobKA" not in gateway.log()


def test_nothing_is_written_and_everything_says_so(files):
    gateway = files("anna:%s:admin\n" % HASHES["bc"])
    before = open(gateway.directory + "/users.txt").read()
    user = log_in(gateway, "anna")
    assert gateway.fetch("POST", "/_auth/register", JSON, credentials("eve")).json()["code"] == "register_closed"
    response = gateway.fetch(
        "POST", "/_auth/password", {**JSON, **user.headers},
        b'{"current": "correct horse battery", "new": "another long enough one"}')
    assert response.status == 403 and response.json()["code"] == "read_only"
    page = gateway.fetch("GET", "/_auth/account", {**user.headers, "Accept": "text/html"})
    assert page.status == 200 and b"Change password" not in page.body
    for words in (["add", "eve"], ["passwd", "anna"], ["roles", "anna", "x"], ["disable", "anna"], ["delete", "-y", "anna"]):
        done = gateway.command("user", *words, "--config", gateway.path, stdin="another long enough one\n" * 2)
        assert done.returncode == 1 and "users.txt is only read here" in done.stderr, (words, done)
    listed = gateway.command("user", "list", "--config", gateway.path)
    assert listed.returncode == 0 and "anna" in listed.stdout and "admin" in listed.stdout
    assert open(gateway.directory + "/users.txt").read() == before


def changes(gateway):
    """What the audit log tells of changes made in the store itself."""
    return [line for line in gateway.lines("audit") if line.get("by") == "store"]


def test_a_change_reaches_sessions_that_live(files):
    line = "%s:" + HASHES["bc"] + "%s\n"
    gateway = files(line % ("anna", ":admin") + line % ("bob", "") + line % ("carl", "") + line % ("dan", ""), workers=2)
    anna, bob, carl, dan = (log_in(gateway, name) for name in ("anna", "bob", "carl", "dan"))
    assert gateway.fetch("GET", "/admin/x", anna.headers).status == 200

    write(gateway.directory, line % ("anna", ":user") + "bob:!%s\n" % HASHES["bc"] + line % ("dan", "") + line % ("eve", ":admin"))

    wait_until(lambda: gateway.fetch("GET", "/admin/x", anna.headers).status == 403, 8, "the role's end")
    wait_until(lambda: gateway.fetch("GET", "/x", bob.headers).status == 401, 8, "the locked user's end")
    wait_until(lambda: gateway.fetch("GET", "/x", carl.headers).status == 401, 8, "the removed user's end")
    assert gateway.fetch("GET", "/x", anna.headers).status == 200
    assert gateway.fetch("GET", "/x", dan.headers).status == 200
    # Each of the workers looks for itself.
    wait_until(lambda: [login(gateway, name).status for name in ("bob", "carl") * 2] == [401] * 4, 8, "no more logins")
    wait_until(lambda: login(gateway, "eve").status == 200, 8, "the new user")
    # Two workers saw it, and each change is told once.
    wait_until(lambda: len(changes(gateway)) == 3, 5, "the lines of three changes")
    lines = changes(gateway)
    told = sorted((line["event"], line["user"], line.get("roles")) for line in lines)
    assert told == [("session_revoked", "bob", None), ("session_revoked", "carl", None), ("user_roles", "anna", "user")], told
    assert all(line["sessions"] == 1 and line["realm"] == "main" for line in lines)


@pytest.mark.parametrize("text", ["anna:x\nbroken line\n", "", "eve:x:bad role\n"])
def test_a_wrong_file_is_an_alarm_and_changes_nothing(files, text):
    gateway = files(HTPASSWD)
    user = log_in(gateway, "bc")
    write(gateway.directory, text)
    wait_until(lambda: "critical: the file of users cannot be taken" in gateway.log(), 8, "the alarm")
    assert gateway.fetch("GET", "/x", user.headers).status == 200
    assert login(gateway, "sha512").status == 200
    write(gateway.directory, "bc:%s\n" % HASHES["bc"])
    wait_until(lambda: "read anew" in gateway.log(), 8, "the right file")
    assert gateway.fetch("GET", "/x", user.headers).status == 200


def test_watch_off_waits_for_a_reload(files):
    gateway = files("anna:%s\n" % HASHES["bc"], users="watch off")
    write(gateway.directory, "bob:%s\n" % HASHES["bc"])
    assert login(gateway, "anna").status == 200
    assert gateway.reload().returncode == 0
    wait_until(lambda: login(gateway, "bob").status == 200, 8, "the reload")


@pytest.mark.parametrize("text", [None, "anna:x\nanna:y\n"])
def test_a_wrong_file_at_the_start_is_refused(files, text):
    gateway = files(text or "", start=False)
    if text is None:
        os.unlink(gateway.directory + "/users.txt")
    done = gateway.command("run", "--config", gateway.path)
    assert done.returncode != 0 and "users.txt" in done.stdout + done.stderr
    checked = gateway.command("check", gateway.path)
    assert checked.returncode == 78 and "users.txt" in checked.stdout + checked.stderr


@pytest.mark.parametrize("text, line", [(None, 1), ("# staff\nanna:x\nanna:y\n", 3), ("anna:admin:$2y$04$secretsecret\n", 1)])
def test_a_wrong_file_has_a_place_in_every_format(files, text, line):
    gateway = files(text or "", start=False)
    path = gateway.directory + "/users.txt"
    if text is None:
        os.unlink(path)
    found = gateway.command("check", "--format", "json", gateway.path)
    document = json.loads(found.stdout)
    assert found.returncode == 78 and document["errors"] == 1, document
    entry = document["diagnostics"][-1]
    assert (entry["code"], entry["line"], entry["severity"]) == ("E406", line, "error")
    assert entry["file"].endswith("users.txt") and entry["hints"]
    shown = gateway.command("check", gateway.path)
    assert "users.txt:%d:1: error[E406]" % line in shown.stdout and "secretsecret" not in shown.stdout + shown.stderr


def test_a_user_who_cannot_log_in_is_a_warning(files):
    gateway = files("anna:plain-words\n", start=False)
    loose = gateway.command("check", gateway.path)
    assert loose.returncode == 0 and "users.txt:1:1: warning[W517]" in loose.stdout, loose
    assert gateway.command("check", "--strict", gateway.path).returncode == 78


@pytest.mark.parametrize("store, users, said", [
    ("file", "", "store file needs a path"), ("file users.txt", "register open", "nobody can register"),
    ("sqlite users.db", "watch on", "watch is for a file store"),
])
def test_what_cannot_be_is_refused(files, store, users, said):
    gateway = files("", start=False, store=store, users=users)
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and said in done.stdout + done.stderr
