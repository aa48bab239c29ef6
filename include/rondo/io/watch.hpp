// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <rondo/coro/task.hpp>
#include <rondo/detail/config.hpp>

namespace rondo { inline namespace v0 {

/// What has happened to a watched file, or to one in a watched directory. A set
/// of them with `|` says what to watch.
enum class watch_kind : std::uint32_t {
  created = 1,      ///< a name has come (made, linked)
  modified = 2,     ///< written to or cut
  closed = 4,       ///< a writer has closed it: its content is complete
  attributes = 8,   ///< permissions, times, number of links
  removed = 16,     ///< a name has gone
  moved_from = 32,  ///< renamed: the old name; the new one has the same cookie
  moved_to = 64,    ///< renamed: the new name
  moved = 128,      ///< what is watched itself was renamed, and goes on being watched
  all = 255,
  gone = 256,      ///< the last event of a path: it was removed or unmounted
  overflow = 512,  ///< more came than the kernel keeps: events are lost, look again
};
constexpr watch_kind operator|(watch_kind a, watch_kind b) noexcept {
  return static_cast<watch_kind>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr watch_kind operator&(watch_kind a, watch_kind b) noexcept {
  return static_cast<watch_kind>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
/// Whether the sets have something in common.
constexpr bool has(watch_kind set, watch_kind what) noexcept {
  return static_cast<std::uint32_t>(set & what) != 0;
}
/// "created", "modified"…, of a single kind.
const char* to_string(watch_kind k) noexcept;

struct watch_event {
  watch_kind kind = watch_kind::overflow;  ///< one kind
  std::string path;                        ///< what is watched, as it was given
  std::string name;                        ///< the name in the watched directory; else empty
  bool is_directory = false;               ///< what the name names (or named)
  std::uint32_t cookie = 0;                ///< joins moved_from and moved_to
};

/// Watches files and directories (inotify(7)). Holds from the moment that
/// watch() returns; the kernel keeps events until they are asked for, up to
/// fs.inotify.max_queued_events, then tells of the loss with one `overflow`.
///
/// Not a generator, so that a time-out on next() loses nothing. One task at a
/// time. Destroying it, or moving another into it, ends the watch, and a next() that
/// another task waits in with an error (`read inotify: the file was closed
/// meanwhile: Operation canceled`).
class [[nodiscard]] file_watch {
 public:
  file_watch() noexcept = default;
  file_watch(file_watch&&) noexcept = default;
  file_watch& operator=(file_watch&& other) noexcept;
  ~file_watch();

  /// The next event; empty when nothing is watched any more.
  /// Cancelled: no event is lost. Two calls at a time are a usage_error, and so is
  /// add() meanwhile.
  RONDO_CORO_WRAPPER task<std::optional<watch_event>> next();
  /// Watches path as well (a directory: what is in it, not below). Throws
  /// `watch /x: No such file or directory`. Cancelled: it may be watched.
  RONDO_CORO_WRAPPER task<> add(std::string path, watch_kind kinds = watch_kind::all);

 private:
  friend task<file_watch> watch(std::string path, watch_kind kinds);
  struct state;
  explicit file_watch(std::shared_ptr<state> s) noexcept : state_(std::move(s)) {}

  std::shared_ptr<state> state_;  // also of what is in next() or add()
};

/// Watches a file, or what is in a directory (not in those below it):
///
///     auto changes = co_await rondo::watch("config");
///     while (auto e = co_await changes.next())
///       std::printf("%s %s\n", to_string(e->kind), e->name.c_str());
///
/// Follows symbolic links. Throws std::system_error. Cancelled: nothing is watched.
task<file_watch> watch(std::string path, watch_kind kinds = watch_kind::all);

}}  // namespace rondo::v0
