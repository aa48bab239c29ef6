// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "io/look_up.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <algorithm>
#include <new>

#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

constexpr std::size_t most_addresses = 64;
constexpr unsigned most_queries = 64;  // each has a channel of 70 KB and a socket or two

}  // namespace

std::system_error dns_failure(int status, std::string name) {
  std::replace(name.begin(), name.end(), '\0', '?');  // the text ends at a null byte
  return std::system_error(status, dns_category(), "resolve " + name);
}

void look_up::last_reference_gone() noexcept {
  if (!done_) finish(ARES_ECANCELLED);
  delete this;
}

void look_up::ask() noexcept {
  begun_ = true;
  ++owner_.running;
  deadline_ = owner_.how.total.after(owner_.owner.now_ns());
  int status = channel_.open(&socket_changed, this, owner_.servers, owner_.how);
  if (status != ARES_SUCCESS) return finish(status);
  if (address_.size() > 0) {
    ares_getnameinfo(channel_.get(), address_.data(), static_cast<ares_socklen_t>(address_.size()),
                     ARES_NI_LOOKUPHOST | ARES_NI_NAMEREQD, &named, this);
  } else {
    ares_addrinfo_hints hints{};
    hints.ai_family = family_;
    hints.ai_socktype = SOCK_STREAM;
    ares_getaddrinfo(channel_.get(), name_.c_str(), nullptr, &hints, &answered, this);
  }
  go_on();
}

void look_up::answered(void* argument, int status, int, ares_addrinfo* info) noexcept {
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

void look_up::named(void* argument, int status, int, char* node, char*) noexcept {
  auto& self = *static_cast<look_up*>(argument);
  self.answered_ = true;
  self.status_ = status == ARES_SUCCESS && !node ? ARES_ENOTFOUND : status;
  try {
    if (status == ARES_SUCCESS && node) self.host_ = node;
  } catch (const std::bad_alloc&) {
    self.status_ = ARES_ENOMEM;
  }
}

void look_up::socket_changed(void* argument, ares_socket_t fd, int read, int write) noexcept {
  auto& self = *static_cast<look_up*>(argument);
  try {
    self.watch(fd, (read ? POLLIN : 0u) | (write ? POLLOUT : 0u));
  } catch (const std::bad_alloc&) {
    self.out_of_memory_ = true;
  }
}

void look_up::watch(ares_socket_t fd, unsigned events) {
  auto found =
      std::find_if(watchers_.begin(), watchers_.end(), [fd](fd_watcher* w) { return w->fd == fd; });
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

void look_up::go_on() noexcept {
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

void look_up::finish(int status) noexcept {
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
  if (look_up_->status() != ARES_SUCCESS) throw dns_failure(look_up_->status(), look_up_->name());
  return *look_up_;
}

std::string look_up_operation::detail() const {
  return look_up_ ? look_up_->name() : std::string();
}

}}}  // namespace rondo::v0::detail
