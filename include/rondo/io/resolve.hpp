// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/io/endpoint.hpp>

namespace rondo::inline v0 {

/// Errors of name resolution; their values are those of c-ares.
const std::error_category& dns_category() noexcept;

/// The addresses of a host name, best first (RFC 6724), from /etc/hosts and DNS
/// by c-ares; no thread is blocked. A literal address is returned as it is.
///
/// Throws std::system_error of dns_category(): `resolve nosuch.example: Domain
/// name not found`. Cancelling it takes effect at once; a look-up that nobody
/// waits for ends by itself.
task<std::vector<endpoint>> resolve(std::string host, std::uint16_t port);

}  // namespace rondo::inline v0
