// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/resolve.hpp>

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <algorithm>
#include <new>
#include <unordered_map>

#include <rondo/detail/counted.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/loop.hpp>
#include "detail/ascii.hpp"
#include "io/fd_watcher.hpp"

namespace rondo { inline namespace v0 {

namespace detail { namespace {

constexpr std::size_t most_addresses = 64;
constexpr unsigned most_queries = 64;  // each has a channel of 70 KB and a socket or two

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int code) const override {
    return code == ARES_ETIMEOUT ? "timed out" : ares_strerror(code);
  }
};

std::system_error failure(int status, std::string name) {
  std::replace(name.begin(), name.end(), '\0', '?');  // the text ends at a null byte
  return std::system_error(status, dns_category(), "resolve " + name);
}

/// A c-ares channel, of one query.
class channel {
 public:
  channel() noexcept = default;
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel() { close(); }

  /// Gives the c-ares status.
  int open(ares_sock_state_cb on_socket, void* argument, const std::string& servers,
           const dns_options& how) noexcept {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    if (library != ARES_SUCCESS) return library;
    ares_options options{};
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = argument;
    constexpr std::int64_t ms = 1'000'000;
    // Within the whole time: c-ares gives what one address family was answered when the
    // other one's query has timed out, but (from 1.2x on) not when it is cancelled.
    std::int64_t timeout = std::min(how.timeout.count(), how.total.count() / 4 * 3);
    options.timeout = static_cast<int>(std::clamp<std::int64_t>(timeout / ms, 1, 3'600'000));
    options.tries = std::clamp(how.tries, 1, 100);
    int status = ares_init_options(&ares_, &options,
                                   ARES_OPT_SOCK_STATE_CB | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status == ARES_SUCCESS && !servers.empty())
      status = ares_set_servers_ports_csv(ares_, servers.c_str());
    return status;
  }
  void close() noexcept {
    if (ares_) ares_destroy(std::exchange(ares_, nullptr));
  }
  explicit operator bool() const noexcept { return ares_ != nullptr; }
  ares_channel get() const noexcept { return ares_; }

 private:
  ares_channel ares_ = nullptr;
};

class look_up;

/// The look-ups of one loop.
class resolver {
 public:
  explicit resolver(loop& l) noexcept : owner(l) {}
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// The one of this question that is on, or a new one.
  ref<look_up> find_or_make(const endpoint& address, const std::string& name, int family);
  /// Begins those whose turn has come.
  void begin_waiting() noexcept;

  loop& owner;
  std::string servers;
  dns_options how;
  unsigned running = 0;
  bool beginning = false;
  std::unordered_map<std::string, look_up*> by_key;
  list<look_up> waiting;
};

/// One wait for a look-up.
class look_up_operation final : public operation, public list_link<look_up_operation> {
 public:
  look_up_operation(const endpoint& address, const std::string& name, int family);
  bool begin() noexcept override;
  bool cancel() noexcept override;
  const look_up& result() const;
  const char* describe() const noexcept override { return "resolve"; }
  std::string detail() const override;

 private:
  ref<look_up> look_up_;
};

/// One question: its c-ares channel, whose sockets the loop watches, and who waits
/// for the answer. A channel for each question and not one for all: c-ares (1.18)
/// can end only all queries of a channel; and each new one reads resolv.conf anew.
/// It costs 24 µs, less than the packet.
///
/// Counted by its waiters; the answer outlives the query. Allocations that fail in
/// a callback must not throw through c-ares: they are remembered in status.
class look_up : public counted<look_up>, public list_link<look_up> {
 public:
  look_up(resolver& r, std::string key, const endpoint& address, std::string name, int family)
      : owner_(r),
        key_(std::move(key)),
        address_(address),
        name_(std::move(name)),
        family_(family) {}

  /// Nobody waits any more: the question is dropped, wherever it is.
  void last_reference_gone() noexcept {
    if (!done_) finish(ARES_ECANCELLED);
    delete this;
  }
  resolver& owner() const noexcept { return owner_; }
  const std::string& name() const noexcept { return name_; }

  bool done() const noexcept { return done_; }
  int status() const noexcept { return status_; }
  const std::vector<endpoint>& addresses() const noexcept { return addresses_; }
  const std::string& host() const noexcept { return host_; }

  void add(look_up_operation& w) noexcept { waiters_.push_back(w); }

  void ask() noexcept {
    begun_ = true;
    ++owner_.running;
    deadline_ = owner_.how.total.after(owner_.owner.now_ns());
    int status = channel_.open(&socket_changed, this, owner_.servers, owner_.how);
    if (status != ARES_SUCCESS) return finish(status);
    if (address_.size() > 0) {
      ares_getnameinfo(channel_.get(), address_.data(),
                       static_cast<ares_socklen_t>(address_.size()),
                       ARES_NI_LOOKUPHOST | ARES_NI_NAMEREQD, &named, this);
    } else {
      ares_addrinfo_hints hints{};
      hints.ai_family = family_;
      hints.ai_socktype = SOCK_STREAM;
      ares_getaddrinfo(channel_.get(), name_.c_str(), nullptr, &hints, &answered, this);
    }
    go_on();
  }

 private:
  ~look_up() = default;

  static void answered(void* argument, int status, int, ares_addrinfo* info) noexcept {
    auto& self = *static_cast<look_up*>(argument);
    self.answered_ = true;
    self.status_ = status;
    if (status == ARES_SUCCESS) {
      try {
        for (ares_addrinfo_node* n = info->nodes; n && self.addresses_.size() < most_addresses;
             n = n->ai_next)
          self.addresses_.emplace_back(n->ai_addr, n->ai_addrlen);
        if (self.addresses_.empty()) self.status_ = ARES_ENODATA;
      } catch (const std::bad_alloc&) {
        self.status_ = ARES_ENOMEM;
      }
    }
    if (info) ares_freeaddrinfo(info);
  }

  static void named(void* argument, int status, int, char* node, char*) noexcept {
    auto& self = *static_cast<look_up*>(argument);
    self.answered_ = true;
    self.status_ = status == ARES_SUCCESS && !node ? ARES_ENOTFOUND : status;
    try {
      if (status == ARES_SUCCESS && node) self.host_ = node;
    } catch (const std::bad_alloc&) {
      self.status_ = ARES_ENOMEM;
    }
  }

  static void socket_changed(void* argument, ares_socket_t fd, int read, int write) noexcept {
    auto& self = *static_cast<look_up*>(argument);
    try {
      self.watch(fd, (read ? POLLIN : 0u) | (write ? POLLOUT : 0u));
    } catch (const std::bad_alloc&) {
      self.out_of_memory_ = true;
    }
  }

  void watch(ares_socket_t fd, unsigned events) {
    auto found = std::find_if(watchers_.begin(), watchers_.end(),
                              [fd](fd_watcher* w) { return w->fd == fd; });
    if (events == 0) {
      if (found == watchers_.end()) return;
      (*found)->close();
      watchers_.erase(found);
      return;
    }
    if (found == watchers_.end()) {
      watchers_.reserve(watchers_.size() + 1);
      auto on_ready = [this, fd](unsigned ready) {
        bool over = ready & (POLLERR | POLLHUP);
        ares_process_fd(channel_.get(), over || ready & POLLIN ? fd : ARES_SOCKET_BAD,
                        over || ready & POLLOUT ? fd : ARES_SOCKET_BAD);
        go_on();
      };
      watchers_.push_back(fd_watcher::open(owner_.owner, fd, on_ready));
      found = watchers_.end() - 1;
    }
    (*found)->watch(events);
  }

  // After every call of c-ares: ends, or waits for its next time-out. May end this
  // object's channel, so never from inside of c-ares.
  void go_on() noexcept {
    if (answered_) return finish(status_);
    if (out_of_memory_) return finish(ARES_ENOMEM);
    std::int64_t now = owner_.owner.now_ns();
    if (now >= deadline_) {
      // One address family may have been answered: that is worth more than nothing.
      ares_cancel(channel_.get());
      return finish(answered_ && status_ != ARES_ECANCELLED ? status_ : ARES_ETIMEOUT);
    }
    timeval most{};
    std::int64_t left = deadline_ - now;
    most.tv_sec = left / 1'000'000'000;
    most.tv_usec = left % 1'000'000'000 / 1000 + 1;
    timeval wait{};
    timeval* next = ares_timeout(channel_.get(), &most, &wait);
    try {
      timer_.cancel();
      timer_ = owner_.owner.call_later(
          std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec), [this] {
            ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
            go_on();
          });
    } catch (const std::bad_alloc&) {
      finish(ARES_ENOMEM);
    }
  }

  // Ends the query, if it has begun, and tells those who wait. Allocates nothing.
  void finish(int status) noexcept {
    std::vector<endpoint> addresses;
    addresses.swap(addresses_);  // what c-ares says while it ends is not the answer
    timer_.cancel();
    channel_.close();
    for (fd_watcher* w : watchers_) w->close();
    watchers_.clear();
    addresses_.swap(addresses);
    status_ = status;
    done_ = true;
    owner_.by_key.erase(key_);
    if (begun_) {
      --owner_.running;
    } else {
      unlink();
    }
    while (look_up_operation* w = waiters_.pop_front()) w->complete();
    owner_.begin_waiting();
  }

  resolver& owner_;
  const std::string key_;
  const endpoint address_;  // to be named; empty: a name is looked up
  const std::string name_;
  const int family_;
  channel channel_;
  std::vector<fd_watcher*> watchers_;
  scheduled timer_;
  std::int64_t deadline_ = 0;
  list<look_up_operation> waiters_;
  bool begun_ = false;
  bool answered_ = false;
  bool out_of_memory_ = false;
  bool done_ = false;
  int status_ = ARES_SUCCESS;
  std::vector<endpoint> addresses_;
  std::string host_;
};

ref<look_up> resolver::find_or_make(const endpoint& address, const std::string& name, int family) {
  std::string key(1, address.size() > 0   ? 'n'
                     : family == AF_INET  ? '4'
                     : family == AF_INET6 ? '6'
                                          : '*');
  key += ascii::lower(name);  // names are compared without case (RFC 4343)
  auto [place, fresh] = by_key.try_emplace(key, nullptr);
  if (!fresh) return ref(place->second);
  try {
    place->second = new look_up(*this, key, address, name, family);
  } catch (...) {
    by_key.erase(place);
    throw;
  }
  waiting.push_back(*place->second);
  return ref(place->second);
}

void resolver::begin_waiting() noexcept {
  if (beginning) return;  // a look-up that ends at once asks for the next one: no recursion
  beginning = true;
  while (running < most_queries && !waiting.empty()) waiting.pop_front()->ask();
  beginning = false;
}

look_up_operation::look_up_operation(const endpoint& address, const std::string& name, int family)
    : look_up_(loop::current().local<resolver>().find_or_make(address, name, family)) {}

bool look_up_operation::begin() noexcept {
  if (look_up_->done()) return true;
  look_up_->add(*this);
  look_up_->owner().begin_waiting();
  return false;
}

// The query ends with the last reference, when the frame is destroyed.
bool look_up_operation::cancel() noexcept {
  unlink();
  return true;
}

const look_up& look_up_operation::result() const {
  if (look_up_->status() == ARES_ENOMEM) throw std::bad_alloc();
  if (look_up_->status() != ARES_SUCCESS) throw failure(look_up_->status(), look_up_->name());
  return *look_up_;
}

std::string look_up_operation::detail() const {
  return look_up_ ? look_up_->name() : std::string();
}

endpoint with_port(const endpoint& address, std::uint16_t port) noexcept {
  if (address.is_v6()) {
    auto v6 = *reinterpret_cast<const sockaddr_in6*>(address.data());
    v6.sin6_port = htons(port);
    return endpoint(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  auto v4 = *reinterpret_cast<const sockaddr_in*>(address.data());
  v4.sin_port = htons(port);
  return endpoint(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

bool is_localhost(std::string name) {
  name = ascii::lower(name);
  if (name.ends_with('.')) name.pop_back();
  return name == "localhost" || name.ends_with(".localhost");
}

int family_number(address_family f) noexcept {
  return f == address_family::v4 ? AF_INET : f == address_family::v6 ? AF_INET6 : AF_UNSPEC;
}

}}  // namespace detail

const std::error_category& dns_category() noexcept {
  static detail::category instance;
  return instance;
}

task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port, resolve_options options) {
  int family = detail::family_number(options.family);
  std::vector<endpoint> found;
  if (auto literal = endpoint::parse(host, port)) {
    if (family != AF_UNSPEC && family != literal->family())
      throw detail::failure(ARES_EBADFAMILY, host);
    found.push_back(*literal);
    co_return found;
  }
  if (detail::is_localhost(host)) {
    // IPv4 first: whoever takes one address only, a socket of datagrams or a server,
    // meets the others at 127.0.0.1.
    if (family != AF_INET6) found.push_back(*endpoint::parse("127.0.0.1", port));
    if (family != AF_INET) found.push_back(*endpoint::parse("::1", port));
    co_return found;
  }
  // c-ares would see no more than what stands before a null byte.
  if (host.empty() || host.find('\0') != host.npos) throw detail::failure(ARES_EBADNAME, host);
  detail::look_up_operation looking({}, host, family);
  const detail::look_up& answer = co_await looking;
  found.reserve(answer.addresses().size());
  for (const endpoint& e : answer.addresses()) found.push_back(detail::with_port(e, port));
  co_return found;
}

task<std::string> reverse_resolve(endpoint address) {
  std::string name =
      address.is_unix() || address.size() == 0 ? address.to_string() : address.address();
  if (address.family() != AF_INET && address.family() != AF_INET6)
    throw detail::failure(ARES_EBADFAMILY, name);
  detail::look_up_operation looking(address, name, AF_UNSPEC);
  const detail::look_up& answer = co_await looking;
  co_return answer.host();
}

void configure_dns(const dns_options& options) {
  std::string servers(options.servers);
  detail::channel trial;
  int status = trial.open(nullptr, nullptr, servers, options);
  if (status != ARES_SUCCESS)
    throw std::system_error(status, dns_category(), "name servers \"" + servers + "\"");
  auto& r = loop::current().local<detail::resolver>();
  r.servers = std::move(servers);
  r.how = options;
  r.how.servers = {};  // the caller's memory
}

}}  // namespace rondo::v0
