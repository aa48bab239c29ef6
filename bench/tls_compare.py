#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""TLS: Rondo's server beside nginx, with the same certificate (RSA 2048), each pinned
to one core, its client to another. Prints what a connection (handshake, one small
answer, close) and a megabyte cost the server in processor time.

    bench/tls_compare.py build/release/bench/rondo_bench [SECONDS]

Needs openssl, curl and nginx.
"""
import os
import pathlib
import re
import socket
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
    """Of a process and its children."""
    total = 0
    for p in [pid, *children(pid)]:
        fields = pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


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
    before = cpu_seconds(pid)
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "openssl", "s_time", "-connect", f"127.0.0.1:{port}",
         f"-{kind}", "-time", str(seconds), f"-{version}", "-www", f"/{SMALL}"],
        capture_output=True, text=True, check=True)
    used = cpu_seconds(pid) - before
    count = int(re.findall(r"(\d+) connections in \d+ real seconds", done.stdout)[-1])
    return count / seconds, used / count * 1e6


def bulk(pid, port):
    before = cpu_seconds(pid)
    begin = time.monotonic()
    subprocess.run(["taskset", "-c", CLIENT_CORE, "curl", "-sSkf", "-o", "/dev/null", "--noproxy",
                    "*", f"https://127.0.0.1:{port}/{BULK}"], check=True)
    wall = time.monotonic() - begin
    return BULK / 1e6 / wall, (cpu_seconds(pid) - before) / (BULK / 1e6) * 1e6


def main():
    program = sys.argv[1]
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
                        "-subj", "/CN=localhost", "-keyout", f"{folder}/key.pem",
                        "-out", f"{folder}/cert.pem"], check=True, capture_output=True)
        print(f"{'':22}{'rondo':>24}{'nginx':>24}")
        ports = {"rondo": free_port(), "nginx": free_port()}
        servers = {"rondo": start_rondo(program, folder, ports["rondo"]),
                   "nginx": start_nginx(folder, ports["nginx"])}
        try:
            for version in ("tls1_2", "tls1_3"):
                for kind in ("new", "reuse"):
                    cells = [connections(s.pid, ports[name], seconds, version, kind)
                             for name, s in servers.items()]
                    print(f"{version + ' ' + kind:22}" +
                          "".join(f"{rate:10.0f}/s {cpu:8.0f} us" for rate, cpu in cells))
            for _ in range(2):
                cells = [bulk(s.pid, ports[name]) for name, s in servers.items()]
                print(f"{'bulk':22}" +
                      "".join(f"{rate:7.0f} MB/s {cpu:5.0f} us/MB" for rate, cpu in cells))
        finally:
            for server in servers.values():
                server.terminate()
                server.wait()


if __name__ == "__main__":
    main()
