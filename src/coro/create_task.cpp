// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/create_task.hpp>

namespace rondo { inline namespace v0 { namespace detail {

scheduler& running_scheduler(const char* caller) {
  if (!this_thread_scheduler)
    throw usage_error(std::string(caller) +
                      ": no loop runs on this thread; start one with rondo::run");
  return *this_thread_scheduler;
}

}}}  // namespace rondo::v0::detail
