// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/readiness.hpp>

#include <fcntl.h>
#include <poll.h>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <rondo/loop/loop.hpp>
#include "coro/report_lost.hpp"
#include "detail/errno_error.hpp"
#include "io/fd_watcher.hpp"

namespace rondo { inline namespace v0 {

namespace detail {

readiness_operation::readiness_operation(int fd_number, unsigned events) noexcept {
  code = opcode::poll;
  fd = fd_number;
  flags = events;
}

namespace {

thread_local list<readiness_operation> waiting_here;

}  // namespace

bool readiness_operation::begin() noexcept {
  if (io_operation::begin()) return true;
  waiting_here.push_front(*this);
  return false;
}

bool readiness_operation::cancel() noexcept {
  if (!io_operation::cancel()) return false;
  leave();
  return true;
}

void readiness_operation::kernel_done(std::int64_t result) noexcept {
  leave();
  // Also when it was ready: perhaps the kernel saw who has the number now.
  if (ended_) result = -EBADF;
  io_operation::kernel_done(result);
}

void readiness_operation::leave() noexcept {
  list_link<readiness_operation>& place = *this;
  if (place.listed()) place.unlink();
}

void readiness_operation::end_those_of(int fd) noexcept {
  for (readiness_operation& op : waiting_here) {
    if (op.fd != fd || !op.waiting() || op.ended_) continue;
    op.ended_ = true;
    if (op.cancel()) {
      op.outcome = -EBADF;
      op.complete();
    }
  }
}

void readiness_operation::result() const {
  if (outcome >= 0) return;
  std::string what = std::string(describe()) + " " + detail();
  if (ended_) what += ": it was closed meanwhile";
  throw errno_error(-outcome, what);
}

const char* readiness_operation::describe() const noexcept {
  return flags & POLLOUT ? "wait_writable" : "wait_readable";
}

std::string readiness_operation::detail() const { return "fd " + std::to_string(fd); }

namespace {

/// The callbacks of a loop, by fd and direction.
class callbacks {
 public:
  explicit callbacks(loop& l) noexcept : loop_(l) { here = this; }
  callbacks(const callbacks&) = delete;
  callbacks& operator=(const callbacks&) = delete;
  ~callbacks() {
    for (auto& [key, c] : all_) c->watcher->close();
    here = nullptr;
  }

  static thread_local constinit callbacks* here;  // null: none was ever added

  void add(int fd, unsigned events, unique_function<void()> f) {
    if (::fcntl(fd, F_GETFD) < 0) throw errno_error(errno, subject(fd, events));
    // Anew also where there is one: the number may be another file's by now.
    remove(fd, events);
    std::unique_ptr<callback>& c = all_[{fd, events}];
    try {
      c = std::make_unique<callback>();
      c->function = std::make_shared<unique_function<void()>>(std::move(f));
      c->watcher = fd_watcher::open(loop_, fd, [this, fd, events, call = c.get()](unsigned ready) {
        if (ready & POLLNVAL) return lose(fd, events);
        auto function = call->function;  // it may remove itself
        try {
          (*function)();
        } catch (...) {
          report_lost(std::current_exception(), "a callback of add_reader or add_writer threw");
        }
      });
    } catch (...) {
      all_.erase({fd, events});
      throw;
    }
    c->watcher->watch(events);
  }

  bool remove(int fd, unsigned events) {
    auto found = all_.find({fd, events});
    if (found == all_.end()) return false;
    found->second->watcher->close();
    all_.erase(found);
    return true;
  }

 private:
  static std::string subject(int fd, unsigned events) {
    return (events & POLLOUT ? "add_writer fd " : "add_reader fd ") + std::to_string(fd);
  }

  // Its fd was closed: calling it again and again would do nothing but that.
  void lose(int fd, unsigned events) {
    remove(fd, events);
    report_made([&] {
      std::system_error gone = errno_error(EBADF, subject(fd, events));
      return diagnostic{problem::exception_not_retrieved,
                        std::string(gone.what()) + ": it is removed (forget_fd before closing)",
                        std::make_exception_ptr(gone)};
    });
  }

  struct callback {
    std::shared_ptr<unique_function<void()>> function;
    fd_watcher* watcher = nullptr;
  };
  loop& loop_;
  std::map<std::pair<int, unsigned>, std::unique_ptr<callback>> all_;
};

thread_local constinit callbacks* callbacks::here = nullptr;

callbacks& of_this_loop() { return loop::current().local<callbacks>(); }

}  // namespace

void end_waits(int fd) noexcept {
  if (!waiting_here.empty()) [[unlikely]]
    readiness_operation::end_those_of(fd);
  if (callbacks::here) [[unlikely]] {
    callbacks::here->remove(fd, POLLIN);
    callbacks::here->remove(fd, POLLOUT);
  }
}

readiness_operation readiness_operation::readable(int fd_number) noexcept {
  return readiness_operation(fd_number, POLLIN);
}
readiness_operation readiness_operation::writable(int fd_number) noexcept {
  return readiness_operation(fd_number, POLLOUT);
}

}  // namespace detail

void add_reader(int fd, detail::unique_function<void()> f) {
  detail::of_this_loop().add(fd, POLLIN, std::move(f));
}
void add_writer(int fd, detail::unique_function<void()> f) {
  detail::of_this_loop().add(fd, POLLOUT, std::move(f));
}
bool remove_reader(int fd) { return detail::of_this_loop().remove(fd, POLLIN); }
bool remove_writer(int fd) { return detail::of_this_loop().remove(fd, POLLOUT); }

void forget_fd(int fd) noexcept { detail::end_waits(fd); }

}}  // namespace rondo::v0
