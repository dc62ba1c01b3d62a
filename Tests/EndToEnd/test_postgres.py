"""Accounts in PostgreSQL: a table of the gateway's own, and an application's that serves as it is."""

import threading
import time

import pytest

from harness.postgres import PASSWORD as SERVER_PASSWORD, PostgresServer
from harness.users import JSON, PASSWORD, credentials, fresh_name, log_in, login
from harness.wire import wait_until

pytestmark = pytest.mark.accounts

# What TypeORM makes of an entity with id, email, name and password.
TYPEORM = """
drop table if exists "user";
create table "user" (
    "id" serial not null, "email" character varying not null, "name" character varying not null,
    "password" character varying not null, "role" character varying,
    constraint "UQ_e12875dfb3b1d92d7d7c5377e22" unique ("email"),
    constraint "PK_cace4a159ff9f2512dd42373760" primary key ("id"));
insert into "user" (email, name, password, role) values
    ('Anna@Example.org', 'Anna Smith', '%s', 'admin'), ('bob@example.org', 'Bob', '%s', null);
""" % (("$2b$04$c3jxLSCoQDXvVhtv1Ku52uAdQX27.hyMuAM67tpU3okvU1DEbEJvC",) * 2)
FIND = 'select id, email, name, password as hash, role as roles from \\"user\\" where lower(email) = $1'
INSERT = 'insert into \\"user\\" (email, name, password) values ($1, $1, $2)'
SET_PASSWORD = 'update \\"user\\" set password = $2 where id = $1'
STATEMENTS = 'find "%s"\ninsert "%s"\nset_password "%s"\nregister open' % (FIND, INSERT, SET_PASSWORD)


@pytest.fixture(scope="module")
def server():
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def postgres(server, make_gateway):
    def make(users=STATEMENTS, options="", start=True, **more):
        gateway = make_gateway(
            start=False, store="postgres %s { \npassword ${file:pg}\n%s\n}" % (server.url, options), users=users,
            routes="route /* app user\nroute /admin/* app role admin", **more)
        with open(gateway.directory + "/pg", "w") as file:
            file.write(SERVER_PASSWORD + "\n")
        return gateway.start() if start else gateway

    if server.process.poll() is not None:
        server.start()
    server.sql(TYPEORM)
    return make


def hash_of(server, email):
    return server.sql("select password from \"user\" where email = '%s'" % email)[0][0]


def test_a_table_of_typeorm_serves_as_it_is(server, postgres):
    gateway = postgres()
    anna = log_in(gateway, "anna@example.org")
    assert anna.document["user"] == {"id": "1", "name": "anna@example.org", "roles": ["admin"]}
    assert gateway.fetch("GET", "/admin/x", anna.headers).status == 200
    assert gateway.recorder is not None
    bob = log_in(gateway, "BOB@example.org")
    assert bob.document["user"]["id"] == "2" and gateway.fetch("GET", "/admin/x", bob.headers).status == 403
    for name, password in (("anna@example.org", PASSWORD + "x"), ("nobody@example.org", PASSWORD), ("' or 1=1 --", PASSWORD)):
        assert login(gateway, name, password).status in (401, 422)


def test_people_register_into_it_and_change_their_passwords(server, postgres):
    gateway = postgres(hash="bcrypt 4")
    answer = gateway.fetch("POST", "/_auth/register", JSON, credentials("Carl+x@example.org"))
    assert answer.status == 201, answer
    assert answer.json()["user"]["id"] == "3"
    assert server.sql('select id, email, name from "user" where id = 3') == [["3", "carl+x@example.org", "carl+x@example.org"]]
    assert hash_of(server, "carl+x@example.org").startswith("$2b$04$")
    assert gateway.fetch("POST", "/_auth/register", JSON, credentials("ANNA@example.org")).json()["code"] == "name_taken"

    user, other = log_in(gateway, "carl+x@example.org"), log_in(gateway, "carl+x@example.org")
    changed = gateway.fetch("POST", "/_auth/password", {**JSON, **user.headers},
        b'{"current": "correct horse battery", "new": "another long enough one"}')
    assert changed.status in (200, 204), changed
    assert gateway.fetch("GET", "/x", other.headers).status == 401
    assert login(gateway, "carl+x@example.org").status == 401
    assert login(gateway, "carl+x@example.org", "another long enough one").status == 200


def test_a_password_changes_also_after_a_restart(server, postgres):
    gateway = postgres(hash="bcrypt 4")
    user = log_in(gateway, "bob@example.org")
    gateway.terminate()
    gateway.start()
    changed = gateway.fetch("POST", "/_auth/password", {**JSON, **user.headers},
        b'{"current": "correct horse battery", "new": "another long enough one"}')
    assert changed.status in (200, 204), changed
    assert login(gateway, "bob@example.org", "another long enough one").status == 200


def test_a_login_brings_the_hash_up_to_date(server, postgres):
    gateway = postgres(hash="argon2id 64k 1 1")
    log_in(gateway, "bob@example.org")
    assert hash_of(server, "bob@example.org").startswith("$argon2id$")
    log_in(gateway, "bob@example.org")


def test_of_many_registrations_of_one_name_one_wins(server, postgres):
    gateway = postgres(hash="bcrypt 4", workers=2)
    name, results = fresh_name("race") + "@example.org", []
    threads = [threading.Thread(
        target=lambda: results.append(gateway.fetch("POST", "/_auth/register", JSON, credentials(name)).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [201] + [409] * 7, results


def test_a_store_that_is_down_is_503_and_comes_back(server, postgres):
    gateway = postgres(options="timeout 500ms\nconnect_timeout 500ms")
    user = log_in(gateway, "bob@example.org")
    server.halt()
    try:
        for _ in range(3):
            assert login(gateway, "bob@example.org").status == 503
            assert login(gateway, "bob@example.org", "wrong").status == 503
            assert login(gateway, "nobody@example.org", "wrong").status == 503
        assert gateway.fetch("POST", "/_auth/register", JSON, credentials("eve@example.org")).status == 503
        # A session does not need it.
        assert gateway.fetch("GET", "/x", user.headers).status == 200
        assert SERVER_PASSWORD not in gateway.log()
    finally:
        server.start()
    wait_until(lambda: login(gateway, "bob@example.org").status == 200, 8, "the return")
    assert login(gateway, "bob@example.org", "wrong").status == 401


def test_a_store_that_stands_still_is_503_in_time(server, postgres):
    gateway = postgres(options="timeout 500ms\nconnect_timeout 500ms")
    user = log_in(gateway, "bob@example.org")
    server.freeze()
    try:
        begin = time.monotonic()
        assert login(gateway, "bob@example.org").status == 503
        assert time.monotonic() - begin < 4
        assert gateway.fetch("GET", "/x", user.headers).status == 200
    finally:
        server.thaw()
    wait_until(lambda: login(gateway, "bob@example.org").status == 200, 8, "the return")


def test_a_connection_that_was_cut_is_replaced_unseen(server, postgres):
    gateway = postgres()
    log_in(gateway, "bob@example.org")
    server.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse'")
    log_in(gateway, "bob@example.org")


@pytest.mark.parametrize("find, said", [
    ('select id, email from \\"user\\" where email = $1', "have no column hash"),
    ('select id, password from nowhere where email = $1', "42P01"),
    ('select id, password from \\"user\\" where email = $1 or true', "more than 1 rows"),
])
def test_a_wrong_statement_is_503_and_said(server, postgres, find, said):
    gateway = postgres(users='find "%s"' % find)
    assert login(gateway, "bob@example.org").status == 503
    wait_until(lambda: said in gateway.log(), 5, "the line in the log")


@pytest.mark.parametrize("store, users, said", [
    ("postgres", "", "needs a URL"),
    ("postgres mysql://x/y", "", "postgresql://"),
    ("postgres postgresql://app:secretword@h/d", "", "carries a password"),
    ("postgres postgresql://h/d?password=secretword", "", "carries a password"),
    ("postgres postgresql://h/d", 'find "select 1"', "does not use $1"),
    ("postgres postgresql://h/d", 'find "select \'$1\'"', "does not use $1"),
    ("postgres postgresql://h/d", 'find "select $1, $2"', "has $1 to $1"),
    ("postgres postgresql://h/d", 'insert "insert $1 $2"', "needs find"),
    ("postgres postgresql://h/d", 'register open\nfind "select $1"', "needs insert"),
    ("sqlite users.db", 'find "select $1"', "for a postgres store"),
])
def test_what_cannot_be_is_refused(make_gateway, store, users, said):
    gateway = make_gateway(start=False, store=store, users=users)
    done = gateway.command("check", gateway.path)
    assert done.returncode == 78 and said in done.stdout + done.stderr, done
    assert "secretword" not in done.stdout + done.stderr


def test_check_connect_tries_it(server, postgres):
    gateway = postgres(start=False)
    assert gateway.command("check", "--connect", gateway.path).returncode == 0
    with open(gateway.directory + "/pg", "w") as file:
        file.write("wrong\n")
    done = gateway.command("check", "--connect", gateway.path)
    assert done.returncode == 69 and "users people" in done.stdout + done.stderr, done


def test_a_table_of_its_own_takes_commands(server, postgres):
    server.sql("drop table if exists gatehouse_users")
    gateway = postgres(users="register open", workers=2)
    answer = gateway.fetch("POST", "/_auth/register", JSON, credentials("Dora"))
    assert answer.status == 201 and answer.json()["user"]["id"].startswith("u_")
    user = log_in(gateway, "dora")
    done = gateway.command("user", "roles", "dora", "admin", "--config", gateway.path)
    assert done.returncode == 0, done
    assert gateway.fetch("GET", "/admin/x", user.headers).status == 200
    assert "dora" in gateway.command("user", "list", "--config", gateway.path).stdout.lower()
    assert gateway.command("user", "disable", "dora", "--config", gateway.path).returncode == 0
    assert gateway.fetch("GET", "/x", user.headers).status == 401
    assert login(gateway, "dora").status == 401


def test_a_change_in_the_table_reaches_sessions_with_their_next_touch(server, postgres):
    gateway = postgres(
        users='find "%s"' % FIND.replace("as roles", "as roles, name = 'locked' as disabled"),
        session="key_file state/session.key\ntouch 1s")
    anna, bob = log_in(gateway, "anna@example.org"), log_in(gateway, "bob@example.org")
    assert gateway.fetch("GET", "/admin/x", anna.headers).status == 200
    server.sql("""update "user" set role = 'reader' where id = 1; update "user" set name = 'locked' where id = 2""")
    wait_until(lambda: gateway.fetch("GET", "/admin/x", anna.headers).status == 403, 8, "the role's end")
    wait_until(lambda: gateway.fetch("GET", "/x", bob.headers).status == 401, 8, "the locked user's end")
    assert gateway.fetch("GET", "/x", anna.headers).status == 200
    server.sql('delete from "user" where id = 1')
    wait_until(lambda: gateway.fetch("GET", "/x", anna.headers).status == 401, 8, "the removed user's end")
    told = lambda: [(e["event"], e["user"], e["sessions"]) for e in gateway.lines("audit") if e.get("by") == "store"]
    wait_until(lambda: len(told()) == 3, 5, "the lines of three changes")
    assert told() == [("user_roles", "1", 1), ("session_revoked", "2", 1), ("session_revoked", "1", 1)], told()
