#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""rondo get against servers that misbehave.

    get_test.py PROGRAM [unittest arguments]

Each test has a server of its own on a free port of the loopback, which answers
as the test says; nothing here waits for a fixed time to be right.
"""
import fcntl
import hashlib
import json
import os
import pathlib
import pty
import random
import re
import resource
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

PROGRAM = ""
LIMIT = 20  # seconds, after which a program hangs
BODY = bytes(i * i % 251 for i in range(300_000))
MIB = 1 << 20
BIG = random.Random(1).randbytes(6 * MIB + 12_345)  # of several pieces
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"


# Runs a command where the one name server never answers: in namespaces of its own.
SILENT_DNS = """
import fcntl, socket, struct, subprocess, sys
any_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 0x41))  # SIOCSIFFLAGS: lo is up
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 53))
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
sys.exit(subprocess.run(sys.argv[2:]).returncode if len(sys.argv) > 2 else 0)
"""


class Exchange:
    """One request, and the means to answer it well or badly."""

    def __init__(self, site, connection, path, fields, count):
        self.site, self.connection, self.path, self.fields = site, connection, path, fields
        self.count = count  # how often that path has been asked for, from 1 on
        self.time = time.monotonic()

    def raw(self, data):
        self.connection.sendall(data)

    def head(self, status, length=None, **fields):
        lines = [f"HTTP/1.1 {status} Status", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n")

    def answer(self, status, body=b"", **fields):
        self.head(status, len(body), **fields)
        self.raw(body)

    def range_start(self):
        found = re.fullmatch(r"bytes=(\d+)-", self.fields.get("range", ""))
        return int(found[1]) if found else None

    def ranged(self, body, validator='"v1"', send=None):
        """A file that can be resumed; of it, only so many bytes if send is given."""
        start = self.range_start()
        if start is None or self.fields.get("if-range") != validator:
            start = None
        fields = {"ETag": validator} if validator.startswith('"') else {
            "Last_Modified": validator, "Date": "Mon, 07 Nov 1994 08:49:37 GMT"}
        rest = body[start or 0:]
        if start is not None:
            fields["Content_Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.head(200 if start is None else 206, len(rest), **fields)
        self.raw(rest[:send])

    def asked_range(self):
        """First and last, which is None if it is the file's end; None: no range."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.fields.get("range", ""))
        return (int(found[1]), int(found[2]) if found[2] else None) if found else None

    def parts(self, body=BODY, tag='"v1"', changed=DATE, send=None, meanwhile=None):
        """Both ends of a range, and If-Range. Of the body, only so many bytes if send is
        given; meanwhile() is called before the body is sent."""
        asked = self.asked_range()
        fields = {"ETag": tag, "Last_Modified": changed}
        status, data = 200, body
        if asked and self.fields.get("if-range", tag) == tag:
            first, last = asked
            if first >= len(body):
                return self.answer(416, Content_Range=f"bytes */{len(body)}")
            last = len(body) - 1 if last is None else min(last, len(body) - 1)
            fields["Content_Range"] = f"bytes {first}-{last}/{len(body)}"
            status, data = 206, body[first:last + 1]
        self.head(status, len(data), **fields)
        if meanwhile:
            meanwhile()
        self.raw(data[:send])


class Site:
    """Serves pages: functions of an Exchange, by path."""

    def __init__(self):
        self.pages, self.requests = {}, []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        site = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                site.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def serve(self, handler):
        line = handler.rfile.readline().decode("latin1").split()
        if len(line) != 3:
            return
        fields = {}
        while (text := handler.rfile.readline().decode("latin1").strip()):
            name, _, value = text.partition(":")  # what a client that ends has cut has none
            fields[name.lower()] = value.strip()
        path = line[1].split("?")[0]
        with self.lock:
            count = 1 + sum(r.path == path for r in self.requests)
            exchange = Exchange(self, handler.connection, path, fields, count)
            self.requests.append(exchange)
        try:
            page = self.pages.get(path)
            page(exchange) if page else exchange.answer(404, b"no such page")
        except OSError:
            pass  # the client has gone

    def asked(self, path):
        with self.lock:
            return [r for r in self.requests if r.path == path]

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def wait_until(true, what):
    deadline = time.monotonic() + LIMIT
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.005)


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class GetTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rondo-get-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.environment = dict(os.environ, TERM="xterm")
        for name in ("NO_COLOR", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            self.environment.pop(name, None)

    def page(self, path, function):
        self.site.pages[path] = function

    def command(self, *arguments):
        return [PROGRAM, "get", "-o", str(self.directory), "--retry-delay", "0.01",
                *[self.site.url(a) if a.startswith("/x/") else a for a in arguments]]

    def get(self, *arguments, code=0, **options):
        """Paths that begin with /x/ are the site's."""
        run = subprocess.run(self.command(*arguments), capture_output=True, timeout=LIMIT,
                             env=self.environment, **{"stdin": subprocess.DEVNULL, **options}
                             if "input" not in options else options)
        run.out, run.err = run.stdout.decode(), run.stderr.decode()
        self.assertEqual(run.returncode, code, f"{run.out}\n{run.err}")
        self.assertNotIn("\x1b", run.out + run.err)
        return run

    def get_json(self, *arguments, **options):
        """The file's object, for one URL."""
        run = self.get("--json", *arguments, **options)
        objects = [json.loads(line) for line in run.out.splitlines()]
        self.assertEqual(len(objects), 2)
        self.assertEqual(objects[1]["summary"]["files"], 1)
        return objects[0]

    def names(self):
        return sorted(p.name for p in self.directory.iterdir())

    def content(self, name):
        return (self.directory / name).read_bytes()

    def leave_part(self, path="/x/file", size=100_000, validator='"v1"', body=BODY):
        """Makes a first run leave that many bytes behind."""
        self.page(path, lambda e: e.ranged(body, validator, send=size))
        self.get(path, "--retries", "0", code=1)
        name = path.rsplit("/", 1)[1]
        self.assertEqual(self.content(name + ".part"), body[:size])
        self.site.requests.clear()
        return name


class Requests(GetTest):
    """What is sent along."""

    def test_fields(self):
        self.page("/x/a", lambda e: e.answer(200, b"a"))
        self.get("-H", "X-One: 1", "--header", "X-Two:two words ", "-H", "user-agent: mine/1", "/x/a")
        sent = self.site.asked("/x/a")[0].fields
        self.assertEqual(sent["x-one"], "1")
        self.assertEqual(sent["x-two"], "two words")
        self.assertEqual(sent["user-agent"], "mine/1")

    def test_fields_that_are_refused(self):
        for field, cause in [("X: 1\r\nEvil: 1", "holds a line break"), ("X: a\nb", "holds a line break"),
                             ("no colon", "not of the form"), (": x", "not of the form"),
                             ("sp ace: x", "not a header name"), ("Range: bytes=0-1", "sets Range itself"),
                             ("accept-encoding: gzip", "sets accept-encoding itself"),
                             ("If-Range: x", "sets If-Range itself"), ("Host: other", "sets Host itself")]:
            with self.subTest(field=field):
                run = self.get("-H", field, "/x/a", code=2)
                self.assertIn(cause, run.err)
        self.assertEqual(self.site.requests, [])

    def test_user(self):
        self.page("/x/a", lambda e: e.answer(200, b"a"))
        self.get("--user", "me:se:cret", "/x/a")
        self.assertEqual(self.site.asked("/x/a")[0].fields["authorization"], "Basic bWU6c2U6Y3JldA==")
        self.assertIn("NAME:PASSWORD", self.get("--user", "me", "/x/a", code=2).err)

    def test_ca_file(self):
        url = f"https://127.0.0.1:{self.site.port}/a"
        run = self.get("--ca-file", "/nonexistent.pem", url, "--retries", "0", code=1)
        self.assertRegex(run.err, "nonexistent.pem|certificate")

    def test_limit_rate(self):
        self.page("/x/a", lambda e: e.answer(200, BODY))
        self.page("/x/b", lambda e: e.answer(200, BODY))
        begin = time.monotonic()
        self.get("--limit-rate", "600k", "/x/a", "/x/b")
        self.assertGreater(time.monotonic() - begin, 0.7, "faster than allowed over both")
        self.assertEqual((self.content("a"), self.content("b")), (BODY, BODY))
        for bad in ("fast", "-1", "0", "10", "1kk", "1T", ""):
            with self.subTest(rate=bad):
                if bad:
                    self.assertIn("--limit-rate", self.get("--limit-rate", bad, "/x/a", code=2).err)


class OthersParts(GetTest):
    """--continue: what curl or wget have left under the file's own name."""

    def leave(self, data):
        (self.directory / "file").write_bytes(data)

    def test_it_is_gone_on_with(self):
        self.page("/x/file", lambda e: e.parts())
        for size in (1, 70_000, len(BODY) - 1):
            with self.subTest(size=size):
                self.leave(BODY[:size])
                self.assertEqual(self.get_json("--continue", "/x/file")["resumed_from"], size)
                self.assertEqual(self.content("file"), BODY)
                self.assertEqual(self.names(), ["file"])

    def test_not_without_being_asked(self):
        self.page("/x/file", lambda e: e.parts())
        self.leave(BODY[:1000])
        self.assertNotIn("resumed_from", self.get_json("/x/file"))
        self.assertEqual(self.content("file"), BODY)

    def test_what_does_not_fit_is_fetched_from_its_beginning(self):
        cases = {
            "other bytes": (BODY[:999] + b"?", {}),
            "longer": (BODY + b"more", {}),
            "as long": (BODY[:-1] + b"?", {}),
            "changed since": (BODY[:1000], {"changed": "Sun, 06 Nov 2050 08:49:37 GMT"}),
            "no validator": (BODY[:1000], {"tag": "W/\"weak\"", "changed": "no date"}),
            "empty": (b"", {}),
        }
        for name, (there, how) in cases.items():
            with self.subTest(name):
                self.page("/x/file", lambda e: e.parts(**how))
                self.leave(there)
                self.assertNotIn("resumed_from", self.get_json("--continue", "/x/file"))
                self.assertEqual(self.content("file"), BODY)
                self.assertEqual(self.names(), ["file"])

    def test_a_server_without_ranges(self):
        self.page("/x/file", lambda e: e.answer(200, BODY, ETag='"v1"'))
        self.leave(BODY[:1000])
        self.assertNotIn("resumed_from", self.get_json("--continue", "/x/file"))
        self.assertEqual(self.content("file"), BODY)

    def test_a_failure_leaves_it_as_it_was(self):
        self.page("/x/file", lambda e: e.answer(404))
        self.leave(BODY[:1000])
        self.get("--continue", "/x/file", code=1)
        self.assertEqual(self.content("file"), BODY[:1000])

    def test_one_of_curl(self):
        if not shutil.which("curl"):
            self.skipTest("no curl")
        self.page("/x/file", lambda e: e.parts())
        subprocess.run(["curl", "-s", "-r", "0-123455", "-o", self.directory / "file", self.site.url("/x/file")],
                       check=True, timeout=LIMIT)
        self.assertEqual(self.get_json("--continue", "/x/file")["resumed_from"], 123_456)
        self.assertEqual(self.content("file"), BODY)


class Arrivals(GetTest):
    def test_files_arrive_whole_and_leave_nothing_beside_them(self):
        self.page("/x/a", lambda e: e.answer(200, BODY))
        self.page("/x/empty", lambda e: e.answer(200))
        self.page("/x/with%20space", lambda e: e.answer(200, b"s"))
        run = self.get("/x/a", "/x/empty", "/x/with%20space?query#part")
        self.assertEqual(self.names(), ["a", "empty", "with space"])
        self.assertEqual(self.content("a"), BODY)
        self.assertEqual(self.content("empty"), b"")
        self.assertEqual(run.err, "")
        self.assertEqual(len(run.out.splitlines()), 4)
        self.assertRegex(run.out, r"\n3 of 3 files, 293.0 KiB in ")

    def test_as_many_at_once_as_asked_and_no_more(self):
        together = threading.Barrier(4)
        now, most = 0, 0

        def page(e):
            nonlocal now, most
            with self.site.lock:
                now += 1
                most = max(most, now)
            together.wait(LIMIT)  # four must be there for any to go on
            with self.site.lock:
                now -= 1
            e.answer(200, e.path.encode())

        paths = [f"/x/{i}" for i in range(20)]
        for path in paths:
            self.page(path, page)
        self.get("-c", "4", *paths)
        self.assertEqual(len(self.names()), 20)
        self.assertEqual(most, 4)

    def test_chunked(self):
        def page(e):
            e.head(200, Transfer_Encoding="chunked")
            for i in range(0, len(BODY), 7777):
                piece = BODY[i:i + 7777]
                e.raw(b"%x\r\n" % len(piece) + piece + b"\r\n")
            e.raw(b"0\r\n\r\n")

        self.page("/x/file", page)
        self.get("/x/file")
        self.assertEqual(self.content("file"), BODY)

    def test_redirects_are_followed_and_do_not_choose_the_name(self):
        self.page("/x/from", lambda e: e.answer(302, b"moved", Location="/x/to"))
        self.page("/x/to", lambda e: e.answer(200, b"here"))
        self.page("/x/loop", lambda e: e.answer(302, Location="/x/loop"))
        run = self.get("/x/from", "/x/loop", code=1)
        self.assertEqual(self.names(), ["from"])
        self.assertEqual(self.content("from"), b"here")
        self.assertRegex(run.err, r"^rondo get: \S+/x/loop: .*redirects.*\n$")

    def test_a_file_that_is_there_is_replaced_when_the_new_one_is_whole(self):
        (self.directory / "file").write_bytes(b"old")
        self.page("/x/file", lambda e: e.ranged(BODY, send=1000))
        self.get("/x/file", "--retries", "0", code=1)
        self.assertEqual(self.content("file"), b"old")
        self.page("/x/file", lambda e: e.answer(200, b"new"))
        self.get("/x/file")
        self.assertEqual(self.content("file"), b"new")

    def test_keep_does_not_ask(self):
        (self.directory / "file").write_bytes(b"old")
        run = self.get("--keep", "/x/file")
        self.assertIn("there already", run.out)
        self.assertEqual(self.site.requests, [])

    def test_quiet(self):
        self.page("/x/file", lambda e: e.answer(200, BODY))
        run = self.get("-q", "/x/file", "/x/none", code=1)
        self.assertEqual(run.out, "")
        self.assertEqual(len(run.err.splitlines()), 1)

    def test_json(self):
        self.page("/x/file", lambda e: e.answer(200, BODY))
        run = self.get("--json", "/x/file", "/x/none", code=1)
        good, bad, last = [json.loads(line) for line in run.out.splitlines()]
        if not good["ok"]:
            good, bad = bad, good
        self.assertEqual((good["bytes"], good["attempts"]), (len(BODY), 1))
        self.assertEqual(good["file"], f"{self.directory}/file")
        self.assertEqual(good["url"], self.site.url("/x/file"))
        self.assertEqual(good["sha256"], hashlib.sha256(BODY).hexdigest())
        self.assertEqual((bad["ok"], bad["error"]), (False, "status 404"))
        del last["summary"]["seconds"]
        self.assertEqual(last, {"summary": {"files": 2, "ok": 1, "failed": 1, "bytes": len(BODY)}})

    def test_lists_of_all_editors(self):
        for name in ("a", "b"):
            self.page(f"/x/{name}", lambda e: e.answer(200, BODY))
        first, second = self.site.url("/x/a"), self.site.url("/x/b")
        for text in (f"\ufeff{first}\r\n{second}\r\n", f"\ufeff# list\n{first}\n{second}",
                     f"\ufeff\r\n \t{first}  \r\n\r\n\t\r\n{second}\t", f"{first}\r{second}\r",
                     f"{first}\n\ufeff{second} name=b  \n"):
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                if encoding != "utf-8" and not text.startswith("\ufeff"):
                    continue
                with self.subTest(text=text, encoding=encoding):
                    self.get("-", input=text.encode(encoding))
                    self.assertEqual(self.names(), ["a", "b"])
                    list_file = self.directory / "list"
                    list_file.write_bytes(text.encode(encoding))
                    self.get("-i", str(list_file))
                    for name in ("list", "a", "b"):
                        (self.directory / name).unlink()

    def test_a_list_on_standard_input_and_in_a_file(self):
        for name in "abcd":
            self.page(f"/x/{name}", lambda e: e.answer(200, e.path.encode()))
        right = hashlib.sha256(b"/x/b").hexdigest()
        lines = ("# a comment\n\n" + self.site.url("/x/a") + "\n"
                 + self.site.url("/x/b") + f"\tsha256={right.upper()}  name=two words \r\n"
                 + self.site.url("/x/c") + f" sha256={'0' * 64}\n"
                 + self.site.url("/x/d") + " md5=0\n" + self.site.url("/x/a")).encode()
        run = self.get("-", code=1, input=lines)
        self.assertEqual(self.names(), ["a", "two words"])
        self.assertIn(f"/x/c: its SHA-256 is {hashlib.sha256(b'/x/c').hexdigest()}, not 000", run.err)
        self.assertIn("/x/d: 'md5=0' is neither sha256=HEX nor mirror=URL nor name=FILE", run.err)
        self.assertEqual(len(run.err.splitlines()), 2)
        (self.directory / "list").write_bytes(lines)
        self.get("-i", str(self.directory / "list"), code=1)
        self.assertEqual(len(self.site.asked("/x/b")), 1, "a file with the right SHA-256 is there")

    def test_memory_stays_flat(self):
        piece = os.urandom(1 << 20)

        def page(e):
            size = 2 if e.path == "/x/small" else 80
            e.head(200, size << 20)
            for _ in range(size):
                e.raw(piece)

        peaks = []
        self.environment["ASAN_OPTIONS"] = "quarantine_size_mb=1"
        for path in ("/x/small", "/x/large"):
            self.page(path, page)
            child = subprocess.Popen(self.command("-q", path), env=self.environment)
            status, usage = os.wait4(child.pid, 0)[1:]
            child.returncode = status
            self.assertEqual(status, 0)
            peaks.append(usage.ru_maxrss)
        self.assertEqual((self.directory / "large").stat().st_size, 80 << 20)
        self.assertLess(peaks[1] - peaks[0], 16 * 1024)


class Failures(GetTest):
    def test_each_is_one_line_that_names_the_url_and_the_cause(self):
        refused = f"http://127.0.0.1:{closed_port()}/file"
        self.page("/x/500", lambda e: e.answer(500))
        self.page("/x/204", lambda e: e.answer(204))
        self.page("/x/cut", lambda e: e.ranged(BODY, send=1000))
        self.page("/x/silent", lambda e: None)
        self.page("/x/good", lambda e: e.answer(200, BODY))
        expected = {
            "htp:/typo": "malformed URL",
            "example.com/a": "malformed URL",
            "http:///": "malformed URL: no host",
            "http:///127.0.0.1:1": "no file name",
            "http://1.2.3.256/a": "malformed URL: the host ends like an IPv4 address, but it is none",
            "http://a b/c": "malformed URL",
            "http://127.0.0.1:99999/port": "malformed URL: the port '99999' is larger than 65535",
            "http://nosuch.invalid/a": "Could not resolve host",
            refused: "Connection refused",
            self.site.url("/x/404"): "status 404",
            self.site.url("/x/500"): "status 500",
            self.site.url("/x/204"): "status 204",
            self.site.url("/x/cut"): "with 296000 of 297000 bytes missing",
            self.site.url("/x/silent"): "Empty reply",
            self.site.url("/"): "no file name",
            f"http://127.0.0.1:{self.site.port}": "no file name",
            self.site.url("/x/.."): "no file name",
            self.site.url("/x/%2e%2E"): "no file name",
            self.site.url("\\x\\..\\"): "no file name",
            self.site.url("/x/..%2fup"): "would leave the directory",
            self.site.url("/x/%2fetc%2fpasswd"): "would leave the directory",
            self.site.url("/x/nul%00"): "control character",
            self.site.url("/x/escape%1b%5b2J"): "control character",
            self.site.url("/x/a.part"): "partial file",
            self.site.url("/x/a.part.json"): "partial file",
            self.site.url("/x/a.part.new"): "partial file",
            self.site.url("/x/" + "n" * 246): "longer than 245 bytes",
        }
        run = self.get(*expected, self.site.url("/x/good"), code=1)
        self.assertEqual(self.names(), ["cut.part", "cut.part.json", "good"])
        self.assertEqual(self.content("good"), BODY)
        lines = run.err.splitlines()
        self.assertEqual(len(lines), len(expected), run.err)
        for url, cause in expected.items():
            found = [line for line in lines if line.startswith(f"rondo get: {url}: ")]
            self.assertEqual(len(found), 1, f"{url}\n{run.err}")
            self.assertIn(cause, found[0])

    def test_names_of_a_list_are_checked_too(self):
        lines = [f"{self.site.url('/x/a')} name={name}"
                 for name in ("../a", "/tmp/a", ".", "a/b", "a.part", "", "a\x1b[2Jb", "n" * 246)]
        lines.append(self.site.url("/x/a") + " sha256=12")
        run = self.get("-", input="\n".join(lines).encode(), code=1)
        self.assertEqual(len(run.err.splitlines()), len(lines))
        self.assertEqual(self.names(), [])
        self.assertEqual(self.site.requests, [])

    def test_two_urls_with_one_name(self):
        self.page("/x/a", lambda e: e.answer(200, b"first"))
        run = self.get("/x/a", "/x/y/../b/a", "/x/a", code=1)
        self.assertRegex(run.err, r"^rondo get: \S+/x/y/../b/a: the name 'a' is taken by \S+/x/a: "
                                  r"give it another one\n$")
        self.assertEqual(self.content("a"), b"first")
        self.assertEqual(len(self.site.requests), 1)

    def test_cut_bodies_are_no_files(self):
        def chunked(e):
            e.head(200, Transfer_Encoding="chunked")
            e.raw(b"400\r\n" + BODY[:1024] + b"\r\n")

        self.page("/x/chunked", chunked)
        self.page("/x/short", lambda e: (e.head(200, len(BODY)), e.raw(BODY[:-1])))
        self.page("/x/header", lambda e: e.raw(b"HTTP/1.1 200 OK\r\nContent-Le"))
        self.get("/x/chunked", "/x/short", "/x/header", "--retries", "1", code=1)
        self.assertEqual(self.names(), [], "without a validator there is nothing to go on with")
        self.assertEqual(len(self.site.asked("/x/short")), 2)

    def test_a_file_longer_than_announced_is_what_was_announced(self):
        self.page("/x/long", lambda e: (e.head(200, 1000), e.raw(BODY)))
        self.get("/x/long")
        self.assertEqual(self.content("long"), BODY[:1000])

    def test_a_wrong_sha256(self):
        self.page("/x/file", lambda e: e.ranged(BODY))
        run = self.get("/x/file", "--sha256", "ab" * 32, code=1)
        self.assertIn(f"not {'ab' * 32}", run.err)
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.site.requests), 1)
        self.get("/x/file", "--sha256", hashlib.sha256(BODY).hexdigest())

    def test_directories_that_cannot_be_written_to(self):
        self.page("/x/file", lambda e: e.answer(200, BODY))
        (self.directory / "plain").write_bytes(b"")
        for name, cause in (("missing", "No such file"), ("plain", "Not a directory")):
            run = self.get("-o", str(self.directory / name), "/x/file", code=1)
            self.assertRegex(run.err, rf"^rondo get: \S+/x/file: .*{cause}.*\n$")
        if os.geteuid() != 0:
            self.directory.chmod(0o555)
            run = self.get("/x/file", code=1)
            self.assertIn("Permission denied", run.err)
            self.directory.chmod(0o755)
        (self.directory / "file").mkdir()
        run = self.get("/x/file", code=1)
        self.assertIn("Is a directory", run.err)
        self.assertEqual(self.site.requests, [])

    def test_a_full_disk(self):
        self.page("/x/file", lambda e: e.ranged(BODY))
        self.page("/x/small", lambda e: e.answer(200, b"small"))
        full = self.directory / "full"
        full.mkdir()
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", full],
            capture_output=True).returncode == 0
        if mounted:
            self.addCleanup(subprocess.run, ["umount", full])
        else:
            (full / "file.part").symlink_to("/dev/full")
        run = self.get("-o", str(full), "-c", "1", "/x/file", "/x/small", code=1)
        self.assertRegex(run.err, r"^rondo get: \S+/x/file: .*No space left on device\n$"
                         if not mounted else r"/x/file: .*No space left on device\n")
        self.assertEqual(len(self.site.asked("/x/file")), 1, "not worth a retry")
        self.assertFalse((full / "file").exists())

    def test_standard_output_that_cannot_be_written(self):
        self.page("/x/file", lambda e: e.answer(200, BODY))
        with open("/dev/full", "w") as out:
            run = subprocess.run(self.command("/x/file"), stdout=out, stderr=subprocess.PIPE,
                                 timeout=LIMIT, env=self.environment)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"No space left on device", run.stderr)

    def test_usage(self):
        for arguments in ([], ["-c", "0", "/x/a"], ["--nonsense"], ["-i", "/nonexistent"],
                          ["--sha256", "00", "/x/a"], ["--name", "../a", "/x/a"],
                          ["--name", "a", "/x/a", "/x/b"], ["--timeout", "-1", "/x/a"],
                          ["-x", "0", "/x/a"], ["-x", "17", "/x/a"],
                          ["--mirror", "http://127.0.0.1/m", "/x/a", "/x/b"]):
            run = self.get(*arguments, code=2)
            self.assertNotEqual(run.err, "", arguments)
        self.assertEqual(self.site.requests, [])
        run = subprocess.run([PROGRAM, "--version"], capture_output=True, timeout=LIMIT)
        self.assertRegex(run.stdout, rb"^rondo \d+\.\d+\.\d+\n$")

    def test_passwords_are_not_shown(self):
        run = self.get("--json", f"http://user:secret@127.0.0.1:{self.site.port}/x/none",
                       f"http://user:secret@127.0.0.1:{closed_port()}/x", "--retries", "0", code=1)
        self.assertEqual(len(self.site.requests), 1)
        self.assertIn("authorization", self.site.requests[0].fields)
        self.assertNotIn("secret", run.out + run.err)

    def test_few_descriptors(self):
        paths = [f"/x/{i}" for i in range(40)]
        for path in paths:
            self.page(path, lambda e: e.answer(200, BODY))
        self.get(*paths, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))
        self.assertEqual(len(self.names()), 40)


class Retries(GetTest):
    def test_what_may_pass_is_tried_again(self):
        for status in (408, 429, 500, 502, 503, 504):
            self.page(f"/x/{status}", lambda e, s=status: e.answer(200, BODY) if e.count == 3
                      else e.answer(s))
        self.get(*self.site.pages)
        self.assertEqual(len(self.site.requests), 18)
        self.assertEqual(len(self.names()), 6)

    def test_what_will_not_pass_is_not(self):
        for status in (400, 401, 403, 404, 410, 501):
            self.page(f"/x/{status}", lambda e, s=status: e.answer(s))
        self.get(*self.site.pages, code=1)
        self.assertEqual(len(self.site.requests), 6)

    def test_so_often_as_told(self):
        self.page("/x/file", lambda e: e.answer(503))
        self.assertEqual(self.get_json("/x/file", "--retries", "2", code=1)["attempts"], 3)
        self.assertEqual(len(self.site.requests), 3)
        refused = f"http://127.0.0.1:{closed_port()}/file"
        self.assertEqual(self.get_json(refused, "--retries", "1", code=1)["attempts"], 2)

    def test_waits_grow(self):
        self.page("/x/file", lambda e: e.answer(200) if e.count == 4 else e.answer(503))
        self.get("/x/file", "--retry-delay", "0.1")
        times = [r.time for r in self.site.requests]
        waits = [b - a for a, b in zip(times, times[1:])]
        for wait, least in zip(waits, (0.05, 0.1, 0.2)):
            self.assertGreaterEqual(wait, least)

    def test_retry_after(self):
        self.page("/x/file", lambda e: e.answer(200) if e.count == 2
                  else e.answer(503, Retry_After="1"))
        self.page("/x/past", lambda e: e.answer(200) if e.count == 2
                  else e.answer(503, Retry_After=DATE))
        self.get("/x/file", "/x/past", "--retry-delay", "3600")
        first, second = self.site.asked("/x/file")
        self.assertGreaterEqual(second.time - first.time, 0.99)

    def test_the_timeout_covers_everything(self):
        self.page("/x/slow", lambda e: (e.head(200, 100), e.raw(b"a"), self.site.ended.wait()))
        self.page("/x/retry", lambda e: e.answer(503, Retry_After="50"))
        self.page("/x/good", lambda e: e.answer(200, BODY))
        run = self.get("/x/slow", "/x/retry", "/x/good", "--timeout", "0.5", code=1)
        self.assertEqual(self.names(), ["good"])
        self.assertEqual(run.err.count("not complete within 0.5s"), 2, run.err)


    def test_a_name_server_that_never_answers_holds_nothing_up(self):
        (self.directory / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        alone = ["unshare", "-rmn", sys.executable, "-c", SILENT_DNS,
                 str(self.directory / "resolv.conf")]
        try:
            subprocess.run(alone, check=True, capture_output=True, timeout=LIMIT)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no namespaces here")
        begin = time.monotonic()
        run = subprocess.run(alone + self.command("http://slow.example.com/a", "--timeout", "0.2"),
                             capture_output=True, timeout=LIMIT, env=self.environment)
        self.assertIn(b"not complete within 0.2s", run.stderr)
        self.assertLess(time.monotonic() - begin, 4, "it waited for the name server")


class Resuming(GetTest):
    def finish(self, name="file", body=BODY, attempts=None):
        result = self.get_json(f"/x/{name}")
        self.assertEqual(self.names(), [name])
        self.assertEqual(self.content(name), body)
        self.assertEqual(result["sha256"], hashlib.sha256(body).hexdigest())
        if attempts:
            self.assertEqual(result["attempts"], attempts)
        return result

    def test_within_a_run(self):
        self.page("/x/file", lambda e: e.ranged(BODY, send=100_000))
        self.finish()
        self.assertEqual([r.range_start() for r in self.site.requests], [None, 100_000, 200_000])

    def test_by_a_later_run(self):
        for validator in ('"v1"', DATE):
            with self.subTest(validator):
                self.leave_part(validator=validator)
                self.page("/x/file", lambda e: e.ranged(BODY, validator))
                self.assertEqual(self.finish()["resumed_from"], 100_000)
                self.assertEqual(self.site.requests[0].range_start(), 100_000)
                self.assertEqual(self.site.requests[0].fields["if-range"], validator)
                (self.directory / "file").unlink()

    def test_a_changed_file_is_never_spliced(self):
        new = BODY[::-1]

        def careless(**fields):  # a server that does not know If-Range
            def page(e):
                start = e.range_start()
                if start is None:
                    e.answer(200, new, ETag='"v2"')
                else:
                    e.answer(206, new[start:], **{
                        "Content_Range": f"bytes {start}-{len(new) - 1}/{len(new)}", **fields})
            return page

        def unsatisfied(e):
            e.answer(416) if e.range_start() else e.answer(200, new, ETag='"v2"')

        pages = {
            "If-Range": (lambda e: e.ranged(new, '"v2"'), 1),
            "no ranges": (lambda e: e.answer(200, new, ETag='"v2"'), 1),
            "other ETag": (careless(ETag='"v2"'), 2),
            "other length": (careless(Content_Range="bytes 100000-299999/300001"), 2),
            "other place": (careless(Content_Range="bytes 0-299999/300000"), 2),
            "bad range": (careless(Content_Range="bytes 100000-"), 2),
            "several parts": (careless(Content_Range=""), 2),
            "unsatisfied": (unsatisfied, 2),
        }
        for what, (page, attempts) in pages.items():
            with self.subTest(what):
                self.leave_part()
                self.page("/x/file", page)
                self.assertNotIn("resumed_from", self.finish(body=new, attempts=attempts))
                self.assertEqual(self.site.requests[0].range_start(), 100_000)
                (self.directory / "file").unlink()

    def test_a_shorter_answer_than_asked_for_is_gone_on_with(self):
        self.leave_part()

        def page(e):
            start = e.range_start()
            e.answer(206, BODY[start:start + 100_000], ETag='"v1"',
                     Content_Range=f"bytes {start}-{start + 99_999}/300000")

        self.page("/x/file", page)
        self.finish(attempts=2)

    def first_without_length(self, e, sent=80_000):
        """The beginning of the file, cut, so that its length is not known."""
        e.head(200, ETag='"v1"', Transfer_Encoding="chunked")
        e.raw(f"{sent:x}\r\n".encode() + BODY[:sent] + b"\r\n")

    def parts(self, size, total):
        """A file whose length is not said at first, then parts of at most that size."""
        def page(e):
            start = e.range_start()
            if start is None:
                self.first_without_length(e)
            elif start >= len(BODY):
                e.answer(416, Content_Range=f"bytes */{len(BODY)}")
            else:
                end = min(start + size, len(BODY))
                e.answer(206, BODY[start:end], ETag='"v1"',
                         Content_Range=f"bytes {start}-{end - 1}/{total}")
        return page

    def test_short_parts_are_gone_on_with_and_are_no_failures(self):
        for size in (len(BODY), 50_000, 219_999, 10_000):
            for total in (len(BODY), "*"):
                with self.subTest(size=size, total=total):
                    self.page("/x/file", self.parts(size, total))
                    self.finish()
                    (self.directory / "file").unlink()

    def test_a_part_ends_where_its_range_says(self):
        claims = {
            "shorter than its range": (lambda start: BODY[start:-1], None),
            "longer than its range": (lambda start: BODY[start:] + b"x", None),
            "another length": (lambda start: BODY[start:-1], len(BODY) - 100_001),
        }
        for what, (body, length) in claims.items():
            with self.subTest(what):
                self.leave_part()

                def page(e):
                    if e.count > 1:
                        return e.ranged(BODY)
                    start = e.range_start()
                    fields = {"Content_Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"}
                    e.head(206, length, ETag='"v1"', **fields)
                    e.raw(body(start))

                self.page("/x/file", page)
                self.finish(attempts=2)
                (self.directory / "file").unlink()

    def test_what_ends_early_is_not_called_whole(self):
        def no_more(e):  # of a file that was said to be longer
            if e.range_start() is None:
                return e.ranged(BODY, send=100_000)
            e.answer(206, b"", ETag='"v1"', Content_Range="bytes 100000-99999/300000")

        def unsatisfied(e):  # and does not say what there is
            self.first_without_length(e) if e.range_start() is None else e.answer(416)

        def shrunk(e):  # to less than what has come
            if e.range_start() is None:
                return self.first_without_length(e)
            e.answer(416, Content_Range="bytes */70000")

        def always_the_same_byte(e):
            if e.range_start() is None:
                return self.first_without_length(e)
            e.answer(206, b"x", ETag='"v1"', Content_Range="bytes 79999-79999/*")

        for page in (no_more, unsatisfied, shrunk, always_the_same_byte):
            with self.subTest(page.__name__):
                self.page("/x/file", page)
                self.get("/x/file", "--retries", "2", code=1)
                self.assertNotIn("file", self.names())

    def test_more_than_the_whole_is_refused(self):
        self.leave_part()

        def page(e):
            if e.range_start() is None:
                return e.ranged(BODY)
            e.head(206, 200_010, ETag='"v1"', Content_Range="bytes 100000-299999/300000")
            e.raw(BODY[100_000:] + b"and so on.")

        self.page("/x/file", page)
        self.finish(attempts=2)

    def test_a_part_that_had_every_byte(self):
        self.leave_part(size=len(BODY) - 1)
        with open(self.directory / "file.part", "ab") as part:
            part.write(BODY[-1:])
        self.page("/x/file", lambda e: e.ranged(BODY))
        self.finish(attempts=1)
        self.assertEqual(self.site.requests[0].range_start(), len(BODY) - 1)

    def test_parts_of_which_too_little_is_known_begin_anew(self):
        def describe(**changes):
            path = self.directory / "file.part.json"
            path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

        def longer():
            with open(self.directory / "file.part", "ab") as part:
                part.write(BODY)

        doubts = {
            "no description": lambda: (self.directory / "file.part.json").unlink(),
            "broken description": lambda: (self.directory / "file.part.json").write_text('{"so'),
            "another kind": lambda: (self.directory / "file.part.json").write_text("[1]"),
            "another URL": lambda: describe(source="0" * 64),
            "another boot": lambda: describe(boot="before"),
            "no validator": lambda: describe(validator=""),
            "too long": longer,
        }
        for what, doubt in doubts.items():
            with self.subTest(what):
                self.leave_part()
                doubt()
                self.page("/x/file", lambda e: e.ranged(BODY))
                self.finish(attempts=1)
                self.assertIsNone(self.site.requests[0].range_start())
                (self.directory / "file").unlink()

    def test_after_another_boot_what_was_on_the_disk_is_used(self):
        self.leave_part()
        path = self.directory / "file.part.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "boot": "", "durable": 70_000}))
        self.page("/x/file", lambda e: e.ranged(BODY))
        self.assertEqual(self.finish()["resumed_from"], 70_000)

    def test_weak_validators_are_not_used(self):
        for fields in ({"ETag": 'W/"v1"'}, {"Last_Modified": DATE, "Date": DATE},
                       {"Last_Modified": DATE}, {"Last_Modified": "yesterday", "Date": DATE}):
            with self.subTest(fields):
                self.page("/x/file", lambda e: (e.head(200, len(BODY), **fields), e.raw(BODY[:1000])))
                self.get("/x/file", "--retries", "1", code=1)
                self.assertEqual(self.names(), [])
                self.assertEqual([r.range_start() for r in self.site.requests], [None, None])
                self.site.requests.clear()

    def test_a_part_that_was_changed_is_found_by_its_sha256(self):
        self.leave_part()
        (self.directory / "file.part").write_bytes(b"x" * 100_000)
        self.page("/x/file", lambda e: e.ranged(BODY))
        self.get("/x/file", "--sha256", hashlib.sha256(BODY).hexdigest())
        self.assertEqual(self.content("file"), BODY)
        self.assertEqual([r.range_start() for r in self.site.requests], [100_000, None])

    def test_after_ctrl_c_and_not_by_two_at_once(self):
        self.page("/x/file", lambda e: (e.ranged(BODY, send=100_000), self.site.ended.wait()))
        first = subprocess.Popen(self.command("/x/file"), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, env=self.environment)
        part = self.directory / "file.part"
        wait_until(lambda: part.exists() and part.stat().st_size == 100_000, "the first half")
        run = self.get("/x/file", code=1)
        self.assertIn("another process is writing it", run.err)
        self.assertEqual(part.stat().st_size, 100_000)
        first.send_signal(signal.SIGINT)
        out, err = first.communicate(timeout=LIMIT)
        self.assertEqual((first.returncode, out, err), (-signal.SIGINT, b"", b""))
        self.site.requests.clear()
        self.page("/x/file", lambda e: e.ranged(BODY))
        self.assertEqual(self.finish()["resumed_from"], 100_000)

    def test_ctrl_c_leaves_no_part_that_is_of_no_use(self):
        self.page("/x/file", lambda e: self.site.ended.wait())
        run = subprocess.Popen(self.command("/x/file"), env=self.environment)
        wait_until(lambda: self.site.requests, "the request")
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(LIMIT), -signal.SIGTERM)
        self.assertEqual(self.names(), [])


class PieceTest(GetTest):
    """With a file of several pieces."""

    def setUp(self):
        super().setUp()
        self.right = hashlib.sha256(BIG).hexdigest()

    def assert_arrived(self, body=BIG):
        self.assertEqual(self.names(), ["file"])
        self.assertTrue(self.content("file") == body, "the file's bytes are wrong")

    def restart(self):
        (self.directory / "file").unlink(missing_ok=True)
        self.site.requests.clear()

    def ranges(self, path="/x/file"):
        return [e.asked_range() for e in self.site.asked(path)]


class Pieces(PieceTest):
    """-x: several connections for one file."""

    def test_connections_work_at_once_on_parts_of_one_version(self):
        def meanwhile():  # none gets its bytes before four are there
            wait_until(lambda: len(self.site.requests) >= 4, "four connections")

        self.page("/x/file", lambda e: e.parts(BIG, meanwhile=meanwhile))
        done = self.get_json("-x", "4", "/x/file")
        self.assert_arrived()
        self.assertEqual((done["attempts"], done["bytes"], done["sha256"]), (1, len(BIG), self.right))
        first, *others = self.site.requests
        self.assertEqual(first.asked_range(), (0, MIB - 1))
        self.assertNotIn("if-range", first.fields)
        self.assertEqual({e.fields.get("if-range") for e in others}, {'"v1"'})
        ends = sorted(self.ranges())
        for (_, last), (following, _) in zip(ends, ends[1:]):
            self.assertEqual(following, last + 1, "pieces overlap or leave a gap")
        self.assertEqual(ends[-1][1], len(BIG) - 1)
        self.assertTrue(all(last - start + 1 >= MIB for start, last in ends), ends)

    def test_a_date_is_a_validator_too(self):
        def page(e):
            first, last = e.asked_range()
            last = min(last, len(BIG) - 1)
            e.answer(206, BIG[first:last + 1], Last_Modified=DATE, Date="Mon, 07 Nov 1994 08:49:37 GMT",
                     Content_Range=f"bytes {first}-{last}/{len(BIG)}")

        self.page("/x/file", page)
        self.get("-x", "3", "/x/file")
        self.assert_arrived()
        self.assertEqual({e.fields.get("if-range") for e in self.site.requests[1:]}, {DATE})

    def test_what_is_small_or_cannot_be_had_in_pieces_comes_over_one(self):
        cases = {
            "small": (BODY, lambda e: e.parts(BODY), 1),
            "just one piece": (BIG[:MIB], lambda e: e.parts(BIG[:MIB]), 1),
            "empty": (b"", lambda e: e.parts(b"") if e.asked_range() else e.answer(200), 2),
            "no ranges": (BIG, lambda e: e.answer(200, BIG, ETag='"v1"'), 1),
            "no ranges, no ETag": (BIG, lambda e: e.answer(200, BIG), 1),
            "a weak validator": (BIG, lambda e: e.parts(BIG, 'W/"v1"', "no date"), 2),
            "an unknown length": (BIG, lambda e: e.answer(
                206, BIG[:MIB], ETag='"v1"', Content_Range=f"bytes 0-{MIB - 1}/*")
                if e.asked_range() else e.answer(200, BIG), 2),
        }
        for name, (body, page, requests) in cases.items():
            with self.subTest(name):
                self.restart()
                self.page("/x/file", page)
                self.get("-x", "4", "/x/file")
                self.assert_arrived(body)
                self.assertEqual(len(self.site.requests), requests)

    def test_servers_that_lie_about_ranges(self):
        def whole(e):  # changed its mind
            e.answer(200, BIG, ETag='"v1"')

        def elsewhere(e):
            first, last = e.asked_range()
            e.answer(206, BIG[:last - first + 1], ETag='"v1"',
                     Content_Range=f"bytes 0-{last - first}/{len(BIG)}")

        def more(e):  # than was asked for
            first, _ = e.asked_range()
            e.answer(206, BIG[first:], ETag='"v1"',
                     Content_Range=f"bytes {first}-{len(BIG) - 1}/{len(BIG)}")

        def nothing(e):
            e.answer(206, BIG[:10], ETag='"v1"')

        def other_length(e):
            first, last = e.asked_range()
            e.answer(206, BIG[first:last], ETag='"v1"',
                     Content_Range=f"bytes {first}-{last}/{len(BIG)}")

        for lie in (whole, elsewhere, more, nothing, other_length):
            with self.subTest(lie.__name__):
                self.restart()
                self.page("/x/file", lambda e: e.parts(BIG) if e.asked_range() is None or
                          e.asked_range()[0] == 0 else lie(e))
                self.get("-x", "4", "/x/file")
                self.assert_arrived()
                self.assertIn(None, self.ranges(), "never asked for all of it")

    def test_a_shorter_part_than_asked_for_is_no_failure(self):
        def page(e):
            first, last = e.asked_range()
            last = min(last, first + 300_000, len(BIG) - 1)
            e.answer(206, BIG[first:last + 1], ETag='"v1"',
                     Content_Range=f"bytes {first}-{last}/{len(BIG)}")

        self.page("/x/file", page)
        self.assertEqual(self.get_json("-x", "3", "/x/file")["attempts"], 1)
        self.assert_arrived()

    def test_a_file_that_changes_meanwhile(self):
        new = BIG[::-1][:-1]
        for when in (2, 3, 5):
            with self.subTest(when=when):
                self.restart()
                self.page("/x/file", lambda e: e.parts(BIG) if len(self.site.requests) < when
                          else e.parts(new, '"v2"'))
                self.get("-x", "3", "/x/file")
                self.assert_arrived(new)

    def test_one_that_never_stops_changing_is_given_up(self):
        self.page("/x/file", lambda e: e.parts(BIG, f'"v{e.count}"'))
        run = self.get("-x", "2", "/x/file", "--retries", "2", code=1)
        self.assertIn("the remote file has changed", run.err)
        self.assertEqual(self.names(), [])

    def test_a_piece_that_is_cut_is_gone_on_with(self):
        self.page("/x/file", lambda e: e.parts(BIG, send=400_000 if e.count <= 3 else None))
        done = self.get_json("-x", "2", "/x/file")
        self.assert_arrived()
        self.assertEqual(done["attempts"], 4)
        asked = sum(last - first + 1 for first, last in self.ranges()[3:])
        self.assertEqual(asked, len(BIG) - 1_200_000, "what had come was asked for again")

    def test_pieces_that_fail_for_good_leave_a_part(self):
        self.page("/x/file", lambda e: e.parts(BIG) if e.asked_range()[0] == 0 else e.answer(404))
        run = self.get("-x", "3", "/x/file", code=1)
        self.assertIn("status 404", run.err)
        self.assertEqual(self.names(), ["file.part", "file.part.json"])
        self.page("/x/file", lambda e: e.parts(BIG))
        self.restart()
        self.assertEqual(self.get_json("-x", "3", "/x/file")["resumed_from"], MIB)
        self.assert_arrived()

    def test_a_server_that_allows_one_connection(self):
        busy = threading.Lock()

        def page(e):
            if not busy.acquire(blocking=False):
                return e.answer(503)
            try:
                e.parts(BIG)
            finally:
                busy.release()

        self.page("/x/file", page)
        self.get("-x", "4", "/x/file", "--retries", "1")
        self.assert_arrived()

    def interrupted(self, sign):
        """Leaves a part with holes, of a process that got that signal."""
        self.restart()
        self.page("/x/file", lambda e: (e.parts(BIG, send=500_000), self.site.ended.wait()))
        run = subprocess.Popen(self.command("-x", "3", "/x/file"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=self.environment)
        description = self.directory / "file.part.json"

        def ranges():
            try:
                return json.loads(description.read_text()).get("ranges", [])
            except FileNotFoundError:
                return []

        wait_until(lambda: sum(end - first for first, end in ranges()) == 1_500_000,
                   "three halves of pieces, described")
        run.send_signal(sign)
        run.communicate(timeout=LIMIT)
        self.assertEqual(run.returncode, -sign)
        self.assertEqual(len(ranges()), 3)
        self.site.requests.clear()
        self.page("/x/file", lambda e: e.parts(BIG))
        return description

    def test_after_a_kill_only_what_is_missing_is_asked_for(self):
        for sign in (signal.SIGKILL, signal.SIGINT):
            for connections in ("3", "1"):
                with self.subTest(sign=sign, connections=connections):
                    self.interrupted(sign)
                    done = self.get_json("-x", connections, "/x/file")
                    self.assertEqual(done["resumed_from"], 1_500_000)
                    self.assertEqual(done["sha256"], self.right)
                    self.assert_arrived()
                    asked = sum(last - first + 1 for first, last in self.ranges())
                    self.assertEqual(asked, len(BIG) - 1_500_000)

    def test_a_part_with_holes_and_a_file_that_has_changed(self):
        self.interrupted(signal.SIGKILL)
        self.page("/x/file", lambda e: e.parts(BODY, '"v2"'))
        self.get("/x/file")
        self.assert_arrived(BODY)

    def test_a_part_with_holes_and_a_server_without_ranges(self):
        for connections in ("3", "1"):
            self.interrupted(signal.SIGKILL)
            self.page("/x/file", lambda e: e.answer(200, BIG, ETag='"v1"'))
            self.get("-x", connections, "/x/file")
            self.assert_arrived()

    def test_descriptions_of_holes_are_not_believed_blindly(self):
        def describe(**changes):
            self.description.write_text(json.dumps({**json.loads(self.description.read_text()), **changes}))

        doubts = {
            "another boot": lambda: describe(boot="before"),
            "no length": lambda: describe(total=None),
            "no ranges": lambda: describe(ranges=[]),
            "other things": lambda: describe(ranges=[[1], "x", [5, -7], [9, 3], None]),
            "a short file": lambda: os.truncate(self.directory / "file.part", 1000),
            "beyond the end": lambda: describe(ranges=[[2**63, 2**64 - 1]]),
        }
        for what, doubt in doubts.items():
            with self.subTest(what):
                self.description = self.interrupted(signal.SIGKILL)
                doubt()
                self.get("-x", "2", "/x/file")
                self.assert_arrived()

    def test_a_part_that_came_over_one_connection(self):
        self.leave_part(size=2 * MIB, body=BIG)
        self.page("/x/file", lambda e: e.parts(BIG))
        done = self.get_json("-x", "3", "/x/file")
        self.assertEqual((done["resumed_from"], done["sha256"]), (2 * MIB, self.right))
        self.assert_arrived()
        self.assertEqual(min(self.ranges())[0], 2 * MIB)

    def test_sha256(self):
        self.page("/x/file", lambda e: e.parts(BIG))
        run = self.get("-x", "3", "/x/file", "--sha256", "ab" * 32, code=1)
        self.assertIn(f"its SHA-256 is {self.right}, not abab", run.err)
        self.assertEqual(self.names(), [])
        self.assertIn("sha256 ok", self.get("-x", "3", "/x/file", "--sha256", self.right).out)

    def test_the_rate_holds_over_all_connections(self):
        self.page("/x/file", lambda e: e.parts(BIG))
        begin = time.monotonic()
        self.get("-x", "4", "--limit-rate", "6M", "/x/file")
        self.assertGreater(time.monotonic() - begin, 0.9, "faster than allowed over all")
        self.assert_arrived()

    def test_a_full_disk(self):
        full = self.directory / "full"
        full.mkdir()
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", full], capture_output=True).returncode:
            self.skipTest("cannot mount a small file system")
        self.addCleanup(subprocess.run, ["umount", full])
        self.page("/x/file", lambda e: e.parts(BIG))
        run = self.get("-x", "3", "-o", str(full), "/x/file", code=1)
        self.assertRegex(run.err, r"^rondo get: \S+/x/file: .*No space left on device\n$")
        self.assertEqual(sorted(p.name for p in full.iterdir()), ["file.part", "file.part.json"])

    def test_many_files_and_few_descriptors(self):
        paths = [f"/x/{i}" for i in range(5)]
        for path in paths:
            self.page(path, lambda e: e.parts(BIG))
        self.get("-x", "16", *paths, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32)))
        self.assertEqual(len(self.names()), 5)
        self.assertTrue(all(self.content(name) == BIG for name in self.names()))

    def test_nginx(self):
        if not shutil.which("nginx"):
            self.skipTest("no nginx")
        (self.directory / "www").mkdir()
        (self.directory / "www" / "file").write_bytes(BIG)
        port = closed_port()
        configuration = self.directory / "nginx.conf"
        configuration.write_text(f"""
            daemon off; pid {self.directory}/pid; error_log /dev/null; user root;
            events {{}}
            http {{ access_log off; server {{ listen 127.0.0.1:{port}; root {self.directory}/www; }} }}
            """)
        server = subprocess.Popen(["nginx", "-c", str(configuration)], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, LIMIT)
        self.addCleanup(server.terminate)

        def up():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0

        wait_until(up, "nginx")
        self.get("-x", "4", f"http://127.0.0.1:{port}/file", "--sha256", self.right)
        self.assertTrue(self.content("file") == BIG)


class Mirrors(PieceTest):
    """Several URLs for one file."""

    def mirrored(self, *arguments, **options):
        return self.get("--mirror", self.site.url("/x/mirror"), "/x/file", *arguments, **options)

    def test_the_next_is_taken_when_one_fails(self):
        self.page("/x/mirror", lambda e: e.parts(BIG))
        for x in ("1", "3"):
            for status in (404, 503):
                with self.subTest(x=x, status=status):
                    self.restart()
                    self.page("/x/file", lambda e: e.answer(status))
                    run = self.mirrored("-x", x, "--retries", "1")
                    self.assertRegex(run.err, rf"^rondo get: \S+/x/file: status {status}; "
                                              r"trying \S+/x/mirror\n$")
                    self.assertEqual(len(self.site.asked("/x/file")), 1 if status == 404 else 2)
                    self.assert_arrived()

    def test_all_fail(self):
        self.page("/x/mirror", lambda e: e.answer(403))
        for x in ("1", "3"):
            run = self.mirrored("-x", x, code=1)
            self.assertIn("/x/file: status 404; trying", run.err)
            self.assertIn("/x/file: status 403", run.err)
            self.assertEqual(self.names(), [])

    def test_pieces_come_from_all(self):
        def meanwhile():
            wait_until(lambda: self.site.asked("/x/mirror"), "a request to the mirror")

        self.page("/x/file", lambda e: e.parts(BIG, meanwhile=meanwhile))
        self.page("/x/mirror", lambda e: e.parts(BIG))
        self.assertEqual(self.mirrored("-x", "2").err, "")
        self.assert_arrived()
        self.assertTrue(all(e.fields["if-range"] == '"v1"' for e in self.site.asked("/x/mirror")))

    def test_one_that_fails_in_the_middle(self):
        def meanwhile():
            wait_until(lambda: self.site.asked("/x/mirror"), "a request to the mirror")

        for broken in ("/x/file", "/x/mirror"):
            with self.subTest(broken):
                self.restart()
                self.page("/x/file", lambda e: e.parts(BIG, meanwhile=meanwhile))
                self.page("/x/mirror", lambda e: e.parts(BIG))
                whole = self.site.pages[broken]
                self.page(broken, lambda e: whole(e) if e.asked_range()[0] == 0 else e.answer(404))
                self.mirrored("-x", "2")
                self.assert_arrived()

    def test_one_connection_goes_on_at_the_mirror(self):
        self.page("/x/file", lambda e: e.parts(BIG, send=MIB) if e.count == 1 else e.answer(404))
        self.page("/x/mirror", lambda e: e.parts(BIG))
        self.mirrored()
        self.assert_arrived()
        self.assertEqual(self.ranges("/x/mirror"), [(MIB, None)])

    def test_a_mirror_with_another_file_is_not_used(self):
        others = {
            "its ETag": (BIG[::-1], '"v2"', r"another file: its ETag is \"v2\", not \"v1\""),
            "its length": (BIG + b"x", '"v1"', "another file: it has 6303802 bytes, not 6303801"),
            "no ETag": (BIG[::-1], "", "nothing shows that it is the same file"),
        }
        for what, (body, tag, why) in others.items():
            with self.subTest(what):
                self.restart()

                def meanwhile():
                    wait_until(lambda: self.site.asked("/x/mirror"), "a request to the mirror")

                self.page("/x/file", lambda e: e.parts(BIG, meanwhile=meanwhile))
                self.page("/x/mirror", lambda e: e.parts(body, tag) if tag else e.answer(200, body))
                run = self.mirrored("-x", "2")
                self.assertRegex(run.err, rf"/x/mirror: the mirror is not used: .*{why}")
                self.assertEqual(len(self.site.asked("/x/mirror")), 1)
                self.assert_arrived()

                self.restart()  # and over one connection
                self.page("/x/file", lambda e: e.parts(BIG, send=MIB) if e.count == 1 else e.answer(404))
                self.assertRegex(self.mirrored(code=1).err, why)
                self.assertNotIn("file", self.names())
                for left in self.names():
                    (self.directory / left).unlink()

    def test_with_a_sha256_another_etag_is_no_matter(self):
        def meanwhile():
            wait_until(lambda: self.site.asked("/x/mirror"), "a request to the mirror")

        self.page("/x/file", lambda e: e.parts(BIG, meanwhile=meanwhile))
        self.page("/x/mirror", lambda e: e.parts(BIG, '"other"'))
        self.assertEqual(self.mirrored("-x", "2", "--sha256", self.right).err, "")
        self.assert_arrived()
        asked = self.site.asked("/x/mirror")
        self.assertEqual({e.fields.get("if-range") for e in asked}, {None} if len(asked) == 1
                         else {None, '"other"'})

    def test_with_a_sha256_a_wrong_mirror_costs_one_more_try(self):
        def meanwhile():
            wait_until(lambda: self.site.asked("/x/mirror"), "a request to the mirror")

        wrong = BIG[::-1]
        for right in ("/x/file", "/x/mirror"):
            with self.subTest(right):
                self.restart()
                self.page("/x/file", lambda e: e.parts(BIG if right == e.path else wrong,
                                                       meanwhile=meanwhile))
                self.page("/x/mirror", lambda e: e.parts(BIG if right == e.path else wrong, '"m"'))
                self.mirrored("-x", "2", "--sha256", self.right)
                self.assert_arrived()

    def test_in_a_list(self):
        self.page("/x/second", lambda e: e.answer(200, BODY))
        line = (f"{self.site.url('/x/file')} mirror={self.site.url('/x/first')} "
                f"mirror={self.site.url('/x/second')} sha256={hashlib.sha256(BODY).hexdigest()} name=file")
        bad = f"{self.site.url('/x/bad')} mirror=htp:/typo\n{self.site.url('/x/bad')} mirror="
        run = self.get("-", input=f"{line}\n{bad}".encode(), code=1)
        self.assert_arrived(BODY)
        self.assertIn("/x/bad: mirror htp:/typo: malformed URL", run.err)


class Screen:
    """As much of a terminal as the bars use."""

    def __init__(self, columns):
        self.columns, self.lines, self.row, self.column = columns, [""], 0, 0
        self.wrapped = False
        self.drawn = 0

    def feed(self, text):
        for token in re.findall(r"\x1b\[(\d*)([A-Za-z])|([^\x1b])", text):
            number, control, character = token
            if control == "A":
                self.row -= int(number or 1)
                assert self.row >= 0, "the cursor leaves what was drawn"
                self.drawn += 1
            elif control == "J":
                self.lines = self.lines[:self.row] + [self.lines[self.row][:self.column]]
            elif control == "m":
                pass
            elif control:
                raise AssertionError(f"unexpected control sequence {token}")
            elif character == "\r":
                self.column = 0
            elif character == "\n":
                self.row += 1
                self.column = 0
                if self.row == len(self.lines):
                    self.lines.append("")
            else:
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[:self.column] + character + line[self.column + 1:]
                self.column += 1
                self.wrapped |= self.column >= self.columns


class Terminal(GetTest):
    def run_on_terminal(self, *arguments, columns=70, on_output=None, code=0):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
        begin = time.monotonic()
        # The terminal does not control the program: the end of a session would
        # throw away what has not been read yet.
        child = subprocess.Popen(self.command(*arguments), stdin=slave, stdout=slave, stderr=slave,
                                 env=self.environment)
        os.close(slave)
        seen = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the other side has closed
                break
            if not data:
                break
            seen += data
            if on_output:
                on_output(child, seen.decode(errors="replace"))
        os.close(master)
        self.assertEqual(child.wait(LIMIT), code, seen[-2000:])
        self.seconds = time.monotonic() - begin
        screen = Screen(columns)
        screen.feed(seen.decode())
        return seen.decode(), screen

    def halves(self, *paths):
        """Pages that send their first half, and the rest on a sign."""
        self.go_on = threading.Event()

        def page(e):
            e.head(200, len(BODY), ETag='"v1"')
            e.raw(BODY[:150_000])
            self.go_on.wait(LIMIT)
            e.raw(BODY[150_000:])

        for path in paths:
            self.page(path, page)

    def test_bars_are_drawn_and_taken_away(self):
        paths = ["/x/first", "/x/a-file-with-quite-a-long-name-that-fits-nowhere", "/x/%e6%b5%b7"]
        self.halves(*paths)
        drawn = r"\[.*=+>? *.*\]  50% 146\.5/293\.0 KiB"

        def on_output(_, seen):
            if len(re.findall(drawn, seen)) >= 9:
                self.go_on.set()

        seen, screen = self.run_on_terminal(*paths, "/x/none", columns=90, on_output=on_output, code=1)
        self.assertRegex(seen, drawn)
        self.assertRegex(seen, r"1/4 files, 1 failed +\[.*\] +\d+% ")
        self.assertIn("海", seen)
        self.assertIn("…", seen)
        self.assertIn("\x1b[36m", seen)
        self.assertFalse(screen.wrapped, seen)
        self.assertLess(screen.drawn, 10 * self.seconds + 8, "redrawn too often")
        lines = screen.lines
        self.assertEqual(lines.pop(), "")
        self.assertEqual(len(lines), 5, lines)
        self.assertIn("status 404", lines[0])
        self.assertTrue(all("KiB  " in line for line in lines[1:4]), lines)
        self.assertRegex(lines[4], "^3 of 4 files, 878.9 KiB in .*, 1 failed$")

    def test_no_colours_and_a_narrow_window(self):
        self.environment["NO_COLOR"] = "1"
        self.halves("/x/file")
        seen, screen = self.run_on_terminal(
            "/x/file", columns=24,
            on_output=lambda _, seen: self.go_on.set() if seen.count("50%") >= 2 else None)
        self.assertNotRegex(seen, r"\x1b\[\d*m")
        self.assertGreaterEqual(screen.drawn, 1)
        self.assertEqual([line for line in screen.lines if "%" in line], [])

    def test_a_dumb_terminal_gets_lines(self):
        self.environment["TERM"] = "dumb"
        self.page("/x/file", lambda e: e.answer(200, BODY))
        seen, _ = self.run_on_terminal("/x/file")
        self.assertNotIn("\x1b", seen)

    def test_ctrl_c_leaves_a_clean_screen(self):
        self.halves("/x/a", "/x/b")
        pressed = []

        def on_output(child, seen):
            if not pressed and seen.count("50%") >= 4:
                pressed.append(True)
                child.send_signal(signal.SIGINT)

        seen, screen = self.run_on_terminal("/x/a", "/x/b", on_output=on_output,
                                            code=-signal.SIGINT)
        self.go_on.set()
        self.assertIn("50%", seen)
        self.assertEqual(screen.lines, [""])
        self.assertEqual(self.names(), ["a.part", "a.part.json", "b.part", "b.part.json"])


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
