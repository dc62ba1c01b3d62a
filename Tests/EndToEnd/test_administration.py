"""The commands for users and sessions: while the gateway runs, while it does not, and while Redis is away."""

import json
import os
import shutil
import subprocess
import tempfile

import pytest

from harness.gateway import binary
from harness.redis_server import Connection
from harness.users import PASSWORD, encode64, fresh_name, log_in, login, register, session_key

pytestmark = pytest.mark.accounts


def run(gateway, *words, status=0, stdin=None):
    """The finished command, which must have ended with `status`."""
    done = gateway.command(*words, stdin=stdin)
    assert done.returncode == status, (words, done.returncode, done.stdout, done.stderr)
    return done


def document(gateway, *words, **more):
    return json.loads(run(gateway, *words, "--json", **more).stdout)


def users(gateway):
    return {user["name"]: user for user in document(gateway, "user", "list")["users"]}


def is_logged_in(gateway, user):
    return gateway.fetch("GET", "/_auth/session", user.headers).json()["authenticated"]


@pytest.fixture(scope="module")
def private(make_module_gateway):
    return make_module_gateway("administration")


# Users


def test_user_added_at_the_command_line_can_log_in(private):
    name = fresh_name("cli")
    run(private, "user", "add", name, "--role", "editor", "--role", "billing", stdin=PASSWORD + "\n")
    response = login(private, name)
    assert response.status == 200, response
    assert response.json()["user"]["roles"] == ["editor", "billing"]
    shown = document(private, "user", "show", name)
    assert shown["roles"] == ["editor", "billing"] and shown["disabled"] is False
    assert shown["id"] == response.json()["user"]["id"]
    assert document(private, "user", "show", shown["id"]) == shown, "the id names the user as well"
    assert users(private)[name] == shown
    assert name in run(private, "user", "list").stdout and name in run(private, "user", "show", name).stdout


def test_generated_password_is_printed_once_and_works(private):
    name = fresh_name("cli")
    made = document(private, "user", "add", name, "--generate")
    assert login(private, name, made["password"]).status == 200
    assert "password" not in document(private, "user", "show", name)
    other = fresh_name("cli")
    password = run(private, "user", "add", other, "--generate").stdout.strip()
    assert login(private, other, password).status == 200


@pytest.mark.parametrize("words, stdin, status", [
    (["user", "add", "taken"], PASSWORD, 1),
    (["user", "add", "TAKEN"], PASSWORD, 1),
    (["user", "add", "no spaces"], PASSWORD, 64),
    (["user", "add", ""], PASSWORD, 64),
    (["user", "add", "weak"], "short", 1),
    (["user", "add", "weak"], "", 1),
    (["user", "add", "weak", "--role", "a,b c"], PASSWORD, 64),
    (["user", "add", "weak", "--store", "nowhere"], PASSWORD, 64),
    (["user", "show", "nobody"], None, 1),
    (["user", "roles", "nobody", "admin"], None, 1),
    (["user", "roles", "taken", "a b"], None, 64),
    (["user", "roles", "taken", "--none", "admin"], None, 64),
    (["user", "passwd", "nobody"], PASSWORD, 1),
    (["user", "disable", "nobody"], None, 1),
    (["user", "delete", "nobody"], None, 1),
    (["user", "add", "weak", PASSWORD], None, 64),
])
def test_refused_changes_say_so_by_their_status(private, words, stdin, status):
    if "taken" not in users(private):
        run(private, "user", "add", "taken", stdin=PASSWORD)
    before = users(private)
    run(private, *words, status=status, stdin=stdin)
    assert users(private) == before


def test_disabled_user_is_out_at_once_and_enabled_is_let_in_again(private):
    user = register(private)
    run(private, "user", "disable", user.name, "--dry-run")
    assert is_logged_in(private, user)
    run(private, "user", "disable", user.name)
    assert not is_logged_in(private, user)
    assert login(private, user.name).status == 401
    assert users(private)[user.name]["disabled"] is True
    run(private, "user", "enable", user.name)
    assert login(private, user.name).status == 200


def test_deleted_user_is_gone_with_all_sessions(private):
    user = register(private)
    run(private, "user", "delete", user.name, "--dry-run")
    assert user.name in users(private) and is_logged_in(private, user)
    run(private, "user", "delete", user.name, "--yes")
    assert user.name not in users(private)
    assert not is_logged_in(private, user)
    assert login(private, user.name).status == 401


def test_new_password_replaces_the_old_and_ends_sessions(private):
    user = register(private)
    run(private, "user", "passwd", user.name, stdin="another good one\n")
    assert not is_logged_in(private, user)
    assert login(private, user.name).status == 401
    user = log_in(private, user.name, "another good one")
    run(private, "user", "password", user.name, "--keep-sessions", stdin="yet another one")
    assert is_logged_in(private, user)


def test_password_is_only_talked_about_with_dry_run(private):
    user = register(private)
    assert "sessions would end" in run(private, "user", "passwd", user.name, "--dry-run").stderr
    assert "sessions stay" in run(private, "user", "passwd", user.name, "--dry-run", "--keep-sessions").stderr
    assert private.fetch("GET", "/a", user.headers).status == 200
    assert login(private, user.name).status == 200
    run(private, "user", "passwd", "nobody", "--dry-run", status=1)


def test_roles_are_set_added_and_taken_away(private):
    user = register(private)
    for words, roles in [
        (["admin", "editor"], ["admin", "editor"]), (["--add", "billing", "--remove", "admin"], ["editor", "billing"]),
        (["--add", "editor"], ["editor", "billing"]), (["--none"], []),
    ]:
        run(private, "user", "roles", user.name, *words)
        assert run(private, "user", "roles", user.name).stdout.split() == roles
    run(private, "user", "roles", user.name, "admin", "--dry-run")
    assert users(private)[user.name]["roles"] == []


def test_other_roles_count_from_the_next_request_on(make_gateway):
    gateway = make_gateway(routes="route /* app user\nroute /admin/* app role admin")
    user = register(gateway)
    assert gateway.fetch("GET", "/admin/x", user.headers).status == 403
    run(gateway, "user", "roles", user.name, "admin")
    assert gateway.fetch("GET", "/admin/x", user.headers).status == 200
    run(gateway, "user", "roles", user.name, "--none")
    assert gateway.fetch("GET", "/admin/x", user.headers).status == 403
    assert is_logged_in(gateway, user)


def test_user_in_several_stores_has_to_be_told_apart(make_gateway):
    gateway = make_gateway(extra="users staff {\n store sqlite state/staff.db\n hash bcrypt 4\n}\nrealm staff {\n"
        " users staff\n endpoints /_staff\n}", routes="realm main\nroute /* app user", start=False)
    run(gateway, "user", "add", "both", stdin=PASSWORD, status=64)
    for store in ["people", "staff"]:
        run(gateway, "user", "add", "both", "--store", store, stdin=PASSWORD)
    run(gateway, "user", "add", "one", "--store", "staff", stdin=PASSWORD)
    asked = run(gateway, "user", "show", "both", status=64)
    assert "people" in asked.stderr and "staff" in asked.stderr
    assert document(gateway, "user", "show", "both", "--store", "staff")["store"] == "staff"
    assert document(gateway, "user", "show", "one")["store"] == "staff"
    assert [user["name"] for user in document(gateway, "user", "list")["users"]] == ["both", "both", "one"]


def test_change_of_a_user_while_redis_is_away_is_kept_and_says_that_sessions_live(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path)
    user = register(gateway)
    redis.kill()
    done = run(gateway, "user", "disable", user.name, status=69)
    assert "sessions still live" in done.stderr
    assert users(gateway)[user.name]["disabled"] is True


# Sessions


def test_sessions_are_listed_and_shown_without_what_would_open_them(private):
    user = register(private)
    found = [s for s in document(private, "session", "list", "--user", user.name)["sessions"]]
    assert len(found) == 1
    session = found[0]
    assert session["user"]["id"] == user.id and session["realm"] == "main" and session["address"] == "127.0.0.1"
    assert document(private, "session", "show", session["id"]) == session
    for text in [run(private, "session", "list").stdout, run(private, "session", "show", session["id"]).stdout]:
        assert session["id"] in text and user.name in text
        assert user.ticket.split(".")[1] not in text
        assert session_key(user.ticket).rsplit(":", 1)[1] not in text
    run(private, "session", "show", "0123456789abcdef", status=4)


@pytest.mark.parametrize("by", ["id", "user", "userid", "upper"])
def test_killed_session_is_over_and_others_are_not(private, by):
    user, other = register(private, fresh_name("Killed")), register(private)
    second = log_in(private, user.name)
    ids = [s["id"] for s in document(private, "session", "list", "--user", user.id)["sessions"]]
    assert len(ids) == 2
    words = {"id": ids, "user": ["--user", user.name], "userid": ["--user", user.id], "upper":
        ["--user", user.name.upper()]}[by]
    run(private, "session", "kill", *words, "--dry-run")
    assert is_logged_in(private, user)
    run(private, "session", "kill", *words)
    assert not is_logged_in(private, user) and not is_logged_in(private, second)
    assert is_logged_in(private, other)
    run(private, "session", "kill", *words, status=4)


def test_sessions_are_chosen_by_network_and_idle_time(private):
    user = register(private)

    def ids(*words):
        return [s["user"]["name"] for s in document(private, "session", "list", *words)["sessions"]]

    assert user.name in ids("--ip", "127.0.0.0/8") and user.name in ids("--ip", "127.0.0.1")
    assert ids("--ip", "10.0.0.0/8") == [] and ids("--ip", "::1") == []
    assert user.name not in ids("--idle-over", "1h") and user.name in ids("--idle-over", "0s")
    for words in [["--ip", "300.0.0.1"], ["--ip", "10.0.0.0/33"], ["--idle-over", "5"], ["--realm", "x"]]:
        run(private, "session", "list", *words, status=64)
    run(private, "session", "kill", status=64)


def test_killing_all_wants_a_yes(make_gateway):
    gateway = make_gateway()
    one, two = register(gateway), register(gateway)
    run(gateway, "session", "kill", "--all", status=64)
    assert is_logged_in(gateway, one)
    run(gateway, "session", "kill", "--all", "--yes")
    assert not is_logged_in(gateway, one) and not is_logged_in(gateway, two)


def test_commands_work_on_a_managed_redis_while_the_gateway_is_down(make_gateway):
    gateway = make_gateway(redis="managed")
    user, kept = register(gateway), register(gateway)
    assert len(document(gateway, "session", "list")["sessions"]) == 2, "while it runs"
    assert gateway.terminate() == 0
    assert len(document(gateway, "session", "list")["sessions"]) == 2
    run(gateway, "session", "kill", "--user", user.name)
    gateway.start()
    assert not is_logged_in(gateway, user) and is_logged_in(gateway, kept)


def test_name_of_a_user_agent_cannot_speak_to_the_terminal(private):
    name = fresh_name("cli")
    register(private, name)
    login(private, name, headers={"User-Agent": "x\xc2\x9b31mred"})
    text = run(private, "session", "list", "--user", name).stdout
    assert "31mred" in text and "\x9b" not in text and "\x1b" not in text


def test_session_commands_say_when_redis_cannot_be_reached(make_gateway, make_redis):
    redis = make_redis()
    gateway = make_gateway(redis="unix://%s" % redis.path, start=False)
    redis.kill()
    assert "Redis" in run(gateway, "session", "list", status=69).stderr
    run(gateway, "session", "list", "--config", "nowhere.conf", status=66)
    gateway.write_text("listen\n")
    run(gateway, "session", "list", status=78)


@pytest.mark.parametrize("words, meant", [
    (["user", "lsit"], "list"), (["session", "kil"], "kill"), (["ban", "cler"], "clear"), (["usr"], "user"),
])
def test_mistyped_commands_get_a_suggestion(private, words, meant):
    assert 'did you mean "%s"?' % meant in run(private, *words, status=64).stderr


def test_help_knows_every_command_and_shells_complete_them(private):
    for command in ["user", "session", "ban", "routes", "explain", "dump", "fmt"]:
        assert "USAGE: gatehouse " + command in run(private, "help", command).stdout
    for shell in ["bash", "zsh", "fish"]:
        script = run(private, "completion", shell).stdout
        assert "session" in script and "dry-run" in script
    checked = subprocess.run(["bash", "-n"], input=run(private, "completion", "bash").stdout, text=True)
    assert checked.returncode == 0
    run(private, "completion", "tcsh", status=64)


COMPLETE = """
source "$SCRIPT"
gatehouse() { "$BINARY" "$@"; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_gatehouse gatehouse "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("words, offered", [
    (["session", "list", "--realm", ""], {"main"}), (["ban", "list", "--realm", "m"], {"main"}),
    (["user", "list", "--store", ""], {"people"}), (["explain", "GET", "/"], {"/"}),
    (["explain", "GET", "/", "--role", "a"], {"admin"}),
])
def test_a_shell_offers_names_from_the_configuration(make_gateway, tmp_path, words, offered):
    gateway = make_gateway(start=False, routes="route /* app user\nroute /admin/* app role admin")
    script = tmp_path / "completion.bash"
    script.write_text(run(gateway, "completion", "bash").stdout)
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", "gatehouse", *words], capture_output=True, text=True, timeout=30,
        env={**os.environ, "SCRIPT": str(script), "BINARY": binary(), "GATEHOUSE_CONFIG": gateway.path})
    assert offered <= set(done.stdout.split()), done
    without = {**os.environ, "SCRIPT": str(script), "BINARY": binary(), "GATEHOUSE_CONFIG": "/nowhere"}
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", "gatehouse", *words], capture_output=True, text=True, timeout=30, env=without)
    assert not done.stdout.strip() and not done.stderr.strip(), "no time for errors"


def test_quiet_and_verbose(private):
    assert run(private, "user", "list", "-q").stdout == run(private, "user", "list").stdout
    assert run(private, "user", "add", fresh_name("quiet"), "-q", stdin=PASSWORD).stderr == ""
    assert "configuration gateway.conf" in run(private, "user", "list", "-v").stderr
    assert "--quiet or --verbose" in run(private, "user", "list", "-v", "-q", status=64).stderr
    assert run(private, "user", "show", "nobody-of-that-name", "-q", status=1).stderr != "", "an error is told"


def test_many_sessions_are_listed_and_ended(make_gateway):
    gateway = make_gateway()
    user = register(gateway)
    key = user.key(gateway.prefix)
    record = json.loads(gateway.redis("GET", key))
    connection = Connection(gateway.redis.path)
    for index in range(1500):
        hash = encode64(b"%032d" % index)
        copy = json.dumps({**record, "k": hash, "h": "%016x" % index}, separators=(",", ":"))
        connection("SET", "%s:main:s:%s" % (gateway.prefix, hash), copy, "PX", 3600000)
        connection("ZADD", "%s:main:u:%s" % (gateway.prefix, user.id), index, hash)
    connection.close()
    assert len(document(gateway, "session", "list")["sessions"]) == 1501
    run(gateway, "session", "kill", "--user", user.name)
    assert not gateway.redis.keys("%s:main:s:*" % gateway.prefix)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as somebody else")
def test_root_makes_nothing_that_would_lock_the_gateway_out(make_gateway, tmp_path):
    gateway = make_gateway(redis="managed", start=False)
    home = tempfile.mkdtemp(prefix="gatehouse-owner-")
    try:
        os.chmod(home, 0o755)
        state = home + "/state"
        os.mkdir(state, 0o700)
        os.chown(state, 65534, 65534)
        gateway.write_text(gateway.text(state=state).replace("state/users.db", state + "/users.db").replace(
            "state/session.key", state + "/session.key"))
        run(gateway, "user", "add", "anna", stdin=PASSWORD)
        run(gateway, "ban", "set", "--user", "anna")
        assert document(gateway, "session", "list")["sessions"] == []
        made = [os.path.join(place, name) for place, folders, files in os.walk(state) for name in folders + files]
        assert state + "/users.db" in made and any("redis" in name for name in made)
        assert {os.lstat(name).st_uid for name in made} == {65534}
    finally:
        shutil.rmtree(home)
