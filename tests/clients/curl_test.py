#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""curl against the HTTP server. What curl does with files is in tools/serve_test.py.

    curl_test.py SERVER [unittest arguments]
"""
import json
import os
import subprocess
import tempfile
import time

import served
from served import LIMIT


class Curl(served.ServedTest):
    def curl(self, *arguments, code=0, stdin=b""):
        run = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", self.folder / "ca.pem", *map(str, arguments)],
                             input=stdin, capture_output=True, timeout=LIMIT)
        self.assertEqual(run.returncode, code, run.stderr.decode())
        return run.stdout.decode()

    def write_out(self, what, *arguments, **options):
        """What -w tells of each transfer, without the replies."""
        outputs = [a for _ in range(sum(str(a).startswith("http") for a in arguments)) for a in ("-o", os.devnull)]
        return self.curl("-w", what + "\\n", *outputs, *arguments, **options).splitlines()

    def unending(self):
        """How many streams run that end when their client leaves."""
        return json.loads(self.curl(self.http + "/seen"))["unending"]

    def upload(self, size):
        """A file of that size; the sum of its bytes."""
        content = bytes(i * 7 & 255 for i in range(256)) * (size // 256 + 1)
        file = tempfile.NamedTemporaryFile(dir=self.folder, delete=False)
        with file:
            file.write(content[:size])
        return file.name, sum(content[:size])

    def test_one_connection_for_many(self):
        for base in self.http, self.https:
            found = self.write_out("%{num_connects} %{http_code} %{http_version}", base + "/greeting", base + "/none",
                                   base + "/fail", base + "/static/none", base + "/greeting?page=x", base + "/cookies")
            self.assertEqual(found, ["1 200 1.1", "0 404 1.1", "0 500 1.1", "0 404 1.1", "0 400 1.1", "0 200 1.1"])

    def test_many_at_a_time(self):
        found = self.write_out("%{http_code}", "-Z", "--parallel-max", 20, *[f"{self.https}/greeting?page={i}" for i in range(100)])
        self.assertEqual(found, ["200"] * 100)

    def test_head_says_what_get_has(self):
        for path in "/greeting", "/none", "/cookies":
            head = self.curl("-I", "-H", "X-Request-Id: one", self.http + path)
            got = self.curl("-i", "-H", "X-Request-Id: one", self.http + path)
            fields = lambda text: [line for line in text.split("\r\n\r\n")[0].splitlines() if not line.startswith("Date:")]
            self.assertEqual(fields(head), fields(got))
            length = len(got.encode().split(b"\r\n\r\n", 1)[1])
            self.assertIn(f"Content-Length: {length}", fields(head))

    def test_post_that_waits_for_100(self):
        name, total = self.upload(3 << 20)
        run = subprocess.run(["curl", "-sSv", "--data-binary", "@" + name, "-H", "Content-Type: application/x-any",
                              "-H", "Expect: 100-continue", "--expect100-timeout", str(LIMIT), self.http + "/upload"],
                             capture_output=True, timeout=LIMIT // 2, check=True)
        self.assertIn(b"< HTTP/1.1 100 Continue", run.stderr)
        self.assertEqual(json.loads(run.stdout), {"length": 3 << 20, "sum": total, "chunked": False, "type": "application/x-any"})

    def test_refused_before_it_is_sent(self):
        name, _ = self.upload(3 << 20)
        large, _ = self.upload(20 << 20)
        for path, file, code in ("/refuse", name, 403), ("/upload", large, 413), ("/none", name, 404):
            found = self.write_out("%{http_code} %{size_upload}", "-H", "Expect: 100-continue", "--expect100-timeout", LIMIT,
                                   "--data-binary", "@" + file, self.http + path)
            self.assertEqual(found, [f"{code} 0"])

    def test_refused_while_it_is_sent(self):
        for size, path, code in (9 << 20, "/refuse", "403"), (40 << 20, "/upload", "413"):
            file, _ = self.upload(size)
            for base in self.http, self.https:
                for how in ["--data-binary", "@" + file], ["-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", file]:
                    with self.subTest(path=path, base=base, how=how):
                        self.assertEqual(self.write_out("%{http_code}", "-H", "Expect:", *how, base + path), [code])

    def test_chunked_upload(self):
        content = bytes(range(256)) * 4000
        for base in self.http, self.https:
            found = json.loads(self.curl("-T", "-", base + "/upload/name", stdin=content))
            self.assertEqual(found, {"length": len(content), "sum": sum(content), "chunked": True, "type": ""})
        found = json.loads(self.curl("-T", "-", self.http + "/upload/", stdin=b""))
        self.assertEqual((found["length"], found["chunked"]), (0, True))

    def test_forms_json_and_cookies(self):
        jar = self.folder / "jar"
        # curl follows a 303 with GET.
        self.assertEqual(self.curl("-L", "--data-urlencode", "text=a+b & ü=😀", self.http + "/form"), "a+b & ü=😀")
        self.assertEqual(json.loads(self.curl("--json", '{"a": [1]}', self.http + "/json")),
                         {"method": "POST", "received": {"a": [1]}})
        self.curl("-c", jar, self.http + "/log_in")
        self.assertEqual(sorted(self.curl("-b", jar, self.http + "/cookies").split("; ")), ["session=s3cret", "theme=dark"])

    def test_http_1_0(self):
        found = self.write_out("%{http_code} %{num_connects}", "--http1.0", self.http + "/greeting", self.http + "/greeting")
        self.assertEqual(found, ["200 1", "200 1"])
        found = self.write_out("%{http_code} %{num_connects}", "--http1.0", "-H", "Connection: keep-alive",
                               self.http + "/greeting", self.http + "/greeting")
        self.assertEqual(found, ["200 1", "200 0"])
        # A stream, whose end is then the connection's.
        answer = self.curl("--http1.0", "-i", "--max-filesize", 10_000_000, self.http + "/events")
        self.assertIn("data: event 3\ndata: of six\n", answer)
        self.assertNotIn("chunked", answer.lower())

    def test_tls(self):
        found = self.write_out("%{http_code} %{ssl_verify_result} %{http_version}", "--http2", self.https + "/greeting")
        self.assertEqual(found, ["200 0 1.1"])  # h2 was offered: http/1.1 is what the server has
        for version in "1.2", "1.3":
            self.assertEqual(self.write_out("%{http_code}", f"--tlsv{version}", "--tls-max", version, self.https + "/greeting"), ["200"])
        self.curl("--cacert", self.folder / "server.key", self.https, code=77)  # curl: no CA in there
        # No HTTP/2 without TLS: the offer to upgrade is passed over.
        self.assertEqual(self.write_out("%{http_code} %{http_version}", "--http2", self.http + "/greeting"), ["200 1.1"])

    def test_streams_as_they_come(self):
        for base in self.http, self.https:
            for compressed in [], ["--compressed"]:
                client = subprocess.Popen(["curl", "-sSN", "-m", str(LIMIT), "--cacert", self.folder / "ca.pem", *compressed, base + "/relay/curl"],
                                          stdout=subprocess.PIPE)
                try:
                    for piece in b"one\n", b"two\n":
                        self.curl("-d", piece.decode(), base + "/relay/curl")
                        self.assertEqual(client.stdout.readline(), piece)
                    self.curl("-X", "DELETE", base + "/relay/curl")
                    self.assertEqual(client.communicate(timeout=LIMIT), (b"", None))
                    self.assertEqual(client.returncode, 0)
                finally:
                    client.kill()
                    client.wait()

    def test_events_as_they_come(self):
        client = subprocess.Popen(["curl", "-sSN", "-m", str(LIMIT), self.http + "/events/silent"], stdout=subprocess.PIPE)
        try:
            self.assertEqual(client.stdout.readline(), b"data: hello\n")  # and then nothing comes
            self.assertEqual(self.unending(), 1)
        finally:
            client.kill()
            client.communicate()
        end = time.monotonic() + 10  # the next ping, which would find it out too, is later
        while self.unending() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(self.unending(), 0)
        self.assertIn("id: 4\n", self.curl("-H", "Last-Event-ID: 3", self.http + "/events"))
        self.assertEqual(self.write_out("%{http_code}", "-H", "Last-Event-ID: 6", self.http + "/events"), ["204"])

    def test_as_a_proxy(self):
        # The target is then a whole URL, whose host counts (RFC 9112, 3.2.2).
        answer = subprocess.run(["curl", "-sS", "-x", self.http, "http://example.test/target?a=b"], capture_output=True,
                                timeout=LIMIT, check=True)
        self.assertEqual(answer.stdout, b"example.test /target?a=b")
        # No tunnel: CONNECT is refused.
        answer = subprocess.run(["curl", "-sS", "-x", self.http, "-w", "%{http_connect}", "https://example.test/"],
                                capture_output=True, timeout=LIMIT)
        self.assertEqual(answer.returncode, 56, answer.stderr)
        self.assertIn(answer.stdout, [b"400", b"404", b"405", b"501"])


if __name__ == "__main__":
    served.main()
