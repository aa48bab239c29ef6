// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/loop/detail/io_operation.hpp>

#include <cerrno>

#include <rondo/loop/loop.hpp>
#include "loop/backend.hpp"

namespace rondo { inline namespace v0 { namespace detail {

bool io_operation::begin() noexcept { return loop::of(*waiter()).kernel().start(*this); }

bool io_operation::cancel() noexcept { return loop::of(*waiter()).kernel().cancel(*this); }

void io_operation::kernel_done(std::int64_t result) noexcept {
  outcome = result;
  complete_or_stop(result == -ECANCELED);
}

}}}  // namespace rondo::v0::detail
