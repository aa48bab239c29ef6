#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""The reference (docs/core.md, docs/reference.md) lists every public name, and no other.

What it reads of a page: headings, and the first column of tables.
- A type in a heading, ### `queue<T>`, is the one whose members the rows below it are.
- A row begins with what it is about: `co_await put(T item)`, several if they are alike.
  `co_await` stands there exactly if the call is awaited; the parameters are the header's,
  without std:: and without the types that a template deduces; a name without parentheses
  stands for all calls of that name. What is static has its class before it: `loop::current()`.
  `problem`: `deadlock`, … names members of a type.
- A table whose first column is called "field" has the fields of the struct in the heading,
  all of them in order, with type and, in the column "default", the header's default. An
  option struct (…_options) must have one: designated initializers stand in that order.

Each complaint says what to write and where. At the end the test spoils the pages itself
and fails if nobody complains.

    names_test.py SOURCE_DIR
"""
import difflib
import pathlib
import re
import sys

sys.dont_write_bytecode = True  # nothing of a test stays in the source tree
import public_names
from public_names import first_sentence

CORE = ("coro", "loop", "compose", "sync", "exec")

# Public for Rondo's own parts, and for schedulers: not for the reference.
INTERNAL = {
    "task::release", "task_handle_base::required", "promise::give_up", "tls_context::state",
    "loop::of", "loop::kernel", "loop::now_ns", "loop::timers", "loop::scheduler",
    "delay::after", "make_error_condition", "remote_function",
    "http::headers::add_parsed", "http::headers::append_parsed", "http::headers::last_name",
    "http::body::open", "http::request::parameter",
    "http::request::parameters", "http::request::set_body_source", "http::request::known_id",
    "http::request::adopt_id", "http::request::clear", "html::selector::compiled",
    "outcome::set_cancelled_because", "redis::command::body", "redis::command::append_to",
    "redis::batch::bytes", "redis::reply::reply", "redis::reply::number", "redis::reply::assign",
    "redis::reply::raw_text", "redis::reply::raw_elements", "redis::script::with_text",
    "outcome::set_cancelled_because", "pg::batch::statement", "pg::batch::take",
    "pg::error_fields", "pg::listener::listener", "pg::savepoint_options",
    "db::result::iterator",
}
# What generic code and Rondo's own parts ask of many types.
MACHINERY = {"value_type", "promise_type", "handle_type", "as_operation", "awaited_as_call",
             "internal"}


def page_of(name):
    return "docs/core.md" if name.file.split("/")[2] in CORE else "docs/reference.md"


def squeeze(text):
    return re.sub(r"\s", "", text)


def spans_of(text):
    return [s.replace("\\|", "|") for s in re.findall(r"`([^`]+)`", text)]


class Entry:
    """`co_await semaphore::acquire()` taken apart."""

    def __init__(self, span):
        self.span = span
        self.awaited = span.startswith("co_await ")
        text = span.removeprefix("co_await ").strip()
        depth = 0
        self.signature = None
        for i, c in enumerate(text):
            depth += (c == "<") - (c == ">")
            if c == "(" and depth == 0:
                text, self.signature = text[:i], text[i:]
                break
        while "<" in text:
            text, n = re.subn(r"<[^<>]*>", "", text)
            if n == 0:
                break
        self.path = text


class Reference:
    def __init__(self, names):
        self.names = [n for n in names if not self.is_internal(n)]
        self.by_path = {}
        for n in names:
            self.by_path.setdefault(n.path, []).append(n)
        self.internal = {n.path for n in names if self.is_internal(n)}
        self.awaited = {n.path for n in self.names if n.awaited}
        self.complaints = []
        self.listed = {}  # id of a Name: (page, line)
        self.headings = set()  # the paths of the types that have one
        self.width = {}  # of the table that a place is in, in columns
        self.tables = set()  # the paths of the structs that have a table of their fields

    @staticmethod
    def is_internal(n):
        return n.name in MACHINERY or any(f"{n.path}::".startswith(f"{i}::") for i in INTERNAL)

    def complain(self, where, text):
        self.complaints.append(f"{where}: {text}")

    def type(self, path, scope=""):
        """The class or enum of that path, also seen from inside of a scope."""
        while True:
            for n in self.by_path.get(f"{scope}::{path}" if scope else path, []):
                if n.is_type:
                    return n
            if not scope:
                return None
            scope = scope.rpartition("::")[0]

    def members(self, type_, name):
        """What a type and its bases have of that name; constructors by the type's own."""
        found = self.by_path.get(f"{type_.path}::{name}", [])
        for b in type_.bases:
            base = self.type(b, type_.scope)
            if not found and base:
                found = self.members(base, base.name if name == type_.name else name)
        return found

    def resolve(self, path, scopes):
        for s in scopes:
            found = self.members(s, path)
            if found:
                return found
            inner = self.type(f"{s.path}::{path.rpartition('::')[0]}") if "::" in path else None
            if inner and (found := self.members(inner, path.rpartition("::")[2])):
                return found
        if path in self.by_path:
            return self.by_path[path]
        outer, _, name = path.rpartition("::")
        type_ = self.type(outer) if outer else None
        return self.members(type_, name) if type_ else []

    def nearest(self, path, scopes):
        known = {n.path for n in self.names} | {n.name for n in self.names
                                                if any(n.scope == s.path for s in scopes)}
        close = difflib.get_close_matches(path, known, 1, 0.5)
        return f"; the nearest is `{close[0]}`" if close else ""

    # Pages

    def read_page(self, page, text):
        scopes = []  # the types in the last heading
        header, fields, in_code = None, None, False
        for number, line in enumerate(text.split("\n") + [""], 1):
            where = f"{page}:{number}"
            if not line.startswith("|"):
                if fields:
                    self.check_fields(*fields)
                header, fields = None, None
            if line.startswith("```"):
                in_code = not in_code
            elif line.startswith("#") and not in_code:
                scopes = self.read_heading(where, line)
            elif line.startswith("|"):
                cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
                self.width[where] = len(cells)
                if header and len(cells) != len(header):
                    self.complain(where, f"has {len(cells)} columns in a table of {len(header)}")
                if header is None:
                    header = cells
                    if header[0] == "field" and scopes:
                        self.tables.add(scopes[0].path)
                        fields = (where, scopes[0], header, [])
                    elif header[0] == "field":
                        self.complain(where, "a table of fields needs its struct in the heading")
                elif set("".join(cells)) <= set("-: "):
                    continue
                elif fields:
                    fields[3].append((where, cells))
                else:
                    self.read_row(where, cells[0], scopes)

    def read_heading(self, where, line):
        scopes = []
        for span in spans_of(line):
            type_ = self.type(Entry(span).path)
            if type_:
                scopes.append(type_)
                self.headings.add(type_.path)
                self.listed.setdefault(id(type_), where)
            else:
                self.list_entry(where, Entry(span), [])
        return scopes

    def read_row(self, where, cell, scopes):
        spans = spans_of(cell)
        if re.match(r"`[^`]+`:", cell):
            type_ = self.type(Entry(spans[0]).path, scopes[0].path if scopes else "")
            if not type_:
                return self.complain(where, f"`{spans[0]}` is no public type"
                                     + self.nearest(spans[0], scopes))
            self.listed.setdefault(id(type_), where)
            spans, scopes = spans[1:], [type_]
        for span in spans:
            self.list_entry(where, Entry(span), scopes)

    def list_entry(self, where, entry, scopes):
        found = self.resolve(entry.path, scopes)
        if not found or found[0].path in self.internal:
            what = "is not for the reference" if found else "is declared by no public header"
            self.complain(where, f"lists `{entry.path}`, which {what}: remove or correct it"
                          + self.nearest(entry.path, scopes))
            return False
        if found[0].is_type and entry.signature is not None:
            found = found + self.members(found[0], found[0].name)  # a constructor
        calls = [n for n in found if n.signature is not None]
        if entry.signature is not None and calls:
            same = [n for n in calls if squeeze(n.signature) == squeeze(entry.signature)]
            if not same:
                known = " or ".join(f"`{self.call(n)}`" for n in calls)
                self.complain(where, f"`{entry.span}` is not how it is declared "
                              f"({calls[0].file}:{calls[0].line}): write {known}")
                same = calls
            found = same + [n for n in found if n.is_type]
        if calls and calls[0].kind == "function":
            awaited = calls[0].path in self.awaited
            known = awaited or all(n.awaited is not None for n in calls)
            if known and awaited != entry.awaited:
                self.complain(where, f"`{entry.span}` is {'' if awaited else 'not '}awaited: write "
                              f"`{self.call(found[0])}`")
        if found[0].static and "::" not in entry.path:
            self.complain(where, f"`{entry.span}` is static: write `{self.call(found[0])}`")
        for n in found:
            self.listed.setdefault(id(n), where)
            for overridden in self.overridden(n):
                self.listed.setdefault(id(overridden), where)
        return True

    def overridden(self, n):
        """What a member hides in the bases of its class."""
        type_ = self.type(n.scope) if n.kind == "function" and n.scope else None
        bases = [self.type(b, type_.scope) for b in type_.bases] if type_ else []
        return [m for b in bases if b for m in self.members(b, n.name)
                if m.signature == n.signature]

    def check_fields(self, where, struct, header, rows):
        fields = [n for n in self.names if n.kind == "field" and n.scope == struct.path]
        has_default = "default" in header
        order = [f.name for f in fields]
        listed = [(spans_of(cells[0]) or [cells[0]])[0] for _, cells in rows]
        for (row, cells), name in zip(rows, listed):
            if name not in order:
                close = difflib.get_close_matches(name, order, 1, 0.5)
                self.complain(row, f"`{struct.path}` has no field `{name}`: remove or correct it"
                              + (f"; the nearest is `{close[0]}`" if close else ""))
                continue
            field = fields[order.index(name)]
            self.listed.setdefault(id(field), row)
            wanted = [f"`{field.type}`"] + ([f"`{field.default}`" if field.default else ""]
                                           if has_default else [])
            got = cells[1:1 + len(wanted)]
            if [squeeze(g) for g in got] != [squeeze(w) for w in wanted]:
                self.complain(row, f"the row of `{struct.path}::{name}` "
                              f"({field.file}:{field.line}) has to begin with: "
                              f"| `{name}` | {' | '.join(wanted)} |")
        for i, field in enumerate(fields):
            if field.name not in listed:
                after = f"after the row of `{order[i - 1]}`" if i else "as the first row"
                self.listed.setdefault(id(field), where)  # this is the complaint about it
                self.complain(where, f"the table of `{struct.path}` lacks `{field.name}` "
                              f"({field.file}:{field.line}): {after} write:\n    "
                              + self.field_row(field, has_default))
        here = [n for n in listed if n in order]
        if here != [n for n in order if n in here]:
            self.complain(where, f"the fields of `{struct.path}` stand in another order than in "
                          f"{struct.file}: write them as {', '.join(order)}")

    # What is to be written

    def call(self, n):
        awaited = "co_await " if n.kind == "function" and n.path in self.awaited else ""
        name = n.path if n.static or n.scope in ("http", "html", "testing") else n.name
        return f"{awaited}{name}{n.arguments}{n.signature or ''}"

    @staticmethod
    def field_row(field, has_default):
        default = (f" `{field.default}` |" if field.default else " |") if has_default else ""
        return f"| `{field.name}` | `{field.type}` |{default} {first_sentence(field.doc)} |"

    def row(self, n, width):
        if n.is_type:
            return f"### `{n.path}`\n    {first_sentence(n.doc)}."
        if n.kind == "field":
            return self.field_row(n, True)
        return f"| `{self.call(n)}` | {first_sentence(n.doc)} |" + " |" * (width - 2)

    def place(self, n, last):
        """Where the name is to be written, in words and as page:line."""
        own = self.type(n.scope) if n.scope else None
        at = self.listed.get(id(own))
        if at and n.scope not in self.headings:
            return (f"in the row of `{own.path}` ({at}), behind its name (`{own.path}`: …), or "
                    "below a heading of its own"), at
        if own and n.scope in last:
            above, at = last[n.scope]
            return f"below the row of `{above.name}` ({at})", at
        if own:
            return f"below the heading of `{own.path}`" + (f" ({at})" if at else ""), at
        near = last.get(n.file) or last.get(n.file.rpartition("/")[0])
        if near:
            return f"near `{near[0].path}` ({near[1]})", near[1]
        return "in a section of its module", None

    def check_complete(self):
        # The place of the name listed last: of its scope, and of its header (or, before that,
        # of the one listed first, there and in its folder).
        last = {}
        for n in reversed(self.names):
            if id(n) in self.listed:
                last[n.file] = last[n.file.rpartition("/")[0]] = (n, self.listed[id(n)])
        missing_types = set()
        for n in self.names:
            if id(n) in self.listed:
                last[n.scope] = last[n.file] = (n, self.listed[id(n)])
                continue
            if n.kind == "constructor" and n.name.endswith("error"):
                continue  # few make errors of ours
            if n.is_type:
                missing_types.add(n.path)
            place, at = self.place(n, last)
            self.complain(f"{n.file}:{n.line}", f"no page lists `{n.path}`: in {page_of(n)}, "
                          f"{place}, write:\n    {self.row(n, self.width.get(at, 2))}")
        for n in self.names:
            if n.kind == "class" and n.name.endswith("_options") and n.path not in self.tables \
                    and n.path not in missing_types:
                self.complain(f"{n.file}:{n.line}", f"the option struct `{n.path}` has no table of "
                              f"its fields: in {page_of(n)}, below its heading ### `{n.path}`, "
                              "write one that begins with:\n    | field | type | default | |\n"
                              "    |---|---|---|---|")
        everything = set(self.by_path)
        for internal in sorted(INTERNAL - everything):
            self.complain("tests/docs/names_test.py", f"INTERNAL has `{internal}`, which is gone: "
                          "remove it there")


def complaints(names, pages):
    reference = Reference(names)
    for page, text in pages.items():
        reference.read_page(page, text)
    reference.check_complete()
    return reference.complaints


def spoiled(names, pages):
    """A change to the pages, and the complaint that it must lead to."""
    core, other = "docs/core.md", "docs/reference.md"

    def change(page, old, new):
        if old not in pages[page]:
            raise SystemExit(f"tests/docs/names_test.py: {page} has no {old!r} to spoil: choose "
                             "another")
        return {**pages, page: pages[page].replace(old, new, 1)}

    put = "`co_await put(T item)`"
    yield change(core, put, "`co_await putt(T item)`"), "lists `putt`"
    yield change(core, put, "`co_await putt(T item)`"), "no page lists `basic_queue::put`"
    yield change(core, put, "`put(T item)`"), "is awaited: write `co_await put"
    yield change(core, put, "`co_await put(T& item)`"), "not how it is declared"
    yield change(other, "| `no_delay` | `bool` | `true` |", "| `no_delay` | `bool` | `false` |"), \
        "has to begin with: | `no_delay` | `bool` | `true` |"
    yield change(other, "| `keep_alive` |", "| `keep_dead` |"), "lacks `keep_alive`"
    a, b = re.search(r"(\| `no_delay` .*\n)(\| `keep_alive` .*\n)", pages[other]).groups()
    yield change(other, a + b, b + a), "in another order"
    yield change(core, f"| {put} |", f"| {put} | |"), "has 4 columns in a table of 3"
    yield change(other, "### `datagram_options`", "### Datagrams"), \
        "no page lists `datagram_options`"


def main():
    source = pathlib.Path(sys.argv[1])
    names = public_names.read_headers(source / "include" / "rondo")
    pages = {page: (source / page).read_text(encoding="utf-8")
             for page in ("docs/core.md", "docs/reference.md")}
    found = complaints(names, pages)
    for text in found:
        print(text)
    if found:
        print(f"\n{len(found)} complaints: the reference and the headers do not agree. (What is "
              "public for Rondo's own parts only stands in INTERNAL of tests/docs/names_test.py "
              "instead.)")
        sys.exit(1)
    for number, (changed, wanted) in enumerate(spoiled(names, pages), 1):
        if not any(wanted in c for c in complaints(names, changed)):
            print(f"tests/docs/names_test.py: spoiled page {number} gives no complaint with "
                  f"{wanted!r}")
            sys.exit(1)
    print(f"{len(names)} names, {number} spoiled pages")


if __name__ == "__main__":
    main()
