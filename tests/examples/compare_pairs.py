#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Runs each example and its Python twin and compares them.

Both must end well, print the same on stdout and on stderr, and sleep as
long: what Python does concurrently, Rondo does concurrently. The C++ must not be
longer than 1.3 times the Python: all examples together in lines of code (not
blank, not a comment), and each in the lines that differ from program to program
(not an import, an #include, a using or a lone closing bracket either).

    compare_pairs.py --examples DIR [--backends uring epoll] -- PROGRAM...

Examples whose program is not given (what they need was not built) are only counted,
and so are those that import what no Python here has. Those of PostgreSQL get a server, and
each run a database of its own.
"""
import argparse
import concurrent.futures
import functools
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # nothing of a test stays in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import postgres  # noqa: E402

MOST = 1.3        # C++ lines for a line of Python
SECONDS = 0.7     # that the two may differ in what they sleep
LIMIT = 60        # after which a program hangs
AT_ONCE = 8       # pairs

COMMENT = {".py": re.compile(r"#"), ".cpp": re.compile(r"//")}
IMPORT = re.compile(r"(?:import|from) (\w+)")
PREAMBLE = re.compile(r"import |from |#include|using |[]})]+[;,]?$")


def lines_of_code(path):
    """All lines of code, and those that say what this program does."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    code = [line for line in lines if line and not COMMENT[path.suffix].match(line)]
    return len(code), len([line for line in code if not PREAMBLE.match(line)])


@functools.cache
def python_with(modules):
    """A Python that has them: the one that runs this, or the system's. None: neither."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", "import " + ", ".join(modules)], stderr=subprocess.DEVNULL,
                              timeout=LIMIT, check=False).returncode == 0:
                return python
        except OSError:
            continue
    return None


class Slept:
    """How long a program slept: not longer than it ran, and not less than that without what
    its first thread computed or waited for a processor. (In which it may have slept as well:
    a time that comes while it is not let run is none to wait for.)"""

    def __init__(self, least, most):
        self.least = least
        self.most = most

    def differs(self, other):
        return self.least > other.most + SECONDS or other.least > self.most + SECONDS

    def __str__(self):
        return f"{self.least:.1f} to {self.most:.1f} s"


def busy(pid):
    """Seconds that its first thread has computed or waited for a processor."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            computed, waited, _ = file.read().split()
    except FileNotFoundError:
        return 0.0
    return (int(computed) + int(waited)) / 1e9


# What is compared is how long a program was asleep: how long it computes says how fast
# the machine and the language are. Python's start isn't counted (it reads many files).
TIMED = """
import runpy, sys, time
import {modules}
sys.path.insert(0, {here!r})
from compare_pairs import busy
begin, worked = time.monotonic(), busy("self")
try:
    runpy.run_path({path!r}, run_name="__main__")
finally:
    with open({times!r}, "w") as file:
        print(time.monotonic() - begin, busy("self") - worked, file=file)
"""


def run_python(python, path, modules, environment):
    """As run; the time is that from when the modules are there."""
    with tempfile.NamedTemporaryFile("r") as times:
        program = TIMED.format(modules=", ".join(modules), path=str(path), times=times.name,
                               here=str(pathlib.Path(__file__).resolve().parent))
        end, slept = run([python, "-c", program], environment)
        took = [float(word) for word in times.read().split()]
        return end, Slept(took[0] - took[1], took[0]) if took else slept


def run(command, environment):
    """How it ended, with its output; and how long it slept."""
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **environment})
        limit = threading.Timer(LIMIT, process.kill)
        limit.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        took = time.monotonic() - begin
        slept = Slept(took - busy(process.pid), took)
        limit.cancel()
        code = process.wait()
        if took >= LIMIT:
            return (f"none within {LIMIT} s", "", ""), slept
        output.seek(0)
        errors.seek(0)
        return (code, output.read(), errors.read()), slept


class Pair:
    server = None  # of PostgreSQL, for the pairs that need one

    def __init__(self, python, program, backends):
        self.name = python.stem
        self.python = python
        self.cpp = python.with_suffix(".cpp")
        self.program = program
        self.backends = backends
        self.problems = []
        self.differences = []
        imports = [found[1] for found in map(IMPORT.match, python.read_text().splitlines()) if found]
        self.modules = tuple(sorted(set(imports)))
        self.interpreter = python_with(self.modules) if program else None
        self.needs_server = bool(self.interpreter) and "asyncpg" in self.modules
        self.py_lines, self.py_body = lines_of_code(self.python)
        self.cpp_lines, self.cpp_body = lines_of_code(self.cpp)
        if self.cpp_body > MOST * self.py_body:
            self.problems.append(f"{self.cpp_body} lines of C++ for {self.py_body} of Python, "
                                 f"more than {MOST} times")

    def compare(self):
        """Runs the twins side by side."""
        if self.interpreter:
            self.differences = self.differing()

    def environment(self, who):
        return Pair.server.environment(f"{self.name}_{who}") if self.needs_server else {}

    def differing(self):
        # Made before anybody's time is taken.
        environments = {who: self.environment(who) for who in ("python", *self.backends)}
        with concurrent.futures.ThreadPoolExecutor() as twins:
            python = twins.submit(run_python, self.interpreter, self.python, self.modules,
                                  environments["python"])
            rondo = [twins.submit(run, [str(self.program)], {"RONDO_BACKEND": b, **environments[b]})
                     for b in self.backends]
        expected, py_slept = python.result()
        found = []
        if expected[0] != 0:
            found.append(f"Python: exit status {expected[0]}\n{expected[2]}")
        for backend, twin in zip(self.backends, rondo):
            got, self.slept = twin.result()
            for what, theirs, ours in zip(("exit status", "stdout", "stderr"), expected, got):
                if theirs != ours:
                    found.append(f"{backend}: {what} differs\n--- Python\n{theirs}\n--- C++\n{ours}")
            if self.slept.differs(py_slept):
                found.append(f"{backend}: C++ slept {self.slept}, Python {py_slept}")
        return found


def compare_all(pairs):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(Pair.compare, pairs))
    # Most examples show times, and a busy machine keeps some program waiting: what
    # differs is looked at again with nothing beside it, and told of in any case.
    for p in [p for p in pairs if p.differences]:
        for difference in p.differences:
            print(f"{p.name}, while others ran: {difference}\n")
        p.compare()
        p.problems += p.differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=pathlib.Path, required=True)
    parser.add_argument("--backends", nargs="+", default=["uring", "epoll"])
    parser.add_argument("programs", type=pathlib.Path, nargs="+")
    options = parser.parse_args()

    failures = [f"{path.name} has no twin"
                for path in sorted(options.examples.iterdir())
                for suffix in [{".py": ".cpp", ".cpp": ".py"}.get(path.suffix)]
                if suffix and not path.with_suffix(suffix).exists()]
    programs = {program.name: program for program in options.programs}
    pairs = [Pair(path, programs.get(path.stem), options.backends)
             for path in sorted(options.examples.glob("*.py")) if path.with_suffix(".cpp").exists()]
    if any(p.needs_server for p in pairs):
        if not postgres.programs():
            sys.exit("no PostgreSQL server: apt install postgresql")
        Pair.server = postgres.Postgres()
    try:
        compare_all(pairs)
    finally:
        if Pair.server:
            Pair.server.close()

    def row(name, py, cpp, py_body, cpp_body):
        return (f"{name:22}{py:8}{cpp:8}{cpp / py:8.2f}{py_body:13}{cpp_body:8}"
                f"{cpp_body / py_body:8.2f}")

    print(f"{'':22}{'all lines of code':>24}{'no preamble, brackets':>29}")
    print(f"{'':22}{'Python':>8}{'C++':>8}{'ratio':>8}{'Python':>13}{'C++':>8}{'ratio':>8}")
    for p in pairs:
        verdict = "          not built"
        if p.program:
            verdict = f"{p.slept.most:6.1f} s  same" if p.interpreter else "          no Python has what it imports"
        print(row(p.name, p.py_lines, p.cpp_lines, p.py_body, p.cpp_body),
              "          FAILED" if p.problems else verdict)
    sums = [sum(getattr(p, column) for p in pairs)
            for column in ("py_lines", "cpp_lines", "py_body", "cpp_body")]
    print(row("all", *sums))

    if sums[1] > MOST * sums[0]:
        failures.append(f"all: {sums[1]} lines of C++ for {sums[0]} of Python, more than {MOST} times")
    failures += [f"{name}: no such example" for name in programs.keys() - {p.name for p in pairs}]
    failures += [f"{p.name}: {problem}" for p in pairs for problem in p.problems]
    for failure in failures:
        print(f"\nFAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
