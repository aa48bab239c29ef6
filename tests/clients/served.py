# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""The server of these tests, run for a test's time, and certificates for it."""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = ""
LIMIT = 30  # seconds, after which a program hangs


def certify(folder):
    """ca.pem, and server.pem and server.key for localhost from it."""
    script = """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem \
            -subj "/CN=Test CA" -days 2 &&
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr \
            -subj /CN=localhost &&
        echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names &&
        openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names \
            -out server.pem"""
    subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True)


class ServedTest(unittest.TestCase):
    """Each class has one server: of self.site, at self.http and self.https."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="rondo-clients-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.site = cls.folder / "site"
        cls.site.mkdir()
        certify(cls.folder)
        cls.server = subprocess.Popen([PROGRAM, cls.site, cls.folder / "server.pem", cls.folder / "server.key"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        for line in cls.server.stdout:
            if line == "ready\n":
                break
            scheme, port = line.split()
            setattr(cls, scheme, f"{scheme}://localhost:{port}")

    @classmethod
    def end(cls):
        """It must end well, with nothing left."""
        cls.server.send_signal(signal.SIGTERM)
        try:
            _, errors = cls.server.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            cls.server.kill()
            raise
        if cls.server.returncode != 0:
            raise AssertionError(f"the server ended with {cls.server.returncode}: {errors}")


def main():
    global PROGRAM
    PROGRAM = sys.argv.pop(1)
    unittest.main()
