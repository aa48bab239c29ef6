// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/detail/unique_function.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/http/site/access_log.hpp>
#include <rondo/http/site/detail/handler.hpp>
#include <rondo/loop/time.hpp>

namespace rondo { inline namespace v0 { namespace http {

struct serve_options {
  std::string_view host = "127.0.0.1";  ///< "" is every IPv4 address
  std::uint16_t port = 8000;            ///< 0: a free one
  std::size_t workers = 1;              ///< threads, each with a loop; 0: one a core
  /// Both given: over TLS. PEM files.
  std::string_view certificate_file = {};
  std::string_view key_file = {};
  /// For running requests, once told to end.
  delay grace = std::chrono::seconds(10);
  log_format log = log_format::combined;  ///< to standard output
  bool quiet = false;                     ///< no line on standard error about where it serves
  server_options server = {};
};
static_assert(std::is_trivially_destructible_v<serve_options>);

namespace detail {
using handler_factory = rondo::detail::unique_function<handler()>;
void serve(handler_factory factory, const serve_options& options);
}  // namespace detail

/// A whole program: serves until Ctrl-C or SIGTERM, then drains (server::close) and
/// returns; a second signal kills at once.
///
///     int main() {
///       rondo::http::serve([] {
///         rondo::http::router site;
///         site.get("/", [](rondo::http::request&) { return "Hello"; });
///         return site;
///       }, {.port = 8080, .workers = 0});
///     }
///
/// factory() gives the router or handler of one worker. Each calls it on its own
/// thread, at the same time; the workers share nothing else, and the kernel spreads
/// connections over them (SO_REUSEPORT).
///
/// Only on the main thread, without a loop. Throws std::system_error when it cannot
/// listen, and what factory throws.
template <class F>
  requires std::is_invocable_v<F&>
void serve(F&& factory, serve_options options = {}) {
  detail::serve([&factory] { return detail::make_handler(factory()); }, options);
}

}}}  // namespace rondo::v0::http
