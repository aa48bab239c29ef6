#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""wrk against the HTTP server: many connections, no error. How fast that is, the benchmarks
tell.

    wrk_test.py SERVER [unittest arguments]
"""
import re
import subprocess

import served
from served import LIMIT

PIPELINE = """
init = function(args)
  local requests = {}
  for i = 1, 16 do
    requests[i] = wrk.format(nil, "/greeting?page=" .. i)
  end
  all = table.concat(requests)
end
request = function() return all end
"""


class Wrk(served.ServedTest):
    def wrk(self, url, *arguments):
        run = subprocess.run(["wrk", "-t2", "-c32", "-d1s", "--timeout", "20s", *map(str, arguments), url],
                             capture_output=True, text=True, timeout=LIMIT, check=True)
        self.assertNotIn("Socket errors", run.stdout)
        self.assertNotIn("Non-2xx", run.stdout)
        found = re.search(r"(\d+) requests in", run.stdout)
        self.assertTrue(found and int(found[1]) >= 32, run.stdout)

    def test_plain(self):
        self.wrk(self.http + "/greeting")

    def test_pipelined(self):
        script = self.folder / "pipeline.lua"
        script.write_text(PIPELINE)
        self.wrk(self.http, "-s", script)
        self.wrk(self.https, "-s", script)

    def test_tls(self):
        self.wrk(self.https + "/greeting")

    def test_new_connections(self):
        self.wrk(self.http + "/greeting", "-H", "Connection: close")

    def test_files(self):
        (self.site / "file").write_bytes(bytes(100_000))
        self.wrk(self.http + "/static/file")


if __name__ == "__main__":
    served.main()
