// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 {

/// Errors of name resolution; their values are those of c-ares.
const std::error_category& dns_category() noexcept;

enum class address_family : unsigned char { any, v4, v6 };

struct resolve_options {
  address_family family = address_family::any;
};
static_assert(std::is_trivially_destructible_v<resolve_options>);

/// The addresses of a host name, best first (RFC 6724), from /etc/hosts and DNS
/// by c-ares; no thread is blocked. At least one, and at most 64: more are dropped.
/// A literal address is returned as it is. "localhost" and names below it are
/// 127.0.0.1 and ::1, without asking anybody (RFC 6761).
///
/// Look-ups of one name at the same time share one query; at most 64 names are
/// asked for at once, others wait for their turn. Nothing is kept afterwards.
///
/// Throws std::system_error of dns_category(): `resolve nosuch.example: Domain
/// name not found`, `resolve slow.example: timed out`. Cancelling it takes effect
/// at once; the query ends with the last of those that wait for it.
task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port,
                                    resolve_options options = {});

/// The name of an IP address, from /etc/hosts and DNS (PTR). Whoever has the
/// address chooses the name: it proves nothing unless it resolves back. Throws and
/// can be cancelled as resolve.
task<std::string> reverse_resolve(endpoint address);

/// How the names of a loop are asked for.
struct dns_options {
  /// "127.0.0.1:5353,[::1],10.0.0.1": asked in this order. Empty: the system's, as
  /// /etc/resolv.conf has them when the query begins.
  std::string_view servers;
  /// How long one server is waited for the first time; then twice as long each round.
  delay timeout = std::chrono::seconds(2);
  /// How often each server is asked.
  int tries = 3;
  /// How long a query takes at most, whatever the servers do.
  delay total = std::chrono::seconds(10);
};
static_assert(std::is_trivially_destructible_v<dns_options>);

/// Sets it for the running loop's queries that begin later. Throws
/// std::system_error when servers cannot be understood.
void configure_dns(const dns_options& options);

}}  // namespace rondo::v0
