"""`gatehouse upgrade`: another program takes the gateway over, in the same process and under load, or nothing changes."""

import json
import os
import shutil
import signal
import socket
import threading

import pytest

from harness.client import request
from harness.gateway import binary, children, command_line, is_alive, name, open_files, settle
from harness.load import Load
from harness.redis_server import free_port
from harness.users import JSON, credentials, register
from harness.websocket import echo_tunnel, frame, handshake
from harness.wire import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Three copies of the program: three files, so that one can be told from another in a running process."""
    directory = tmp_path_factory.mktemp("programs")
    paths = [str(directory / ("gatehouse-%s" % letter)) for letter in "abc"]
    for path in paths:
        shutil.copy(binary(), path)
    return paths


@pytest.fixture
def make(make_gateway, programs):
    return lambda **options: make_gateway(program=programs[0], **options)


def upgrade(gateway, path, **more):
    return gateway.command("upgrade", path, "--config", gateway.path, **more)


def runs(pid, path):
    """Whether `pid` runs the very file at `path`."""
    try:
        mine, other = os.stat("/proc/%d/exe" % pid), os.stat(path)
    except OSError:
        return False
    return (mine.st_dev, mine.st_ino) == (other.st_dev, other.st_ino)


def works(pid):
    """Whether `pid` is a worker already, and not a child on the way to its program: the master waits for that."""
    return " worker " in command_line(pid)


def at_rest(pid):
    """Descriptors that `pid` has open once commands that have just ended are forgotten."""
    least = open_files(pid)
    for _ in range(15):
        settle(0.1)
        least = min(least, open_files(pid))
    return least


def status(gateway):
    result = gateway.command("status", "--json", "--config", gateway.path)
    assert result.returncode == 0, result
    return json.loads(result.stdout)


def all_run(gateway, path, workers):
    return lambda: (
        runs(gateway.process.pid, path) and len(gateway.workers()) == workers
        and all(runs(pid, path) for pid in gateway.workers()))


def echoes(tunnel, text):
    data = frame(text)
    tunnel.send(data)
    return tunnel.exactly(len(data)) == data


def assert_unharmed(load):
    load.stop()
    assert not load.failures, load.failures[:5]
    assert set(load.statuses) == {200}, load.statuses
    assert load.closed == 0, "%d connections ended under a request" % load.closed


def test_upgrade_under_load_loses_nothing(make, programs):
    gateway = make(workers=2)
    gateway.recorder.on("/ws/long", echo_tunnel)
    user = register(gateway)
    kept, single = Load(gateway, user, 3), Load(gateway, user, 2, keeps_alive=False)
    old = gateway.workers()
    with handshake(gateway, "/ws/long", user.headers, timeout=15) as tunnel:
        assert tunnel.response.status == 101 and echoes(tunnel, b"before")
        result = upgrade(gateway, programs[1])
        assert result.returncode == 0, result
        assert "serves, generation 2" in result.stderr
        wait_until(lambda: runs(gateway.process.pid, programs[1]), 1, "the new program")
        counts = kept.count, single.count
        wait_until(lambda: kept.count > counts[0] + 100 and single.count > counts[1] + 50, 20, "load after it")
        assert_unharmed(kept)
        assert_unharmed(single)
        settle(2.5)
        assert echoes(tunnel, b"after")
        [last] = [pid for pid in gateway.workers() if pid in old]
        assert runs(last, programs[0]), "who has the tunnel is of the old program"
        members = status(gateway)["workers"]
        assert {m["pid"] for m in members if m["generation"] == 2} == set(gateway.workers()) - {last}
    wait_until(lambda: not is_alive(last), 10, "the end of the old worker")
    assert all_run(gateway, programs[1], 2)()
    report = status(gateway)
    assert report["pid"] == gateway.process.pid and report["generation"] == 2
    assert report["last_upgrade"]["status"] == 0 and [m["version"] for m in report["workers"]] == [report["version"]] * 2
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    assert gateway.terminate() == 0


def test_managed_redis_stays_the_same_process(make, programs):
    gateway = make(redis="managed")
    user, pid = register(gateway), gateway.redis_pid()
    assert upgrade(gateway, programs[1]).returncode == 0
    assert gateway.redis_pid() == pid
    assert gateway.fetch("GET", "/a", user.headers).status == 200
    # The new master watches over it as the old one did.
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gateway.redis_pid() not in (None, pid), 5, "another redis-server")
    wait_until(lambda: gateway.fetch("POST", "/_auth/register", JSON, credentials("later")).status in (201, 409), 10)
    pid = gateway.redis_pid()
    assert gateway.terminate() == 0
    assert not is_alive(pid)


def test_upgrade_twice_and_back(make, programs):
    gateway = make(workers=2)
    user = register(gateway)
    load = Load(gateway, user)
    for number, path in enumerate([programs[1], programs[2], programs[0]]):
        result = upgrade(gateway, path)
        assert result.returncode == 0, result
        assert runs(gateway.process.pid, path)
    assert_unharmed(load)
    wait_until(all_run(gateway, programs[0], 2), 10, "workers of the last program alone")
    counted = status(gateway)["counters"]["requests"]
    assert counted >= load.count, "what the workers before had counted is kept"
    assert gateway.terminate() == 0


def test_upgrade_without_a_name_takes_the_command_itself(make):
    gateway = make()
    assert gateway.command("upgrade", "--config", gateway.path).returncode == 0
    assert runs(gateway.process.pid, binary())


def test_killed_workers_of_the_new_program_are_replaced_by_it(make, programs):
    gateway = make(workers=2)
    assert upgrade(gateway, programs[1]).returncode == 0
    wait_until(all_run(gateway, programs[1], 2), 10, "the new program's workers")
    victim = gateway.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(gateway.workers()) == 2 and victim not in gateway.workers(), 5, "another worker")
    assert all_run(gateway, programs[1], 2)()
    assert gateway.fetch("GET", "/public/a").status == 200


def test_upgrade_takes_the_changed_configuration(make, programs):
    gateway = make(workers=1)
    port = free_port()
    gateway.write(workers=2, top="listen 127.0.0.1:%d" % port)
    assert upgrade(gateway, programs[1]).returncode == 0
    wait_until(lambda: len(gateway.workers()) == 2, 10, "two workers")
    with socket.create_connection(("127.0.0.1", port), 5):
        pass
    gateway.write(top="")
    assert gateway.reload().returncode == 0
    assert gateway.fetch("GET", "/public/a").status == 200


def test_upgrades_and_reloads_at_the_same_time_take_their_turns(make, programs):
    gateway = make(workers=2)
    user = register(gateway)
    load = Load(gateway, user)
    results = {}

    def run(key, *words):
        results[key] = gateway.command(*words, "--config", gateway.path, timeout=60).returncode

    threads = []
    for number in range(3):
        threads.append(threading.Thread(target=run, args=("reload%d" % number, "reload")))
        if number == 1:
            threads.append(threading.Thread(target=run, args=("upgrade", "upgrade", programs[1])))
    for thread in threads:
        thread.start()
        gateway.signal(signal.SIGHUP)
    for thread in threads:
        thread.join()
    assert set(results.values()) == {0}, results
    assert runs(gateway.process.pid, programs[1])
    wait_until(all_run(gateway, programs[1], 2), 10, "the new program's workers alone")
    assert_unharmed(load)


def test_second_upgrade_at_once_is_refused_or_comes_after(make, programs):
    gateway = make()
    results = []
    threads = [threading.Thread(target=lambda p=path: results.append((p, upgrade(gateway, p)))) for path in programs[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [path for path, result in results if result.returncode == 0]
    assert good and runs(gateway.process.pid, good[0]) or runs(gateway.process.pid, good[-1])
    for _, result in results:
        assert result.returncode == 0 or "another upgrade is under way" in result.stderr, result


def test_listeners_by_socket_and_state_stay(make, programs, tmp_path):
    path = str(tmp_path / "front.sock")
    gateway = make(top="listen unix:%s" % path)
    assert upgrade(gateway, programs[1]).returncode == 0
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(request("GET", "/public/a"))
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    second = gateway.command("run", "--config", gateway.path)
    assert second.returncode == 73 and "already running, pid %d" % gateway.process.pid in second.stderr
    assert gateway.terminate() == 0
    assert not os.path.exists(path) and not os.path.exists(os.path.join(gateway.directory, "state", "admin.sock"))
    gateway.start()


def test_signals_reach_the_new_program(make, programs):
    gateway = make(log="access ./access.log")
    path = os.path.join(gateway.directory, "access.log")
    assert upgrade(gateway, programs[1]).returncode == 0
    os.rename(path, path + ".1")
    gateway.signal(signal.SIGUSR1)
    wait_until(lambda: os.path.exists(path), 5, "the new file")
    before = status(gateway)["generation"]
    gateway.signal(signal.SIGHUP)
    wait_until(lambda: status(gateway)["generation"] == before + 1, 10, "the reload", 0.1)
    release = threading.Event()
    gateway.recorder.on("/public/slow", lambda x: (release.wait(10), x.reply(body=b"done")))
    client = gateway.client(10)
    client.send(request("GET", "/public/slow"))
    gateway.recorder.wait_for("/public/slow")
    gateway.signal(signal.SIGTERM)
    wait_until(lambda: not gateway.is_listening(), 3, "the listener's end")
    release.set()
    assert client.read().body == b"done"
    assert gateway.process.wait(10) == 0


def test_termination_right_after_the_request_is_obeyed(make, programs):
    for delay in (0, 0.05, 0.15, 0.3):
        gateway = make(workers=1)
        thread = threading.Thread(target=lambda: upgrade(gateway, programs[1]))
        thread.start()
        settle(delay)
        everyone = gateway.descendants()
        gateway.signal(signal.SIGTERM)
        assert gateway.process.wait(15) == 0
        thread.join()
        wait_until(lambda: not [p for p in everyone if is_alive(p)], 5, "everybody's end")


@pytest.mark.slow
def test_no_descriptor_is_lost_over_twenty_upgrades(make, programs):
    gateway = make(workers=1, redis="managed")
    user = register(gateway)
    assert upgrade(gateway, programs[1]).returncode == 0
    wait_until(lambda: len(gateway.workers()) == 1, 10)
    before, worker_before = at_rest(gateway.process.pid), at_rest(gateway.workers()[0])
    started = status(gateway)["uptime_s"]
    for number in range(20):
        result = upgrade(gateway, programs[number % 3])
        assert result.returncode == 0, (number, result)
    wait_until(lambda: len(gateway.workers()) == 1, 15, "one worker")
    assert at_rest(gateway.process.pid) == before
    assert at_rest(gateway.workers()[0]) <= worker_before + 1
    assert status(gateway)["uptime_s"] >= started
    assert [name(pid) for pid in children(gateway.process.pid)].count("redis-server") == 1
    assert gateway.fetch("GET", "/a", user.headers).status == 200


# What is refused: nothing changes.

def untouched(gateway, programs, check):
    user = register(gateway)
    load = Load(gateway, user, 2)
    workers, files = sorted(gateway.workers()), at_rest(gateway.process.pid)
    check()
    assert runs(gateway.process.pid, programs[0])
    assert sorted(gateway.workers()) == workers
    assert_unharmed(load)
    assert at_rest(gateway.process.pid) == files
    assert gateway.reload().returncode == 0
    assert status(gateway)["last_upgrade"]["status"] != 0


def copy_with(tmp_path, programs, change):
    data = bytearray(open(programs[0], "rb").read())
    change(data)
    path = tmp_path / "changed"
    path.write_bytes(data)
    path.chmod(0o755)
    return str(path)


def another_machine(data):
    data[18:20] = b"\x08\x00"


def another_format(data):
    at = data.find(b"gatehouse handover format ")
    assert at > 0 and data.find(b"gatehouse handover format ", at + 1) < 0
    data[at:at + 26] = b"gatehouse handover former "


WRONG = {
    "no program": (lambda d, p: str(d / "nowhere"), 66, "No such file"),
    "directory": (lambda d, p: str(d), 66, "is not a file"),
    "not executable": (lambda d, p: make_file(d, open(p[0], "rb").read(), 0o644), 77, "is not executable"),
    "text": (lambda d, p: make_file(d, b"hello\n", 0o755), 1, "is not a program"),
    "another machine's": (lambda d, p: copy_with(d, p, another_machine), 1, "does not run here"),
    "some other program": (lambda d, p: shutil.which("true"), 1, "cannot take over"),
    "a program that repeats": (lambda d, p: shutil.which("echo"), 1, "cannot take over"),
    "a program that fails": (lambda d, p: shutil.which("false"), 1, "cannot check the configuration"),
    "another format": (lambda d, p: copy_with(d, p, another_format), 1, "cannot take over: "),
    "script": (
        lambda d, p: make_file(d, b"#!/bin/sh\nexec %s \"$@\"\n" % p[1].encode(), 0o755), 1, "is not a program"),
}


def make_file(directory, content, mode):
    path = directory / "program"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("kind", WRONG)
def test_program_that_is_none_changes_nothing(make, programs, tmp_path, kind):
    gateway = make(workers=1)
    path, expected, words = WRONG[kind]
    path = path(tmp_path, programs)

    def check():
        result = gateway.command("upgrade", path, "--config", gateway.path, timeout=60)
        assert result.returncode == expected and words in result.stderr, result

    if kind == "no program":
        # The command looks first, so that the gateway is not even asked.
        result = upgrade(gateway, path)
        assert result.returncode == 66 and words in result.stderr
        return
    untouched(gateway, programs, check)


def test_configuration_that_the_new_program_refuses_changes_nothing(make, programs):
    gateway = make(workers=1)

    def check():
        text = gateway.text()
        gateway.write_text(text.replace("workers", "wrokers"))
        result = upgrade(gateway, programs[1])
        assert result.returncode == 78 and "gateway.conf:4:" in result.stderr, result
        gateway.write_text(text)

    untouched(gateway, programs, check)


# What fails once the new program runs: the old one comes back.

def goes_on(gateway, programs, load, workers):
    assert runs(gateway.process.pid, programs[0]), "the old program is back"
    wait_until(lambda: sorted(gateway.workers()) == workers, 5, "the old workers alone")
    assert_unharmed(load)
    assert all(runs(pid, programs[0]) for pid in gateway.workers())
    report = status(gateway)
    assert report["generation"] == 1 and report["last_upgrade"]["status"] == 1
    # And is as good as before: it replaces a worker, reloads, and can be upgraded.
    os.kill(workers[0], signal.SIGKILL)
    wait_until(lambda: len(gateway.workers()) == 2 and workers[0] not in gateway.workers(), 5, "another worker")
    assert all(runs(pid, programs[0]) for pid in gateway.workers())
    gateway.write()
    assert gateway.reload().returncode == 0
    assert upgrade(gateway, programs[1]).returncode == 0
    wait_until(all_run(gateway, programs[1], 2), 10, "the new program's workers")
    assert gateway.terminate() == 0


def test_address_in_use_brings_the_old_program_back(make, programs):
    gateway = make(workers=2)
    user, redis_pid = register(gateway), gateway.redis_pid()
    load, workers = Load(gateway, user), sorted(gateway.workers())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gateway.write_text(gateway.text(top="listen 127.0.0.1:%d" % taken.getsockname()[1]))
        result = upgrade(gateway, programs[1])
    assert result.returncode == 1 and "in use" in result.stderr and "nothing has changed" in result.stderr, result
    assert gateway.redis_pid() == redis_pid
    goes_on(gateway, programs, load, workers)


def test_new_workers_that_die_bring_the_old_program_back(make, programs):
    gateway = make(workers=2)
    user = register(gateway)
    load, workers = Load(gateway, user), sorted(gateway.workers())
    results = []
    thread = threading.Thread(target=lambda: results.append(upgrade(gateway, programs[1])))
    thread.start()
    new = wait_until(
        lambda: [pid for pid in gateway.workers() if pid not in workers and works(pid)
                 and runs(gateway.process.pid, programs[1])], 20, "a new worker", 0.001)
    os.kill(new[0], signal.SIGKILL)
    thread.join()
    if results[0].returncode == 0:
        pytest.skip("the new workers were ready before one could be killed")
    assert "was killed by signal 9" in results[0].stderr, results
    goes_on(gateway, programs, load, workers)


@pytest.mark.slow
def test_new_workers_that_are_never_ready_bring_the_old_program_back(make, programs):
    gateway = make(workers=2)
    user = register(gateway)
    load, workers = Load(gateway, user), sorted(gateway.workers())
    results, stopped = [], set()
    thread = threading.Thread(target=lambda: results.append(upgrade(gateway, programs[1])))
    thread.start()
    while thread.is_alive():
        for pid in gateway.workers():
            if pid not in workers and pid not in stopped and works(pid) and runs(pid, programs[1]):
                os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
        settle(0.001)
    if results[0].returncode == 0:
        pytest.skip("the new workers were ready before one could be stopped")
    assert "not ready in 10 s" in results[0].stderr, results
    goes_on(gateway, programs, load, workers)


@pytest.mark.slow
def test_old_worker_that_dies_meanwhile_is_replaced_by_one_of_its_own(make, programs):
    """While the new program's workers come up, those that serve are of the old program, and stay so."""
    gateway = make(workers=2)
    workers, replaced, done = sorted(gateway.workers()), [], []
    thread = threading.Thread(target=lambda: done.append(upgrade(gateway, programs[1])))
    thread.start()
    stopped, killed = set(), False
    while thread.is_alive():
        for pid in gateway.workers():
            if pid in workers or pid in stopped or not works(pid):
                continue
            if not killed:
                os.kill(workers[0], signal.SIGKILL)
                killed = True
            if runs(pid, programs[1]):
                os.kill(pid, signal.SIGSTOP)
            elif runs(pid, programs[0]):
                replaced.append(pid)
            else:
                continue
            stopped.add(pid)
        settle(0.001)
    if done[0].returncode == 0:
        pytest.skip("the new workers were ready before one could be stopped")
    assert replaced, "a worker of the old program took the place"
    wait_until(lambda: sorted(gateway.workers()) == sorted([workers[1], replaced[0]]), 5, "the old workers")
    assert gateway.fetch("GET", "/public/a").status == 200


# Versions never mix.

def test_replaced_file_does_not_mix_versions(make_gateway, programs, tmp_path):
    path = str(tmp_path / "gatehouse")
    shutil.copy(programs[0], path)
    gateway = make_gateway(program=path, workers=2)
    image = os.stat("/proc/%d/exe" % gateway.process.pid)
    shutil.copy(programs[1], path + ".new")
    os.rename(path + ".new", path)
    assert gateway.reload().returncode == 0
    wait_until(lambda: len(gateway.workers()) == 2, 10, "two workers")
    victim = gateway.workers()[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(gateway.workers()) == 2 and victim not in gateway.workers(), 5, "another worker")
    for pid in gateway.workers():
        assert os.stat("/proc/%d/exe" % pid).st_ino == image.st_ino
    assert upgrade(gateway, path).returncode == 0
    wait_until(all_run(gateway, path, 2), 10, "the file that is there now")


def test_upgrade_of_nothing_that_runs(make_gateway):
    result = upgrade(make_gateway(start=False), binary())
    assert result.returncode == 69 and "no gateway is running" in result.stderr
