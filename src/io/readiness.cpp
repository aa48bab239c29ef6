// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/readiness.hpp>

#include <map>
#include <memory>
#include <poll.h>
#include <system_error>

#include <rondo/io/detail/fd_watcher.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::inline v0 {

namespace detail {

readiness_operation::readiness_operation(int fd_number, unsigned events) noexcept {
  code = opcode::poll;
  fd = fd_number;
  flags = events;
}

void readiness_operation::result() const {
  if (outcome < 0)
    throw std::system_error(static_cast<int>(-outcome), std::generic_category(),
                            std::string(describe()) + " " + detail());
}

const char* readiness_operation::describe() const noexcept {
  return flags & POLLOUT ? "wait_writable" : "wait_readable";
}

std::string readiness_operation::detail() const { return "fd " + std::to_string(fd); }

namespace {

/// The callbacks of a loop, by fd and direction.
class callbacks {
 public:
  explicit callbacks(loop& l) noexcept : loop_(l) {}
  callbacks(const callbacks&) = delete;
  callbacks& operator=(const callbacks&) = delete;
  ~callbacks() {
    for (auto& [key, c] : all_) c->watcher->close();
  }

  void add(int fd, unsigned events, unique_function<void()> f) {
    std::unique_ptr<callback>& c = all_[{fd, events}];
    if (c) {
      c->function = std::make_shared<unique_function<void()>>(std::move(f));
      return;
    }
    try {
      c = std::make_unique<callback>();
      c->function = std::make_shared<unique_function<void()>>(std::move(f));
      c->watcher = fd_watcher::open(loop_, fd, [call = c.get()](unsigned) {
        auto function = call->function;  // it may remove itself
        try {
          (*function)();
        } catch (...) {
          report_made([] {
            return diagnostic{problem::exception_not_retrieved,
                              "a callback of add_reader or add_writer threw: " +
                                  describe(std::current_exception()),
                              std::current_exception()};
          });
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
  struct callback {
    std::shared_ptr<unique_function<void()>> function;
    fd_watcher* watcher = nullptr;
  };
  loop& loop_;
  std::map<std::pair<int, unsigned>, std::unique_ptr<callback>> all_;
};

callbacks& of_this_loop() { return loop::current().local<callbacks>(); }

}  // namespace

}  // namespace detail

detail::readiness_operation wait_readable(int fd) noexcept {
  return detail::readiness_operation(fd, POLLIN);
}
detail::readiness_operation wait_writable(int fd) noexcept {
  return detail::readiness_operation(fd, POLLOUT);
}

void add_reader(int fd, detail::unique_function<void()> f) {
  detail::of_this_loop().add(fd, POLLIN, std::move(f));
}
void add_writer(int fd, detail::unique_function<void()> f) {
  detail::of_this_loop().add(fd, POLLOUT, std::move(f));
}
bool remove_reader(int fd) { return detail::of_this_loop().remove(fd, POLLIN); }
bool remove_writer(int fd) { return detail::of_this_loop().remove(fd, POLLOUT); }

}  // namespace rondo::inline v0
