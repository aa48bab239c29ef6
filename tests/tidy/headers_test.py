#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""headers_test.py SOURCE COMPILER [FLAG...]: each header that programs include compiles alone.

--all: also those of detail/ and src/.
"""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile


def complaint(compiler, flags, root, header):
    command = [compiler, "-std=c++20", "-fsyntax-only", "-w", "-x", "c++", f"-I{root}/include",
               f"-I{root}/src", *flags, str(header)]
    r = subprocess.run(command, capture_output=True, text=True)
    return r.stderr if r.returncode else None


def main():
    root, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
    flags = [f for f in sys.argv[3:] if f != "--all"]
    headers = sorted(h for top in ("include", "src") for h in (root / top).rglob("*.hpp"))
    if "--all" not in sys.argv:
        headers = [h for h in headers if not {"src", "detail"} & set(h.relative_to(root).parts)]
    if len(headers) < 50:
        sys.exit(f"{root} has {len(headers)} headers")
    # That a header which needs another one is seen at all.
    with tempfile.TemporaryDirectory() as folder:
        lame = pathlib.Path(folder) / "lame.hpp"
        lame.write_text("#pragma once\nstd::string needs_include();\n")
        if not complaint(compiler, flags, root, lame):
            sys.exit("a header that lacks <string> compiles")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, text in zip(headers, pool.map(
                lambda h: complaint(compiler, flags, root, h), headers)):
            if text:
                failed += 1
                print(f"{header.relative_to(root)} does not compile alone:\n{text[:2000]}")
    if failed:
        sys.exit(f"{failed} of {len(headers)} headers do not compile alone")
    print(f"{len(headers)} headers compile alone")


if __name__ == "__main__":
    main()
