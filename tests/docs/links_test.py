#!/usr/bin/env python3
# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Every link of the pages leads somewhere: to a file, and to a heading of it.

    links_test.py SOURCE_DIR            README.md, docs/ and the other pages, as GitHub has them
    links_test.py --site SITE_DIR       every page of the built site
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse


def elsewhere(link):
    return re.match(r"[a-z][a-z+.-]*:|//", link)


# Pages as they are written

def slug(heading):
    """What GitHub makes of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def markdown(text):
    """The links and the anchors of a page."""
    text = re.sub(r"^(```|~~~).*?^\1\s*$", "", text, flags=re.S | re.M)
    anchors, seen = set(), {}
    for heading in re.findall(r"^#{1,6} (.*?)#*$", text, re.M):
        name = slug(heading)
        seen[name] = seen.get(name, -1) + 1
        anchors.add(f"{name}-{seen[name]}" if seen[name] else name)
    plain = re.sub(r"`[^`\n]*`", "", text)
    return re.findall(r"\]\(([^()\s]+)\)", plain), anchors


# Pages as they are built

class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def read_html(text):
    page = Page(text)
    return page.links, page.anchors


def complaints(pages, read, root):
    """What is wrong with the links of pages, a dict of path to text."""
    parsed = {path: read(text) for path, text in pages.items()}
    for path, (links, anchors) in sorted(parsed.items()):
        for link in links:
            if elsewhere(link):
                continue
            file, _, anchor = urllib.parse.unquote(link).partition("#")
            target = (path.parent / file.split("?")[0]).resolve() if file else path
            where = path.relative_to(root)
            if not target.is_relative_to(root) or not target.exists():
                yield f"{where}: {link}: there is no such file"
            elif anchor and target in parsed and anchor not in parsed[target][1]:
                yield f"{where}: {link}: no heading of {target.relative_to(root)} gives that"


def main():
    site = sys.argv[1] == "--site"
    root = pathlib.Path(sys.argv[-1]).resolve()
    if site:
        files, read = root.rglob("*.html"), read_html
    else:
        files, read = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("examples/*.md"),
                       *root.glob("bench/**/*.md")], markdown
    pages = {f: f.read_text(encoding="utf-8") for f in files if "node_modules" not in f.parts}
    found = list(complaints(pages, read, root))
    for complaint in found:
        print(complaint)
    if found or len(pages) < 20:
        sys.exit(f"{len(found)} links lead nowhere, in {len(pages)} pages")
    # The test can fail: a link and an anchor are spoiled.
    index = root / ("index.html" if site else "README.md")
    for bad in ("no-such-page", "#no-such-heading"):
        link = f'<a href="{bad}">' if site else f"[x]({bad})"
        if not any(bad in c for c in complaints({**pages, index: pages[index] + link}, read, root)):
            sys.exit(f"a link to {bad} is not found")
    print(f"{sum(len(read(t)[0]) for t in pages.values())} links in {len(pages)} pages")


if __name__ == "__main__":
    main()
