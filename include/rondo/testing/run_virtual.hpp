// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <rondo/loop/run.hpp>

namespace rondo { inline namespace v0 { namespace testing {

/// Runs main in virtual time, whatever RONDO_BACKEND says: an hour of sleeping passes in no
/// time, in the order of the real one, and a program that can never go on throws
/// deadlock_error. Leaves signals alone. As run, it returns main's value and throws its
/// exception.
///
/// Of I/O there are streams of socketpair, both of whose ends this run holds, and an
/// http::session's with session_options::served_by; the rest fails with ENOTSUP. Threads of
/// to_thread work: while one does, time goes at its real pace.
template <class Main>
auto run_virtual(Main&& main) {
  return run(std::forward<Main>(main),
             {.backend = backend_kind::sim, .interrupt = on_interrupt::leave_alone});
}

}}}  // namespace rondo::v0::testing
