// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/coro/task.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/http/client/client_error.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/loop/detail/timer_queue.hpp>
#include <rondo/sync/event.hpp>
#include "http/message/chunked_decoder.hpp"
#include "http/message/content_decoder.hpp"
#include "http/message/response_framing.hpp"

#include "http/client/client_request.hpp"
#include "http/client/easy_handle.hpp"
#include "http/client/upload.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

struct session_state;
struct live_transfer;
struct noted_transfer;

/// Throws usage_error for a field that is made from the body.
void check_own_field(const std::string& name);
/// Throws usage_error for a cookie that could not stand in its header.
void check_cookie(const std::string& name, const std::string& value);
/// How libcurl wants a field.
std::string field_line(const std::string& name, const std::string& value);

/// One request and its response: an attempt, or its part between two redirects. Lives as
/// long as the transfer and its response are of interest; destroying it ends the transfer.
///
/// libcurl moves the bytes. What they mean is decided here: what may stand in a header,
/// where the body ends, what it was before it was packed, whether the request may be sent
/// once more, and where it goes next.
struct transfer_state : private rondo::detail::timer,
                        rondo::detail::list_link<live_transfer>,
                        rondo::detail::list_link<noted_transfer> {
  /// whole: the body is collected; else it is read as it comes, and the transfer
  /// pauses while nobody does. Throws http_error, usage_error.
  transfer_state(session_state& s, client_request&& asked, bool whole);
  ~transfer_state();
  transfer_state(const transfer_state&) = delete;
  transfer_state& operator=(const transfer_state&) = delete;

  static void set_callbacks(CURL* easy);
  static transfer_state& of(CURL* easy) noexcept;
  /// Null for a handle of libcurl's own.
  static transfer_state* find(CURL* easy) noexcept;

  void start();
  /// Wait, and move the body of the request meanwhile.
  task<> wait_for_header();
  task<> wait_for_end();
  bool has_header() const noexcept { return header_done_; }
  /// Whether it has, or makes, a connection.
  bool started() const noexcept { return started_; }
  bool failed() const noexcept {
    return done && (code != CURLE_OK || abort_cause_ != abort_cause::none);
  }
  /// Once the header is there: whether it leads elsewhere, and is followed. The body is
  /// dropped then.
  bool redirects() const noexcept { return redirecting_; }
  /// The request that follows from it. Throws http_error.
  client_request follow();
  /// How long to wait before the request is made again; nothing: it is not.
  std::optional<delay> wait_before_retry(int failures) const;

  /// For the next attempt. The pieces of the body go first: they may use what the
  /// body holds, which is moved.
  client_request take_request() noexcept {
    upload_.drop_source();
    return std::move(request);
  }

  /// The next piece of the body, empty at its end.
  task<std::string> read();
  /// Lets a paused transfer go on, as far as it can.
  void resume();

  /// "GET http://example.com/", for errors.
  std::string request_text() const;
  [[noreturn]] void fail() const;
  std::string_view version() const noexcept;
  std::optional<std::uint64_t> content_length() const noexcept { return framing_.content_length; }
  /// Of the attempt, as far as it has come.
  std::chrono::nanoseconds elapsed() const noexcept;

  /// Calls what a callback of libcurl does; an exception is kept for the transfer
  /// instead of being thrown through libcurl, which gets `failed`.
  template <class R, class F>
  R guarded(R failed, F&& f) noexcept {
    try {
      return f();
    } catch (...) {
      failed_in_callback();
      return failed;
    }
  }

  // For the session:
  void attend() noexcept;
  void ended(CURLcode result) noexcept;
  void session_gone() noexcept;
  /// The peer has ended that TLS connection as it should.
  void note_tls_end(const void* tls) noexcept {
    if (tls == tls_) tls_ended_ = true;
  }
  /// Takes what libcurl holds back while the transfer is paused: libcurl 7.88 loses
  /// that memory when it is removed from a connection with HTTP/2.
  void drop_paused() noexcept;

  client_request request;
  session_state* session;  // null once it is gone
  CURL* easy;

  http::headers headers;
  std::string url;   // asked for, then where the response comes from
  std::string body;  // what has come, and been unpacked, and was not read
  int status = 0;
  bool running = false;
  bool done = false;
  event changed;  // a header, bytes to read, the end
  CURLcode code = CURLE_OK;

 private:
  enum class abort_cause : unsigned char {
    none,
    refused,  // see refusal_
    no_connection,
    no_first_byte,
    idle,
    too_slow,
    total,
  };

  // prepare.cpp
  void prepare();
  void set_body();
  void set_fields();
  bool may_send(const std::string& name, bool of_session) const noexcept;
  void set_auth(const auth& a);
  void set_cookies();

  void failed_in_callback() noexcept;
  void note_header_end();
  bool header_is_final() const noexcept;
  const std::string* location() const noexcept;
  void end(CURLcode result) noexcept;
  void give_up(abort_cause why) noexcept;
  /// Notes why the transfer is to fail. A callback then makes libcurl end it.
  void refuse(failure kind, std::string why);
  void note_start() noexcept;
  bool may_be_sent_again() const noexcept;
  bool has_stale_input(int local_port) const noexcept;
  void check_end();

  bool take_header(std::string_view line);
  bool take_field(std::string_view line);
  bool end_header();
  bool take_wire(std::string_view bytes, std::string& to);
  bool unpack_some();
  std::size_t take_body(const char* data, std::size_t size);
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_read(char* to, std::size_t, std::size_t room, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_resolve(void*, void*, void* self);
  static int on_socket(void* self, curl_socket_t, curlsocktype);
  static int on_connected(void* self, char*, char*, int, int local_port);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  enum class extent : bool { some, all };
  /// Unpacks what comes, until there is something to read, or all of it has come.
  task<> unpack(extent how_much);
  task<> until_done();
  task<> join_pieces();
  void put_aside();
  std::string queue_text() const;
  std::size_t max_body() const noexcept;
  task<> until_header();
  task<> until_header_and_sent();

  void begin_window(std::int64_t at) noexcept {
    window_ = at;
    last_moved_ = 0;
  }
  bool waits_for_us() const noexcept;
  void watch_time() noexcept;
  void check_time() noexcept;
  bool waits_for_answer() const noexcept;
  std::uint64_t moved() const noexcept;
  std::string cause() const;
  failure kind() const noexcept;

  field_list request_fields_;
  upload upload_;
  timeouts limits_;
  int max_redirects_ = 0;
  bool whole_;
  bool trusted_ = true;          // it goes where the secrets of the request belong
  bool session_trusted_ = true;  // and those of the session
  bool unpacks_ = false;
  bool easy_changed_ = false;  // it has options of this request
  bool paused_ = false;
  bool dropping_ = false;     // nobody wants the rest of the body
  bool connected_ = false;    // the request goes out
  bool answered_ = false;     // the first byte of the response has come
  bool responding_ = false;   // the line of a response that is not interim has come
  bool sending_ = false;      // libcurl has just begun to send
  bool header_whole_ = true;  // its last, empty line has come; a status line is next
  bool header_done_ = false;
  bool redirecting_ = false;
  bool enough_ = false;    // of a body that is dropped
  bool stale_ = false;     // the connection had something to say before it was asked
  bool started_ = false;   // it need not wait for a connection
  bool unpacked_ = false;  // to the end
  abort_cause abort_cause_ = abort_cause::none;
  const void* tls_ = nullptr;  // the connection's; only compared
  bool tls_ended_ = false;
  failure refusal_kind_ = failure::other;
  std::string refusal_;
  std::size_t header_size_ = 0;
  status_line status_line_;
  body_framing framing_;
  std::uint64_t wire_size_ = 0;  // of the body, as it came
  chunked_decoder chunks_;
  std::optional<content_decoder> unpacker_;
  std::string packed_;  // what has come for it
  std::size_t packed_taken_ = 0;
  // Of a whole body that is large: what has come before `body`. A text of gigabytes that
  // grows would hold the loop each time that it is copied.
  std::vector<std::string> pieces_;
  std::size_t pieces_size_ = 0;
  std::size_t joined_ = 0;     // of the pieces, in body
  std::size_t unyielded_ = 0;  // work done without letting others run
  std::int64_t queued_ = 0;    // ns on the loop's clock, as are the next three
  std::int64_t begun_ = 0;
  std::int64_t window_ = 0;         // since when the transfer's speed is judged
  std::int64_t last_moved_ = 0;     // if it was noted since then
  std::uint64_t moved_before_ = 0;  // at the window's begin
  transfer_progress told_;
  std::exception_ptr error_;  // of a callback
  char message_[CURL_ERROR_SIZE] = "";
};

}}}  // namespace rondo::v0::http::detail
