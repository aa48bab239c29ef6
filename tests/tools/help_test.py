#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""What shells complete, and the manual page: help_test.py RONDO"""
import re
import subprocess
import sys
import unittest

RONDO = sys.argv.pop(1)
COMMANDS = ["compare", "completions", "crawl", "get", "serve", "sql", "tour"]


def output(*arguments):
    return subprocess.run([RONDO, *arguments], check=True, capture_output=True, text=True).stdout


def options(command):
    return set(re.findall(r"(?:(?<=[ ,]))--[a-z0-9-]+", output(command, "--help")))


def completed(*words):
    """What bash completes the last of the words to."""
    script = output("completions", "bash") + """
COMP_WORDS=(rondo "$@"); COMP_CWORD=$#; _rondo; printf '%s\\n' "${COMPREPLY[@]}"
"""
    run = subprocess.run(["bash", "-c", script, "bash", *words], check=True, capture_output=True, text=True)
    return run.stdout.split()


class Help(unittest.TestCase):
    def test_bash_completes_commands(self):
        self.assertEqual(completed("c"), ["compare", "completions", "crawl"])
        self.assertNotIn("manual", completed(""))

    def test_bash_completes_every_option(self):
        for command in COMMANDS:
            with self.subTest(command):
                self.assertEqual({w for w in completed(command, "--")}, options(command))

    def test_bash_completes_files(self):
        self.assertIn("/etc/passwd", completed("get", "-i", "/etc/passw"))

    def test_the_manual_names_every_option(self):
        manual = output("manual").replace("\\-", "-")
        for command in COMMANDS:
            section = manual.split(f".SS rondo {command}\n")[1].split("\n.SS ")[0].split("\n.SH ")[0]
            for option in options(command):
                self.assertIn(f"\\fB{option}\\fR", section, f"rondo {command} {option}")

    def test_other_shells_know_every_option(self):
        zsh, fish = output("completions", "zsh"), output("completions", "fish")
        for command in COMMANDS:
            for option in options(command):
                self.assertIn(f"'*{option}[", zsh.split(f"    {command}) ")[1].split(";;")[0])
                self.assertRegex(fish, f"__fish_seen_subcommand_from {command}'.* -l {option[2:]} ")

    def test_an_unknown_shell_is_a_mistake(self):
        run = subprocess.run([RONDO, "completions", "csh"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 2)
        self.assertIn("csh", run.stderr)


unittest.main()
