"""`gatehouse fmt` and `gatehouse dump`."""

import os
import subprocess

import pytest

from harness.gateway import ROOT, binary

pytestmark = pytest.mark.configuration
UGLY = "site  * {\n\n  route /*   app user\nroute /public/* app   public # all\n}\n"
NICE = "site * {\n    route /*        app user\n    route /public/* app public  # all\n}\n"


def run(*words, stdin=None, status=0, cwd=None):
    done = subprocess.run([binary(), *words], input=stdin, capture_output=True, text=True, cwd=cwd, timeout=30)
    assert done.returncode == status, (words, done)
    return done


def test_formatted_text_goes_to_standard_output_and_the_file_stays(tmp_path):
    path = tmp_path / "gateway.conf"
    path.write_text(UGLY)
    assert run("fmt", str(path)).stdout == NICE
    assert run("fmt", "-", stdin=UGLY).stdout == NICE
    assert run("fmt", cwd=tmp_path).stdout == NICE
    assert path.read_text() == UGLY


def test_check_and_diff_say_what_would_change(tmp_path):
    path = tmp_path / "gateway.conf"
    path.write_text(UGLY)
    assert run("fmt", "--check", str(path), status=1).stdout.strip() == str(path)
    shown = run("fmt", "--diff", str(path)).stdout
    head, lines = shown.splitlines()[:3], shown.splitlines()[3:]
    assert head == ["--- %s" % path, "+++ %s" % path, "@@ -1,5 +1,4 @@"], shown
    assert [line[1:] for line in lines if line[0] != "+"] == UGLY.splitlines()
    assert [line[1:] for line in lines if line[0] != "-"] == NICE.splitlines()
    assert path.read_text() == UGLY
    path.write_text(NICE)
    assert run("fmt", "--check", "--diff", str(path)).stdout == ""


def test_what_leaves_nothing_to_decide_is_put_right_and_told(tmp_path):
    path = tmp_path / "gateway.conf"
    path.write_text("lisen :8080;\nsite * {\n    rout /* app publc\n}\n")
    done = run("fmt", "--fix", "-w", str(path))
    assert path.read_text() == "listen :8080\n\nsite * {\n    route /* app publc\n}\n", "who may use it is not guessed at"
    assert "%s:1:1: unknown directive \"lisen\" at the top level: put \"listen\"" % path in done.stderr, done.stderr
    assert done.stderr.count("put ") == 3
    assert run("fmt", "--fix", "-w", "-q", str(path)).stderr == ""


def test_written_file_keeps_its_mode_and_its_name_through_a_link(tmp_path):
    path, link = tmp_path / "real.conf", tmp_path / "gateway.conf"
    path.write_text(UGLY)
    path.chmod(0o640)
    link.symlink_to(path)
    run("fmt", "-w", str(link))
    assert path.read_text() == NICE and link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    before = path.stat().st_ino
    run("fmt", "-w", str(link))
    assert path.stat().st_ino == before, "what is formatted is not written again"
    assert os.listdir(tmp_path) and not [name for name in os.listdir(tmp_path) if ".new" in name]


def test_file_that_cannot_be_read_is_left_alone(tmp_path):
    path = tmp_path / "gateway.conf"
    path.write_text("site * {\n")
    assert "E102" in run("fmt", "-w", str(path), status=78).stderr
    assert path.read_text() == "site * {\n"
    run("fmt", str(tmp_path / "nowhere"), status=66)
    run("fmt", "-w", "-", status=64)
    run("fmt", "-w", "--check", str(path), status=64)


def test_files_of_the_repository_are_formatted():
    run("fmt", "--check", ROOT + "/gateway.conf")


def test_dump_can_be_run_in_place_of_the_files(make_gateway, tmp_path):
    gateway = make_gateway(start=False, log="access errors")
    dumped = gateway.command("dump", "--defaults")
    assert dumped.returncode == 0, dumped.stderr
    gateway.write_text(dumped.stdout)
    checked = gateway.command("check")
    assert checked.returncode == 0, checked.stdout
    gateway.write_text("listen\n")
    assert gateway.command("dump").returncode == 78
    assert gateway.command("dump", "nowhere.conf").returncode == 66
