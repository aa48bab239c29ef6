# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Pages of the API reference, made from the comments of the public headers.

The same reader of declarations as the test of the hand-written reference
(tests/docs/public_names.py): what it does not list (namespaces detail, private members) is
not here either. Calls are written as in the hand-written pages: without std::, and with
co_await before what is awaited.
"""
import re

# Folder of include/rondo: (page, title). The longest that fits.
MODULES = {
    "coro": "Coroutines and tasks", "compose": "Doing several things at once",
    "sync": "Locks, queues and channels", "loop": "The loop", "exec": "Threads",
    "io": "I/O", "process": "Process pools", "tls": "TLS", "http/client": "HTTP client",
    "http/server": "HTTP server", "http/site": "Routers and sites", "http/files": "Static files",
    "http/websocket": "WebSocket", "http/url": "URLs", "http": "HTTP", "html": "HTML",
    "db": "What databases share", "pg": "PostgreSQL", "sqlite": "SQLite", "redis": "Redis",
    "testing": "Testing",
}


def module_of(file):
    folder = file.removeprefix("include/rondo/").rpartition("/")[0]
    while folder not in MODULES and "/" in folder:
        folder = folder.rpartition("/")[0]
    return folder


def escaped(text):
    """A comment's words as Markdown: what is not between backticks is plain text."""
    parts = re.split(r"(`[^`\n]+`)", text)
    return "".join(p if i % 2 else re.sub(r"([\\<>*_\[\]#|$])", r"\\\1", p)
                   for i, p in enumerate(parts))


def prose(doc, indent=""):
    """A comment: paragraphs, lists, and lines that are set in by four as code."""
    out, code = [], []

    def end_code():
        if code:
            out.extend(["```cpp", *code, "```", ""])
            code.clear()

    for line in doc.split("\n"):
        if line.startswith("    ") and (code or not out or not out[-1]):
            code.append(line[4:])
        else:
            end_code()
            bullet = re.match(r"\s*- ", line)
            out.append(bullet.group() + escaped(line[bullet.end():]) if bullet else escaped(line))
    end_code()
    return "\n".join(indent + line if line else "" for line in out).rstrip() + "\n"


def call_of(n):
    text = f"{'co_await ' if n.awaited else ''}{n.name}{n.arguments}{n.signature or ''}"
    if n.static and n.kind == "function":
        text = f"static {text}"
    returns = re.sub(r"^(task|join_operation|\w+_operation)\b", "", n.returns).strip()
    gives = re.fullmatch(r"task<(.*)>", n.returns)
    if gives:
        return f"{text} → {gives.group(1)}" if gives.group(1) else text
    if n.kind == "function" and returns and not re.search(r"\b(void|auto|decltype)\b", returns) \
            and not n.awaited:
        return f"{text} → {returns}"
    return text


def member_lines(members):
    """A list of calls and fields, with their comments; those without one stand together."""
    out = []
    for i, n in enumerate(members):
        if n.kind == "field":
            text = f"{n.type} {n.name}" + (f" = {n.default}" if n.default else "")
        elif n.kind == "variable":
            text = f"{n.type} {n.name}"
        else:
            text = n.name if n.kind in ("value", "alias", "concept") else call_of(n)
        doc = n.doc.strip("\n")
        if doc:
            out += [f"`{text}`", ":   " + prose(doc, "    ").lstrip()]
        else:  # one below the other
            last = i + 1 == len(members) or members[i + 1].doc.strip()
            out.append(f"`{text}`" + ("\n" if last else "\\"))
    return "\n".join(out)


def page_of(title, names):
    out = [f"# {title}\n"]
    types = {n.path for n in names if n.is_type}
    tops = [n for n in names if n.scope not in types and n.kind not in ("constructor", "value")]
    headings = []
    for n in tops:
        heading = (n.file, n.path)
        full = f"rondo::{n.path}"
        if heading not in headings:
            headings.append(heading)
            out.append(f"## `{full}`\n")
            out.append(f"`#include <{n.file.removeprefix('include/')}>`\n")
        if n.is_type:
            out.append(prose(n.doc) if n.doc else "")
            members = [m for m in names if m.scope == n.path]
            if n.bases:
                out.append("Base: " + ", ".join(f"`{b}`" for b in n.bases) + ".\n")
            if members:
                out.append(member_lines([m for m in members if not m.is_type]))
        else:
            out.append(member_lines([n]))
    return "\n".join(out) + "\n"


def pages(names):
    """(file name, text) of every page."""
    modules = {}
    for n in names:
        if module_of(n.file) in MODULES:
            modules.setdefault(module_of(n.file), []).append(n)
    for module in MODULES:
        if module in modules:
            yield f"{module.replace('/', '_')}.md", page_of(MODULES[module], modules[module])
