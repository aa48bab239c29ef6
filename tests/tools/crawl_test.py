#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""rondo crawl against sites of all kinds.

    crawl_test.py PROGRAM [unittest arguments]

Each test has a server of its own on a free port of the loopback, which answers
as the test says; nothing here waits for a fixed time to be right.
"""
import gzip
import json
import os
import pathlib
import pty
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = ""
LIMIT = 30  # seconds, after which a program hangs


class Exchange:
    """One request, and the means to answer it well or badly."""

    def __init__(self, site, connection, target, fields, count):
        self.site, self.connection, self.target, self.fields = site, connection, target, fields
        self.count = count  # how often that has been asked for, from 1 on
        self.begin, self.open = time.monotonic(), True

    def over(self):
        """Counted out before the client can know the answer, and ask for the next page."""
        with self.site.lock:
            self.site.now -= self.open
            self.open = False

    def raw(self, data):
        self.over()
        self.connection.sendall(data)

    def head(self, status, length=None, **fields):
        lines = [f"HTTP/1.1 {status} Status", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        self.raw("\r\n".join(lines).encode("latin1") + b"\r\n\r\n")

    def answer(self, status, body=b"", **fields):
        body = body if isinstance(body, bytes) else body.encode()
        self.head(status, len(body), **fields)
        self.raw(body)

    def page(self, body, status=200, **fields):
        self.answer(status, body, **{"Content_Type": "text/html; charset=utf-8", **fields})


class Site:
    """Serves pages by their targets: functions of an Exchange, or HTML."""

    def __init__(self, address="127.0.0.1"):
        self.pages, self.requests = {}, []
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.now = self.most = 0
        site = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                site.serve(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

        self.server = Server((address, 0), Handler)
        self.address, self.port = self.server.server_address
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def serve(self, handler):
        line = handler.rfile.readline().decode("latin1").split()
        if len(line) != 3:
            return
        fields = {}
        while (text := handler.rfile.readline().decode("latin1").strip()):
            name, value = text.split(":", 1)
            fields[name.lower()] = value.strip()
        with self.lock:
            count = 1 + sum(r.target == line[1] for r in self.requests)
            exchange = Exchange(self, handler.connection, line[1], fields, count)
            self.requests.append(exchange)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            page = self.pages.get(line[1])
            if page is None:
                exchange.page("<title>Not here</title><a href=/never>no</a>", 404)
            elif callable(page):
                page(exchange)
            else:
                exchange.page(page)
        except OSError:
            pass  # the client has gone
        finally:
            exchange.over()

    def targets(self):
        with self.lock:
            return [r.target for r in self.requests]

    def url(self, target):
        return f"http://{self.address}:{self.port}{target}"

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def links(*targets, title="T"):
    return f"<title>{title}</title>" + "".join(f"<a href='{t}'>{t}</a>" for t in targets)


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


class CrawlTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.site = self.new_site()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rondo-crawl-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.environment = dict(os.environ, TERM="xterm")
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            self.environment.pop(name, None)

    def new_site(self, address="127.0.0.1"):
        site = Site(address)
        self.addCleanup(site.close)
        return site

    def pages(self, **pages):
        """By names: index is "/", a_b is "/a_b"."""
        for name, page in pages.items():
            self.site.pages["/" if name == "index" else "/" + name] = page

    def command(self, *arguments):
        return [PROGRAM, "crawl", "--retry-delay", "0.01", "--delay", "0",
                *[self.site.url(a) if a.startswith("/") else a for a in arguments]]

    def run_crawl(self, *arguments, code=0):
        run = subprocess.run(self.command(*arguments), capture_output=True, timeout=LIMIT,
                             env=self.environment, stdin=subprocess.DEVNULL)
        run.out, run.err = run.stdout.decode(), run.stderr.decode()
        self.assertEqual(run.returncode, code, f"{run.out}\n{run.err}")
        self.assertNotIn("\x1b", run.out + run.err)
        return run

    def crawl(self, *arguments, **options):
        """The objects by the targets of their URLs; of other sites by their URLs."""
        run = self.run_crawl(*arguments, **options)
        objects = [json.loads(line) for line in run.out.splitlines()]
        by_target = {o["url"].removeprefix(self.site.url("")): o for o in objects}
        self.assertEqual(len(by_target), len(objects), "a page twice")
        self.summary = run.err.splitlines()[-1] if run.err else ""
        self.err = run.err
        return by_target


class Following(CrawlTest):
    def test_each_page_once_in_spite_of_loops(self):
        self.pages(index=links("a", "/a#part", "./b?x=1", "/", "/%61", title="Start &amp; more"),
                   a=links("/", "a", "/b?x=1"))
        self.site.pages["/b?x=1"] = links("/a")
        found = self.crawl("/")
        self.assertEqual(sorted(found), ["/", "/a", "/b?x=1"])
        self.assertEqual(sorted(self.site.targets()), ["/", "/a", "/b?x=1", "/robots.txt"])
        start = found["/"]
        self.assertEqual(start["status"], 200)
        self.assertEqual(start["title"], "Start & more")
        self.assertEqual(start["depth"], 0)
        self.assertEqual(start["content_type"], "text/html")
        self.assertEqual(start["links"], [self.site.url(t) for t in ("/a", "/b?x=1", "/", "/%61")])
        self.assertEqual(start["bytes"], len(self.site.pages["/"]))
        self.assertEqual(start["attempts"], 1)
        self.assertGreaterEqual(start["seconds"], 0)
        self.assertNotIn("error", start)
        self.assertEqual(found["/a"]["depth"], 1)
        self.assertRegex(self.summary, r"^3 pages, .* in .* s$")

    def test_depth(self):
        self.pages(index=links("/1"))
        for i in range(1, 5):
            self.site.pages[f"/{i}"] = links(f"/{i + 1}", "/")
        self.assertEqual(sorted(self.crawl("/", "-d", "2")), ["/", "/1", "/2"])
        self.assertEqual(list(self.crawl("/", "-d", "0")), ["/"])

    def test_a_site_without_end(self):
        class Endless(dict):
            def get(self, target, default=None):
                return None if target == "/robots.txt" else links(f"{target}x", f"{target}y")

        self.site.pages = Endless()
        found = self.crawl("/", "-n", "20", "--per-host", "4")
        self.assertEqual(len(found), 20)
        self.assertEqual(len(self.site.requests), 21)
        self.assertRegex(self.summary, r"^20 pages, .*; \d+ more not visited$")

    def test_redirects(self):
        self.pages(index=lambda e: e.answer(302, b"", Location="/home"),
                   home=links("/loop1", "/to_a", "/nowhere", "/odd", "/away", "/a"),
                   loop1=lambda e: e.answer(301, b"", Location="/loop2"),
                   loop2=lambda e: e.answer(308, b"", Location="/loop1"),
                   to_a=lambda e: e.answer(307, b"", Location="a"),
                   nowhere=lambda e: e.answer(302),
                   odd=lambda e: e.answer(302, b"", Location="ftp://h/"),
                   away=lambda e: e.answer(302, b"", Location="http://127.0.0.2:1/"),
                   a=links("/home"))
        found = self.crawl("/")
        self.assertEqual(sorted(found), ["/", "/a", "/away", "/home", "/loop1", "/loop2", "/nowhere", "/odd", "/to_a"])
        self.assertEqual(len(self.site.targets()), 10)
        self.assertEqual(found["/"]["redirect"], self.site.url("/home"))
        self.assertEqual(found["/"]["status"], 302)
        self.assertEqual(found["/home"]["depth"], 0)
        self.assertEqual(found["/loop2"]["depth"], 1)
        self.assertEqual(found["/away"]["redirect"], "http://127.0.0.2:1/")
        self.assertEqual(found["/nowhere"]["error"], "redirect to nowhere")
        self.assertEqual(found["/odd"]["error"], "redirect to 'ftp://h/'")

    def test_redirects_without_end(self):
        class Endless(dict):
            def get(self, target, default=None):
                return None if target == "/robots.txt" else lambda e: e.answer(302, Location=target + "x")

        self.site.pages = Endless()
        found = self.crawl("/", code=1)
        self.assertEqual(len(found), 11)
        self.assertIn("more than 10 redirects", self.err)

    def test_other_sites_are_left_alone(self):
        other = self.new_site("127.0.0.2")
        other.pages["/x"] = links(self.site.url("/b"))
        self.pages(index=links(other.url("/x"), "/a", "mailto:a@b", "javascript:x()", f"http://127.0.0.1:{other.port}/"),
                   a="", b="")
        found = self.crawl("/")
        self.assertEqual(sorted(found), ["/", "/a"])
        self.assertIn(other.url("/x"), found["/"]["links"])
        self.assertEqual(other.targets(), [])
        self.site.pages["/"] = links(other.url("/x"))
        found = self.crawl("/", "--all-hosts")
        self.assertEqual(sorted(found), ["/", "/b", other.url("/x")])
        self.assertEqual(other.targets(), ["/robots.txt", "/x"])

    def test_a_start_that_is_sent_to_another_host(self):
        other = self.new_site("127.0.0.2")
        other.pages.update({"/": links("/x"), "/x": ""})
        self.pages(index=lambda e: e.answer(301, Location=other.url("/")))
        self.assertEqual(sorted(self.crawl("/")), ["/", other.url("/"), other.url("/x")])

    def test_subdomains(self):
        self.environment["RES_OPTIONS"] = "attempts:1 timeout:1"
        name = f"localhost:{self.site.port}"
        self.pages(index=links(f"http://www.{name}/a", f"http://notlocalhost:{self.site.port}/"), a="")
        self.assertEqual(len(self.crawl(f"http://{name}/")), 1)
        found = self.crawl(f"http://{name}/", "--include-subdomains")
        self.assertEqual(sorted(found), [f"http://{name}/", f"http://www.{name}/a"])

    def test_several_starts(self):
        self.pages(a=links("/b"), b=links("/a"))
        self.assertEqual(sorted(self.crawl("/a", "/b", "/a")), ["/a", "/b"])

    def test_base_and_odd_links(self):
        self.pages(index="<base href='/dir/'>" + links("x", " y z\n", "?q", "caf\u00e9"))
        for target in ("/dir/x", "/dir/y%20z", "/dir/?q", "/dir/caf%C3%A9"):
            self.site.pages[target] = ""
        self.assertEqual(sorted(self.crawl("/")), ["/", "/dir/?q", "/dir/caf%C3%A9", "/dir/x", "/dir/y%20z"])


class Pages(CrawlTest):
    def test_what_is_not_html_is_not_read(self):
        sent = threading.Event()

        def huge(e):
            e.head(200, 10**12, Content_Type="application/octet-stream")
            try:
                while not self.site.ended.is_set():
                    e.raw(b"\0" * 65536)
            finally:
                sent.set()

        self.pages(index=links("/huge", "/text", "/untyped"), huge=huge,
                   text=lambda e: e.answer(200, links("/never"), Content_Type="text/plain"),
                   untyped=lambda e: e.answer(200, links("/never")))
        found = self.crawl("/")
        self.assertEqual(sorted(found), ["/", "/huge", "/text", "/untyped"])
        self.assertEqual(found["/huge"]["content_type"], "application/octet-stream")
        self.assertEqual(found["/huge"]["bytes"], 0)
        self.assertTrue(sent.wait(LIMIT), "the connection was left open")

    def test_too_large(self):
        self.pages(index=links("/large", "/endless", "/right"),
                   large=lambda e: e.page("x" * 20_000 + links("/never")),
                   endless=lambda e: (e.head(200, Content_Type="text/html"),
                                      [e.raw(b"<p>" * 10_000) for _ in iter(self.site.ended.is_set, True)]),
                   right=lambda e: e.page("x" * 10_240))
        found = self.crawl("/", "--max-size", "0.009765625")
        for name in ("/large", "/endless"):
            self.assertEqual(found[name]["error"], "larger than 10240 bytes")
            self.assertEqual(found[name]["bytes"], 10_240)
            self.assertNotIn("links", found[name])
        self.assertNotIn("error", found["/right"])
        self.assertNotIn("/never", found)

    def test_broken_html_and_encodings(self):
        latin = "<title>caf\u00e9</title><a href=/%E9>x".encode("latin1")
        self.pages(index="<a href=/1><b><a href='/2'<table><td></b><a href=/3>\0</html><a href=/4>",
                   **{str(i): "" for i in range(1, 5)})
        self.site.pages["/4"] = lambda e: e.answer(200, latin, Content_Type="text/html; charset=iso-8859-1")
        found = self.crawl("/")
        self.assertEqual(sorted(found), ["/", "/%E9", "/1", "/2", "/3", "/4"])
        self.assertEqual(found["/4"]["title"], "caf\u00e9")

    def test_a_page_that_takes_too_long_to_read(self):
        self.pages(index=links("/deep", "/a"), deep="<div>" * 600_000, a="")
        found = self.crawl("/")
        self.assertIn("takes more than 2", found["/deep"]["error"])
        self.assertNotIn("error", found["/a"])

    def test_failures_are_lines(self):
        def cut(e):
            e.head(200, 1000, Content_Type="text/html")
            e.raw(b"some")

        def silent(e):
            self.site.ended.wait(LIMIT)

        self.pages(index=links("/none", "/cut", "/silent", "/sick", "/gone", "/better"), cut=cut, silent=silent,
                   sick=lambda e: e.page("", 503), gone=lambda e: e.page("", 410),
                   better=lambda e: e.page(links("/x"), 200 if e.count == 3 else 500), x="")
        found = self.crawl("/", "--timeout", "0.5", "--retries", "2", "--per-host", "8")
        self.assertEqual(found["/none"]["status"], 404)
        self.assertEqual(found["/none"]["attempts"], 1)
        self.assertNotIn("links", found["/none"])
        self.assertEqual(found["/gone"]["attempts"], 1)
        self.assertEqual((found["/sick"]["status"], found["/sick"]["attempts"]), (503, 3))
        self.assertEqual((found["/better"]["status"], found["/better"]["attempts"]), (200, 3))
        self.assertEqual((found["/cut"]["status"], found["/cut"]["attempts"]), (200, 3))
        self.assertIsNone(found["/silent"]["status"])
        for name in ("/cut", "/silent"):
            self.assertTrue(found[name]["error"])
            self.assertNotIn("\n", found[name]["error"])
        self.assertIn("/x", found)
        self.assertRegex(self.summary, "^8 pages, 5 failed, ")

    def test_retry_after_is_for_the_whole_host(self):
        def busy(e):
            e.page("", 429, Retry_After="1") if e.count == 1 else e.page("")

        self.pages(index=links("/busy", "/a", "/b"), busy=busy, a="", b="")
        self.crawl("/", "--per-host", "1")
        self.assert_quiet_after("/busy", 1)

    def assert_quiet_after(self, target, seconds):
        """The host that asked for it there is left alone for so long, and asked again after that."""
        first = next(r.begin for r in self.site.requests if r.target == target)
        later = [(r.target, r.begin - first) for r in self.site.requests if r.begin > first]
        self.assertTrue(later)
        for other, after in later:
            self.assertGreaterEqual(after, seconds * 0.95, other)

    def test_retry_after_holds_for_those_that_wait_for_their_turn(self):
        self.pages(index=links("/busy", "/a", "/b"), a="", b="",
                   busy=lambda e: e.page("", 429, Retry_After="2") if e.count == 1 else e.page(""))
        self.crawl("/", "--delay", "0.3", "--per-host", "3")
        self.assertEqual(len(self.site.requests), 6)
        self.assert_quiet_after("/busy", 2)

    def test_retry_after_holds_without_retries(self):
        self.pages(index=links("/busy", "/a", "/b"), busy=lambda e: e.page("", 429, Retry_After="1"), a="", b="")
        found = self.crawl("/", "--retries", "0", "--per-host", "1")
        self.assertEqual((found["/busy"]["status"], found["/busy"]["attempts"]), (429, 1))
        self.assert_quiet_after("/busy", 1)

    def test_output_file_and_quiet(self):
        self.pages(index=links("/a"), a="")
        file = self.directory / "pages.jsonl"
        run = self.run_crawl("/", f"--output={file}", "-q")
        self.assertEqual((run.out, run.err), ("", ""))
        self.assertEqual(len([json.loads(line) for line in file.read_text().splitlines()]), 2)

    def test_credentials_are_used_and_not_shown(self):
        self.pages(index=lambda e: e.page(links("/a")) if e.fields.get("authorization") else e.page("", 401), a="")
        run = self.run_crawl(f"http://me:secret@127.0.0.1:{self.site.port}/")
        self.assertNotIn("secret", run.out + run.err)
        self.assertEqual(len(run.out.splitlines()), 2)


class Politeness(CrawlTest):
    def robots(self, text, status=200):
        self.pages(**{"robots.txt": lambda e: e.answer(status, text, Content_Type="text/plain")})

    def test_robots(self):
        self.pages(index=links("/a", "/private/x", "/private/open"), a="")
        self.site.pages["/private/open"] = ""
        self.robots("User-agent: *\nDisallow: /\n\nUser-agent: rondo\nDisallow: /private\nAllow: /private/open$\n")
        found = self.crawl("/")
        self.assertEqual(self.site.targets()[0], "/robots.txt")
        self.assertEqual(self.site.targets().count("/robots.txt"), 1)
        self.assertNotIn("/private/x", self.site.targets())
        self.assertEqual(found["/private/x"]["error"], "disallowed by robots.txt")
        self.assertIsNone(found["/private/x"]["status"])
        self.assertEqual(found["/private/open"]["status"], 200)
        self.assertIn("1 disallowed by robots.txt", self.summary)
        self.assertEqual(self.site.requests[0].fields["user-agent"].split("/")[0], "rondo")

    def test_links_that_robots_are_asked_to_pass_over(self):
        self.site.pages["/"] = (
            "<a href=/a>a</a><a rel='noopener NoFollow' href=/b>b</a><a rel=nofollowing href=/c>c</a>"
            "<a rel=nofollow href=/d>d</a><a href=/d>d</a>")
        self.site.pages["/a"] = "<meta name=ROBOTS content='noindex, nofollow'><a href=/from-a>x</a>"
        self.site.pages["/c"] = "<meta name=robots content=none><a href=/from-c>x</a>"
        self.site.pages["/d"] = lambda e: e.page("<a href=/from-d>x</a>", X_Robots_Tag="otherbot: noindex, rondo: nofollow")
        found = self.crawl("/")
        self.assertEqual(set(found), {"/", "/a", "/c", "/d"})
        self.assertEqual(found["/"]["links"], [self.site.url("/" + c) for c in "abcd"])
        self.assertEqual(found["/a"]["links"], [self.site.url("/from-a")])
        found = self.crawl("/", "--ignore-robots")
        self.assertEqual(set(found), {"/", "/a", "/b", "/c", "/d", "/from-a", "/from-c", "/from-d"})

    def test_asks_for_compressed_pages(self):
        packed = gzip.compress(b"<a href=/a>a</a>" + b" " * 100_000)
        self.site.pages["/"] = lambda e: e.page(packed, Content_Encoding="gzip")
        self.assertIn("/a", self.crawl("/"))
        asked = next(r for r in self.site.requests if r.target == "/")
        self.assertIn("gzip", asked.fields["accept-encoding"])

    def test_another_user_agent(self):
        self.pages(index="")
        self.robots("User-agent: my-bot\nDisallow: /\n")
        self.crawl("/")
        self.crawl("/", "--user-agent", "My-Bot/2.0 (+http://h/)", code=1)
        self.assertEqual(self.site.requests[-1].fields["user-agent"], "My-Bot/2.0 (+http://h/)")
        self.assertIn("disallowed by robots.txt", self.err)
        self.crawl("/", "--user-agent", "my-bot", "--ignore-robots")

    def test_robots_that_cannot_be_had(self):
        self.pages(index="")
        for status, code in ((404, 0), (403, 0), (500, 1), (503, 1), (429, 1)):
            with self.subTest(status):
                self.robots("User-agent: *\nDisallow: /\n", status)
                found = self.crawl("/", code=code)
                if code:
                    self.assertEqual(found["/"]["error"], f"robots.txt: status {status}")

    def test_robots_elsewhere(self):
        self.pages(index=links("/no"), no="", rules=lambda e: e.answer(200, "User-agent:*\nDisallow:/no"),
                   **{"robots.txt": lambda e: e.answer(302, Location="/rules")})
        self.assertEqual(self.crawl("/")["/no"]["error"], "disallowed by robots.txt")

    def test_a_huge_robots(self):
        self.pages(index=links("/no"), no="")
        self.robots("User-agent: *\nDisallow: /no\n" + "# filler\n" * 100_000 + "Disallow: /\n")
        found = self.crawl("/")
        self.assertEqual(found["/"]["status"], 200)
        self.assertEqual(found["/no"]["error"], "disallowed by robots.txt")

    def assert_apart(self, seconds):
        begins = sorted(r.begin for r in self.site.requests)
        gaps = [b - a for a, b in zip(begins, begins[1:])]
        # What the loopback delays can make one gap shorter.
        self.assertGreaterEqual(min(gaps), seconds * 0.6, gaps)
        self.assertGreaterEqual(begins[-1] - begins[0], seconds * len(gaps) * 0.95, gaps)

    def test_delay(self):
        self.pages(index=links(*[f"/{i}" for i in range(6)]), **{str(i): "" for i in range(6)})
        self.crawl("/", "--delay", "0.2", "--per-host", "4")
        self.assertEqual(len(self.site.requests), 8)
        self.assert_apart(0.2)

    def test_crawl_delay(self):
        self.pages(index=links("/1", "/2"), **{"1": "", "2": ""})
        self.robots("User-agent: *\nCrawl-delay: 0.3\n")
        self.crawl("/")
        self.site.requests.pop(0)  # before it the delay was not known
        self.assert_apart(0.3)

    def test_delay_when_others_hold_all_permits(self):
        slow = self.new_site("127.0.0.2")
        slow.pages["/"] = links("/1", "/2")
        for target in ("/1", "/2"):
            slow.pages[target] = lambda e: (slow.ended.wait(1), e.page(""))
        self.pages(index=links(*[f"/{i}" for i in range(6)]), **{str(i): "" for i in range(6)})
        self.crawl("/", slow.url("/"), "-c", "1", "--delay", "0.2", "--per-host", "4", "--ignore-robots")
        self.assertEqual((len(self.site.requests), len(slow.requests)), (7, 3))
        self.assert_apart(0.2)

    def slow_site(self, site, count, together):
        barrier = threading.Barrier(together)

        def slow(e):
            barrier.wait(LIMIT)  # so many must be there for any to go on
            e.page("")

        for i in range(count):
            site.pages[f"/{i}"] = slow
        site.pages["/"] = links(*[f"/{i}" for i in range(count)])

    def test_as_many_to_a_host_as_asked_and_no_more(self):
        self.slow_site(self.site, 12, 3)
        self.assertEqual(len(self.crawl("/", "--per-host", "3")), 13)
        self.assertEqual(self.site.most, 3)

    def test_as_many_at_once_as_asked_and_no_more(self):
        sites = [self.new_site(f"127.0.0.{i}") for i in range(2, 6)]
        together = threading.Barrier(2)
        now, most, lock = 0, 0, threading.Lock()

        def slow(e):
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            together.wait(LIMIT)
            with lock:
                now -= 1
            e.page("")

        for site in sites:
            site.pages["/"] = slow
        found = self.crawl(*[site.url("/") for site in sites], "-c", "2", "--ignore-robots")
        self.assertEqual(len(found), 4)
        self.assertEqual(most, 2)


class Ends(CrawlTest):
    def test_starts_that_fail(self):
        run = self.run_crawl(f"http://127.0.0.1:{closed_port()}/", code=1)
        self.assertRegex(run.err, r"^rondo crawl: http://127.*: robots.txt: Connection refused\n0 pages|^rondo crawl: .*refused")
        run = self.run_crawl("/none", code=1)
        self.assertIn("status 404", run.err)
        self.assertEqual(json.loads(run.out)["status"], 404)

    def test_mistakes_are_one_line(self):
        for arguments, what in ((["ftp://h/"], "scheme 'ftp'"), (["http://["], "URL 'http://['"),
                                (["/", "-o", "/no/such/dir/x"], "open /no/such/dir/x: No such file or directory"),
                                (["/", "--user-agent", "1"], "--user-agent"),
                                (["/", "--user-agent", "a\nb"], ""),
                                (["/", "--all-hosts", "--include-subdomains"], "exclude")):
            with self.subTest(arguments):
                arguments = [self.site.url("/") if a == "/" else a for a in arguments]
                run = subprocess.run([PROGRAM, "crawl", *arguments], capture_output=True, timeout=LIMIT,
                                     env=self.environment)
                err = run.stderr.decode()
                self.assertIn(run.returncode, (1, 2), err)
                self.assertIn(what, err)
                self.assertEqual(len(err.splitlines()), 1, err)
        self.assertEqual(self.site.targets(), [])

    def test_a_full_disk(self):
        self.pages(index="")
        run = self.run_crawl("/", "--output=/dev/full", code=1)
        self.assertIn("write to /dev/full: No space left on device", run.err)

    def test_ctrl_c_keeps_what_there_is(self):
        self.pages(index=links("/a", "/hang"), a="", hang=lambda e: self.site.ended.wait(LIMIT))
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.site.requests.clear()
                run = subprocess.Popen(self.command("/"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=self.environment)
                lines = [json.loads(run.stdout.readline()) for _ in range(2)]
                wait_until(lambda: "/hang" in self.site.targets(), "the request")
                run.send_signal(number)
                out, err = run.communicate(timeout=LIMIT)
                self.assertEqual(run.returncode, -number)
                self.assertEqual(out, b"")
                self.assertEqual(sorted(o["url"] for o in lines), [self.site.url("/"), self.site.url("/a")])
                self.assertRegex(err.decode(), r"^2 pages, .*; interrupted\n$")

    def test_on_a_terminal(self):
        go_on = threading.Event()
        self.pages(index=links("/a"), a=lambda e: (go_on.wait(LIMIT), e.page("")))
        master, slave = pty.openpty()
        child = subprocess.Popen(self.command("/"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=slave,
                                 env=self.environment)
        os.close(slave)
        seen = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # EIO: the other side has closed
                break
            seen += data
            if b"1 page, " in seen and b"1 under way" in seen:
                go_on.set()
        os.close(master)
        out, _ = child.communicate(timeout=LIMIT)
        self.assertEqual(child.returncode, 0)
        self.assertEqual(len(out.splitlines()), 2)
        text = seen.decode()
        self.assertIn("1 under way", text)
        self.assertNotIn("\x1b", out.decode())
        self.assertRegex(text.rsplit("\x1b[K", 1)[1], r"^2 pages, .* in .* s\r\n$")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
