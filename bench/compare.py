#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The Rondo authors
"""Runs the benchmark contract over Rondo and its peers, side by side.

    bench/peers/build.sh                  once: builds the peers it can
    bench/compare.py                      everything, five interleaved rounds
    bench/compare.py --quick --workloads echo,switch --programs rondo,go
    bench/compare.py --markdown results.md --json results.json

Each round runs every program once per workload, in an order that moves on from
round to round, so that a machine that drifts drifts for all. Tables give the
median of the rounds, their spread, and the ratio to Rondo, which is the median
of the ratios *within* a round. Servers and single-threaded work are pinned to
one core, load to another; workloads with threads or processes of their own get
both. A server is judged by its own CPU time, read in nanoseconds from its
process clock around the measured window.

Programs that are not built, and workloads a program does not have (exit code
64), are left out. Every process started here is stopped by its pid.
"""
import argparse
import ctypes
import json
import os
import random
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "bench" / "peers"
BUILT = ROOT / "build" / "peers"
MISSING = 64
CONNECTIONS = 64
FILE_SIZE = 1024  # of the download workload

#             workload      full       quick     what
WORKLOADS = {
    "switch": (1_000_000, 100_000, "two tasks yield in turn"),
    "spawn": (500_000, 50_000, "tasks that return at once, gathered 1,000 at a time"),
    "await": (5_000_000, 500_000, "a loop awaits a child coroutine"),
    "sleepers": (100_000, 50_000, "tasks asleep: memory, start, cancellation"),
    "timers": (100_000, 20_000, "tasks sleep a random 0–1 s: process CPU"),
    "timeout": (200_000, 20_000, "a yield under a deadline of 10 s"),
    "queue": (500_000, 50_000, "one producer, one consumer, bounded queue of 128"),
    "to_thread": (20_000, 2_000, "a trivial call in a worker thread, one after another"),
    "subprocess": (500, 100, "/bin/true, 16 at once"),
    "udp": (100_000, 10_000, "64 bytes there and back by UDP, in one process, verified"),
    "files": (2_000, 500, "whole files of 1–32 KiB, cached, concurrently"),
    "echo": (300_000, 60_000, "TCP echo of 1 KiB over 64 connections, verified"),
    "websocket": (300_000, 60_000, "WebSocket echo of 1 KiB over 64 connections, verified"),
    "http": (3, 1, "GET / of 13 bytes over 64 keep-alive connections, verified"),
    "http_pipelined": (3, 1, "the same, each connection asks 16 times at once"),
    "download": (10_000, 2_000, "GET of 1 KiB from nginx, 32 at once, verified"),
}
BOTH_CORES = {"to_thread", "subprocess", "files"}  # they have threads or processes of their own
DOWNLOADS_AT_ONCE = 32


class Failed(Exception):
    """A program that did not do what the contract says."""


# ---------------------------------------------------------------- processes

live = {}  # pid → Popen: everything started and not yet waited for
libc = ctypes.CDLL(None)


def start(argv, cores, env=None, **options):
    parent = os.getpid()

    def child():
        os.sched_setaffinity(0, cores)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: never outlive this program
        if os.getppid() != parent:
            os._exit(1)

    process = subprocess.Popen(argv, env={**os.environ, **(env or {})}, preexec_fn=child, text=True, **options)
    live[process.pid] = process
    return process


def stop(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()
    live.pop(process.pid, None)


def stop_all():
    for process in list(live.values()):
        stop(process)


def output_of(argv, cores, env=None, limit=180):
    """What a program prints, None if it does not have the workload."""
    process = start(argv, cores, env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise Failed(f"no end after {limit} s") from None
    finally:
        stop(process)
    if process.returncode == MISSING:
        return None
    if process.returncode:
        raise Failed(f"exit code {process.returncode}: {(err or out).strip()[-300:]}")
    return out


def cpu_ns(pid):
    """CPU time of all threads of a process, past and present, in nanoseconds."""
    return time.clock_gettime_ns((~pid << 3) | 2)  # what clock_getcpuclockid(3) gives


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def results_in(text):
    """{name: (value, unit, {field: text})} of the RESULT lines."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 4 and words[0] == "RESULT":
            fields = dict(word.split("=", 1) for word in words[4:] if "=" in word)
            found[words[1]] = (float(words[2]), words[3], fields)
    if not found:
        raise Failed("printed no RESULT line")
    return found


# ----------------------------------------------------------------- programs


class Program:
    def __init__(self, name, argv, env=None, needs=()):
        self.name, self.argv, self.env = name, [str(a) for a in argv], env or {}
        self.present = all(needs)
        self.lacks = set()  # workloads it has said it does not have

    def command(self, *arguments):
        return self.argv + [str(a) for a in arguments]

    def version(self, cores):
        try:
            text = output_of(self.command("version"), cores, self.env, 20) or ""
        except Failed:
            return ""
        return next((line[8:] for line in text.splitlines() if line.startswith("VERSION ")), "")

    def serve(self, workload, cores, scratch):
        """Starts the server and waits until it accepts: (process, port), None if it has no such workload."""
        port = free_port()
        errors = open(scratch / "server.err", "w+")
        process = start(self.command(workload, port), cores, self.env, stdout=subprocess.PIPE, stderr=errors)
        try:
            ends = time.monotonic() + 20
            while time.monotonic() < ends:
                if select.select([process.stdout], [], [], 0.2)[0]:
                    line = process.stdout.readline()
                    if line.strip() == "READY":
                        return process, port
                    if not line:
                        process.wait(5)
                        break
            if process.poll() == MISSING:
                stop(process)
                return None
            errors.seek(0)
            raise Failed(f"did not serve: {errors.read().strip()[-300:]}")
        except BaseException:
            stop(process)
            raise
        finally:
            errors.close()


class Nginx(Program):
    """nginx, as the http peer and as the server of the download workload."""

    def __init__(self):
        path = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        super().__init__("nginx", [path], needs=[path])
        self.lacks = set(WORKLOADS) - {"http", "http_pipelined"}

    def version(self, cores):
        process = subprocess.run([self.argv[0], "-v"], stderr=subprocess.PIPE, text=True, check=False)
        return process.stderr.strip().rpartition(" ")[2]

    def serve(self, workload, cores, scratch):
        port = free_port()
        folder = Path(tempfile.mkdtemp(dir=scratch))
        (folder / "file").write_bytes(bytes(i * 7 & 255 for i in range(FILE_SIZE)))
        temporary = " ".join(f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_processes 1;
            pid {folder}/pid; error_log {folder}/error.log warn;
            events {{ worker_connections 4096; }}
            http {{
              access_log off; default_type text/plain; server_tokens off; {temporary}
              sendfile on; tcp_nodelay on; open_file_cache max=100; open_file_cache_valid 60s;
              keepalive_timeout 75s; keepalive_requests 1000000000;
              server {{
                listen 127.0.0.1:{port} backlog=1024;
                location = / {{ return 200 "Hello, World!"; }}
                location = /file {{ root {folder}; }}
              }}
            }}""")
        process = start([self.argv[0], "-e", folder / "error.log", "-p", folder, "-c", folder / "nginx.conf"],
                        cores, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return process, port
            except OSError:
                if process.poll() is not None:
                    break
                time.sleep(0.02)
        stop(process)
        log = folder / "error.log"
        raise Failed(f"nginx did not start: {log.read_text()[-300:] if log.exists() else ''}")


def all_programs():
    venv = BUILT / "venv" / "bin" / "python"
    python = venv if venv.exists() else sys.executable
    node = shutil.which("node")

    def built(name, path, env=None):
        return Program(name, [path], env, [os.access(path, os.X_OK)])

    clang = ROOT / "build" / "release" / "bench" / "rondo_bench"
    return [
        built("rondo uring", clang, {"RONDO_BACKEND": "uring"}),
        built("rondo epoll", clang, {"RONDO_BACKEND": "epoll"}),
        built("rondo g++", ROOT / "build" / "gcc" / "bench" / "rondo_bench", {"RONDO_BACKEND": "uring"}),
        built("C io_uring", BUILT / "floor_uring"),
        built("C epoll", BUILT / "floor_epoll"),
        built("asio", BUILT / "asio_peer"),
        built("libuv", BUILT / "libuv_peer"),
        built("tokio", BUILT / "tokio_peer"),
        built("go", BUILT / "go_peer"),
        Program("node", [node, SOURCES / "node_peer.js"], needs=[node]),
        Program("uvloop", [python, SOURCES / "asyncio_peer.py", "--uvloop"], needs=[venv.exists()]),
        Program("asyncio", [python, SOURCES / "asyncio_peer.py"], needs=[sys.version_info >= (3, 11) or venv.exists()]),
        Nginx(),
    ]


# ---------------------------------------------------------------- workloads


class Bench:
    def __init__(self, quick, scratch):
        self.quick, self.scratch = quick, scratch
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            print("warning: one core only, server and load share it", file=sys.stderr)
        self.server_core, self.load_core = {cores[0]}, {cores[min(1, len(cores) - 1)]}

    def run(self, program, workload):
        """One run: {metric: (value, unit)}, None if the program has no such workload."""
        size = WORKLOADS[workload][self.quick]
        if workload in ("files", "echo", "websocket", "http", "http_pipelined", "download"):
            found = getattr(self, workload)(program, size)
        else:
            cores = self.server_core | self.load_core if workload in BOTH_CORES else self.server_core
            text = output_of(program.command(workload, size), cores, program.env)
            found = text if text is None else results_in(text)
        return found and {name: (value, unit) for name, (value, unit, _) in found.items()}

    def files(self, program, count):
        folder = self.scratch / "files"
        if not folder.exists():
            folder.mkdir()
            random.seed(1)
            for i in range(count):
                (folder / f"{i:06}").write_bytes(random.randbytes(random.randint(1, 32) * 1024))
        expected = sum(path.stat().st_size for path in folder.iterdir())
        text = output_of(program.command("files", folder, count), self.server_core | self.load_core, program.env)
        return text if text is None else checked_bytes(results_in(text), expected)

    def echo(self, program, requests, workload="echo", more=()):
        if not os.access(BUILT / "echo_load", os.X_OK):
            raise Failed("build/peers/echo_load is not built (bench/peers/build.sh)")
        server = program.serve(workload, self.server_core, self.scratch)
        if not server:
            return None
        process, port = server
        try:
            return results_in(output_of(
                [str(BUILT / "echo_load"), str(port), "--requests", str(requests), "--connections", str(CONNECTIONS),
                 "--server-pid", str(process.pid), *more], self.load_core))
        finally:
            stop(process)

    def websocket(self, program, requests):
        return self.echo(program, requests, "websocket", ("--websocket", "1"))

    def http(self, program, seconds, depth=1):
        if not shutil.which("wrk"):
            raise Failed("wrk is not installed")
        server = program.serve("http", self.server_core, self.scratch)
        if not server:
            return None
        process, port = server

        def load(length):
            text = output_of(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{length}s", "-s", str(SOURCES / "wrk_verify.lua"),
                              f"http://127.0.0.1:{port}/"], self.load_core, {"DEPTH": str(depth)})
            check = next((line for line in text.splitlines() if line.startswith("CHECK ")), "")
            if "wrong=0 errors=0" not in check:
                raise Failed(f"wrong answers: {check or text[-300:]}")
            return results_in(text)

        try:
            load(1)  # warm: connections, caches, just-in-time compilers
            before = cpu_ns(process.pid)
            found = load(seconds)
            spent = cpu_ns(process.pid) - before
            requests = int(found["http_wall"][2]["requests"])
            cost = (spent / requests / 1e3, "us/request", {})
            # wrk's latencies would be those of 16 replies together.
            return {"http_cpu": cost, **found} if depth == 1 else {"http_pipelined_cpu": cost}
        finally:
            stop(process)

    def http_pipelined(self, program, seconds):
        return self.http(program, seconds, 16)

    def download(self, program, count):
        nginx = Nginx()
        if not nginx.present:
            raise Failed("nginx is not installed")
        process, port = nginx.serve("http", self.load_core, self.scratch)
        try:
            text = output_of(program.command("download", port, count, DOWNLOADS_AT_ONCE, "file"), self.server_core, program.env)
            return text if text is None else checked_bytes(results_in(text), count * FILE_SIZE)
        finally:
            stop(process)


def checked_bytes(found, expected):
    for name, (_, _, fields) in found.items():
        if "bytes" in fields and int(fields["bytes"]) != expected:
            raise Failed(f"{name}: {fields['bytes']} bytes, not {expected}")
    return found


# ------------------------------------------------------------------- tables


def number(value):
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def tables(workload, programs, rounds):
    """Markdown of one workload. `rounds` is a list of {program: {metric: (value, unit)}}."""
    metrics = []  # in the order they were first seen
    for measured in rounds:
        for values in measured.values():
            metrics += [m for m in values if m not in metrics]
    lines = [f"## {workload}", "", WORKLOADS[workload][2] + ".", ""]
    for metric in metrics:
        names = [p.name for p in programs if any(metric in r.get(p.name, {}) for r in rounds)]
        base = next((n for n in names if n.startswith("rondo")), None)
        unit = next(r[n][metric][1] for r in rounds for n in names if metric in r.get(n, {}))
        rows = []
        for name in names:
            values = [r[name][metric][0] for r in rounds if metric in r.get(name, {})]
            ratios = [r[name][metric][0] / r[base][metric][0] for r in rounds
                      if metric in r.get(name, {}) and metric in r.get(base, {}) and r[base][metric][0] > 0] if base else []
            ratio = f"{statistics.median(ratios):.2f}" if ratios else ""
            rows.append((statistics.median(values), name, f"{number(min(values))}–{number(max(values))}", ratio))
        rows.sort()
        lines += [f"| {metric} | {unit} | min–max | × {base or 'rondo'} |", "|:--|--:|--:|--:|"]
        lines += [f"| {name} | {number(median)} | {spread} | {ratio} |" for median, name, spread, ratio in rows]
        lines.append("")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds: 5, with --quick 1")
    parser.add_argument("--workloads", metavar="A,B", help=", ".join(WORKLOADS))
    parser.add_argument("--programs", metavar="A,B", help="names as the tables have them, or the beginning of one")
    parser.add_argument("--quick", action="store_true", help="small sizes, one round unless --rounds: to see that all is well")
    parser.add_argument("--markdown", metavar="FILE", help="write the tables there as well")
    parser.add_argument("--json", metavar="FILE", help="write every single value there")
    parser.add_argument("--list", action="store_true", help="list programs and workloads, run nothing")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 1 if options.quick else 5
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")

    def chosen(text, available):
        wanted = [w.strip() for w in text.split(",") if w.strip()] if text else available
        found = [a for a in available if any(a == w or (a.startswith(w) and w not in available) for w in wanted)]
        unknown = [w for w in wanted if not any(a.startswith(w) for a in available)]
        if unknown:
            parser.error(f"unknown: {', '.join(unknown)} (there are: {', '.join(available)})")
        return found

    workloads = chosen(options.workloads, list(WORKLOADS))
    programs = all_programs()
    names = chosen(options.programs, [p.name for p in programs])
    absent = [p.name for p in programs if p.name in names and not p.present]
    programs = [p for p in programs if p.name in names and p.present]
    if options.list:
        print("programs: " + ", ".join(p.name for p in programs))
        print("not built or not installed: " + (", ".join(absent) or "none"))
        print("workloads: " + ", ".join(workloads))
        return 0
    if absent:
        print(f"not built or not installed, left out: {', '.join(absent)}", file=sys.stderr)

    failures, raw, report = [], {}, []
    with tempfile.TemporaryDirectory(prefix="rondo-bench-") as folder:
        try:
            bench = Bench(options.quick, Path(folder))
            kernel = ".".join(os.uname().release.split("-")[0].split(".")[:2])
            report += ["# Rondo and its peers", "",
                       f"Linux {kernel}, {len(os.sched_getaffinity(0))} cores, {options.rounds} interleaved round(s)"
                       + (", quick sizes" if options.quick else "") + ". Lower is better everywhere.", ""]
            for program in programs:
                version = program.version(bench.server_core)
                if version:
                    report.append(f"- {program.name}: {version}")
            report.append("")
            print("\n".join(report), flush=True)
            for workload in workloads:
                rounds = []
                for number_of_round in range(options.rounds):
                    measured = {}
                    for i in range(len(programs)):
                        program = programs[(i + number_of_round) % len(programs)]
                        if workload in program.lacks:
                            continue
                        if sys.stderr.isatty():
                            print(f"\r\033[K{workload}, round {number_of_round + 1}: {program.name}", end="", file=sys.stderr, flush=True)
                        try:
                            values = bench.run(program, workload)
                        except Failed as failure:
                            failures.append(f"{workload}: {program.name}: {failure}")
                            print(f"FAILED {failures[-1]}", file=sys.stderr)
                            program.lacks.add(workload)
                            continue
                        if values is None:
                            program.lacks.add(workload)
                        else:
                            measured[program.name] = values
                    rounds.append(measured)
                if sys.stderr.isatty():
                    print("\r\033[K", end="", file=sys.stderr)
                raw[workload] = rounds
                if any(rounds):
                    lines = tables(workload, programs, rounds)
                    report += lines
                    print("\n".join(lines), flush=True)
        finally:
            stop_all()
    if failures:
        report += ["## Failures", ""] + [f"- {failure}" for failure in failures] + [""]
    if options.markdown:
        Path(options.markdown).write_text("\n".join(report))
    if options.json:
        Path(options.json).write_text(json.dumps(raw, indent=1))
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even when started with it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        stop_all()
        sys.exit(130)
