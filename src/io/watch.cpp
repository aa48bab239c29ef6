// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/watch.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <sys/inotify.h>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/io/detail/on_thread.hpp>

namespace rondo::inline v0 {

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

task<> file_watch::add(std::string path, watch_kind kinds) {
  // The first events of a path could come before this knows which path they mean.
  if (reading_) throw usage_error("file_watch::add: another task is waiting in next()");
  detail::check_path(path, "watch");
  std::uint32_t mask = 0;
  for (const auto& known : kinds_and_masks)
    if (has(kinds & watch_kind::all, known.kind)) mask |= known.mask;
  auto call = [&]() -> std::int64_t {
    int descriptor = ::inotify_add_watch(events_.fd(), path.c_str(), mask);
    return descriptor < 0 ? -errno : descriptor;
  };
  std::int64_t descriptor = co_await to_thread(call);
  if (descriptor == -ENOSPC)
    detail::check_file(descriptor, "watch", path + " (fs.inotify.max_user_watches)");
  detail::check_file(descriptor, "watch", path);
  auto same = [&](const watched& w) { return w.descriptor == descriptor; };
  auto known = std::find_if(watched_.begin(), watched_.end(), same);
  if (known != watched_.end()) {  // the same file, by this or another name
    known->path = std::move(path);
  } else {
    watched_.emplace_back();
    watched_.back().descriptor = static_cast<int>(descriptor);
    watched_.back().path = std::move(path);
  }
}

// The next event of the buffer that means something; false at its end.
bool file_watch::take(watch_event& event) {
  while (at_ < filled_) {
    inotify_event raw;  // the buffer's place may be odd
    std::memcpy(&raw, buffer_.data() + at_, sizeof raw);
    const char* name = buffer_.data() + at_ + sizeof raw;
    at_ += sizeof raw + raw.len;
    event = {};
    for (const auto& known : kinds_and_masks)
      if (raw.mask & known.mask) event.kind = known.kind;
    if (event.kind == watch_kind::overflow) {
      if (raw.mask & IN_Q_OVERFLOW) return true;
      continue;  // IN_UNMOUNT: IN_IGNORED follows
    }
    auto of = [wd = raw.wd](const watched& w) { return w.descriptor == wd; };
    auto w = std::find_if(watched_.begin(), watched_.end(), of);
    if (w == watched_.end()) continue;
    event.path = w->path;
    if (raw.len > 0) event.name = name;  // padded with zeros
    event.is_directory = raw.mask & IN_ISDIR;
    event.cookie = raw.cookie;
    if (event.kind == watch_kind::gone) watched_.erase(w);
    return true;
  }
  return false;
}

task<std::optional<watch_event>> file_watch::next() {
  if (reading_) throw usage_error("file_watch::next: another task is waiting in it");
  struct reading {
    bool& flag;
    explicit reading(bool& f) : flag(f) { flag = true; }
    ~reading() { flag = false; }
  } one_at_a_time(reading_);
  std::optional<watch_event> event(std::in_place);
  for (;;) {
    bool taken = take(*event);
    if (taken) co_return event;
    if (watched_.empty()) {
      event.reset();
      co_return event;
    }
    constexpr std::size_t buffer_size = 16 * 1024;
    buffer_.resize(buffer_size);
    at_ = filled_ = 0;
    std::size_t n = co_await events_.read_some(std::span<char>(buffer_));
    filled_ = n;
  }
}

task<file_watch> watch(std::string path, watch_kind kinds) {
  int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) detail::check_file(-errno, "watch", path);
  file_watch made;
  made.events_ = file(fd, "inotify");
  co_await made.add(std::move(path), kinds);
  co_return made;
}

}  // namespace rondo::inline v0
