// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/coro/task_handle.hpp>
#include <rondo/detail/counted.hpp>
#include <rondo/http/websocket/websocket.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/lock.hpp>

#include "http/websocket/frames.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

class websocket_core;

/// Throws usage_error.
void check_options(const websocket_options& options);

using websocket_ref = rondo::detail::ref<websocket_core>;

/// An open connection. Counted: by the websocket, and by its tasks.
///
/// Two tasks work for it. One reads as long as the connection lives. The other sends
/// what out_ holds, and lives while there is something: whoever sends only appends
/// whole frames, so that cancelling it cannot cut one.
///
/// The end comes in two steps. First it is over: no message comes any more, and the
/// close code is known. Then, once the last words are said, the connection is closed.
class websocket_core : public rondo::detail::counted<websocket_core> {
 public:
  websocket_core(stream s, side self, const websocket_options& options, std::string subprotocol,
                 std::string name);
  /// Begins to read and to ping. Throws std::bad_alloc.
  void start();

  // Coroutines that keep it alive; see websocket.
  static task<> send(websocket_ref core, opcode kind, std::string_view data);
  static task<> send_pieces(websocket_ref core, opcode kind, async_generator<std::string> pieces);
  static task<std::optional<websocket::message>> receive(websocket_ref core);
  static task<> close(websocket_ref core, std::uint16_t code, std::string reason);
  bool try_send(opcode kind, std::string_view data);
  /// Nobody is interested any more. It says 1001 in the background.
  void drop() noexcept;

  bool is_over() const noexcept { return code_ != 0; }
  std::uint16_t code() const noexcept { return code_; }
  const std::string& reason() const noexcept { return reason_; }
  const std::string& subprotocol() const noexcept { return subprotocol_; }
  endpoint peer() const noexcept { return stream_.peer(); }

  bool hosted = false;  ///< a server's handler runs, which decides when it is dropped

 private:
  friend counted;
  ~websocket_core() { timer_.cancel(); }

  // These live in the frames of their tasks, and so notice every way in which those end.
  class reading;
  class writing;
  class ending;
  class whole_message;

  static task<> read(reading its);
  static task<> write(writing its);
  static task<> say_last_words(ending its);
  task<> read_messages();
  void deliver(bool is_text);
  void answer_ping();
  void take_pong();
  void take_end(bool well);
  /// After the last frame of the peer that counts.
  task<> linger(bool well);
  task<> write_rest(bool well);
  task<> discard_input();
  void reader_has_ended() noexcept;
  void close_connection() noexcept;

  /// Whether frames may follow those in out_.
  bool can_send() const noexcept { return !is_over() && !close_sent_ && output_failure_.empty(); }
  bool has_room() const noexcept { return out_.size() + in_flight_ < buffer_limit; }
  /// Appends a frame when there is room. False: nothing can be sent any more.
  task<bool> append(opcode code, bool final, std::string_view payload);
  void check_text(opcode kind, std::string_view data) const;
  std::string_view ping_payload() const noexcept {
    return {reinterpret_cast<const char*>(&ping_), sizeof ping_};
  }
  void queue_close(std::uint16_t code, std::string_view reason);
  void start_writing();

  void arm(delay wait);
  void time_is_up() noexcept;
  /// It is over because of us.
  void fail(std::uint16_t code, std::string_view reason) noexcept;
  void cut(std::string_view cause) noexcept;
  void over(std::uint16_t code, std::string_view reason, std::string_view cause) noexcept;
  [[noreturn]] void throw_ended() const;

  static constexpr std::size_t buffer_limit = 64 * 1024;  // of messages that wait, each way
  static constexpr std::size_t message_overhead = 64;     // empty ones count, too

  stream stream_;
  frame_reader frames_;
  std::list<websocket::message> messages_;
  std::size_t waiting_ = 0;  // bytes in messages_
  std::string out_;          // whole frames
  std::size_t in_flight_ = 0;
  lock sending_;   // a message at a time
  event arrived_;  // a message, or the end
  event taken_;    // room for messages
  event written_;  // room in out_
  event closed_;
  task_handle<> reader_;
  scheduled timer_;  // for a ping, a pong, or the answer to a close
  std::string name_;
  std::string subprotocol_;
  std::string reason_;
  std::string cause_;  // of an end that was no close
  std::string output_failure_;
  std::optional<delay> ping_interval_;
  delay ping_timeout_;
  delay close_timeout_;
  std::uint32_t ping_ = 0;
  std::uint16_t code_ = 0;
  side self_;
  bool receiving_ = false;
  bool writing_ = false;     // its task lives
  bool output_cut_ = false;  // in the middle of a frame or message: nothing can follow
  bool close_sent_ = false;  // or in out_
  bool pong_missing_ = false;
  bool reading_paused_ = false;
  bool was_paused_ = false;  // since the last ping
  bool finished_ = false;    // the reader has seen it to its end
};

}}}  // namespace rondo::v0::http::detail
