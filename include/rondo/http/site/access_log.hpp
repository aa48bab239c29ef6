// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/detail/unique_function.hpp>
#include <rondo/io/endpoint.hpp>

namespace rondo { inline namespace v0 { namespace http {

/// A request that has been answered. Its texts are valid during the call.
struct access_record {
  std::string_view method;  ///< empty: the request was not understood
  std::string_view target;
  std::string_view id;
  std::string_view referer;
  std::string_view user_agent;
  endpoint peer;
  int status = 0;           ///< 0: the client went away before it was answered
  std::uint64_t bytes = 0;  ///< of the reply's body, sent; nothing of a file that broke off
  std::chrono::nanoseconds duration{};  ///< from its header to the last byte given to the kernel
  std::chrono::system_clock::time_point begun;
  bool http_1_0 = false;
};

/// Is told of each request after its reply was sent (of pipelined ones that are
/// answered together: when it is about to be). It must not throw.
using access_log = rondo::detail::unique_function<void(const access_record&)>;

/// The line of Apache's and nginx's "combined" format, with the duration in seconds
/// and the request id behind it, without a line's end. What a client sent is escaped.
std::string to_combined_line(const access_record& record);
/// The same as one line of JSON.
std::string to_json_line(const access_record& record);

enum class log_format : unsigned char { none, combined, json };

/// Writes such lines to an fd that stays open, 1 for standard output: those of one turn
/// of the loop with one call. The server never waits for who reads them: up to 1 MiB is
/// kept for a pipe or terminal that takes no more, then lines are lost, and "… 37 lines
/// dropped" stands in their place. A reader that has gone takes no part of the server
/// with it; its lines are lost. Destroying it waits up to a second for what is kept.
access_log log_to(int fd, log_format format = log_format::combined);

}}}  // namespace rondo::v0::http
