// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/resolve.hpp>

#include <ares.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <rondo/loop/loop.hpp>
#include "detail/ascii.hpp"
#include "io/look_up.hpp"

namespace rondo { inline namespace v0 {

namespace detail { namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int code) const override {
    return code == ARES_ETIMEOUT ? "timed out" : ares_strerror(code);
  }
};

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
      throw detail::dns_failure(ARES_EBADFAMILY, host);
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
  if (host.empty() || host.find('\0') != host.npos) throw detail::dns_failure(ARES_EBADNAME, host);
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
    throw detail::dns_failure(ARES_EBADFAMILY, name);
  detail::look_up_operation looking(address, name, AF_UNSPEC);
  const detail::look_up& answer = co_await looking;
  co_return answer.host();
}

void configure_dns(const dns_options& options) {
  std::string servers(options.servers);
  detail::dns_channel trial;
  int status = trial.open(nullptr, nullptr, servers, options);
  if (status != ARES_SUCCESS)
    throw std::system_error(status, dns_category(), "name servers \"" + servers + "\"");
  auto& r = loop::current().local<detail::resolver>();
  r.servers = std::move(servers);
  r.how = options;
  r.how.servers = {};  // the caller's memory
}

}}  // namespace rondo::v0
