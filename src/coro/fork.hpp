// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

namespace rondo { inline namespace v0 { namespace detail {

/// How many forks lie between this process and the first one of the program: in a
/// child it is another number than in its parent. What belongs to threads or to
/// other processes notes it, and is not the child's when it has changed.
unsigned fork_count() noexcept;

/// Whether this is a child of the process that has noted its fork_count; notes it anew.
inline bool forked_since(unsigned& noted) noexcept {
  unsigned before = noted;
  noted = fork_count();
  return noted != before;
}

/// From now on a child of fork finds this lock of the whole process free, and what it
/// guards in order, even if another thread held it at that moment. Call it once a lock.
/// No other lock of this kind may be taken under it.
template <auto& get_lock>
void free_in_children() noexcept {
  ::pthread_atfork([] { get_lock().lock(); }, [] { get_lock().unlock(); },
                   [] { get_lock().unlock(); });
}

}}}  // namespace rondo::v0::detail
