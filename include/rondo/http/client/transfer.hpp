// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/http/client/client_error.hpp>
#include <rondo/http/client/response.hpp>
#include <rondo/http/message/headers.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
struct transfer_state;
}

/// A response whose body is read piece by piece. A slow reader slows the
/// transfer down: about 512 KiB are read ahead. Destroying it ends the transfer.
///
/// Belongs to its loop's thread, and to one task at a time.
class [[nodiscard]] transfer {
 public:
  explicit transfer(detail::transfer_state* state) noexcept : state_(state) {}
  transfer(transfer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  transfer& operator=(transfer&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~transfer();

  int status() const noexcept;
  bool ok() const noexcept { return status() >= 200 && status() < 400; }
  /// Of the header; stays as it is while the body is read. Trailers, which may
  /// follow a body in chunks, are dropped.
  const http::headers& headers() const noexcept;
  /// Where it comes from, after redirects.
  const std::string& url() const noexcept;
  /// The redirects before it, in their order.
  const std::vector<redirect_step>& history() const noexcept;
  /// "1.0", "1.1" or "2".
  std::string_view version() const noexcept;
  /// The length of the body as the server announced it, which is that of the
  /// compressed one if it is compressed.
  std::optional<std::uint64_t> content_length() const noexcept;
  void raise_for_status() const;

  /// The next piece of the body, empty at its end. A compressed body is unpacked as it is
  /// read, a bounded part at a time. Throws http_error. Cancelling it loses nothing.
  task<std::string> read();
  /// The rest of the body. Throws http_error (too_large) when it has more than max
  /// bytes. Cancelling it loses what was read.
  task<std::string> read_all(std::size_t max = 1u << 30);
  /// The lines of the rest, each without its end (LF or CR LF). A line of more than
  /// longest bytes throws http_error (too_large). The transfer must outlive it.
  async_generator<std::string> lines(std::size_t longest = 1u << 20) RONDO_LIFETIMEBOUND;

 private:
  detail::transfer_state* state_;
};

}}}  // namespace rondo::v0::http
