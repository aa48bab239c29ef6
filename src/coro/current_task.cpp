// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/current_task.hpp>

#include <rondo/coro/detail/operation.hpp>
#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include "coro/line_writer.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

/// Writes a node and what is below it, without recursion. Past a depth, lines tell
/// theirs as a number and are indented no further: else the text would grow with the
/// square of the depth.
class tree_printer {
 public:
  static constexpr std::size_t most_indented = 40;

  static std::string print(const node& top) {
    std::string out;
    std::string indent;
    std::size_t depth = 0;
    const node* n = top.first_child_;
    while (n) {
      bool last = !n->next_sibling_;
      out += indent;
      if (depth > most_indented) out += "[" + std::to_string(depth) + "] ";
      line(out, last, *n);
      if (n->first_child_) {
        if (depth++ < most_indented) indent += last ? "   " : "│  ";
        n = n->first_child_;
        continue;
      }
      while (n && !n->next_sibling_) {
        n = n->parent_;
        if (n == &top) return out;
        // one level is 3 columns; the bar is 2 bytes more
        if (--depth < most_indented)
          indent.resize(indent.size() - (indent.ends_with("│  ") ? 5 : 3));
      }
      if (n) n = n->next_sibling_;
    }
    return out;
  }

 private:
  static void line(std::string& out, bool last, const node& n) {
    out += last ? "└─ " : "├─ ";
    out += n.name();
    const operation* op = n.waiting_on_;
    if (n.unwinding_) {
      out += "  unwinding";
    } else if (!n.started_) {
      out += "  not started";
    } else if (n.sched_->current == &n) {
      out += "  running";
    } else if (op) {
      if (op->ready()) {
        out += "  ready";
      } else if (n.root_ || !n.given_name().empty()) {
        out += "  waits for ";
        out += op->describe();
      }
      if (!op->ready())
        if (std::string more = op->detail(); !more.empty()) out += " " + more;
    } else {
      out += "  ready";
    }
    if (n.cancel_requested_) out += " (cancelled)";
    if (op && n.root_ && n.leaf_) calls(out, n);
    out += '\n';
  }

  // The chain of calls inside of the node, innermost first: fetch at a.cpp:7 < main at a.cpp:20
  static void calls(std::string& out, const node& n) {
    int shown = 0;
    for (const promise_base* p = n.leaf_; p; p = p->caller()) {
      if (shown == 8) {
        out += " < …";
        break;
      }
      out += shown++ ? " < " : "  at ";
      if (p->caller() || shown > 1) out += coroutine_name(p->created().function_name()) + " ";
      out += short_location(p->awaiting());
    }
  }
};

}  // namespace detail

detail::node& task_ref::node() const {
  if (!node_) throw usage_error("task_ref: it refers to no task");
  if (&node_->sched() != detail::this_thread_scheduler)
    throw usage_error(
        "task_ref: its task runs on another thread's loop; use "
        "loop_ref::call_soon_threadsafe");
  return *node_;
}

task_ref current_task() noexcept {
  detail::scheduler* s = detail::this_thread_scheduler;
  return task_ref(s ? s->current : nullptr);
}

std::vector<task_ref> all_tasks() {
  std::vector<task_ref> found;
  detail::scheduler* s = detail::this_thread_scheduler;
  if (!s) return found;
  detail::node* n = s->top->first_child();
  while (n) {
    found.emplace_back(n);
    if (n->first_child()) {
      n = n->first_child();
      continue;
    }
    while (n && !n->next_sibling()) {
      n = n->parent();
      if (n == s->top) return found;
    }
    if (n) n = n->next_sibling();
  }
  return found;
}

bool unwinding() noexcept {
  detail::scheduler* s = detail::this_thread_scheduler;
  return s && s->current && s->current->unwinding();
}

std::string format_task_tree() {
  detail::scheduler* s = detail::this_thread_scheduler;
  if (!s) return "no loop runs on this thread\n";
  std::string tree = detail::tree_printer::print(*s->top);
  return tree.empty() ? "no tasks\n" : tree;
}

void print_task_tree() { detail::write_report(format_task_tree()); }

}}  // namespace rondo::v0
