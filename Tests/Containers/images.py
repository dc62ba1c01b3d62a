"""Base images made on this machine, and both images of deploy/Dockerfile on them. No registry is needed: Debian's
packages and the machine's own Swift toolchain are."""

import json
import os
import re
import shutil
import subprocess

from machine import Unable, fail, run

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SLIM, SWIFT, REDIS = ("docker.io/library/" + n for n in ("debian:bookworm-slim", "swift:6.3-bookworm", "redis:7-bookworm"))
TOOLCHAIN = "/toolchain"
# What an official Swift image has beside the toolchain, as far as our build needs it.
SWIFT_PACKAGES = ["binutils", "git", "gcc", "libc6-dev", "libstdc++-12-dev", "libcurl4", "libedit2", "libsqlite3-0",
                  "libxml2", "libncurses6", "zlib1g-dev"]
# The toolchain's programs; its directory may be /usr, which has others too.
PROGRAMS = re.compile(r"(swift|clang|lld|ld\.lld|llvm-|sourcekit)")
# Bytes that the binary may have, and each image: somebody should notice when they grow.
LIMITS = {"binary": 20 << 20, "slim": 180_000_000, "bare": 52_000_000}


def toolchain():
    """The directory that has bin/swift and lib/swift, also where `swift` is somebody's launcher."""
    swift = shutil.which("swift") or fail("there is no swift in PATH")
    told = json.loads(run(swift, "-print-target-info", quiet=False).stdout)
    return os.path.dirname(os.path.dirname(told["paths"]["runtimeResourcePath"]))


def package_mirror(place):
    """Mounts for a build where git is told to fetch packages from elsewhere, such as from a directory here."""
    told = run("git", "config", "--includes", "--get-regexp", r"^url\..*\.insteadof$", check=False, quiet=False,
               cwd="/").stdout.splitlines()
    config, mounts = ["[safe]", "\tdirectory = *"], []
    for line in told:
        key, value = line.split(" ", 1)
        base = key[len("url."):-len(".insteadof")]
        config += ['[url "%s"]' % base, "\tinsteadOf = " + value]
        directory = base[len("file://"):] if base.startswith("file://") else base
        if directory.startswith("/") and os.path.isdir(directory) and directory not in mounts:
            mounts.append(directory)
    with open(place + "/gitconfig", "w") as file:
        file.write("\n".join(config) + "\n")
    words = ["-v", place + "/gitconfig:/etc/gitconfig:ro"]
    for directory in mounts:
        words += ["-v", "%s:%s:ro" % ((directory.rstrip("/") or "/",) * 2)]
    return words


class Images:
    def __init__(self, engine, say):
        self.engine, self.say = engine, say
        self.names = {}

    # Bases.

    def make_bases(self):
        if not self.engine.has_image(SLIM):
            self.say("base image " + SLIM)
            self.bootstrap(SLIM)
        self.derive(REDIS, ["redis-server", "redis-tools"], "usermod -u 999 redis && groupmod -g 999 redis")
        self.derive(SWIFT, SWIFT_PACKAGES, self.links())

    def bootstrap(self, name):
        tree = self.engine.place + "/tree"
        shutil.rmtree(tree, ignore_errors=True)
        words = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates",
                 *["--dpkgopt=path-exclude=/usr/share/%s/*" % part for part in ("doc", "man", "locale", "info")],
                 "bookworm", tree]
        result = run(*words, check=False)
        if result.returncode != 0:
            # Where Debian's own servers are out of reach, this machine's sources may be nearer.
            shutil.rmtree(tree, ignore_errors=True)
            sources = [path for path in ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
                       if os.path.exists(path)]
            result = run(*words, *sources, check=False)
        if result.returncode != 0:
            raise Unable("Debian's packages are out of reach: " + result.stdout.strip()[-200:].replace("\n", " "))
        # A container gets devices from its engine, and not every machine may make them.
        shutil.rmtree(tree + "/dev", ignore_errors=True)
        os.makedirs(tree + "/dev", exist_ok=True)
        self.engine.image_from_tree(tree, name)
        shutil.rmtree(tree)

    def derive(self, name, packages, command):
        if self.engine.has_image(name):
            return
        self.say("base image " + name)
        container = self.engine.buildah("from", "--pull-never", SLIM, quiet=False).stdout.strip()
        script = ("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "
                  + " ".join(packages) + " && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin && " + command)
        self.engine.buildah("run", "--isolation", "chroot", container, "--", "sh", "-ec", script)
        self.engine.buildah("commit", "-q", container, name)
        self.engine.buildah("rm", container)

    def links(self):
        """The toolchain is mounted for the build; the image only says where its programs are."""
        programs = [n for n in sorted(os.listdir(toolchain() + "/bin")) if PROGRAMS.match(n)]
        return "cd /usr/bin && for n in %s; do [ -e $n ] || ln -s %s/bin/$n $n; done" % (" ".join(programs), TOOLCHAIN)

    # Ours.

    def build(self, target):
        self.say("building the image, target " + target)
        mounts = ["-v", "%s:%s:ro" % (toolchain(), TOOLCHAIN)] + package_mirror(self.engine.place)
        name = "localhost/gatehouse:" + target
        self.engine.buildah(
            "bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--layers", *mounts,
            "--target", target, "-f", ROOT + "/deploy/Dockerfile", "-t", name, ROOT)
        self.names[target] = name
        size = int(self.engine.podman("image", "inspect", "--format", "{{.Size}}", name).stdout)
        print("%s: %.1f MB" % (name, size / 1e6))
        if size > LIMITS[target]:
            fail("the image is larger than %.0f MB" % (LIMITS[target] / 1e6))

    def check(self, target):
        """What is in an image, and what is not."""
        tree = self.engine.buildah("from", "--pull-never", self.names[target], quiet=False).stdout.strip()
        mount = self.engine.buildah("mount", tree, quiet=False).stdout.strip()
        try:
            self.check_binary(mount + "/usr/bin/gatehouse")
            self.check_authorities(target, mount)
            shells = [p for p in ("bin/sh", "bin/bash", "usr/bin/apt-get", "usr/bin/dpkg") if os.path.exists(mount + "/" + p)]
            if target == "bare" and shells:
                fail("the image without a shell has " + " ".join(shells))
            loose = subprocess.run(["find", mount, "-xdev", "-perm", "/6000", "-type", "f"], stdout=subprocess.PIPE, text=True)
            if target == "bare" and loose.stdout:
                fail("programs that change who runs them: " + loose.stdout)
        finally:
            self.engine.buildah("umount", tree, check=False)
            self.engine.buildah("rm", tree, check=False)

    def check_authorities(self, target, mount):
        """Where OpenSSL looks for them (X509_get_default_cert_file(3)), there are some."""
        told = json.loads(self.engine.podman("image", "inspect", "--format", "{{json .Config.Env}}", self.names[target],
                                             quiet=False).stdout)
        path = dict(word.split("=", 1) for word in told).get("SSL_CERT_FILE", "/usr/lib/ssl/cert.pem")
        for _ in range(5):
            if os.path.islink(mount + path):
                path = os.path.join(os.path.dirname(path), os.readlink(mount + path))
        if not os.path.isfile(mount + path) or os.path.getsize(mount + path) < 50_000:
            fail("%s: no certificate authorities at %s" % (self.names[target], path))

    def check_binary(self, path):
        size = os.path.getsize(path)
        print("the binary: %.1f MB" % (size / 1e6))
        if size > LIMITS["binary"]:
            fail("the binary is larger than %.0f MB" % (LIMITS["binary"] / 1e6))
        with open(path, "rb") as file:
            content = file.read()
        for symbol in (b"_foundation_unicode", b"icudt"):
            if symbol in content:
                fail("the binary has %s in it: something imports Foundation" % symbol.decode())
