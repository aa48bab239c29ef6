#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""rondo serve against curl, Python's client and bytes that no client sends.

    serve_test.py PROGRAM [unittest arguments]
"""
import email.utils
import gzip
import html.parser
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

PROGRAM = ""
LIMIT = 20  # seconds, after which a program hangs
BODY = bytes(i * i % 251 for i in range(300_000))

# What must never give the secret. None of them is changed on its way.
ESCAPES = [
    b"/../secret", b"/sub/../../secret", b"/%2e%2e/secret", b"/.%2e/secret", b"/%2E%2E/secret",
    b"/%2e%2e%2fsecret", b"/..%2fsecret", b"/..%2Fsecret", b"/sub/..%2f..%2fsecret", b"/..%5csecret",
    b"/..\\secret", b"/..%5c..%5csecret", b"/%252e%252e/secret", b"/%252e%252e%252fsecret",
    b"/%c0%ae%c0%ae/secret", b"/%c0%ae%c0%ae%c0%afsecret", b"/..%c0%afsecret", b"/%e0%80%ae%e0%80%ae/secret",
    b"/%uff0e%uff0e/secret", b"/..%00/secret", b"/..%00secret", b"/..;/secret", b"/..%20/secret", b"/.../secret",
    b"/..../secret", b"/secret", b"/out", b"/out_dir/secret", b"/out_absolute", b"/out_root/etc/passwd",
    b"/proc/self/environ", b"//etc/passwd", b"///etc/passwd", b"/%2fetc%2fpasswd", b"//%2e%2e/secret",
    b"/" + b"../" * 500 + b"etc/passwd", b"/" + b"%2e%2e/" * 500 + b"etc/passwd", b"/" + b"a" * 300,
    b"/" + b"a/" * 3000, b"/" + b"a" * 7000, b"/.hidden", b"/%2ehidden", b"/.dir/file", b"/sub/.%2e/%2e./secret",
    b"/page.html%00", b"/page.html%00.png", b"/page.html.", b"/page.html/", b"/page.html/x", b"/page.html%20",
    b"/sub//page.html", b"/./page.html", b"/sub/.", b"/sub/..", b"/%", b"/%2", b"/%zz", b"/fifo", b"/socket",
    b"*", b"http:secret", b"../secret", b"secret", b"\\..\\secret", b"/\xff\xfe", b"/\x00", b"/a b",
]


class Serve:
    """A running `rondo serve`; its lines as they come."""

    def __init__(self, *arguments, cwd=None):
        self.process = subprocess.Popen([PROGRAM, "serve", "--port", "0", *map(str, arguments)], cwd=cwd,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first = self.process.stdout.readline()
        found = re.match(r"Serving (.*) at (https?)://(.*):(\d+)/ until Ctrl-C\n", self.first)
        if not found:
            self.process.kill()
            raise AssertionError(self.first + self.process.stderr.read())
        self.host, self.port = found[3].strip("[]"), int(found[4])

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def stop(self, how=signal.SIGINT):
        """The exit code and what was said since."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            out, err = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, out, err

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=LIMIT)

    def raw(self, data):
        with self.connect() as s:
            s.sendall(data)
            answer = b""
            while piece := s.recv(65536):
                answer += piece
            return answer


class ServeTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="rondo-serve-"))
        self.addCleanup(shutil.rmtree, self.base, True)
        self.dir = self.base / "site"
        (self.dir / "sub").mkdir(parents=True)
        (self.dir / ".dir").mkdir()
        for name, content in {"page.html": b"<p>page", "big.bin": BODY * 20, "sub/page.html": b"<p>below",
                              ".hidden": b"secret", ".dir/file": b"secret", "text.txt": b"line\n" * 10_000}.items():
            (self.dir / name).write_bytes(content)
        (self.base / "secret").write_bytes(b"the secret")
        os.symlink("../secret", self.dir / "out")
        os.symlink("..", self.dir / "out_dir")
        os.symlink(self.base / "secret", self.dir / "out_absolute")
        os.symlink("/", self.dir / "out_root")
        os.symlink("sub/page.html", self.dir / "in")
        os.mkfifo(self.dir / "fifo")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(str(self.dir / "socket"))

    def serve(self, *arguments, directory=None, **options):
        server = Serve(*arguments, directory or self.dir, **options)
        self.addCleanup(self.end, server)
        return server

    def end(self, server):
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()

    def get(self, server, path, method="GET", context=None, **fields):
        if context:
            c = http.client.HTTPSConnection("localhost", server.port, timeout=LIMIT, context=context)
        else:
            c = http.client.HTTPConnection(server.host, server.port, timeout=LIMIT)
        try:
            c.request(method, path, headers={name.replace("_", "-"): v for name, v in fields.items()})
            r = c.getresponse()
            r.content = r.read()
            return r
        finally:
            c.close()

    def refused(self, *arguments, code=1):
        run = subprocess.run([PROGRAM, "serve", *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(run.returncode, code, run.stderr)
        self.assertEqual(run.stdout, "")
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        return run.stderr.rstrip("\n")


class Files(ServeTest):
    def test_files_and_index(self):
        server = self.serve()
        r = self.get(server, "/page.html")
        self.assertEqual((r.status, r.content, r.headers["Content-Type"]), (200, b"<p>page", "text/html; charset=utf-8"))
        self.assertEqual(self.get(server, "/big.bin").content, BODY * 20)
        r = self.get(server, "/big.bin", "HEAD")
        self.assertEqual((r.status, r.headers["Content-Length"], r.content), (200, str(len(BODY) * 20), b""))
        self.assertEqual(self.get(server, "/in").content, b"<p>below")
        r = self.get(server, "/sub")
        self.assertEqual((r.status, r.headers["Location"]), (301, "./sub/"))
        (self.dir / "sub/index.html").write_text("index")
        self.assertEqual(self.get(server, "/sub/").content, b"index")
        self.assertEqual(self.get(server, "/none").status, 404)
        self.assertEqual(self.get(server, "/page.html", "POST").status, 405)

    def test_ranges_and_conditions(self):
        server = self.serve()
        whole = self.get(server, "/big.bin")
        r = self.get(server, "/big.bin", Range="bytes=1000-999999")
        self.assertEqual(r.status, 206)
        self.assertEqual(r.headers["Content-Range"], f"bytes 1000-999999/{len(BODY) * 20}")
        self.assertEqual(r.content, (BODY * 20)[1000:1_000_000])
        self.assertEqual(self.get(server, "/big.bin", Range="bytes=99999999-").status, 416)
        self.assertEqual(self.get(server, "/big.bin", If_None_Match=whole.headers["ETag"]).status, 304)
        date = email.utils.format_datetime(email.utils.parsedate_to_datetime(whole.headers["Last-Modified"]), usegmt=True)
        self.assertEqual(self.get(server, "/big.bin", If_Modified_Since=date).status, 304)

    @unittest.skipUnless(shutil.which("curl"), "curl is missing")
    def test_curl(self):
        server = self.serve("--gzip")
        url = f"http://127.0.0.1:{server.port}/"
        def curl(*arguments):
            return subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=LIMIT, check=True).stdout
        self.assertEqual(curl(url + "big.bin"), BODY * 20)
        part = self.base / "part"
        part.write_bytes((BODY * 20)[:123_456])
        curl("-C", "-", "-o", str(part), url + "big.bin")
        self.assertEqual(part.read_bytes(), BODY * 20)
        self.assertEqual(curl("-r", "-10", url + "big.bin"), (BODY * 20)[-10:])
        self.assertEqual(curl("--compressed", url + "text.txt"), b"line\n" * 10_000)
        self.assertLess(len(curl("-H", "Accept-Encoding: gzip", url + "text.txt")), 10_000)
        self.assertEqual(curl("-L", url + "sub/page.html", url + "page.html"), b"<p>below<p>page")
        self.assertIn(b"big.bin", curl("-L", url))
        self.assertEqual(curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", url + "../secret"), b"404")

    def test_gzip(self):
        server = self.serve("--gzip")
        r = self.get(server, "/text.txt", Accept_Encoding="gzip")
        self.assertEqual(r.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(r.content), b"line\n" * 10_000)
        self.assertIsNone(self.get(server, "/text.txt").headers["Content-Encoding"])

    def test_no_way_out(self):
        for arguments in [], ["--no-links"], ["--no-listing"]:
            server = self.serve(*arguments)
            drain = threading.Thread(target=server.process.stdout.read)
            drain.start()
            for target in ESCAPES:
                request = b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                answer = server.raw(request)
                self.assertRegex(answer[:12], rb"HTTP/1\.1 40[04]|HTTP/1\.1 414|HTTP/1\.1 431", target[:80])
                for secret in b"the secret", b"root:", b"<p>", b"PATH=":
                    self.assertNotIn(secret, answer, target[:80])
            self.assertEqual(self.get(server, "/in").status, 404 if "--no-links" in arguments else 200)
            fds = len(os.listdir(f"/proc/{server.process.pid}/fd"))
            for target in ESCAPES:
                server.raw(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertLessEqual(len(os.listdir(f"/proc/{server.process.pid}/fd")), fds + 1)
            server.process.send_signal(signal.SIGINT)
            server.process.wait(LIMIT)
            drain.join()

    def test_hidden(self):
        server = self.serve("--hidden")
        self.assertEqual(self.get(server, "/.hidden").content, b"secret")
        self.assertIn(b".hidden", self.get(server, "/").content)
        self.assertEqual(self.get(server, "/..").status, 404)


class Links(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.links, self.tags, self.texts = [], [], []
        self.feed(page.decode())

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name == "href"]

    def handle_data(self, data):
        self.texts.append(data)


class Listing(ServeTest):
    def test_every_name_leads_to_its_file(self):
        folder = self.dir / "names"
        folder.mkdir()
        names = ["<script>alert(1)", "a&b", "quote\"'", "space x", "percent%41", "question?", "hash#", "ä€😀",
                 "javascript:alert(1)", "http:", "back\\slash", "+plus", "semi;colon", "tab\tnewline\nbell\a",
                 "C:", "~", "\u202eright"]
        for name in names:
            (folder / name).write_text("content of " + name)
        bad = os.fsencode(folder) + b"/bad\xff"
        with open(bad, "wb") as f:
            f.write(b"content of bad")
        (folder / "sub").mkdir()
        server = self.serve()
        r = self.get(server, "/names/")
        self.assertEqual(r.headers["Content-Type"], "text/html; charset=utf-8")
        page = Links(r.content)
        self.assertNotIn("script", page.tags)
        self.assertEqual(page.links[:2], ["../", "sub/"])
        found = {}
        for link in page.links[2:]:
            url = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://x:{server.port}/names/", link))
            self.assertEqual((url.scheme, url.netloc, url.query, url.fragment), ("http", f"x:{server.port}", "", ""))
            name = urllib.parse.unquote_to_bytes(link)
            found[name] = self.get(server, url.path).content
        self.assertEqual(found, {**{n.encode(): ("content of " + n).encode() for n in names}, b"bad\xff": b"content of bad"})
        self.assertEqual(page.links[2:], sorted(page.links[2:], key=urllib.parse.unquote_to_bytes))

    def test_what_is_not_served_is_not_shown(self):
        server = self.serve()
        page = Links(self.get(server, "/").content)
        self.assertEqual(page.links, ["sub/", "big.bin", "in", "page.html", "text.txt"])
        self.assertIn("5.7 MiB", page.texts)
        self.assertTrue(any(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", t) for t in page.texts))

    def test_none(self):
        server = self.serve("--no-listing")
        self.assertEqual(self.get(server, "/").status, 404)

    def test_large(self):
        many = self.dir / "many"
        many.mkdir()
        for i in range(3000):
            (many / f"{i:05}").touch()
        server = self.serve()
        self.assertEqual(len(Links(self.get(server, "/many/").content).links), 3001)


class Running(ServeTest):
    def test_the_directory_is_the_current_one_unless_said(self):
        server = Serve(cwd=self.dir)
        self.addCleanup(self.end, server)
        self.assertEqual(self.get(server, "/page.html").content, b"<p>page")
        self.assertEqual(server.host, "127.0.0.1")

    def test_a_line_for_each_request(self):
        server = self.serve()
        self.get(server, "/page.html", User_Agent='evil" \\ 127.0.0.1 - - "')
        self.get(server, "/none?a=b")
        first, second = server.line(), server.line()
        self.assertRegex(first, r'^127\.0\.0\.1 - - \[.*\] "GET /page\.html HTTP/1\.1" 200 7 ')
        self.assertNotIn('evil" ', first)
        self.assertRegex(second, r'"GET /none\?a=b HTTP/1\.1" 404 ')

    def test_who_reads_its_log_may_stop_reading(self):
        server = self.serve()
        with server.connect() as s:
            for i in range(1500):  # more than a pipe holds
                s.sendall(b"GET /page.html HTTP/1.1\r\nHost: x\r\nUser-Agent: " + b"u" * 200 + b"\r\n\r\n")
                self.assertTrue(s.recv(65536), f"request {i} was not answered")
        self.assertEqual(self.get(server, "/page.html").status, 200, "another client is not answered")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(LIMIT), -signal.SIGTERM)

    def test_who_reads_its_log_may_go(self):
        server = self.serve()
        server.process.stdout.close()
        for _ in range(3):
            self.assertEqual(self.get(server, "/page.html").status, 200)
        server.process.send_signal(signal.SIGINT)
        self.assertEqual(server.process.wait(LIMIT), -signal.SIGINT, "it died of its log")

    def test_quiet(self):
        with socket.socket() as s:  # it does not say its port
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        quiet = subprocess.Popen([PROGRAM, "serve", "-q", "-p", str(port), str(self.dir)], stdout=subprocess.PIPE)
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline)
        quiet.send_signal(signal.SIGINT)
        self.assertEqual(quiet.communicate(timeout=LIMIT)[0], b"")

    def test_ctrl_c_lets_a_transfer_end(self):
        server = self.serve()
        with server.connect() as s:
            s.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = s.recv(1000)
            server.process.send_signal(signal.SIGINT)
            while True:  # until it listens no more
                try:
                    server.connect().close()
                except ConnectionRefusedError:
                    break
                except ConnectionResetError:  # it had come before that
                    pass
            while piece := s.recv(65536):
                answer += piece
        self.assertTrue(answer.endswith(BODY * 20))
        code, out, err = server.stop()
        self.assertEqual((code, err), (-signal.SIGINT, ""))

    def test_ctrl_c_does_not_wait_for_ever(self):
        server = self.serve("--grace", "0.05")
        idle = server.connect()
        stuck = server.connect()
        stuck.sendall(b"GET /big.bin HTTP/1.1\r\nHost: x\r\n\r\n")
        stuck.recv(10)
        code, out, err = server.stop()
        self.assertEqual((code, err), (-signal.SIGINT, ""))
        idle.close()
        stuck.close()

    def test_sigterm(self):
        server = self.serve()
        code, out, err = server.stop(signal.SIGTERM)
        self.assertEqual((code, err), (-signal.SIGTERM, ""))

    def test_other_addresses(self):
        server = self.serve("--bind", "::1")
        self.assertIn("http://[::1]:", server.first)
        self.assertEqual(self.get(server, "/page.html").content, b"<p>page")

    def test_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", self.base / "key.pem", "-out", self.base / "cert.pem"], check=True, capture_output=True)
        server = self.serve("--cert", self.base / "cert.pem", "--key", self.base / "key.pem")
        self.assertIn("https://", server.first)
        trusted = ssl.create_default_context(cafile=str(self.base / "cert.pem"))
        self.assertEqual(self.get(server, "/big.bin", context=trusted).content, BODY * 20)
        r = self.get(server, "/big.bin", context=trusted, Range="bytes=5-9")
        self.assertEqual((r.status, r.content), (206, BODY[5:10]))
        plain = server.raw(b"GET /page.html HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertNotIn(b"<p>", plain)
        self.assertEqual(self.get(server, "/page.html", context=trusted).content, b"<p>page")


class Mistakes(ServeTest):
    def test_each_is_one_line(self):
        self.assertEqual(self.refused(self.base / "none"), f"rondo serve: open {self.base}/none: No such file or directory")
        self.assertEqual(self.refused(self.base / "secret"), f"rondo serve: open {self.base}/secret: Not a directory")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = s.getsockname()[1]
            self.assertRegex(self.refused("-p", port, self.dir), rf"^rondo serve: .*127\.0\.0\.1:{port}.*: Address already in use$")
        self.assertRegex(self.refused("-b", "192.0.2.1", "-p", "0", self.dir), r"^rondo serve: .*192\.0\.2\.1.*: Cannot assign requested address$")
        self.assertRegex(self.refused("-b", "no such host", self.dir), r"^rondo serve: .*no such host")
        none = self.base / "no.pem"
        self.assertEqual(self.refused("--cert", none, "--key", none, self.dir), f"rondo serve: load {none}: No such file or directory")
        self.assertRegex(self.refused("--cert", self.base / "secret", "--key", self.base / "secret", self.dir), r"^rondo serve: load .*secret: ")
        self.assertEqual(self.refused("--cert", none, self.dir, code=2), "rondo serve: --cert and --key go together")

    def test_usage(self):
        for arguments in ["-p", "70000"], ["-p", "x"], ["--grace", "-1"], ["--nothing"], ["a", "b"]:
            run = subprocess.run([PROGRAM, "serve", *arguments], capture_output=True, text=True, timeout=LIMIT)
            self.assertEqual(run.returncode, 2, arguments)
            self.assertNotEqual(run.stderr, "")
            self.assertEqual(run.stdout, "")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
