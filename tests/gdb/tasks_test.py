#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""What `rondo tasks` draws is what the program itself prints, but for what only a running
program can say (how long a sleep still takes, the name of the task that is waited for).

    tasks_test.py RONDO_GDB_PY PROGRAM
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def check(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}:\n{got}\ninstead of:\n{wanted}")


def gdb(script, program, *more):
    """What gdb prints, after the program's own output and by itself."""
    arguments = ["gdb", "-q", "-nx", "--batch", "-iex", "set debuginfod enabled off",
                 "-iex", f"source {script}"]
    for command in more:
        arguments += ["-ex", command]
    # Names outside of ASCII are drawn whatever the machine's locale is.
    environment = dict(os.environ, LC_ALL="C.UTF-8", DEBUGINFOD_URLS="")
    done = subprocess.run(arguments + program, capture_output=True, text=True, timeout=100,
                          encoding="utf-8", env=environment, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def tree_in(text):
    """Its last block of lines of a tree."""
    lines = [line for line in text.split("BEGIN\n")[-1].split("\n")
             if re.match(r"[│ ]*[├└]─ ", line)]
    return "\n".join(lines)


def without_what_runs(tree):
    tree = re.sub(r" \S+ (more|left)", "", tree)
    return re.sub(r"(waits for task) \S+", r"\1", tree)


def main():
    script, program = sys.argv[1:]
    if not shutil.which("gdb"):
        skip("gdb is missing (apt install gdb)")
    with tempfile.TemporaryDirectory() as folder:
        core = str(pathlib.Path(folder) / "core")
        text = gdb(script, [program], "break stop_here", "run", "echo BEGIN\\n", "rondo tasks",
                   "print queue", "print lazy", "print handle", "print ended",
                   f"gcore {core}", "kill")
        if re.search(r"ptrace: Operation not permitted|Couldn't get registers|"
                     r"Could not trace the inferior|not linked with Python|"
                     r"Scripting in the .Python. language is not supported", text):
            skip("gdb may not trace processes here, or has no Python")
        printed = text.split("BEGIN\n")[0].split("---\n")[0]
        printed = without_what_runs(tree_in(printed))
        if printed.count("\n") < 15:
            sys.exit(f"the program printed no tree:\n{text}")
        check("gdb at a breakpoint", tree_in(text), printed)
        for wanted in (r"\$1 = queue of at most 5 = \{.*\{7, 8\}\}\n",
                       r"\$2 = task app::load at program.cpp:\d+\n",
                       r"\$3 = task_handle of app::load  waits for event  at app::fetch ",
                       r"\$4 = outcome: 42\n"):
            if not re.search(wanted, text):
                sys.exit(f"gdb does not print {wanted}:\n{text}")
        if not pathlib.Path(core).exists():
            skip("gcore wrote no core file; the breakpoint is tested")
        text = gdb(script, [program, core], "echo BEGIN\\n", "rondo tasks")
        check("gdb with a core file", tree_in(text), printed)
    text = gdb(script, [sys.executable], "rondo tasks")
    if "there is no process and no core file" not in text:
        sys.exit(f"without a process it says:\n{text}")


if __name__ == "__main__":
    main()
