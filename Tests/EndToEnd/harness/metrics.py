"""Reads /metrics, strictly: what this takes, Prometheus takes."""

import http.client
import re
import shutil
import socket
import subprocess

NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf|NaN)\Z')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|\Z)')
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=10):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(gateway, path, method="GET", headers=None, address=None):
    """A request to the admin socket, or to the admin address; the response with its body as `.text`."""
    connection = http.client.HTTPConnection(*address, timeout=10) if address else \
        UnixConnection(gateway.directory + "/state/admin.sock")
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        response.text = response.read().decode()
        return response
    finally:
        connection.close()


class Metrics:
    """One scrape."""

    def __init__(self, text, is_open=False):
        self.types, self.helps, self.values, self.order = {}, {}, {}, []
        lines = text.split("\n")
        assert lines.pop() == "", "the last line has an end"
        if is_open:
            assert lines.pop() == "# EOF"
        for line in lines:
            self.read(line, is_open)
        for family, kind in self.types.items():
            self.check(family, kind, is_open)

    def read(self, line, is_open):
        if line.startswith("# HELP "):
            name, text = line[7:].split(" ", 1)
            assert NAME.match(name) and text and name not in self.helps, line
            self.helps[name] = text
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert kind in ("counter", "gauge", "histogram") and name in self.helps and name not in self.types, line
            self.types[name] = kind
            self.order.append(name)
        else:
            match = SAMPLE.match(line)
            assert match, line
            labels, rest = [], match[2] or ""
            while rest:
                label = LABEL.match(rest)
                assert label, line
                labels.append((label[1], label[2]))
                rest = rest[label.end():]
            assert len({name for name, _ in labels}) == len(labels), line
            key = (match[1], frozenset(labels))
            assert key not in self.values, "twice: " + line
            # All samples of a family stand together, after its TYPE.
            family = self.order[-1]
            suffixes = {"histogram": ("_bucket", "_sum", "_count"), "gauge": ("",),
                        "counter": ("_total",) if is_open else ("",)}[self.types[family]]
            assert match[1] in [family + suffix for suffix in suffixes], line
            self.values[key] = float(match[3])

    def check(self, family, kind, is_open):
        assert is_open or (kind == "counter") == family.endswith("_total"), family
        assert re.search(r"(_seconds|_bytes|_ratio|_total|_info|[a-z])\Z", family)
        if kind != "histogram":
            assert kind != "counter" or all(v >= 0 for (n, _), v in self.values.items() if n.startswith(family))
            return
        series = {}
        for (name, labels), value in self.values.items():
            if name == family + "_bucket":
                plain = frozenset(pair for pair in labels if pair[0] != "le")
                series.setdefault(plain, []).append((float(dict(labels)["le"]), value))
        assert series
        for labels, buckets in series.items():
            buckets.sort()
            assert buckets[-1][0] == float("inf") and len({bound for bound, _ in buckets}) == len(buckets)
            assert all(one[1] <= other[1] for one, other in zip(buckets, buckets[1:])), (family, labels)
            assert self.values[(family + "_count", labels)] == buckets[-1][1]
            assert self.values[(family + "_sum", labels)] >= 0

    def get(self, name, default=0.0, **labels):
        """The sum of the samples of `name` that have all of `labels`."""
        wanted = {(key.rstrip("_"), value) for key, value in labels.items()}
        found = [value for (sample, has), value in self.values.items() if sample == name and wanted <= has]
        return sum(found) if found else default

    def labels(self, name):
        return [dict(has) for (sample, has) in self.values if sample == name]

    def names(self):
        return {name for name, _ in self.values}


def scrape(gateway, accept=None, address=None):
    response = ask(gateway, "/metrics", headers={"Accept": accept} if accept else None, address=address)
    assert response.status == 200, response.text
    is_open = response.getheader("Content-Type").startswith("application/openmetrics-text")
    return Metrics(response.text, is_open)


def promtool(*arguments, text=None):
    """Runs Prometheus' own checker; None where it is not installed."""
    path = shutil.which("promtool")
    if path is None:
        return None
    return subprocess.run([path, *arguments], input=text, capture_output=True, text=True, timeout=30)
