#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""nodiscard_test.py COMPILER INCLUDE: a forgotten co_await is a warning.

Every class of the public headers that can be awaited is [[nodiscard]]: those
derived from an operation that have a result or are final. And the compiler warns
at every line of forgotten_co_await.cpp.inc that says "forgotten", and at no other:
g++ 12 overlooks the attribute of a class in some forms.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

DECLARATION = re.compile(
    r"^(?P<indent>[ \t]*)(?:class|struct) (?P<nodiscard>\[\[nodiscard\]\] )?(?P<name>[\w:]+)"
    r"(?P<final> final)?\s*:\s*(?P<bases>[^;{}]*?)\{", re.MULTILINE)


def operations(include):
    """(file, name, whether it is [[nodiscard]]) of every class that can be awaited."""
    classes = []
    for path in sorted(pathlib.Path(include, "rondo").rglob("*.hpp")):
        text = path.read_text()
        for m in DECLARATION.finditer(text):
            without_arguments = re.sub(r"<[^<>]*>", "", m["bases"])
            bases = {b.split()[-1].split("::")[-1] for b in without_arguments.split(",") if b.strip()}
            body = text[m.end():text.find("\n" + m["indent"] + "};", m.end())]
            concrete = m["final"] is not None or re.search(r"^(?!\s*//).*\bresult\(\)", body, re.M) is not None
            classes.append((path, m["name"].split("::")[-1], bases, concrete, bool(m["nodiscard"])))
    names = {"operation", "range_operation"}  # the latter's base is a parameter
    while True:
        more = {name for _, name, bases, _, _ in classes if bases & names} - names
        if not more:
            break
        names |= more
    return [(path, name, marked) for path, name, _, concrete, marked in classes
            if name in names and concrete]


def main():
    compiler, include = sys.argv[1:]
    found = operations(include)
    wrong = [f"{path}: {name} can be awaited and is not [[nodiscard]]"
             for path, name, marked in found if not marked]
    if len(found) < 40:
        wrong.append(f"only {len(found)} operations found: the search is broken")

    forms = pathlib.Path(__file__).with_name("forgotten_co_await.cpp.inc")
    with tempfile.TemporaryDirectory() as scratch:
        source = pathlib.Path(scratch, "forgotten.cpp")
        source.write_text(forms.read_text())
        r = subprocess.run([compiler, "-std=c++20", "-Wall", "-Wextra", f"-I{include}",
                            "-fsyntax-only", str(source)], capture_output=True, text=True)
    if r.returncode != 0:
        sys.exit(f"{forms} does not compile:\n{r.stderr}")
    warned = {int(n) for n in re.findall(r"forgotten\.cpp:(\d+):\d+: warning", r.stderr)}
    for number, line in enumerate(forms.read_text().splitlines(), 1):
        if ("// forgotten" in line) != (number in warned):
            what = "no warning" if "// forgotten" in line else "a warning"
            wrong.append(f"{forms.name}:{number}: {what}: {line.strip()}")
    if wrong:
        sys.exit("\n".join(wrong))


main()
