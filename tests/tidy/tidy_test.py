#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""tidy_test.py SOURCE [--self-test]: the habits that a machine can enforce.

Each rule is a function of a Tree that gives complaints, "file:line: what". With
--self-test, each is shown to fail: SPOILED has a change of a file, and what must be said
about it. After TigerBeetle's tidy.zig.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
import public_names  # noqa: E402

LICENCE = "// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0\n"
FOLDERS = ("include", "src", "tests", "tools", "examples", "benchmarks")
WIDTH = 100

# Folders of src without one of the same name elsewhere, and why.
NOT_IN_TESTS = set()
NOT_IN_INCLUDE = {"detail"}  # include/rondo/detail is there, and is no layer
# Operations made by a macro or with a reason of their own to be discarded.
DISCARDABLE = {}


class Tree:
    """The sources as {path: text}. changed: what stands there in place of the files."""

    def __init__(self, root, changed=None):
        self.root = pathlib.Path(root)
        self.files = {}
        for top in FOLDERS:
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in (".hpp", ".cpp") and path.is_file():
                    self.files[path.relative_to(self.root).as_posix()] = path.read_text()
        self.files.update(changed or {})

    def below(self, *tops):
        return {p: t for p, t in self.files.items() if p.startswith(tops)}

    def headers(self, *tops):
        return {p: t for p, t in self.below(*tops).items() if p.endswith(".hpp")}


def line_of(text, at):
    return text.count("\n", 0, at) + 1


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)


def every_detail_header_is_reached(tree):
    headers = tree.headers("include/")
    reached = [p for p in headers if "/detail/" not in p]
    seen = set(reached)
    while reached:
        for m in INCLUDE.finditer(headers[reached.pop()]):
            path = "include/" + m[2]
            if path in headers and path not in seen:
                seen.add(path)
                reached.append(path)
    for path in headers:
        if path not in seen:
            yield f"{path}:1: no public header includes it: it belongs in src/"


def includes_begin_at_the_root(tree):
    """Of the library: tests and tools have folders of their own on the path."""
    for path, text in tree.below("include/", "src/").items():
        for m in INCLUDE.finditer(text):
            where = f"{path}:{line_of(text, m.start())}"
            if m[2].startswith(".") or "/../" in m[2]:
                yield f"{where}: \"{m[2]}\" is relative: write it from the root of include or src"
            elif m[1] == '"' and "src/" + m[2] not in tree.files:
                yield f"{where}: \"{m[2]}\" is no file of src: write it from the root"


RAW_STRING = re.compile(r'R"(\w*)\((?s:.*?)\)\1"')


def lines_are_short(tree):
    """But for texts, which are not broken where they must be found as they are."""
    for path, text in tree.files.items():
        text = RAW_STRING.sub(lambda m: re.sub("[^\n]", "", m[0]), text)
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > WIDTH and not re.search(r'"|// NOLINT', line):
                yield f"{path}:{number}: {len(line)} columns; {WIDTH} are allowed"


def folders_are_the_same(tree):
    def folders(top, prefix):
        return {p[len(prefix):].rsplit("/", 1)[0] for p in tree.below(prefix)
                if "/" in p[len(prefix):]}

    include = {f for f in folders("include", "include/rondo/") if not f.endswith("detail")}
    tests = folders("tests", "tests/")
    for folder in sorted(folders("src", "src/")):
        if folder not in tests and folder not in NOT_IN_TESTS:
            yield f"src/{folder}:1: there is no tests/{folder}"
        if folder not in include and folder not in NOT_IN_INCLUDE:
            yield f"src/{folder}:1: there is no include/rondo/{folder}"


OPERATION = re.compile(r"^[ \t]*(?:class|struct) (\[\[nodiscard\]\] )?([\w:]+) final\s*:([^{;]*)\{",
                       re.M)


def final_operations_are_nodiscard(tree):
    """A forgotten co_await is a warning then."""
    for path, text in tree.headers("include/").items():
        for m in OPERATION.finditer(text):
            awaited = re.search(r"\b(operation|composite|\w+_operation|\w*operation_base)\b", m[3])
            if awaited and not m[1] and m[2] not in DISCARDABLE:
                yield f"{path}:{line_of(text, m.start(2))}: {m[2]} is final and not [[nodiscard]]"


def comments_of(path, text):
    """(name, comment): a comment is also of what stands in the next lines without one."""
    reader = public_names.Reader(path, text)
    reader.read_scope(0, len(reader.tokens) - 1, None)
    lines = text.split("\n")
    doc, last = "", 0
    for n in sorted(reader.names, key=lambda n: n.line):
        between = [line.strip() for line in lines[last:n.line - 1]]
        if n.doc or "" in between or any(line.startswith("//") for line in between):
            doc = n.doc
        last = n.line
        yield n, doc


def awaited_functions_speak_of_cancelling(tree):
    """One comment of the overloads that a header has of a name."""
    spoken, places = set(), {}
    for path, text in tree.headers("include/rondo/").items():
        if "/detail/" in path:
            continue
        for n, doc in comments_of(path, text):
            if n.kind != "function" or not n.awaited or n.name == "as_operation":
                continue
            places.setdefault(n.path, f"{path}:{n.line}")
            if "ancel" in doc:
                spoken.add(n.path)
    for name, where in places.items():
        if name not in spoken:
            yield f"{where}: the comment of {name} does not say what cancelling it does"


def awaited_functions_speak_of_errors(tree):
    """Their own comment, their class's, or that at the header's top."""
    said, places = set(), {}
    for path, text in tree.headers("include/rondo/").items():
        if "/detail/" in path:
            continue
        top = "".join(re.findall(r"^//(?!/).*\n", text.split("#pragma once")[0], re.M))
        classes = {}
        for n, doc in comments_of(path, text):
            if n.kind != "function":
                classes[n.path] = doc
            elif n.awaited and n.name != "as_operation":
                places.setdefault(n.path, f"{path}:{n.line}")
                of_class = classes.get(n.path.rpartition("::")[0], "")
                if re.search(r"[Tt]hrow|[Ee]xception|[Ee]rror", doc + of_class + top):
                    said.add(n.path)
    for name, where in places.items():
        if name not in said:
            yield f"{where}: neither the comment of {name} nor its class's says what it throws"


DECLARED = re.compile(r"^ {0,2}(?=\S)(?:[\w:<>,&*\[\] ]+[ &*])([a-z]\w+)\([^;{}]*\)"
                      r"(?: const)?(?: noexcept)?(?: = 0)?;", re.M)


def declarations_are_used(tree):
    words = {}
    for text in tree.files.values():
        for word in re.findall(r"\b[a-z]\w+\b", re.sub(r"//[^\n]*", "", text)):
            words[word] = words.get(word, 0) + 1
    for path, text in tree.headers("include/", "src/").items():
        if path.startswith("include/") and "/detail/" not in path:
            continue
        for m in DECLARED.finditer(text):
            if "return" not in m[0] and words[m[1]] == 1:
                yield f"{path}:{line_of(text, m.start(1))}: {m[1]} is declared and named nowhere else"


NAMESPACE = re.compile(r"^namespace rondo\b.*\{", re.M)


def namespaces_open_for_ctags(tree):
    """Universal Ctags sees nothing below `namespace rondo::inline v0`."""
    for path, text in tree.below("include/", "src/").items():
        for m in NAMESPACE.finditer(text):
            if not m[0].startswith("namespace rondo { inline namespace v0 {"):
                yield (f"{path}:{line_of(text, m.start())}: write "
                       "`namespace rondo { inline namespace v0 {`")


def headers_begin_alike(tree):
    for path, text in tree.headers("include/", "src/", "tests/", "tools/").items():
        if not text.startswith(LICENCE):
            yield f"{path}:1: it does not begin with the licence's line"
        comment_then_once = r"(//[^\n]*\n)+(\n*//[^\n]*\n)*\n*#pragma once\n"
        if not re.match(comment_then_once, text):
            yield f"{path}:2: #pragma once does not follow the comment at the top"


USAGE_ERROR = re.compile(r'\busage_error\(\s*(?:std::string\()?"((?:[^"\\]|\\.)*)"')
WHAT_WAS_CALLED = re.compile(r"\w+(::\w+)*(::$|:( |$)| (of )?$)")


def usage_errors_begin_with_what_was_called(tree):
    """`queue::task_done: …`, `process ls: …`, not a sentence (CONTRIBUTING.md, Style)."""
    for path, text in tree.below("include/", "src/").items():
        for m in USAGE_ERROR.finditer(text):
            if not WHAT_WAS_CALLED.match(m[1]):
                yield (f"{path}:{line_of(text, m.start())}: \"{m[1]}\" does not begin with what "
                       "was called and a colon")


RULES = (every_detail_header_is_reached, includes_begin_at_the_root, lines_are_short,
         folders_are_the_same, final_operations_are_nodiscard,
         awaited_functions_speak_of_cancelling, awaited_functions_speak_of_errors,
         declarations_are_used, namespaces_open_for_ctags,
         headers_begin_alike, usage_errors_begin_with_what_was_called)


def clang_format():
    """clang-format 22, or None: other versions format in their own ways."""
    for name in ("clang-format-22", "clang-format"):
        program = shutil.which(name)
        if program and " 22." in subprocess.run([program, "--version"], capture_output=True,
                                                text=True).stdout:
            return program
    return None


def badly_formatted(program, root, paths, text=None):
    """text: of the one path, in place of what stands there."""
    name = [f"--assume-filename={paths[0]}"] if text else paths
    r = subprocess.run([program, "--dry-run", *name], cwd=root, input=text, capture_output=True,
                       text=True)
    return sorted(set(re.findall(r"^(\S+?:\d+):\d+: warning: code should be", r.stderr, re.M)))


# rule: file, a text in it (None: a new file), what stands there instead, the complaint.
NS = "namespace rondo { inline namespace v0 {"
EVENT, NEW = "include/rondo/sync/event.hpp", "include/rondo/sync/detail/left_over.hpp"
SPOILED = {
    every_detail_header_is_reached: (NEW, None, LICENCE + "#pragma once\n", "belongs in src/"),
    includes_begin_at_the_root: (EVENT, "<rondo/sync/detail/wait_queue.hpp>",
                                 '"detail/wait_queue.hpp"', "is no file of src"),
    lines_are_short: (EVENT, "#pragma once\n", "#pragma once\n// " + "x" * WIDTH + "\n",
                      "103 columns"),
    folders_are_the_same: ("src/alone/alone.cpp", None, LICENCE, "there is no tests/alone"),
    final_operations_are_nodiscard: (EVENT, "class [[nodiscard]] wait_operation",
                                     "class wait_operation", "not [[nodiscard]]"),
    awaited_functions_speak_of_cancelling: (EVENT, "Cancelling it takes effect at once.", "",
                                            "comment of event::wait does not say"),
    awaited_functions_speak_of_errors: (EVENT, "Throws nothing. Cancelling", "Cancelling",
                                        "comment of event::wait nor its class's says"),
    declarations_are_used: ("include/rondo/sync/detail/wait_queue.hpp", NS,
                            "void nobody_calls_this();\n" + NS, "nobody_calls_this is declared"),
    namespaces_open_for_ctags: (EVENT, NS, "namespace rondo::inline v0 {", "write `namespace"),
    headers_begin_alike: (EVENT, "#pragma once\n", "", "#pragma once does not follow"),
    usage_errors_begin_with_what_was_called: ("include/rondo/sync/queue.hpp",
                                              '"queue::task_done: called', '"it was called',
                                              "does not begin with what was called"),
}


def self_test(root, tree):
    for rule in RULES:
        file, old, new, complaint = SPOILED[rule]
        if old is None:
            changed = new
        elif old in tree.files[file]:
            changed = tree.files[file].replace(old, new, 1)
        else:
            sys.exit(f"tests/tidy/tidy_test.py: {file} has no {old!r} to spoil: choose another")
        found = list(rule(Tree(root, {file: changed})))
        if not any(complaint in c for c in found):
            sys.exit(f"tests/tidy/tidy_test.py: {rule.__name__} does not see a spoiled {file}")
    return len(RULES)


def main():
    root = sys.argv[1]
    tree = Tree(root)
    complaints = [c for rule in RULES for c in rule(tree)]
    program = clang_format()
    if program:
        checked = [p for p in tree.files if p.startswith(("include/", "src/"))]
        complaints += [f"{c}: not as clang-format 22 formats it"
                       for c in badly_formatted(program, root, checked)]
    for c in complaints:
        print(c)
    if complaints:
        sys.exit(f"{len(complaints)} complaints")
    spoiled = self_test(root, tree) if "--self-test" in sys.argv else 0
    if spoiled and program:
        bad = tree.files[EVENT].replace("class event {", "class event{", 1)
        if not badly_formatted(program, root, [EVENT], bad):
            sys.exit(f"tests/tidy/tidy_test.py: {program} does not see a spoiled {EVENT}")
    print(f"{len(tree.files)} files, {len(RULES)} rules, {spoiled} shown to fail; format: "
          + ("checked" if program else "not checked, there is no clang-format 22"))


if __name__ == "__main__":
    main()
