#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""TLS: Rondo's server beside nginx, with the same certificate (RSA 2048), each pinned
to one core, its client to another. Prints what a connection (handshake, one small
answer, close) and a megabyte cost the server in processor time: the median of the
rounds and their spread, and the median of the ratios within a round.

    bench/tls_compare.py build/release/bench/rondo_bench [--rounds 5] [--seconds 4]

Needs openssl, curl and nginx.
"""
import argparse
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SERVER_CORE = "0"
CLIENT_CORE = "1"
BULK = 200_000_000
SMALL = 5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(p) for p in text.split()]


def cpu_seconds(pid):
    """Of a process and its children, to the nanosecond."""
    return sum(time.clock_gettime((~p << 3) | 2)  # what clock_getcpuclockid(3) gives
               for p in [pid, *children(pid)])


def start_rondo(program, folder, port):
    server = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, program, "tls", str(port), f"{folder}/cert.pem",
         f"{folder}/key.pem"], stdout=subprocess.PIPE)
    server.stdout.readline()
    return server


def start_nginx(folder, port):
    for size in (SMALL, BULK):
        with open(f"{folder}/{size}", "wb") as f:
            for _ in range(0, size, 1 << 20):
                f.write(b"x" * min(1 << 20, size - f.tell()))
    config = f"""daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; server {{ listen 127.0.0.1:{port} ssl; root {folder};
  keepalive_timeout 0; ssl_session_tickets on; ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem; }} }}
"""
    pathlib.Path(f"{folder}/nginx.conf").write_text(config)
    os.chmod(folder, 0o755)
    server = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, "nginx", "-p", folder, "-c", f"{folder}/nginx.conf"],
        stderr=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return server
        except OSError:
            time.sleep(0.05)
    sys.exit("nginx does not start: " + pathlib.Path(f"{folder}/error.log").read_text())


def connections(pid, port, seconds, version, kind):
    """What one costs, in us of CPU."""
    before = cpu_seconds(pid)
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "openssl", "s_time", "-connect", f"127.0.0.1:{port}",
         f"-{kind}", "-time", str(seconds), f"-{version}", "-www", f"/{SMALL}"],
        capture_output=True, text=True, check=True)
    used = cpu_seconds(pid) - before
    count = int(re.findall(r"(\d+) connections in \d+ real seconds", done.stdout)[-1])
    return used / count * 1e6


def bulk(pid, port):
    """What a megabyte costs, in us of CPU."""
    before = cpu_seconds(pid)
    subprocess.run(["taskset", "-c", CLIENT_CORE, "curl", "-sSkf", "-o", "/dev/null", "--noproxy",
                    "*", f"https://127.0.0.1:{port}/{BULK}"], check=True)
    return (cpu_seconds(pid) - before) / (BULK / 1e6) * 1e6


def cell(values):
    return f"{statistics.median(values):.0f} us ({min(values):.0f}–{max(values):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("program", help="rondo_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each kind of handshake")
    options = parser.parse_args()
    kinds = {f"{version.replace('tls1_', 'TLS 1.')}, {what}":
             lambda pid, port, v=version, k=kind: connections(pid, port, options.seconds, v, k)
             for version in ("tls1_3", "tls1_2")
             for kind, what in (("new", "new session"), ("reuse", "resumed"))}
    kinds["a megabyte"] = bulk
    measured = {kind: {"rondo": [], "nginx": []} for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem",
                        "-out", f"{folder}/cert.pem"], check=True, capture_output=True)
        ports = {"rondo": free_port(), "nginx": free_port()}
        servers = {"rondo": start_rondo(options.program, folder, ports["rondo"]),
                   "nginx": start_nginx(folder, ports["nginx"])}
        try:
            for turn in range(options.rounds):
                order = sorted(servers, reverse=turn % 2 == 0)
                for kind, measure in kinds.items():
                    for name in order:
                        measured[kind][name].append(measure(servers[name].pid, ports[name]))
                print(f"round {turn + 1} of {options.rounds}", file=sys.stderr)
        finally:
            for server in servers.values():
                server.terminate()
                server.wait()
    print("| CPU of the server | Rondo | nginx | Rondo / nginx |\n|:--|--:|--:|--:|")
    for kind, by in measured.items():
        ratio = statistics.median(r / n for r, n in zip(by["rondo"], by["nginx"]))
        print(f"| {kind} | {cell(by['rondo'])} | {cell(by['nginx'])} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
