# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""The public names of the headers: what a page of the documentation has to list.

A reader of declarations, not of C++: it knows what our headers are made of, passes over
bodies, private members and namespace detail, and refuses what it does not understand
with file and line.
"""
import dataclasses
import pathlib
import re


@dataclasses.dataclass
class Name:
    kind: str  # class, enum, alias, concept, function, constructor, variable, field, value
    scope: str  # "", "http", "queue", "http::server"
    name: str
    file: str
    line: int
    doc: str = ""
    signature: str = None  # of a function: "(string_view text, size_t max = 1 GiB)"
    arguments: str = ""  # of a template, which a call must give: "<T>"
    returns: str = ""
    awaited: bool = False  # None: the declaration does not tell
    static: bool = False  # of a class
    type: str = ""  # of a field
    default: str = ""
    bases: tuple = ()

    @property
    def path(self):
        return f"{self.scope}::{self.name}" if self.scope else self.name

    @property
    def is_type(self):
        return self.kind in ("class", "enum")


TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<preprocessor>\#(?:\\\n|[^\n])*)
      | (?P<macro>RONDO_[A-Z_]+(?:\([^()\n]*\))?)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<number>\d[\w'.]*)
      | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<sign>::|->|<=>|<<|<=|>=|==|!=|&&|\|\||\.\.\.|.)""",
    re.X | re.S)
CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclasses.dataclass
class Token:
    text: str
    line: int
    begin: int
    end: int
    is_word: bool
    before: str = ""  # the /// comment above it
    after: str = ""  # the ///< comment behind it
    wrapper: bool = False  # RONDO_CORO_WRAPPER stands before it: it gives a task or a generator


def tokens_of(text):
    tokens, doc, line, wrapper = [], [], 1, False
    for m in TOKEN.finditer(text):
        piece = m.group()
        if m.lastgroup == "comment":
            if piece.startswith("///<") and tokens:
                tokens[-1].after = piece[4:].strip()
            elif piece.startswith("///"):
                doc.append(piece[3:].removeprefix(" ").rstrip())
        elif m.lastgroup == "macro":
            wrapper = wrapper or piece.endswith("_WRAPPER")
        elif m.lastgroup not in ("space", "preprocessor"):
            tokens.append(Token(piece, line, m.start(), m.end(), m.lastgroup == "word",
                                "\n".join(doc), wrapper=wrapper))
            doc, wrapper = [], False
        line += piece.count("\n")
    return tokens


def first_sentence(doc):
    text = " ".join(doc.split("\n\n")[0].split())
    m = re.match(r"(.*?[^.])\.(?= |$)", text)
    return m.group(1) if m else text.rstrip(".")


def plain_type(text):
    """A type as the pages write it: without std:: and what is only for the compiler."""
    text = re.sub(r"\[\[.*?\]\]", "", text)
    text = re.sub(r"\b(?:rondo::)?detail::unique_function\b", "function", text)
    text = re.sub(r"\bstd::(?:chrono::)?|\bdetail::|\btypename ", "", text)
    text = re.sub(r"\btype_identity_t<(\w+)>", r"\1", text)
    return " ".join(text.split())


def plain_value(text):
    """A default as the pages write it: 5s, 64 KiB, automatic."""
    text = plain_type(text)
    m = re.fullmatch(r"(nanoseconds|milliseconds|seconds|minutes|hours)\(([\d']+)\)", text)
    if m:
        unit = {"nanoseconds": "ns", "milliseconds": "ms", "seconds": "s", "minutes": "min",
                "hours": "h"}
        return m.group(2) + unit[m.group(1)]
    if re.fullmatch(r"[\d'u]+(?: (?:\*|<<) [\d'u]+)+", text):
        bytes_ = eval(re.sub("['u]", "", text))  # digits, * and << only
        for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
            if bytes_ % (1 << shift) == 0:
                return f"{bytes_ >> shift} {unit}"
        return str(bytes_)
    if re.fullmatch(r"\w+(::\w+)+", text):
        return text.split("::")[-1]
    return text


class Reader:
    def __init__(self, file, text):
        self.file, self.text = file, text
        end = Token("", text.count("\n") + 1, len(text), len(text), False)
        self.tokens = tokens_of(text) + [end]
        self.names = []

    def at(self, i):
        return self.tokens[i].text

    def source(self, begin, end):
        """The tokens from begin up to end as text."""
        parts = []
        for a, b in zip(self.tokens[begin:end], self.tokens[begin + 1:end] + [None]):
            parts.append(a.text)
            if b and b.begin > a.end:
                parts.append(" ")
        return "".join(parts)

    def fail(self, i, what):
        raise SystemExit(f"{self.file}:{self.tokens[i].line}: tests/docs/public_names.py does not "
                         f"understand {what}: `{self.source(i, i + 12)}`")

    def closing(self, i):
        """The place of the bracket that closes that at i."""
        opening, stack = i, []
        while True:
            t = self.at(i)
            if t in CLOSING:
                stack.append(CLOSING[t])
            elif stack and t == stack[-1]:
                stack.pop()
                if not stack:
                    return i
            elif not t:
                self.fail(opening, "brackets")
            i += 1

    def closing_angle(self, i):
        opening, depth = i, 0
        while True:
            t = self.at(i)
            depth += (t == "<") - (t == ">")
            if depth == 0:
                return i
            if t in CLOSING:
                i = self.closing(i)
            elif t in ("", ";"):
                self.fail(opening, "template arguments")
            i += 1

    def after_attributes(self, i):
        while self.at(i) == "[" and self.at(i + 1) == "[":
            i = self.closing(i) + 1
        return i

    def after_constraint(self, i):
        """i is behind a template's `requires`."""
        while True:
            while self.at(i) == "!":
                i += 1
            if self.at(i) == "requires":
                i += 1
                if self.at(i) == "(":
                    i = self.closing(i) + 1
            if self.at(i) in ("(", "{"):
                i = self.closing(i) + 1
            else:
                while self.tokens[i].is_word or self.at(i) == "::":
                    i += 1
                    if self.at(i) == "<":
                        i = self.closing_angle(i) + 1
                        break
            if self.at(i) not in ("&&", "||"):
                return i
            i += 1

    def split(self, begin, end):
        """What stands between the commas."""
        parts, start, i, angle = [], begin, begin, 0
        while i < end:
            t = self.at(i)
            angle += (t == "<") - (t == ">")
            if t in CLOSING:
                i = self.closing(i)
            elif t == "," and angle == 0:
                parts.append((start, i))
                start = i + 1
            i += 1
        if start < end:
            parts.append((start, end))
        return parts

    def after_statement(self, i):
        """Behind the ';' or the body that ends what stands at i."""
        while self.at(i) not in (";", "{"):
            i = self.closing(i) + 1 if self.at(i) in CLOSING else i + 1
        if self.at(i) == "{":
            i = self.closing(i)
        return i + 1

    def end_of_value(self, i):
        while self.at(i) != ";":
            i = self.closing(i) + 1 if self.at(i) in CLOSING else i + 1
        return i

    def add(self, kind, scope, i, name, end=None, **more):
        doc = self.tokens[i].before or (self.tokens[end].after if end is not None else "")
        self.names.append(Name(kind, scope, name, self.file, self.tokens[i].line, doc, **more))

    # scope: None outside of rondo. in_class: its name, or None.
    def read_scope(self, i, end, scope, in_class=None, public=True):
        while i < end:
            if self.at(i) == ";":
                i += 1
            elif self.at(i) in ("public", "private", "protected"):
                public = self.at(i) == "public"
                i += 2
            else:
                i = self.read_declaration(i, scope, in_class, public)

    def read_declaration(self, start, scope, in_class, public):
        i, parameters = start, []
        while self.at(i) == "template":
            end = self.closing_angle(i + 1)
            for begin, stop in self.split(i + 2, end):
                words = []
                for k in range(begin, stop):
                    if self.at(k) == "=":
                        break
                    if self.tokens[k].is_word:
                        words.append(self.at(k))
                parameters.append(words[-1])
            i = end + 1
            if self.at(i) == "requires":
                i = self.after_constraint(i + 1)
        i = self.after_attributes(i)
        word = self.at(i)
        if word == "inline" and self.at(i + 1) == "namespace":
            i += 1
            word = "namespace"
        if word == "namespace":
            return self.read_namespace(i, scope)
        if word in ("friend", "static_assert"):
            return self.after_statement(i)
        record = public and scope is not None
        if word == "using":
            end = self.end_of_value(i)
            if record and self.at(i + 2) == "=":
                self.add("alias", scope, start, self.at(i + 1), end)
            return end + 1
        if word == "concept":
            if record:
                self.add("concept", scope, start, self.at(i + 1))
            return self.end_of_value(i) + 1
        if word in ("class", "struct", "union", "enum"):
            return self.read_type(start, i, scope, record)
        return self.read_value_or_function(start, i, scope, in_class, record, parameters)

    def read_namespace(self, i, scope):
        begin = i
        while self.at(i) != "{":
            i += 1
        path = [self.at(k) for k in range(begin + 1, i) if self.tokens[k].is_word]
        end = self.closing(i)
        path = [p for p in path if p not in ("inline", "v0")]
        if path[:1] == ["rondo"]:
            path = path[1:]
            inner = "::".join(path)
        elif scope is not None:
            inner = "::".join(([scope] if scope else []) + path)
        else:
            return end + 1
        if "detail" not in path:
            self.read_scope(i + 1, end, inner)
        return end + 1

    def read_type(self, start, i, scope, record):
        keyword = self.at(i)
        i += 1
        if keyword == "enum" and self.at(i) in ("class", "struct"):
            i += 1
        i = self.after_attributes(i)
        name, qualified = self.at(i), self.at(i + 1) in ("::", "<")
        while self.at(i) not in (";", "{", ":"):
            i += 1
        bases = []
        if self.at(i) == ":":
            begin = i + 1
            while self.at(i) not in (";", "{"):
                i += 1
            for b, e in self.split(begin, i):
                if self.at(b) not in ("private", "protected") and keyword != "enum":
                    words = [self.at(k) for k in range(b, e) if self.at(k) != "public"]
                    bases.append("".join(words).split("<")[0])
        if self.at(i) == ";":
            return i + 1
        end = self.closing(i)
        # What an operation is made of concerns nobody: its call is the name.
        if record and not qualified and name != "{" and not name.endswith("_operation"):
            kind = "enum" if keyword == "enum" else "class"
            self.add(kind, scope, start, name, bases=tuple(bases))
            path = f"{scope}::{name}" if scope else name
            if kind == "enum":
                for b, e in self.split(i + 1, end):
                    self.add("value", path, b, self.at(b), e if self.at(e) == "," else e - 1)
            else:
                self.read_scope(i + 1, end, path, name, keyword != "class")
        return self.end_of_value(end + 1) + 1

    def read_value_or_function(self, start, i, scope, in_class, record, parameters):
        k, angle = i, 0
        while True:
            t = self.at(k)
            if t == "operator":
                k += 3 if self.at(k + 1) == "(" else 1
                while self.at(k) != "(":
                    k += 1
                return self.after_function(self.closing(k) + 1)[0]
            angle += (t == "<") - (t == ">")
            if angle == 0:
                if t == "(":
                    if self.at(k - 1) not in ("alignas", "decltype", "explicit", "noexcept"):
                        break
                    k = self.closing(k)
                elif t in ("=", ";", "{", "["):
                    return self.read_value(start, i, k, scope, in_class, record)
            if t == "":
                self.fail(start, "a declaration")
            k += 1
        close = self.closing(k)
        end, body = self.after_function(close + 1)
        name = self.at(k - 1)
        before = self.at(k - 2)
        if not record or before in ("~", "::") or not self.tokens[k - 1].is_word:
            return end
        deleted = self.source(close + 1, end).replace(" ", "").endswith("=delete;")
        signature = self.signature(k + 1, close, parameters)
        if name == in_class:
            types = self.source(k + 1, close)
            copies = re.match(rf"(const )?{name}(<\w+>)? ?&&?", types)
            if not (deleted or close == k + 1 or copies or "detail::" in types):
                self.add("constructor", scope, start, name, signature=signature)
            return end
        returns = self.source(i, k - 1)
        if "->" in self.source(close, end).split("{")[0]:
            returns = self.source(close, end).split("{")[0].split("->")[1]
        static = in_class is not None and bool(re.search(r"\bstatic\b", returns))
        returns = re.sub(r"\b(static|inline|constexpr|virtual|explicit)\b", "", returns)
        # A generator is none of that, with the mark or without: its next() is awaited.
        generator = re.match(r"\s*async_generator<", returns)
        awaited = not generator and (self.tokens[i].wrapper or bool(
            re.search(r"(^|\s)(task|awaitable)<|_operation\b", returns)))
        if not awaited and re.search(r"\b(auto|decltype)\b", returns):
            awaited = bool(re.search(r"_operation\b|return gather\(", body)) or None
        given = []
        deduced = re.sub(r"type_identity_t<\w+>", "", self.source(k, close))
        for p in parameters:
            if re.search(rf"\b{p}\b", deduced):
                break
            given.append(p)
        # One with a deduced parameter that has no name refuses what it is given, with a message.
        trap = any(self.at(b) in parameters and re.fullmatch(r"\w+ ?&&(\.\.\.)?", self.source(b, e))
                   for b, e in self.split(k + 1, close))
        if not deleted and not trap:
            self.add("function", scope, start, name, end - 1, signature=signature,
                     arguments=f"<{', '.join(given)}>" if given else "",
                     returns=plain_type(returns), awaited=awaited, static=static)
        return end

    def signature(self, begin, end, parameters):
        parts = []
        for b, e in self.split(begin, end):
            text, default = self.source(b, e), ""
            if "source_location" in text:
                continue  # the compiler gives it
            equals = [k for k in range(b, e) if self.at(k) == "="]
            if equals:
                text = self.source(b, equals[0])
                default = " = " + plain_value(self.source(equals[0] + 1, e))
            m = re.fullmatch(r"(?:const )?(\w+) ?&{0,2}(\.\.\.)? (\w+)", text)
            if m and m.group(1) in parameters and not parameters[0] == m.group(1) == "T":
                text = m.group(3) + (m.group(2) or "")
            parts.append(plain_type(text) + default)
        return f"({', '.join(parts)})"

    def after_function(self, i):
        """Behind a function whose parameters end before i; and its body."""
        while True:
            t = self.at(i)
            if t == ";":
                return i + 1, ""
            if t == "=":
                return self.end_of_value(i) + 1, ""
            if t == "{":
                end = self.closing(i)
                return end + 1, self.source(i, end)
            if t == ":":
                while True:  # a_(x), b_{y}
                    while self.at(i) not in ("(", "{"):
                        i += 1
                    i = self.closing(i) + 1
                    if self.at(i) != ",":
                        break
            elif t == "(":
                i = self.closing(i) + 1
            elif t == "":
                self.fail(i, "a function")
            else:
                i += 1

    def read_value(self, start, i, k, scope, in_class, record):
        """A variable or field; its name is before k."""
        end = self.end_of_value(k)
        if self.at(k - 2) == "::":
            return end + 1
        if not self.tokens[k - 1].is_word:
            self.fail(start, "a declaration")
        if not record:
            return end + 1
        type_ = self.source(i, k - 1)
        static = re.search(r"\b(static|constexpr)\b", type_)
        default = ""
        if self.at(k) == "=":
            default = plain_value(self.source(k + 1, end))
        elif self.at(k) == "{":
            default = plain_value(self.source(k, end))
        kind = "field" if in_class and not static else "variable"
        self.add(kind, scope, start, self.at(k - 1), end, type=plain_type(type_), default=default,
                 static=in_class is not None and bool(static))
        return end + 1


def read_headers(include):
    """All public names below the folder, in the order of the headers."""
    names = []
    for header in sorted(pathlib.Path(include).rglob("*.hpp")):
        if "detail" in header.relative_to(include).parts:
            continue
        relative = header.relative_to(pathlib.Path(include).parent.parent).as_posix()
        reader = Reader(relative, header.read_text(encoding="utf-8"))
        reader.read_scope(0, len(reader.tokens) - 1, None)
        names += reader.names
    return names
