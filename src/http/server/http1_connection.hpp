// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <rondo/coro/detail/node.hpp>
#include <rondo/http/server/detail/body_source.hpp>
#include <rondo/io/stream.hpp>

#include "http/server/client_watch.hpp"
#include "http/server/server_state.hpp"
#include "http/server/write_progress.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

/// One connection of HTTP/1.1: requests and their replies, one after the other.
///
///     idle -> header -> work [<-> body] -> write [<-> work] -> idle
///
/// All of it is one task. While the connection is idle it holds no memory for bytes
/// or requests: what has come is in the stream's own buffer and is parsed there.
class http1_connection final : public body_source, public timed_connection {
 public:
  static task<> serve(server_state& s, rondo::stream client);

  task<std::string> read_body() override;
  void expired() noexcept override;
  void close_if_idle() noexcept override;

 private:
  class running_request;

  http1_connection(server_state& s, rondo::stream client);
  ~http1_connection();

  task<bool> serve_request();
  void become_idle() noexcept;
  bool has_unread() const noexcept;
  task<> end_badly();
  bool parse_header();
  task<> read_rest_of_header();
  void begin_request() noexcept;
  task<bool> receive();
  task<bool> skip_body();
  bool begin_answer(const reply& r);
  task<> send_rest(reply r);
  task<> send_pieces(reply& r, body_framing::end by);
  task<std::optional<std::string>> next_piece(reply& r, body_framing::end by);
  void write_piece(std::string_view piece, body_framing::end by);
  task<> refuse(const status_error& why);
  task<> upgrade(upgrade_handler handler);
  task<> linger();
  task<> begin_write();
  task<> flush();
  void end_request() noexcept;
  void end_work() noexcept;
  void log_request() noexcept;
  void report_broken_reply() noexcept;
  /// Begins a phase anew; whoever is in one is limited by it.
  void enter(phase p) noexcept { server_->clock.enter(*this, p); }

  rondo::detail::stream_core& core() const noexcept { return *core_; }
  http1_message& message() const noexcept { return *message_; }
  request& req() const noexcept { return message_->request; }

  state_ref server_;
  rondo::stream client_;
  rondo::detail::ref<rondo::detail::stream_core> core_;  // of client_
  rondo::detail::node* task_ = nullptr;                  // that serves it
  std::unique_ptr<http1_message> message_;
  std::shared_ptr<client_watch> watch_;    // a handler takes long
  std::unique_ptr<status_error> refusal_;  // of what was no request
  std::string out_;                        // replies, or their beginnings, not yet sent
  write_progress progress_;                // of the client, in phase write
  std::uint64_t body_bytes_ = 0;           // of the request, as they came
  std::int64_t body_wait_ = 0;             // time that was spent on waiting for them
  std::uint64_t body_sent_ = 0;
  std::size_t requests_ = 0;
  std::int64_t begun_ = 0;  // the request, if there is a log and it is not in there
  int status_ = 0;          // of the reply
  bool keep_alive_ = true;
  bool continue_expected_ = false;
  bool replied_ = false;    // the head of this request's reply is written
  bool timed_out_ = false;  // the client was too slow with its request
};

/// Serves one connection, whatever protocol the client has chosen.
RONDO_CORO_WRAPPER task<> serve_connection(server_state& s, rondo::stream client);

}}}  // namespace rondo::v0::http::detail
