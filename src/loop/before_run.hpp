// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rondo { inline namespace v0 { namespace detail {

using run_hook = void (*)();

/// What `run` calls before it makes a loop, if set: where a fresh execution of
/// this program that is to be a worker leaves main and never comes back. Set
/// during static initialization only.
extern constinit run_hook before_run;

}}}  // namespace rondo::v0::detail
