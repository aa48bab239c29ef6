#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""`rondo compare`, run as its users run it: compare_test.py RONDO"""
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

RONDO = sys.argv.pop(1)
SMALL = ["--requests", "10", "--limit", "20000"]


def compare(*arguments):
    return subprocess.run([RONDO, "compare", *arguments], capture_output=True, text=True, timeout=100)


class Compare(unittest.TestCase):
    def test_table_and_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            svg = pathlib.Path(folder) / "picture.svg"
            done = compare(*SMALL, "--svg", str(svg))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr, "")
            for title in ("10 requests", "primes below 20000"):
                self.assertIn(title, done.stdout)
            for way in ("async tasks", "threads", "processes"):
                rows = [l for l in done.stdout.splitlines() if l.strip().startswith(way + " ")
                        and " s " in l]
                self.assertEqual(len(rows), 2, f"rows of {way} in:\n{done.stdout}")
            root = xml.etree.ElementTree.parse(svg).getroot()
            bars = root.findall("{http://www.w3.org/2000/svg}rect")
            self.assertEqual(len(bars), 1 + 2 * 3 * 4)

    def test_each_way_does_all_of_the_work(self):
        # 2262 primes are below 20,000. There is no server: 1 is a port that refuses.
        for way in ("tasks", "threads", "processes"):
            done = compare("--measure", "primes", way, "1", *SMALL)
            self.assertIn('"result":2262', done.stdout, done.stderr)
            done = compare("--measure", "requests", way, "1", *SMALL)
            self.assertEqual(done.returncode, 1)
            self.assertIn("refused", done.stderr)

    def test_bad_input(self):
        done = compare(*SMALL, "--svg", "/nosuch/folder/picture.svg")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nosuch/folder/picture.svg", done.stderr)
        self.assertIn("No such file or directory", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for wrong in (["--requests", "0"], ["--limit", "x"], ["--measure", "a"]):
            self.assertEqual(compare(*wrong).returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main()
