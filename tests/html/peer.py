# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""What BeautifulSoup and soupsieve make of documents, for comparison.

    peer.py CASES

CASES is JSON: [{"html": ..., "selectors": [...]}, ...], in such HTML that every
parser makes the same tree of it. Prints a line for each: the numbers of the
elements below the root that each selector finds, or null where soupsieve does not take it, and
the document's text. Ends with 77 where bs4 is missing.
"""
import json
import sys

try:
    import bs4
    import soupsieve
except ImportError:
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as cases:
    for case in json.load(cases):
        soup = bs4.BeautifulSoup(case["html"], "html.parser")
        text = soup.get_text()
        root = soup.html.extract()  # or "* > html" would match: the soup is an element too
        numbers = {id(e): i for i, e in enumerate(root.find_all(True))}
        found = []
        for selector in case["selectors"]:
            try:
                found.append([numbers[id(e)] for e in root.select(selector)])
            except soupsieve.SelectorSyntaxError:
                found.append(None)
        print(json.dumps({"found": found, "text": text, "elements": len(numbers)}))
