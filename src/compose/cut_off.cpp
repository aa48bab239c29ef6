// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "compose/cut_off.hpp"

#include <rondo/coro/detail/node.hpp>
#include <rondo/coro/detail/promise.hpp>

namespace rondo { inline namespace v0 { namespace detail {

std::string name_of(const operation& op) {
  std::string more = op.detail();
  return more.empty() ? op.describe() : op.describe() + (" " + more);
}

std::string place_of_waiting(const node& task) {
  const node* n = &task;
  while (n->first_child() && !n->first_child()->next_sibling()) n = n->first_child();
  const operation* op = n->waiting_on();
  if (!op || op->ready() || (n == &task && !n->root())) return {};
  std::string text = ", waiting for " + name_of(*op);
  if (const promise_base* p = op->awaited_in()) {
    if (p != task.root()) text += " in " + coroutine_name(p->created().function_name());
    text += " at " + short_location(p->awaiting());
  }
  return text;
}

}}}  // namespace rondo::v0::detail
