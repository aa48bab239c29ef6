#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""rondo sql against a real PostgreSQL server, and SQLite files that Python has made.

    sql_test.py PROGRAM DATABASE… [unittest arguments]

DATABASE: pg, sqlite: those that the program was built with.
"""
import contextlib
import csv
import fcntl
import io
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

sys.dont_write_bytecode = True  # nothing of a test stays in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import postgres  # noqa: E402

PROGRAM = ""
DATABASES = set()
LIMIT = 60  # seconds, after which a program hangs


def assert_little_memory(test, *arguments):
    """Writes 100 MB and more, of which it never holds much."""
    # AddressSanitizer keeps what was freed for a while, if it is let.
    environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"}
    process = subprocess.Popen([PROGRAM, "sql", *map(str, arguments)], stdout=subprocess.PIPE, env=environment)
    size = 0
    while piece := process.stdout.read(1 << 20):
        size += len(piece)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    test.assertEqual(status, 0)
    test.assertGreater(size, 100_000_000)
    test.assertLess(usage.ru_maxrss, 80 * 1024, f"{arguments[-1]}: kilobytes")


def sql(*arguments, code=0, **environment):
    """What it writes: (stdout, stderr)."""
    done = subprocess.run([PROGRAM, "sql", *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment}, check=False)
    if done.returncode != code:
        raise AssertionError(f"exit code {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}")
    return done.stdout, done.stderr


def table(*arguments):
    out, err = sql(*arguments)
    assert err == "", err
    return out


def rows(*arguments):
    return [json.loads(line) for line in table(*arguments, "--json").splitlines()]


@contextlib.contextmanager
def terminal(*arguments, columns=80):
    """Runs it on a terminal; gives the process and a function that reads up to some text."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([PROGRAM, "sql", *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
                               start_new_session=True, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    seen = b""

    def read_until(text):
        nonlocal seen
        end = time.monotonic() + LIMIT
        while text.encode() not in seen:
            ready, _, _ = select.select([ours], [], [], max(0, end - time.monotonic()))
            piece = b""
            if ready:
                with contextlib.suppress(OSError):  # EIO: it has ended
                    piece = os.read(ours, 65536)
            if not piece:
                raise AssertionError(f"no {text!r} in {seen!r}")
            seen += piece
        before, seen = seen.split(text.encode(), 1)
        return before.decode()

    try:
        yield process, read_until
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)


class PostgresTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if "pg" not in DATABASES:
            raise unittest.SkipTest("built without PostgreSQL")
        if not postgres.programs():
            raise RuntimeError("no PostgreSQL server: apt install postgresql")
        cls.server = postgres.Postgres()
        cls.addClassCleanup(cls.server.close)
        cls.url = cls.server.url()
        cls.server.psql("create table item(id int primary key, name text, weight float8);"
                        "insert into item values(1, 'bowl', 0.5), (2, null, 12), (30, 'a | b', null)")

    def test_a_table(self):
        self.assertEqual(table(self.url, "select * from item order by id"),
                         " id | name  | weight\n"
                         "----+-------+--------\n"
                         "  1 | bowl  |    0.5\n"
                         "  2 | NULL  |     12\n"
                         " 30 | a | b |   NULL\n"
                         "(3 rows)\n")
        self.assertEqual(table(self.url, "select id from item where false"), " id\n----\n(0 rows)\n")
        self.assertEqual(table(self.url, "select 1 as one"), " one\n-----\n   1\n(1 row)\n")

    def test_what_could_drive_a_terminal_does_not(self):
        self.assertIn(" a?[31m↵b c ü\n", table(self.url, "select $1 as t", "a\x1b[31m\nb\tc ü"))

    def test_lines_of_json(self):
        self.assertEqual(rows(self.url, "select * from item order by id"),
                         [{"id": 1, "name": "bowl", "weight": 0.5}, {"id": 2, "name": None, "weight": 12},
                          {"id": 30, "name": "a | b", "weight": None}])
        self.assertEqual(rows(self.url, "select 1 where false"), [])

    def test_json_of_every_type(self):
        statement = """select true as b, 9223372036854775807 as i, 1e300::float8 as f, 'NaN'::float8 as nan,
            12345678901234567890.5::numeric as n, 'NaN'::numeric as nn, '\\x00ff'::bytea as bytes,
            '{"a": [1,\n 2.50]}'::json as j, '{"k": null}'::jsonb as jb, array[1, null, 3] as ints,
            array['a,b', null, 'NULL', '"'] as texts, array[[1.5, 2], [3, 4]]::numeric[] as matrix,
            '[0:1]={1,2}'::int[] as bounds, date '2026-11-30' as d, interval '1 day 2 hours' as iv, null as nothing,
            E'line\nbreak "\\t' as t, array[true, false] as flags"""
        line = table(self.url, statement, "--json")
        self.assertEqual(line.count("\n"), 1)
        self.assertIn('"n":12345678901234567890.5,', line)
        self.assertIn('"j":{"a": [1,  2.50]},', line)
        got = json.loads(line)
        for name in ("n", "j"):
            del got[name]
        self.assertEqual(got, {
            "b": True, "i": 9223372036854775807, "f": 1e300, "nan": "nan", "nn": "NaN", "bytes": "\\x00ff",
            "jb": {"k": None}, "ints": [1, None, 3], "texts": ["a,b", None, "NULL", '"'],
            "matrix": [[1.5, 2], [3, 4]], "bounds": [1, 2], "d": "2026-11-30", "iv": "1 day 02:00:00",
            "nothing": None, "t": 'line\nbreak "\t', "flags": [True, False]})

    def test_csv(self):
        text = table(self.url, "select 1 as \"a,b\", '' as empty, null as nothing, E'x\"y\nz' as quoted", "--csv")
        self.assertEqual(text, '"a,b",empty,nothing,quoted\n1,"",,"x""y\nz"\n')
        self.assertEqual(list(csv.reader(io.StringIO(text)))[1], ["1", "", "", 'x"y\nz'])

    def test_parameters_are_never_part_of_the_statement(self):
        evil = "'; drop table item; --"
        self.assertEqual(rows(self.url, "select $1 as a, $2::int + 1 as b", evil, "41"), [{"a": evil, "b": 42}])
        self.assertEqual(table(self.url, "--json", "select $1::int as n", "--", "-5"), '{"n":-5}\n')
        self.assertEqual(rows(self.url, "select id from item where name = $1", "bowl"), [{"id": 1}])
        _, err = sql(self.url, "select $1::int", "abc", code=1)
        self.assertEqual(err, 'rondo sql: select $1::int: invalid input syntax for type integer: "abc" (22P02)\n')

    def test_what_changes_says_how_much(self):
        self.assertEqual(table(self.url, "create table t(n int)"), "0 rows changed\n")
        self.assertEqual(table(self.url, "insert into t select generate_series(1, 3)"), "3 rows changed\n")
        self.assertEqual(table(self.url, "update t set n = 0 where n = 1", "--json"), "")
        self.assertEqual(rows(self.url, "delete from t returning n"), [{"n": 2}, {"n": 3}, {"n": 0}])
        self.assertEqual(table(self.url, "drop table t"), "0 rows changed\n")

    def test_ctrl_c_stops_the_statement(self):
        for form in ([], ["--json"]):
            process = subprocess.Popen([PROGRAM, "sql", self.url, "select pg_sleep(1000)", *form],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.wait_for_statement("select pg_sleep(1000)")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT)
            self.assertNotEqual(process.returncode, 0)
            self.wait_for_no_statement("select pg_sleep(1000)")

    def active(self, like):
        return int(self.server.psql("select count(*) from pg_stat_activity where state = 'active' and "
                                    f"query like '{like}'"))

    def wait_for_statement(self, like):
        end = time.monotonic() + LIMIT
        while self.active(like) == 0:
            self.assertLess(time.monotonic(), end, "the statement has not begun")

    def wait_for_no_statement(self, like):
        end = time.monotonic() + LIMIT
        while self.active(like) != 0:
            self.assertLess(time.monotonic(), end, "the statement runs on")

    def test_many_rows_take_no_memory(self):
        for form in ("--csv", "--json"):
            assert_little_memory(
                self, self.url, "select i, repeat('x', 1000) as t from generate_series(1, 100000) i", form)

    def test_a_reader_that_goes_away_ends_it(self):
        process = subprocess.Popen([PROGRAM, "sql", self.url, "select generate_series(1, 100000000) as n", "--csv"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "n\n")
        process.stdout.close()
        self.assertEqual(process.stderr.read(), "rondo sql: write to standard output: Broken pipe\n")
        process.stderr.close()
        self.assertEqual(process.wait(LIMIT), 1)
        self.wait_for_no_statement("select generate_series(1, 100000000)%")

    def test_errors_are_one_line(self):
        for statement, said in {
                "select * from nowhere": 'relation "nowhere" does not exist (42P01), at character 15',
                "select 1; select 2": "cannot insert multiple commands into a prepared statement (42601)",
                "select 1/0": "division by zero (22012)"}.items():
            for form in ([], ["--json"], ["--csv"]):
                out, err = sql(self.url, statement, *form, code=1)
                self.assertEqual(out, "")
                self.assertEqual(err.count("\n"), 1, err)
                self.assertTrue(err.startswith("rondo sql: "), err)
                if form == [] or ";" not in statement:
                    self.assertIn(said, err)
        _, err = sql(self.url, "copy item from stdin", code=1)
        self.assertIn("a COPY", err)

    def test_notices_are_told(self):
        out, err = sql(self.url, "drop table if exists nowhere")
        self.assertEqual(err, 'rondo sql: NOTICE: table "nowhere" does not exist, skipping\n')

    def test_a_server_that_is_not_there_is_told_at_once(self):
        begin = time.monotonic()
        _, err = sql("postgres://app@127.0.0.1:1/nowhere", "select 1", code=1)
        self.assertIn("connect app@127.0.0.1:1/nowhere: 127.0.0.1:1: ", err)
        self.assertIn("Connection refused", err)
        self.assertLess(time.monotonic() - begin, 20)
        _, err = sql(self.server.url("nowhere"), "select 1", code=1)
        self.assertIn('database "nowhere" does not exist', err)

    def test_no_password_is_shown(self):
        password = "open%20sesame"
        good = f"postgres://secret:{password}@127.0.0.1:{self.server.port}/postgres"
        self.assertEqual(rows(good, "select current_user as me"), [{"me": "secret"}])
        environment = {"PGPASSWORD": postgres.PASSWORD}
        out, _ = sql(self.server.url(user="secret"), "select current_user", **environment)
        self.assertIn("secret", out)
        for url in (good.replace("sesame", "s3same"), good.replace("%20", "%zz"), good.replace("//", "/"),
                    good.replace("postgres:", "mysql:"), good + "?nope=1",
                    f"postgres://127.0.0.1:1/x?password={password}%zz",
                    good.replace(str(self.server.port), "1"), good.replace(str(self.server.port), "port")):
            with self.subTest(url):
                done = subprocess.run([PROGRAM, "sql", url, "select 1"], capture_output=True, text=True,
                                      timeout=LIMIT, check=False)
                self.assertIn(done.returncode, (1, 2), done)
                self.assertNotIn("same", done.stdout + done.stderr)
                self.assertNotIn("open", done.stdout + done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_mistakes_are_exit_code_2(self):
        for arguments in ([], [self.url], ["nothing", "select 1"], ["http://x/", "select 1"],
                          [self.url, "select 1", "--json", "--csv"], [self.url, "select 1", "--watch", "0"]):
            with self.subTest(arguments):
                done = subprocess.run([PROGRAM, "sql", *arguments], capture_output=True, text=True, timeout=LIMIT,
                                      check=False)
                self.assertEqual(done.returncode, 2, done)

    def test_a_terminal_is_not_too_narrow(self):
        statement = "select 1 as n, repeat('wide ', 50) as text, repeat('x', 30) as other"
        with terminal(self.url, statement, columns=60) as (process, read_until):
            lines = read_until("(1 row)").splitlines()
            self.assertEqual(process.wait(LIMIT), 0)
        self.assertTrue(lines)
        for line in lines:
            self.assertLessEqual(len(line), 60, line)
        self.assertIn("…", lines[2])
        self.assertIn("wide wide", lines[2])

    def test_watching(self):
        self.server.psql("create table seen(n int); insert into seen values(1)")
        with terminal(self.url, "select n from seen", "--watch", "0.1") as (process, read_until):
            self.assertIn("every 0.1 s: select n from seen", read_until("(1 row)"))
            self.server.psql("insert into seen values(2)")
            self.assertIn("\x1b[H\x1b[2J", read_until("(2 rows)"))
            self.server.psql("drop table seen")
            read_until('rondo sql: select n from seen: relation "seen" does not exist')
            self.assertEqual(process.wait(LIMIT), 1)
        with terminal(self.url, "select 1 as n", "--watch", "0.1") as (process, read_until):
            read_until("(1 row)")
            process.send_signal(signal.SIGINT)
            process.wait(LIMIT)
        process = subprocess.Popen([PROGRAM, "sql", self.url, "select 1 as n", "--json", "--watch", "0.1"],
                                   stdout=subprocess.PIPE, text=True)
        self.assertEqual([process.stdout.readline() for _ in range(3)], ['{"n":1}\n'] * 3)
        process.terminate()
        process.communicate(timeout=LIMIT)


class SqliteTest(unittest.TestCase):
    def setUp(self):
        if "sqlite" not in DATABASES:
            self.skipTest("built without SQLite")
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="rondo-sql-"))
        self.addCleanup(shutil.rmtree, self.base, True)
        self.file = self.base / "shop.db"
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            db.execute("create table item(id integer primary key, name text, weight real, picture blob)")
            db.execute("insert into item values(1, 'bowl', 0.5, x'00ff'), (2, null, 12, null)")
            db.commit()

    def journal(self):
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            return db.execute("pragma journal_mode").fetchone()[0]

    def test_a_table_json_and_csv(self):
        self.assertEqual(table(self.file, "select * from item order by id"),
                         " id | name | weight | picture\n"
                         "----+------+--------+---------\n"
                         "  1 | bowl |    0.5 | \\x00ff\n"
                         "  2 | NULL |     12 | NULL\n"
                         "(2 rows)\n")
        self.assertEqual(rows(f"sqlite:{self.file}", "select id, picture from item order by id"),
                         [{"id": 1, "picture": "\\x00ff"}, {"id": 2, "picture": None}])
        self.assertEqual(table(self.file, "select name, '' as e from item order by id", "--csv"),
                         'name,e\nbowl,""\n,""\n')

    def test_looking_changes_nothing(self):
        before = self.file.read_bytes()
        table(self.file, "select count(*) from item")
        self.assertEqual(self.file.read_bytes(), before)
        self.assertEqual([path.name for path in self.base.iterdir()], ["shop.db"])

    def test_changing_keeps_the_journal(self):
        evil = "'; drop table item; --"
        self.assertEqual(table(self.file, "insert into item(name) values(?)", evil), "1 row changed\n")
        self.assertEqual(rows(self.file, "select name from item where id = ?", "3"), [{"name": evil}])
        self.assertEqual(rows(self.file, "delete from item where id > ? returning id", "1"), [{"id": 2}, {"id": 3}])
        self.assertEqual(self.journal(), "delete")
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            db.execute("pragma journal_mode = wal")
        self.assertEqual(table(self.file, "delete from item"), "1 row changed\n")
        self.assertEqual(self.journal(), "wal")

    def test_a_file_that_is_not_there_is_not_made(self):
        missing = self.base / "missing.db"
        for statement in ("select 1", "create table t(n)"):
            out, err = sql(missing, statement, code=1)
            self.assertEqual(out, "")
            self.assertEqual(err.count("\n"), 1, err)
            self.assertIn("missing.db: open: unable to open database file", err)
        self.assertFalse(missing.exists())
        (self.base / "text.sqlite").write_text("this is no database" * 100)
        _, err = sql(self.base / "text.sqlite", "select * from t", code=1)
        self.assertIn("file is not a database", err)

    def test_errors_are_one_line(self):
        _, err = sql(self.file, "select * from\nnowhere", code=1)
        self.assertEqual(err, f"rondo sql: sqlite {self.file}: select * from nowhere: no such table: nowhere\n")

    def test_many_rows_take_no_memory(self):
        statement = ("with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) "
                     "select i, printf('%01000d', i) as t from n")
        assert_little_memory(self, self.file, statement, "--csv")


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    while len(sys.argv) > 1 and sys.argv[1] in ("pg", "sqlite"):
        DATABASES.add(sys.argv.pop(1))
    unittest.main()
