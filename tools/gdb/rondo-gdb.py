# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""Rondo in gdb: the tree of tasks of a live process or of a core file, and printers for
tasks, handles, outcomes and queues. docs/debugging.md tells how to load it.

    (gdb) rondo tasks
    └─ amain  waits for gather  at downloader.cpp:10
       ├─ download_file  waits for sleep  at downloader.cpp:6
       ...

It reads memory only: nothing of the program is called, so that it works on core files
and whatever the program is in the midst of. It needs debug information about Rondo's
tasks from one file of the program that includes <rondo/rondo.hpp> (compiled with -g,
optimized or not), and the symbols that `strip` removes.
"""
import re

import gdb
import gdb.printing

NS = "rondo::v0::"
MOST_INDENTED = 40  # as print_task_tree
MOST_TASKS = 100000  # memory that is being changed may have circles


class NoTypes(gdb.GdbError):
    def __init__(self, name):
        super().__init__(f"rondo: there is no debug information about {name} (docs/debugging.md "
                         "says what is needed)")


def memory(address, size):
    return gdb.selected_inferior().read_memory(int(address), size).tobytes()


def number_at(address, size=8):
    return int.from_bytes(memory(address, size), "little")


class Object:
    """What lies at an address, by the fields of a type of Rondo's. Read as bytes: gdb's own
    way asks for each object's real type first, and warns where it does not know that."""

    types = {}

    def __init__(self, address, name):
        self.address = int(address)
        self.name = name
        if name not in Object.types:
            try:
                fields = gdb.lookup_type(NS + name).strip_typedefs().fields()
            except gdb.error:
                fields = []
            if not fields:
                raise NoTypes(f"rondo::{name}")
            Object.types[name] = {f.name: f for f in fields if hasattr(f, "bitpos")}

    def where(self, field):
        return self.address + Object.types[self.name][field].bitpos // 8

    def __getitem__(self, field):
        return number_at(self.where(field), Object.types[self.name][field].type.sizeof)

    def word(self, field):
        """The enumerator that an enum has."""
        for e in Object.types[self.name][field].type.strip_typedefs().fields():
            if e.enumval == self[field]:
                return e.name.rpartition("::")[2]
        return "?"


def at(address, name):
    return Object(address, name)


def text_at(address):
    return gdb.Value(int(address)).cast(gdb.lookup_type("char").pointer()).string(
        "utf-8", "replace") if int(address) else ""


def string_at(address):
    """A std::string of libstdc++: its pointer, its length."""
    size = number_at(address + 8)
    return memory(number_at(address), size).decode("utf-8", "replace") if size < 10000 else "?"


def class_of(address):
    """The name of the class whose table of virtual functions an object has."""
    symbol = gdb.execute(f"info symbol {number_at(address)}", to_string=True)
    found = re.match(r"vtable for (.*?)( \+ \d+)?( in section .*| in .*)?$", symbol.strip())
    return found.group(1) if found else ""


def without_arguments(name):
    """Of a template: what stands before its angle brackets, all of them."""
    out, depth = "", 0
    for c in name:
        depth += c == "<"
        if depth == 0:
            out += c
        depth -= c == ">"
    return out


# Operations that are not called what their classes are.
WORDS = {
    "abandoning": "to_thread", "all_blocked": "wait_until_all_blocked", "deadline": "wait_for",
    "execution": "process_pool.call", "exit": "wait", "fd_watcher": "watch",
    "foreign": "foreign awaitable", "gather_range": "gather", "group": "task_group",
    "join": "task", "look_up": "resolve",
    "channel_receive": "channel.receive", "channel_send": "channel.send",
    "queue_get": "queue.get", "queue_join": "queue.join", "queue_put": "queue.put",
    "outcome": "outcome_of", "plain_io": "I/O",
    "read_bytes": "read", "read_some": "read", "readiness": "readiness", "scope": "cancel_scope",
    "send_datagram": "send", "stoppable": "move_on_when", "submit": "thread_pool.submit",
    "thread": "to_thread", "workers": "run_workers", "write_parts": "write",
}


def word_of(operation):
    """sleep of a sleep_operation, queue.get of basic_queue<…>::get_operation."""
    name = without_arguments(class_of(operation)).replace("(anonymous namespace)::", "")
    parts = [p for p in name.split("::") if p not in ("rondo", "v0", "detail", "testing", "")]
    if not parts:
        return "something"
    word = re.sub(r"_operation$", "", parts[-1])
    if len(parts) == 1:
        return WORDS.get(word, word)
    owner = parts[-2].removeprefix("basic_")  # event::wait_operation, basic_queue::get_operation
    return owner if word in ("acquire", "next", "wait") else f"{owner}.{word}"


def coroutine_name(pretty):
    """What src/coro/source_name.cpp makes of the compiler's name of a function."""
    if pretty.endswith("]") and " [" in pretty:
        pretty = pretty[:pretty.rindex(" [")]
    found = re.search(r"\(lambda\)|<lambda|\(anonymous class\)", pretty)
    if found:
        pretty = pretty[:found.start()].rstrip(":")
    for suffix in (" const", " &", " &&", " noexcept"):
        pretty = pretty.removesuffix(suffix)
    if pretty.endswith(")"):
        depth = 0
        for i in range(len(pretty) - 1, -1, -1):
            depth += (pretty[i] == ")") - (pretty[i] == "(")
            if depth == 0:
                pretty = pretty[:i]
                break
    depth = 0
    for i in range(len(pretty) - 1, -1, -1):
        depth += (pretty[i] in ">)}") - (pretty[i] in "<({")
        if pretty[i] == " " and depth == 0:
            pretty = pretty[i + 1:]
            break
    for hidden in ("(anonymous namespace)::", "{anonymous}::", "v0::"):
        pretty = pretty.replace(hidden, "")
    pretty = {"rondo::detail::run_foreign": "foreign awaitable",
              "rondo::detail::run_call": "async_generator::next",
              "rondo::detail::run_plain_body": "body of a task_group"}.get(pretty, pretty) or "task"
    return f"lambda in {pretty}" if found else pretty


class Place:
    """The std::source_location that a coroutine was made with: a pointer to its parts."""

    def __init__(self, promise):
        parts = number_at(promise.where("created_"))
        self.file = text_at(number_at(parts)).rpartition("/")[2]
        self.function = coroutine_name(text_at(number_at(parts + 8)))
        line = number_at(parts + 16, 4)
        awaiting = promise["awaiting_line_"] & 0x7FFFFFFF
        self.line = awaiting or line
        self.awaited = awaiting != 0

    def __str__(self):
        return f"{self.file}:{self.line}"


def name_of(node):
    if node["details_"]:
        name = string_at(node["details_"])  # its first member
        if name:
            return name
    if node["root_"]:
        return Place(at(node["root_"], "detail::promise_base")).function
    if node["waiting_on_"]:
        return word_of(node["waiting_on_"])
    return "task"


def calls_of(node):
    """fetch at a.cpp:7 < main at a.cpp:20, without the name of the outermost alone."""
    shown, text, p = 0, "", node["leaf_"]
    while p:
        if shown == 8:
            return text + " < …"
        promise = at(p, "detail::promise_base")
        place = Place(promise)
        caller = promise["caller_"]
        text += " < " if shown else "  at "
        shown += 1
        if caller or shown > 1:
            text += place.function + " "
        text += str(place)
        p = caller
    return text


def describe(node):
    text = name_of(node)
    operation = node["waiting_on_"]
    running = at(node["sched_"], "detail::scheduler")["current"] == node.address
    if node["unwinding_"]:
        text += "  unwinding"
    elif not node["started_"]:
        text += "  not started"
    elif running:
        text += "  running"
    elif operation and at(operation, "detail::operation").word("state_") != "ready":
        if node["root_"] or (node["details_"] and string_at(node["details_"])):
            text += f"  waits for {word_of(operation)}"
    else:
        text += "  ready"
    if node["cancel_requested_"]:
        text += " (cancelled)"
    if operation and node["root_"] and node["leaf_"]:
        text += calls_of(node)
    return text


def tree(top):
    """The lines of what is below the top node of a loop, as print_task_tree writes them."""
    n, indent, count = top["first_child_"], [], 0
    while n and count < MOST_TASKS:
        count += 1
        node = at(n, "detail::node")
        last = not node["next_sibling_"]
        depth = len(indent)
        mark = f"[{depth}] " if depth > MOST_INDENTED else ""
        try:
            line = describe(node)
        except gdb.MemoryError as e:
            line = f"? ({e})"
        yield "".join(indent[:MOST_INDENTED]) + mark + ("└─ " if last else "├─ ") + line
        if node["first_child_"]:
            indent.append("   " if last else "│  ")
            n = node["first_child_"]
            continue
        while not node["next_sibling_"]:
            n = node["parent_"]
            if n == top.address or not n:
                return
            node = at(n, "detail::node")
            indent.pop()
        n = node["next_sibling_"]


def schedulers():
    """Those of all threads, the oldest first."""
    try:
        first = gdb.parse_and_eval(f"(long)&'{NS}detail::(anonymous namespace)::first_alive'")
    except gdb.error:
        raise gdb.GdbError("rondo: this program has no Rondo in it, or its symbols are stripped") \
            from None
    found, s = [], number_at(first)
    while s and len(found) < 10000:
        found.append(at(s, "detail::scheduler"))
        s = found[-1]["next_alive_"]
    return found[::-1]


class RondoCommand(gdb.Command):
    """Rondo's tasks: see `help rondo tasks`."""

    def __init__(self):
        super().__init__("rondo", gdb.COMMAND_STATUS, prefix=True)


class TasksCommand(gdb.Command):
    """rondo tasks: draws the tree of the tasks of every loop of the process, what each
waits for and the lines of its co_awaits, innermost first."""

    def __init__(self):
        super().__init__("rondo tasks", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError("rondo tasks takes no argument")
        if not gdb.selected_inferior().pid:
            raise gdb.GdbError("rondo: there is no process and no core file")
        found = schedulers()
        if not found:
            print("no loop runs")
        for s in found:
            if len(found) > 1:
                print(f"loop {int(s['id'])}:")
            lines = list(tree(at(s["top"], "detail::node"))) if s["top"] else []
            print("\n".join(lines) if lines else "no tasks")


class TaskPrinter:
    """rondo::task: a coroutine that has not begun."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        frame = number_at(self.value.address)
        if not frame:
            return "empty task"
        # Behind the frame's two functions; no promise of a task is aligned beyond that.
        place = Place(at(frame + 16, "detail::promise_base"))
        return f"task {place.function} at {place}"


class HandlePrinter:
    """rondo::task_handle."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        address = number_at(self.value.address)
        if not address:
            return "empty task_handle"
        node = at(address, "detail::node")
        if node["done_"]:
            return f"task_handle of {name_of(node)}  done"
        return f"task_handle of {describe(node)}"


class OutcomePrinter:
    """rondo::outcome."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        state = str(self.value["state_"]).rpartition("::")[2]
        if state == "value":
            return f"outcome: {self.value['value_']}"
        return f"outcome: {state}"


class QueuePrinter:
    """rondo::queue, lifo_queue, priority_queue."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        most = int(self.value["maxsize_"])
        bound = "unbounded" if most == (1 << 64) - 1 else f"of at most {most}"
        return f"queue {bound}" + (", shut down" if self.value["shut_down_"] else "")

    def children(self):
        items = self.value["items_"]
        for field in items.type.fields():
            if field.name in ("items_", "heap_"):
                yield "items", items[field.name]


def printers():
    found = gdb.printing.RegexpCollectionPrettyPrinter("rondo")
    ns = "^rondo::(v0::)?"
    found.add_printer("task", ns + "task<.*>$", TaskPrinter)
    found.add_printer("task_handle", ns + "task_handle<.*>$", HandlePrinter)
    found.add_printer("outcome", ns + "outcome<.*>$", OutcomePrinter)
    found.add_printer("queue", ns + "(basic_queue|queue|lifo_queue|priority_queue)<.*>$",
                      QueuePrinter)
    return found


RondoCommand()
TasksCommand()
gdb.printing.register_pretty_printer(None, printers(), replace=True)
