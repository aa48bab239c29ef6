# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server in a folder of its own, on a free port of the loopback interface."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PASSWORD = "open sesame"  # of the role "secret"


def programs():
    """Where Debian has the newest one. None: there is no server."""
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


class Postgres:
    """The server; its role "app" needs no password, "secret" needs PASSWORD."""

    def __init__(self):
        self.process = None
        self.lock = threading.Lock()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="rondo-postgres-"))
        # It refuses to run as root.
        self.user = None
        if os.getuid() == 0:
            for name in ("postgres", "nobody"):
                try:
                    self.user = pwd.getpwnam(name)
                    break
                except KeyError:
                    continue
            os.chown(self.base, self.user.pw_uid, self.user.pw_gid)
        try:
            self.call("initdb", "-D", self.base / "data", "-U", "app", "-A", "trust", "-E", "UTF8",
                      "--locale=C", "--no-sync", "--no-instructions")
            (self.base / "data" / "pg_hba.conf").write_text(
                "local all all trust\nhost all app 127.0.0.1/32 trust\n"
                "host all secret 127.0.0.1/32 scram-sha-256\n")
            self.start()
            self.psql(f"create role secret login password '{PASSWORD}'")
        except BaseException:
            self.close()
            raise

    def start(self):
        for _ in range(3):  # somebody may take the port
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
            with open(self.base / "log", "ab") as log:
                self.process = subprocess.Popen(
                    [programs() / "postgres", "-D", self.base / "data", "-p", str(self.port),
                     "-k", self.base, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
                     "-c", "max_connections=200"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.other_user())
            for _ in range(3000):
                ready = subprocess.run([programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                                       check=False)
                if ready.returncode == 0:
                    return
                if self.process.poll() is not None:
                    break
                time.sleep(0.01)
        raise RuntimeError("PostgreSQL did not start: " + (self.base / "log").read_text(errors="replace"))

    def other_user(self):
        if not self.user:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def call(self, program, *arguments):
        done = subprocess.run([programs() / program, *map(str, arguments)], capture_output=True, text=True,
                              check=False, **self.other_user())
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout

    def psql(self, sql, database="postgres"):
        """What it prints, a row a line."""
        return self.call("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port,
                         "-U", "app", "-d", database, "-c", sql)

    def url(self, database="postgres", user="app"):
        return f"postgres://{user}@127.0.0.1:{self.port}/{database}"

    def environment(self, database):
        """What leads every client of PostgreSQL to a database, which is made if it is not there."""
        with self.lock:
            if not self.psql(f"select 1 from pg_database where datname = '{database}'"):
                self.psql(f'create database "{database}"')
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": "app", "PGDATABASE": database}

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        shutil.rmtree(self.base, ignore_errors=True)
