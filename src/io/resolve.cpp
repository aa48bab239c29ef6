// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/resolve.hpp>

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unordered_map>

#include <rondo/io/detail/fd_watcher.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/future.hpp>

namespace rondo::inline v0 {

namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int code) const override { return ares_strerror(code); }
};

struct ares_library {
  ares_library() { status = ares_library_init(ARES_LIB_INIT_ALL); }
  ~ares_library() { ares_library_cleanup(); }
  int status;
};

/// One loop's c-ares channel: its sockets watched by the loop, its time-outs by
/// one of the loop's timers.
class dns_channel {
 public:
  explicit dns_channel(loop& l) : loop_(l) {
    static ares_library library;
    ares_options options{};
    options.sock_state_cb = [](void* self, ares_socket_t fd, int read, int write) {
      static_cast<dns_channel*>(self)->watch(fd, read, write);
    };
    options.sock_state_cb_data = this;
    options.timeout = 2000;  // ms, the first try
    options.tries = 3;
    int status = library.status;
    if (status == ARES_SUCCESS)
      status = ares_init_options(&channel_, &options,
                                 ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS) throw std::system_error(status, dns_category(), "c-ares");
  }
  ~dns_channel() {
    timer_.cancel();
    ares_destroy(channel_);  // ends the queries, and with them the watchers
    for (auto& [fd, w] : watchers_) w->close();
  }
  dns_channel(const dns_channel&) = delete;
  dns_channel& operator=(const dns_channel&) = delete;

  future<std::vector<endpoint>> look_up(const std::string& host, std::uint16_t port) {
    auto* query = new pending{host, {}, this};
    auto result = query->result.get_future();
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_NUMERICSERV;
    ++queries_;
    ares_getaddrinfo(channel_, host.c_str(), std::to_string(port).c_str(), &hints, &answered, query);
    arm_timer();
    return result;
  }

 private:
  struct pending {
    std::string host;
    promise<std::vector<endpoint>> result;
    dns_channel* channel;
  };

  static void answered(void* argument, int status, int, ares_addrinfo* info) {
    auto* query = static_cast<pending*>(argument);
    --query->channel->queries_;
    if (status == ARES_SUCCESS) {
      std::vector<endpoint> found;
      for (ares_addrinfo_node* n = info->nodes; n; n = n->ai_next)
        found.emplace_back(n->ai_addr, n->ai_addrlen);
      query->result.set_value(std::move(found));
    } else {
      query->result.set_exception(std::make_exception_ptr(
          std::system_error(status, dns_category(), "resolve " + query->host)));
    }
    if (info) ares_freeaddrinfo(info);
    delete query;
  }

  void watch(ares_socket_t fd, int read, int write) {
    unsigned events = (read ? POLLIN : 0u) | (write ? POLLOUT : 0u);
    auto found = watchers_.find(fd);
    if (events == 0) {
      if (found != watchers_.end()) {
        found->second->close();
        watchers_.erase(found);
      }
      return;
    }
    if (found == watchers_.end()) {
      auto* w = detail::fd_watcher::open(loop_, fd, [this, fd](unsigned ready) {
        bool over = ready & (POLLERR | POLLHUP);
        ares_process_fd(channel_, over || ready & POLLIN ? fd : ARES_SOCKET_BAD,
                        over || ready & POLLOUT ? fd : ARES_SOCKET_BAD);
        arm_timer();
      });
      found = watchers_.emplace(fd, w).first;
    }
    found->second->watch(events);
  }

  void arm_timer() {
    timer_.cancel();
    if (queries_ == 0) return;
    timeval wait{};
    if (!ares_timeout(channel_, nullptr, &wait)) return;
    auto d = std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec);
    timer_ = loop_.call_later(d, [this] {
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      arm_timer();
    });
  }

  loop& loop_;
  ares_channel channel_ = nullptr;
  std::unordered_map<ares_socket_t, detail::fd_watcher*> watchers_;
  scheduled timer_;
  std::size_t queries_ = 0;
};

}  // namespace

const std::error_category& dns_category() noexcept {
  static category instance;
  return instance;
}

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port) {
  if (auto literal = endpoint::parse(host, port)) co_return std::vector<endpoint>(1, *literal);
  future<std::vector<endpoint>> answer =
      loop::current().local<dns_channel>().look_up(host, port);
  co_return co_await answer;
}

}  // namespace rondo::inline v0
