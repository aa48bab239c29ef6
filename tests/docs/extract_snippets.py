#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Writes every ```cpp block of the documentation as a file to be compiled.

A block with a main is a program as it stands. The others of a page are coroutines of
one file, behind the usual includes.

    extract_snippets.py OUTPUT_DIR FILE.md...
"""
import pathlib
import re
import sys

PRELUDE = """// g++ takes a page's #line for a header, where lambdas in a frame would be suspect, also
// in the frames of Rondo's own templates.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>
#include <rondo/compose/move_on_when.hpp>
#include <string>
#include <rondo/html.hpp>
#include <rondo/http/client.hpp>
#include <rondo/http/files.hpp>
#include <rondo/http/server.hpp>
#include <rondo/http/websocket.hpp>
#include <rondo/io.hpp>
#include <rondo/redis.hpp>
#include <rondo/pg.hpp>
#include <rondo/rondo.hpp>
#include <rondo/sqlite.hpp>
#include <rondo/testing.hpp>
#include <rondo/tls.hpp>
using namespace std::chrono_literals;
"""


def main():
    output = pathlib.Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    written = []

    def write(file, code):
        # Only what has changed is compiled again.
        if not file.exists() or file.read_text(encoding="utf-8") != code:
            file.write_text(code, encoding="utf-8")
        written.append(file)

    for name in sys.argv[2:]:
        page = pathlib.Path(name)
        text = page.read_text(encoding="utf-8")
        coroutines = ""
        for number, match in enumerate(re.finditer(r"^```cpp\n(.*?)^```", text, re.S | re.M), 1):
            code = match.group(1)
            line = text.count("\n", 0, match.start(1)) + 1
            where = f'#line {line} "{page.name}"\n'
            if "int main(" in code:
                write(output / f"{page.stem}_{number}.cpp", where + code)
            else:
                coroutines += f"rondo::task<> snippet_{number}() {{\n{where}{code}co_return;\n}}\n"
        if coroutines:
            write(output / f"{page.stem}.cpp", PRELUDE + coroutines)
    for old in set(output.glob("*.cpp")) - set(written):
        old.unlink()
    print(";".join(map(str, sorted(written))), end="")


if __name__ == "__main__":
    main()
