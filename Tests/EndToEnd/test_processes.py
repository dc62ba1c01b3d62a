"""Workers, signals, reload, exit codes: what an operator does, and what chance does."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness.client import Client, request
from harness.gateway import binary, is_alive, settle
from harness.load import Load
from harness.redis_server import free_port
from harness.users import JSON, credentials, register
from harness.websocket import echo_tunnel, frame, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.processes


# Workers.

def test_as_many_workers_as_configured(make_gateway):
    gateway = make_gateway(workers=3)
    wait_until(lambda: len(gateway.workers()) == 3, 5, "three workers")


def test_killed_worker_is_replaced_while_the_others_serve(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    wait_until(lambda: len(gateway.workers()) == 2, 5)
    load = Load(gateway, user)
    victim = gateway.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(gateway.workers()) == 2 and victim not in gateway.workers(), 5, "another worker")
    before = load.count
    wait_until(lambda: load.count > before + 200, 10, "service after it")
    load.stop()
    # What was under way on the killed one fails; nothing else does.
    assert len(load.failures) <= 4, load.failures
    assert set(load.statuses) == {200}, load.statuses


@pytest.mark.parametrize("number", [signal.SIGILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGTRAP])
def test_trap_in_a_worker_is_one_workers_end(make_gateway, number):
    gateway = make_gateway(workers=2)
    wait_until(lambda: len(gateway.workers()) == 2, 5)
    victim = gateway.workers()[-1]
    os.kill(victim, number)
    wait_until(lambda: len(gateway.workers()) == 2 and victim not in gateway.workers(), 8, "another worker")
    assert gateway.fetch("GET", "/public/a").status == 200


def test_worker_that_keeps_dying_is_started_with_back_off(make_gateway):
    gateway = make_gateway(workers=1)
    started, deaths = time.monotonic(), 0
    seen = set()
    while time.monotonic() - started < 3:
        for pid in gateway.workers():
            if pid not in seen:
                seen.add(pid)
                deaths += 1
                os.kill(pid, signal.SIGKILL)
        settle(0.005)
    assert 2 <= deaths <= 30, deaths
    wait_until(lambda: gateway.fetch("GET", "/public/a", timeout=15).status == 200, 20, "service")


def test_only_worker_killed_loses_no_listener(make_gateway):
    gateway = make_gateway(workers=1)
    wait_until(lambda: len(gateway.workers()) == 1, 5)
    os.kill(gateway.workers()[0], signal.SIGKILL)
    # The socket is the master's: this waits in its queue instead of being refused.
    assert gateway.fetch("GET", "/public/a", timeout=10).status == 200


def test_workers_end_when_the_master_is_gone(make_gateway):
    gateway = make_gateway(workers=2, redis="managed")
    wait_until(lambda: len(gateway.workers()) == 2 and gateway.redis_pid(), 5)
    everyone = gateway.descendants()
    gateway.process.kill()
    gateway.process.wait()
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 12, "everybody's end")


def test_killed_master_can_be_started_again(make_gateway):
    gateway = make_gateway(redis="managed")
    user = register(gateway)
    settle(1.2)
    everyone = gateway.descendants()
    gateway.process.kill()
    gateway.process.wait()
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 12, "everybody's end")
    gateway.start()
    wait_until(lambda: gateway.fetch("GET", "/a", user.headers).status == 200, 5, "the session", 0.05)


# The end.

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_drain_finishes_what_runs(make_gateway, number):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    release = threading.Event()
    gateway.recorder.on("/slow", lambda x: (release.wait(10), x.reply(body=b"done")))
    idle, running = gateway.client(), gateway.client(10)
    assert idle.exchange(request("GET", "/public/a")).status == 200
    running.send(request("GET", "/slow", user.headers))
    gateway.recorder.wait_for("/slow")
    gateway.signal(number)
    assert idle.at_end(), "an idle connection is closed at once"
    wait_until(lambda: not gateway.is_listening(), 3, "the listener's end")
    release.set()
    response = running.read()
    assert response.status == 200 and response.body == b"done" and response.get("connection") == "close"
    assert gateway.process.wait(10) == 0
    assert not gateway.workers()


def test_drain_as_a_command_waits_for_the_end(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    release = threading.Event()
    gateway.recorder.on("/slow", lambda x: (release.wait(10), x.reply(body=b"done")))
    with gateway.client(10) as running:
        running.send(request("GET", "/slow", user.headers))
        gateway.recorder.wait_for("/slow")
        told = gateway.command("drain", "--config", gateway.path, "--no-wait")
        assert told.returncode == 0 and "4 s at most" in told.stderr
        # Again: nobody is cut off for that.
        waiting = subprocess.Popen(
            [binary(), "drain", "--config", gateway.path], cwd=gateway.directory, env=gateway.env)
        wait_until(
            lambda: [e["argv"][0] for e in gateway.lines("audit") if e["event"] == "admin_command"] == ["drain"] * 2,
            3, "both commands")
        wait_until(lambda: not gateway.is_listening(), 3, "the listener's end")
        assert waiting.poll() is None
        release.set()
        assert running.read().body == b"done"
    assert waiting.wait(10) == 0
    assert gateway.process.wait(10) == 0
    assert gateway.command("drain", "--config", gateway.path).returncode == 69


def test_drain_under_load_fails_nothing(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    load = Load(gateway, user)
    gateway.signal(signal.SIGTERM)
    assert gateway.process.wait(10) == 0
    load.stop()
    real = [f for f in load.failures if "Refused" not in f and "Closed" not in f and "Reset" not in f]
    assert not real and set(load.statuses) == {200}, (load.failures[:5], load.statuses)


def test_drain_has_an_end(make_gateway):
    gateway = make_gateway(shutdown="grace 1s")
    user = register(gateway)
    gateway.recorder.on("/stuck", lambda x: (x.closed_by_peer(20), x.close()))
    client = gateway.client(15)
    client.send(request("GET", "/stuck", user.headers))
    gateway.recorder.wait_for("/stuck")
    started = time.monotonic()
    assert gateway.terminate() == 0
    assert 0.7 < time.monotonic() - started < 5
    client.close()


def test_second_signal_is_impatient(make_gateway):
    gateway = make_gateway(shutdown="grace 30s")
    user = register(gateway)
    gateway.recorder.on("/stuck", lambda x: (x.closed_by_peer(20), x.close()))
    client = gateway.client(15)
    client.send(request("GET", "/stuck", user.headers))
    gateway.recorder.wait_for("/stuck")
    everyone = gateway.descendants()
    gateway.signal(signal.SIGTERM)
    wait_until(lambda: not gateway.is_listening(), 3, "the listener's end")
    gateway.signal(signal.SIGTERM)
    assert gateway.process.wait(5) == 2
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 5, "everybody's end")
    client.close()


def test_delay_goes_on_accepting(make_gateway):
    gateway = make_gateway(shutdown="delay 1s\ngrace 3s")
    gateway.signal(signal.SIGTERM)
    settle(0.3)
    assert gateway.fetch("GET", "/public/a").status == 200
    assert gateway.process.wait(8) == 0


def test_tunnels_are_closed_by_the_end_of_the_grace(make_gateway):
    gateway = make_gateway(shutdown="grace 1s")
    gateway.recorder.on("/ws/open", echo_tunnel)
    user = register(gateway)
    tunnel = handshake(gateway, "/ws/open", user.headers, timeout=10)
    assert tunnel.response.status == 101
    gateway.signal(signal.SIGTERM)
    assert gateway.process.wait(8) == 0
    tunnel.client.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_tunnels_hear_of_the_end_one_after_the_other(make_gateway, workers):
    gateway = make_gateway(workers=workers, shutdown="grace 4s")
    gateway.recorder.on("/ws/open", echo_tunnel)
    user = register(gateway)
    tunnels = [handshake(gateway, "/ws/open", user.headers, timeout=10) for _ in range(20)]
    started, times = time.monotonic(), []

    def follow(tunnel):
        assert tunnel.close_code() == 1001
        times.append(time.monotonic() - started)
        tunnel.client.close()

    followers = [threading.Thread(target=follow, args=(tunnel,)) for tunnel in tunnels]
    for follower in followers:
        follower.start()
    gateway.signal(signal.SIGTERM)
    for follower in followers:
        follower.join()
    assert len(times) == 20 and times[0] < 1 and 0.5 < times[10] and 1 < times[-1] < 3.5, times
    assert gateway.process.wait(8) == 0
    assert time.monotonic() - started < 4, "nothing was left to wait for"


# Reload.

def test_reload_under_load_loses_nothing(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    load = Load(gateway, user)
    for number in range(3):
        new = "route /new%d - public { respond 200 \"%d\" }" % (number, number)
        gateway.write(routes="route /* app user\nroute /public/* app public\n" + new)
        old = set(gateway.workers())
        result = gateway.reload()
        assert result.returncode == 0, result
        assert gateway.fetch("GET", "/new%d" % number).body == b"%d" % number
        wait_until(lambda: not old & set(gateway.workers()), 15, "the old workers' end")
    load.stop()
    assert not load.failures and set(load.statuses) == {200}, (load.failures[:5], load.statuses)
    assert load.count > 100


def test_hangup_signal_reloads(make_gateway):
    gateway = make_gateway()
    gateway.write(routes="route /* - public { respond 200 \"new\" }")
    gateway.signal(signal.SIGHUP)
    wait_until(lambda: gateway.fetch("GET", "/x").body == b"new", 10, "the new configuration", 0.05)


def test_watched_files_are_reloaded_by_themselves(make_gateway):
    gateway = make_gateway(start=False, routes="route /* app public")
    gateway.arguments = ["--watch"]
    gateway.start()
    gateway.write(routes="route /* - deny")
    wait_until(lambda: gateway.fetch("GET", "/a").status == 403, 10, "the new configuration")
    # What is wrong is told, and changes nothing.
    gateway.write(routes="route /* app publik")
    wait_until(lambda: any(e["event"] == "config_rejected" for e in gateway.lines("audit")), 10, "the verdict")
    assert gateway.fetch("GET", "/a").status == 403
    gateway.write(routes="route /* app public")
    wait_until(lambda: gateway.fetch("GET", "/a").status == 200, 10, "the correction")
    assert [e["event"] for e in gateway.lines("audit") if e["event"].startswith("config_")] == [
        "config_loaded", "config_loaded", "config_rejected", "config_loaded"]
    assert gateway.terminate() == 0


def test_files_are_not_watched_unasked(make_gateway):
    gateway = make_gateway(routes="route /* app public")
    gateway.write(routes="route /* - deny")
    settle(3)
    assert gateway.fetch("GET", "/a").status == 200


def test_reload_of_an_unchanged_file_says_so(make_gateway):
    gateway = make_gateway()
    same = "the configuration on disk is the one that was loaded already"
    result = gateway.reload()
    assert result.returncode == 0 and same in result.stderr, result
    gateway.write(routes="route /* - deny")
    result = gateway.reload()
    assert result.returncode == 0 and same not in result.stdout + result.stderr, result
    assert gateway.fetch("GET", "/a").status == 403


def test_wrong_configuration_changes_nothing(make_gateway):
    gateway = make_gateway(workers=2)
    user = register(gateway)
    load = Load(gateway, user)
    workers = set(gateway.workers())
    for text in (gateway.text().replace("workers", "wrokers"), gateway.text(routes="route /* nowhere user"), "", "{",
            gateway.text() + "\0"):
        gateway.write_text(text)
        result = gateway.reload()
        assert result.returncode == 78, result
        assert "gateway.conf:" in result.stdout + result.stderr
    gateway.signal(signal.SIGHUP)
    settle(0.5)
    load.stop()
    assert not load.failures and set(load.statuses) == {200}
    assert workers == set(gateway.workers())
    gateway.write()
    assert gateway.reload().returncode == 0


def test_address_in_use_changes_nothing(make_gateway):
    gateway = make_gateway()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gateway.write(top="listen 127.0.0.1:%d" % taken.getsockname()[1])
        assert gateway.reload().returncode in (1, 73, 78)
    assert gateway.fetch("GET", "/public/a").status == 200


def test_listeners_come_and_go(make_gateway):
    gateway = make_gateway()
    port = free_port()
    gateway.write(top="listen 127.0.0.1:%d" % port)
    assert gateway.reload().returncode == 0
    with Client(("127.0.0.1", port)) as client:
        assert client.exchange(request("GET", "/public/a")).status == 200
    gateway.write(top="")
    assert gateway.reload().returncode == 0

    def refused():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    wait_until(refused, 5, "the listener's end")
    assert gateway.fetch("GET", "/public/a").status == 200


def test_running_request_keeps_its_configuration(make_gateway):
    gateway = make_gateway()
    release = threading.Event()
    gateway.recorder.on("/public/slow", lambda x: (release.wait(15), x.reply(body=b"old")))
    client = gateway.client(20)
    client.send(request("GET", "/public/slow"))
    gateway.recorder.wait_for("/public/slow")
    gateway.write(routes="route /* - public { respond 200 \"new\" }")
    assert gateway.reload().returncode == 0
    assert gateway.fetch("GET", "/public/slow").body == b"new"
    release.set()
    response = client.read()
    assert response.body == b"old" and response.get("connection") == "close"
    client.close()


def test_tunnel_outlives_a_reload(make_gateway):
    gateway = make_gateway()
    gateway.recorder.on("/ws/long", echo_tunnel)
    user = register(gateway)
    with handshake(gateway, "/ws/long", user.headers, timeout=10) as tunnel:
        assert tunnel.response.status == 101
        assert gateway.reload().returncode == 0
        settle(2.5)
        data = frame(b"still here")
        tunnel.send(data)
        assert tunnel.exactly(len(data)) == data


def test_many_reloads_at_once_are_one(make_gateway):
    gateway = make_gateway(workers=2)
    for _ in range(20):
        gateway.signal(signal.SIGHUP)
    wait_until(lambda: len(gateway.workers()) == 2, 20, "two workers")
    assert gateway.fetch("GET", "/public/a").status == 200


def test_number_of_workers_changes_with_a_reload(make_gateway):
    gateway = make_gateway(workers=1)
    gateway.write(workers=3)
    assert gateway.reload().returncode == 0
    wait_until(lambda: len(gateway.workers()) == 3, 15, "three workers")


def test_reload_of_nothing_that_runs(make_gateway):
    gateway = make_gateway(start=False)
    result = gateway.reload()
    assert result.returncode in (1, 69) and result.stderr.strip()


# The beginning.

def test_second_start_says_who_is_there(make_gateway):
    gateway = make_gateway()
    result = gateway.command("run", "--config", gateway.path)
    assert result.returncode not in (0, 2)
    assert "already running" in result.stderr and str(gateway.process.pid) in result.stderr
    assert gateway.fetch("GET", "/public/a").status == 200


@pytest.mark.parametrize("words,status", [
    (["--nonsense"], 64), (["run", "--nonsense"], 64), (["nonsense"], 64), (["run", "--config"], 64),
    (["run", "--config", "/nowhere/gateway.conf"], 66), (["run", "--config", "/"], 66),
])
def test_exit_status_of_wrong_commands(make_gateway, words, status):
    result = make_gateway(start=False).command(*words)
    assert result.returncode == status, result
    assert result.stderr.strip()


def test_exit_status_of_a_wrong_configuration(make_gateway):
    gateway = make_gateway(start=False)
    gateway.write_text("listen nonsense\nbogus 1\n")
    result = gateway.command("run", "--config", gateway.path)
    assert result.returncode == 78 and "gateway.conf:1:" in result.stderr and "gateway.conf:2:" in result.stderr


def test_exit_status_of_an_address_in_use(make_gateway):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gateway = make_gateway(start=False, top="listen 127.0.0.1:%d" % taken.getsockname()[1])
        result = gateway.command("run", "--config", gateway.path)
    assert result.returncode == 73 and "in use" in result.stderr.lower()


def test_exit_status_of_a_state_that_cannot_be(make_gateway):
    gateway = make_gateway(start=False, state="/proc/nowhere/state")
    result = gateway.command("run", "--config", gateway.path)
    assert result.returncode in (73, 77, 78), result


def test_unreadable_configuration_is_66(make_gateway):
    gateway = make_gateway(start=False)
    os.unlink(gateway.path)
    os.mkdir(gateway.path)
    assert gateway.command("run", "--config", gateway.path).returncode == 66


def test_start_is_quick(make_gateway):
    gateway = make_gateway()
    assert gateway.terminate() == 0
    started = time.monotonic()
    gateway.start("serving")
    assert gateway.fetch("GET", "/public/a").status == 200
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("kind", ["external", "managed"])
def test_first_request_of_all_is_served(make_gateway, kind):
    """No 503 just because the connection to Redis is still being made."""
    options = {"redis": "managed"} if kind == "managed" else {}
    gateway = make_gateway(start=False, workers=2, **options)
    gateway.start(None)
    wait_until(gateway.is_listening, 20, "the listener")
    statuses = [gateway.fetch("POST", "/_auth/register", JSON, credentials("first%d" % n)).status for n in range(8)]
    assert statuses == [201] * 8, statuses


def test_worker_killed_before_it_was_ready_is_replaced(make_gateway):
    gateway = make_gateway(start=False, workers=2)
    gateway.start(None)
    wait_until(lambda: gateway.workers(), 10, "a worker", 0.001)
    os.kill(gateway.workers()[0], signal.SIGKILL)
    wait_until(gateway.is_serving, 10, "the start")
    wait_until(lambda: len(gateway.workers()) == 2, 10, "two workers")
    assert gateway.fetch("GET", "/public/a").status == 200


@pytest.mark.parametrize("moment", ["spawned", "workers", "listening"])
def test_signal_during_the_start_ends_it(make_gateway, moment):
    gateway = make_gateway(start=False, workers=2, redis="managed")
    gateway.start(None)
    if moment == "workers":
        wait_until(lambda: gateway.workers(), 10, "a worker", 0.001)
    elif moment == "listening":
        wait_until(gateway.is_listening, 10, "the listener", 0.001)
    else:
        wait_until(lambda: "starting" in gateway.log(), 10, "the first line", 0.001)
    everyone = gateway.descendants()
    gateway.signal(signal.SIGTERM)
    assert gateway.process.wait(10) == 0
    wait_until(lambda: not [p for p in everyone if is_alive(p)], 5, "everybody's end")


# Logs.

def test_reader_of_the_log_that_is_gone_blocks_nothing(make_gateway):
    """Standard output is a pipe whose reader stops, then leaves."""
    gateway = make_gateway(start=False)
    process = subprocess.Popen(
        [binary(), "run", "--config", gateway.path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        cwd=gateway.directory, env=gateway.env, start_new_session=True)
    gateway.process = process
    wait_until(gateway.is_listening, 20)
    with gateway.client(10) as client:
        for _ in range(2000):
            assert client.exchange(request("GET", "/public/" + "x" * 200)).status == 200
        process.stdout.close()
        for _ in range(500):
            assert client.exchange(request("GET", "/public/a")).status == 200
    assert gateway.terminate() == 0


def test_log_lines_are_whole_and_json(make_gateway):
    gateway = make_gateway(workers=2)
    evil = "a\\\"b\x1b[31m\u00e9\u2028".encode("utf-8")
    for _ in range(50):
        with gateway.client() as client:
            client.exchange(b"GET /public/a?%22%0a HTTP/1.1\r\nHost: a\r\nUser-Agent: x" + evil.replace(b"\x1b",
                b"") + b"\r\nReferer: \xff\xfe\r\n\r\n")
    wait_until(lambda: len([e for e in gateway.lines("access") if e.get("path") == "/public/a"]) == 50, 5, "50 lines")
    # What is wrong with the configuration comes first, and is for people.
    lines = gateway.log().splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("{"))
    for line in lines[first:]:
        json.loads(line)


def test_access_log_in_a_file_is_reopened(make_gateway):
    gateway = make_gateway(log="access ./access.log")
    path = os.path.join(gateway.directory, "access.log")
    gateway.fetch("GET", "/public/first")
    wait_until(lambda: "/public/first" in open(path).read(), 5, "the first line")
    os.rename(path, path + ".1")
    gateway.signal(signal.SIGUSR1)
    wait_until(lambda: os.path.exists(path), 5, "the new file")
    gateway.fetch("GET", "/public/second")
    wait_until(lambda: "/public/second" in open(path).read(), 5, "the second line")
    assert "/public/second" not in open(path + ".1").read()


def test_state_is_touched_by_nobody_else(make_gateway):
    gateway = make_gateway()
    state = os.path.join(gateway.directory, "state")
    assert os.stat(state).st_mode & 0o777 == 0o700
    assert os.stat(os.path.join(state, "admin.sock")).st_mode & 0o777 == 0o600
    register(gateway)
    assert os.stat(os.path.join(state, "users.db")).st_mode & 0o077 == 0
    assert gateway.fetch("POST", "/_auth/logout", JSON).status == 204
