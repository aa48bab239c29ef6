// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "coro/line_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "coro/no_sigpipe.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

using namespace std::chrono_literals;

constexpr auto exit_limit = std::chrono::seconds(1);

/// A pipe or terminal that polls as writable takes at least this without blocking.
constexpr std::size_t page = 4096;

bool is_writable(int fd, int timeout) noexcept {
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, timeout) != 0;  // an error shows in the call that follows
}

/// Writes what fd takes: all there is to take at once, or, patient, everything.
/// Gives the number of bytes, and in error an errno.
std::size_t write_some(int fd, std::string_view text, bool patient, int& error) noexcept {
  struct stat info{};
  bool known = ::fstat(fd, &info) == 0;
  bool is_file = known && S_ISREG(info.st_mode);
  bool is_socket = known && S_ISSOCK(info.st_mode);
  std::size_t done = 0;
  error = 0;
  while (done < text.size()) {
    if (!is_file && !is_writable(fd, patient ? -1 : 0)) return done;
    std::string_view rest = text.substr(done);
    ssize_t n;
    if (is_socket) {
      n = ::send(fd, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (is_file) {
      n = ::write(fd, rest.data(), rest.size());
    } else {
      no_sigpipe guard;
      n = ::write(fd, rest.data(), std::min(rest.size(), page));
    }
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      if (!patient) return done;
    } else if (errno != EINTR) {
      error = errno;
      return done;
    }
  }
  return done;
}

std::size_t lines_in(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

struct line_writer::state : std::enable_shared_from_this<line_writer::state> {
  explicit state(int fd_number) noexcept : fd(fd_number) {}

  void write(std::string_view lines, when_full full, std::size_t most);
  void add_note();
  void start_thread();
  void work() noexcept;
  void begin_afresh() noexcept;
  bool idle() const noexcept { return !thread_runs && queue.empty(); }

  const int fd;
  std::mutex mutex;
  std::condition_variable progress;
  std::string queue;
  std::size_t in_hand = 0;  // bytes that the thread is at
  std::size_t dropped = 0;  // lines since the last note
  int error = 0;
  bool thread_runs = false;
};

/// The queues of the process. A child of fork has them, and nothing in them: what was
/// queued, the parent's thread writes.
class line_writer::all_states {
 public:
  static all_states& get() {
    static auto& all = *new all_states;  // outlives what other statics write
    return all;
  }
  std::shared_ptr<state> of(int fd) {
    std::lock_guard lock(mutex_);
    std::weak_ptr<state>& place = known_[fd];
    std::shared_ptr<state> s = place.lock();
    if (!s) place = s = std::make_shared<state>(fd);
    return s;
  }

 private:
  all_states() {
    ::pthread_atfork([] { get().lock(); }, [] { get().unlock(false); }, [] { get().unlock(true); });
  }
  void lock() {
    mutex_.lock();
    for (auto& [fd, place] : known_)
      if (std::shared_ptr<state> s = place.lock()) locked_.push_back(std::move(s));
    for (auto& s : locked_) s->mutex.lock();
  }
  void unlock(bool in_child) noexcept {
    for (auto& s : locked_) {
      if (in_child) s->begin_afresh();
      s->mutex.unlock();
    }
    auto last = std::exchange(locked_, {});
    mutex_.unlock();
  }

  std::mutex mutex_;
  std::map<int, std::weak_ptr<state>> known_;
  std::vector<std::shared_ptr<state>> locked_;  // while a process forks
};

void line_writer::state::begin_afresh() noexcept {
  // Threads that waited are not here: what it holds of them is not undone but forgotten.
  new (&progress) std::condition_variable;
  queue.clear();
  in_hand = 0;
  dropped = 0;
  error = 0;
  thread_runs = false;
}

void line_writer::state::add_note() {
  if (dropped == 0) return;
  queue += "… " + std::to_string(dropped) + (dropped == 1 ? " line" : " lines") + " dropped\n";
  dropped = 0;
}

void line_writer::state::write(std::string_view lines, when_full full, std::size_t most) {
  std::unique_lock lock(mutex);
  if (idle() && dropped == 0) {
    lines.remove_prefix(write_some(fd, lines, false, error));
    if (error != 0) dropped += lines_in(lines);
    if (lines.empty() || error != 0) return;
  } else if (idle()) {  // after a failure
    add_note();
    queue += lines;
    std::size_t n = write_some(fd, queue, false, error);
    std::size_t left = lines_in(std::string_view(queue).substr(n));
    bool failed = error != 0;
    queue.erase(0, failed ? queue.size() : n);
    if (failed) dropped = std::max<std::size_t>(left, 1);
    if (queue.empty()) return;
    start_thread();
    return;
  } else {
    auto has_room = [&] { return queue.size() + in_hand < most; };
    if (full == when_full::wait) {
      progress.wait(lock, [&] { return has_room() || idle(); });
    } else if (!has_room()) {
      dropped += lines_in(lines);
      return;
    }
  }
  add_note();
  queue += lines;
  start_thread();
}

void line_writer::state::start_thread() {
  if (std::exchange(thread_runs, true)) return;
  try {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);  // signals are the program's own threads'
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([self = shared_from_this()] { self->work(); }).detach();
    } catch (...) {
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  } catch (...) {  // without a thread or memory they are lost
    thread_runs = false;
    dropped += lines_in(queue);
    queue.clear();
  }
}

void line_writer::state::work() noexcept {
  std::unique_lock lock(mutex);
  for (;;) {
    if (queue.empty() && error == 0) {
      try {
        add_note();
      } catch (const std::bad_alloc&) {  // it stays to be told
      }
    }
    if (queue.empty()) break;
    std::string text = std::exchange(queue, {});
    in_hand = text.size();
    lock.unlock();
    int failed = 0;
    std::size_t n = write_some(fd, text, true, failed);
    lock.lock();
    in_hand = 0;
    error = failed;
    if (failed != 0) dropped += lines_in(std::string_view(text).substr(n));
    progress.notify_all();
  }
  thread_runs = false;
  progress.notify_all();
}

line_writer::line_writer(int fd, when_full full, std::size_t most)
    : state_(all_states::get().of(fd)), full_(full), most_(most) {}

line_writer::~line_writer() { flush(exit_limit); }

void line_writer::write(std::string_view lines) noexcept {
  try {
    state_->write(lines, full_, most_);
  } catch (...) {  // no memory for the queue
    std::lock_guard lock(state_->mutex);
    state_->dropped += lines_in(lines);
  }
}

bool line_writer::flush(std::chrono::nanoseconds limit) noexcept {
  std::unique_lock lock(state_->mutex);
  return state_->progress.wait_for(lock, limit, [&] { return state_->idle(); });
}

void line_writer::flush() noexcept {
  std::unique_lock lock(state_->mutex);
  state_->progress.wait(lock, [&] { return state_->idle(); });
}

bool line_writer::behind() const noexcept {
  std::lock_guard lock(state_->mutex);
  return !state_->idle();
}

int line_writer::error() const noexcept {
  std::lock_guard lock(state_->mutex);
  return state_->error;
}

namespace {
line_writer& errors() {
  static line_writer& writer = []() -> line_writer& {
    // Destroyed by nobody: other statics may report something in their destructors.
    auto* made = new line_writer(STDERR_FILENO);
    std::atexit(&flush_reports);
    return *made;
  }();
  return writer;
}
}  // namespace

void flush_reports() noexcept {
  try {
    errors().flush(exit_limit);
  } catch (const std::bad_alloc&) {  // nothing is queued
  }
}

void write_report(std::string_view lines) noexcept {
  if (is_writable(STDOUT_FILENO, 0)) {
    no_sigpipe guard;
    std::fflush(stdout);
  }
  try {
    errors().write(lines);
  } catch (const std::bad_alloc&) {
    int error;
    write_some(STDERR_FILENO, lines, false, error);
  }
}

void flush_stdio() noexcept {
  struct flushed {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
  };
  try {
    auto state = std::make_shared<flushed>();
    std::unique_lock lock(state->mutex);
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);  // inherited by the thread
    std::thread([state] {
      std::fflush(nullptr);
      std::lock_guard locked(state->mutex);
      state->done = true;
      state->changed.notify_one();
    }).detach();
    state->changed.wait_for(lock, exit_limit, [&] { return state->done; });
  } catch (...) {
    std::fflush(nullptr);
  }
}

}}}  // namespace rondo::v0::detail
