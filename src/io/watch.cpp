// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/watch.hpp>

#include <sys/inotify.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <vector>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/io/file.hpp>
#include "io/check_file.hpp"
#include "io/on_thread.hpp"

namespace rondo { inline namespace v0 {

namespace {

constexpr struct {
  watch_kind kind;
  std::uint32_t mask;
  const char* name;
} kinds_and_masks[] = {
    {watch_kind::created, IN_CREATE, "created"},
    {watch_kind::modified, IN_MODIFY, "modified"},
    {watch_kind::closed, IN_CLOSE_WRITE, "closed"},
    {watch_kind::attributes, IN_ATTRIB, "attributes"},
    {watch_kind::removed, IN_DELETE, "removed"},
    {watch_kind::moved_from, IN_MOVED_FROM, "moved_from"},
    {watch_kind::moved_to, IN_MOVED_TO, "moved_to"},
    {watch_kind::moved, IN_MOVE_SELF, "moved"},
    {watch_kind::gone, IN_IGNORED, "gone"},
    {watch_kind::overflow, IN_Q_OVERFLOW, "overflow"},
};

}  // namespace

const char* to_string(watch_kind k) noexcept {
  for (const auto& known : kinds_and_masks)
    if (known.kind == k) return known.name;
  return "?";
}

struct file_watch::state {
  struct watched {
    int descriptor;
    std::string path;
  };

  static task<> add(std::shared_ptr<state> self, std::string path, watch_kind kinds);
  static task<std::optional<watch_event>> next(std::shared_ptr<state> self);
  bool take(watch_event& event);

  file events;
  std::vector<watched> paths;
  std::vector<char> buffer;
  std::size_t at = 0;
  std::size_t filled = 0;
  bool reading = false;
};

task<> file_watch::state::add(std::shared_ptr<state> self, std::string path, watch_kind kinds) {
  if (!self) throw usage_error("file_watch::add: it watches nothing");
  // The first events of a path could come before this knows which path they mean.
  if (self->reading) throw usage_error("file_watch::add: another task is waiting in next()");
  detail::check_path(path, "watch");
  std::uint32_t mask = 0;
  for (const auto& known : kinds_and_masks)
    if (has(kinds & watch_kind::all, known.kind)) mask |= known.mask;
  detail::file_in_use events(detail::file_ref(self->events.internal()));
  auto call = [&]() -> std::int64_t {
    int descriptor = ::inotify_add_watch(events.fd(), path.c_str(), mask);
    return descriptor < 0 ? -errno : descriptor;
  };
  std::int64_t descriptor = co_await to_thread(call);
  if (descriptor == -ENOSPC)
    detail::check_file(descriptor, "watch", path + " (fs.inotify.max_user_watches)");
  detail::check_file(descriptor, "watch", path);
  auto same = [&](const watched& w) { return w.descriptor == descriptor; };
  std::vector<watched>& all = self->paths;
  auto known = std::find_if(all.begin(), all.end(), same);
  if (known != all.end()) {  // the same file, by this or another name
    known->path = std::move(path);
  } else {
    all.emplace_back();
    all.back().descriptor = static_cast<int>(descriptor);
    all.back().path = std::move(path);
  }
}

// The next event of the buffer that means something; false at its end.
bool file_watch::state::take(watch_event& event) {
  while (at < filled) {
    inotify_event raw;  // the buffer's place may be odd
    std::memcpy(&raw, buffer.data() + at, sizeof raw);
    const char* name = buffer.data() + at + sizeof raw;
    at += sizeof raw + raw.len;
    event = {};
    for (const auto& known : kinds_and_masks)
      if (raw.mask & known.mask) event.kind = known.kind;
    if (event.kind == watch_kind::overflow) {
      if (raw.mask & IN_Q_OVERFLOW) return true;
      continue;  // IN_UNMOUNT: IN_IGNORED follows
    }
    auto of = [wd = raw.wd](const watched& w) { return w.descriptor == wd; };
    auto w = std::find_if(paths.begin(), paths.end(), of);
    if (w == paths.end()) continue;
    event.path = w->path;
    if (raw.len > 0) event.name = name;  // padded with zeros
    event.is_directory = raw.mask & IN_ISDIR;
    event.cookie = raw.cookie;
    if (event.kind == watch_kind::gone) paths.erase(w);
    return true;
  }
  return false;
}

task<std::optional<watch_event>> file_watch::state::next(std::shared_ptr<state> self) {
  if (!self) co_return std::nullopt;
  state& s = *self;
  if (s.reading) throw usage_error("file_watch::next: another task is waiting in it");
  struct reading {
    bool& flag;
    explicit reading(bool& f) : flag(f) { flag = true; }
    ~reading() { flag = false; }
  } one_at_a_time(s.reading);
  std::optional<watch_event> event(std::in_place);
  for (;;) {
    bool taken = s.take(*event);
    if (taken) co_return event;
    if (s.paths.empty()) {
      event.reset();
      co_return event;
    }
    constexpr std::size_t buffer_size = 16 * 1024;
    s.buffer.resize(buffer_size);
    s.at = s.filled = 0;
    std::size_t n = co_await s.events.read_some(std::span<char>(s.buffer));
    s.filled = n;
  }
}

file_watch& file_watch::operator=(file_watch&& other) noexcept {
  if (this != &other) {
    if (state_) state_->events = {};
    state_ = std::move(other.state_);
  }
  return *this;
}

file_watch::~file_watch() {
  if (state_) state_->events = {};
}

task<std::optional<watch_event>> file_watch::next() { return state::next(state_); }

task<> file_watch::add(std::string path, watch_kind kinds) {
  return state::add(state_, std::move(path), kinds);
}

task<file_watch> watch(std::string path, watch_kind kinds) {
  auto state = std::make_shared<file_watch::state>();
  int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) detail::check_file(-errno, "watch", path);
  state->events = file(fd, "inotify");
  file_watch made(std::move(state));
  co_await made.add(std::move(path), kinds);
  co_return made;
}

}}  // namespace rondo::v0
