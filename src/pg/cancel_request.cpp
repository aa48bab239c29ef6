// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/cancel_request.hpp"

#include <string.h>  // explicit_bzero, strnlen
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/exec/to_thread.hpp>
#include <rondo/io/open_connection.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/tls/connection.hpp>
#include <rondo/tls/context.hpp>
#include "detail/ascii.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {

using namespace std::chrono_literals;

// The messages of section "Message Formats" of PostgreSQL's documentation: CancelRequest and
// SSLRequest. Their codes are no version of the protocol that ever will be.
namespace {

void append_number(std::string& message, std::uint32_t v) {
  for (int shift : {24, 16, 8, 0}) message += static_cast<char>(v >> shift & 0xff);
}

std::string cancel_message(cancel_key key) {
  std::string message;
  append_number(message, 16);
  append_number(message, 80877102);
  append_number(message, key.process);
  append_number(message, key.secret);
  return message;
}

std::string tls_message() {
  std::string message;
  append_number(message, 8);
  append_number(message, 80877103);
  return message;
}

std::string text(const char* libpq) { return libpq ? libpq : ""; }

/// The server's certificate is verified as the connection's own was: it leads to the same root,
/// or, with an sslmode that verifies nothing, is not asked for anything.
task<> go_on_in_tls(stream& s, PGconn* connection) {
  co_await s.write(tls_message());
  std::string answer = co_await s.read_exactly(1);
  if (answer != "S")
    throw std::system_error(std::make_error_code(std::errc::protocol_error),
                            "cancel request: the server refuses TLS");
  std::string mode, root;
  if (PQconninfoOption* options = PQconninfo(connection)) {
    for (auto* o = options; o->keyword; ++o) {
      if (std::string_view(o->keyword) == "sslmode") mode = text(o->val);
      if (std::string_view(o->keyword) == "sslrootcert") root = text(o->val);
    }
    PQconninfoFree(options);
  }
  tls_context context;  // the system's CAs, which the loop has loaded once
  if (!mode.starts_with("verify-")) {
    context = tls_context::bare_client();
    context.dangerously_skip_verification();
  } else if (root != "system") {
    const char* home = std::getenv("HOME");
    if (root.empty()) root = std::string(home ? home : "") + "/.postgresql/root.crt";
    context = tls_context::client(root);
  }
  std::string name;
  if (mode == "verify-full") name = text(PQhost(connection));
  co_await start_tls(s, context, name, 5s);
}

/// libpq's way, which blocks: where the key is not known.
task<> cancel_on_thread(PGconn* connection) {
  // A copy of the call lives on its thread, perhaps longer than this.
  std::shared_ptr<PGcancel> cancel(PQgetCancel(connection), PQfreeCancel);
  auto call = [cancel] {
    char problem[256] = "";
    if (cancel && !PQcancel(cancel.get(), problem, sizeof problem))
      throw std::runtime_error(std::string("cancel request: ") + problem);
  };
  co_await to_thread(abandon_on_cancel, call);
}

}  // namespace

void key_trace::begin(PGconn* connection) {
  file_ = fmemopen(buffer_, sizeof buffer_, "w");
  if (!file_) return;
  setvbuf(file_, nullptr, _IONBF, 0);  // no copy of it anywhere else
  PQtrace(connection, file_);
  PQsetTraceFlags(connection, PQTRACE_SUPPRESS_TIMESTAMPS);
}

cancel_key key_trace::end(PGconn* connection) {
  cancel_key key;
  if (!file_) return key;
  PQuntrace(connection);
  std::fclose(std::exchange(file_, nullptr));
  // "B<tab>12<tab>BackendKeyData<tab> process secret"
  std::string_view all(buffer_, strnlen(buffer_, sizeof buffer_));
  std::size_t at = all.find("\tBackendKeyData\t");
  if (at != all.npos) {
    std::string_view line = all.substr(at + 16);
    line = ascii::trimmed(line.substr(0, line.find('\n')));
    // As signed numbers, from one printf to another.
    std::int32_t process = 0, secret = 0;
    auto [end, problem] = std::from_chars(line.data(), line.data() + line.size(), process);
    if (problem == std::errc() && end != line.data() + line.size() && *end == ' ') {
      auto last = std::from_chars(end + 1, line.data() + line.size(), secret);
      key = {static_cast<std::uint32_t>(process), static_cast<std::uint32_t>(secret),
             last.ec == std::errc() && last.ptr == line.data() + line.size()};
    }
  }
  explicit_bzero(buffer_, sizeof buffer_);
  return key;
}

key_trace::~key_trace() {
  if (file_) std::fclose(file_);
  explicit_bzero(buffer_, sizeof buffer_);
}

task<> request_cancel(PGconn* connection, cancel_key key) {
  // TLS by somebody else's library, or wrapped by GSSAPI: libpq knows how.
  if (!key.known || PQgssEncInUse(connection)) {
    co_await cancel_on_thread(connection);
    co_return;
  }
  std::string host = text(PQhost(connection)), address = text(PQhostaddr(connection)),
              port = text(PQport(connection));
  stream s;
  if (host.starts_with('/') || host.starts_with('@')) {
    std::string path = host + "/.s.PGSQL." + port;
    s = co_await open_unix_connection(std::move(path));
  } else {
    std::uint16_t number = 0;
    std::from_chars(port.data(), port.data() + port.size(), number);
    std::string to = address.empty() ? host : address;
    s = co_await open_connection(std::move(to), number);
  }
  if (PQsslInUse(connection)) co_await go_on_in_tls(s, connection);
  std::string message = cancel_message(key);
  co_await s.write(message);
  // The server closes it when it has told the process.
  try {
    while (!(co_await s.read(64)).empty()) {
    }
  } catch (const std::system_error&) {
    // Reset, or TLS cut off without its close: closed all the same.
  }
}

// Asked too early, before the server has begun the statement, it is without effect.
task<> cancel_until(event& over, PGconn* connection, cancel_key key) {
  constexpr auto limit = 5s;
  for (auto pause = 5ms; !over.is_set(); pause = std::min(2 * pause, 640ms)) {
    bool told = true;
    try {
      auto asked = request_cancel(connection, key);
      told = (co_await move_on_after(std::move(asked), limit)).has_value();
    } catch (const std::exception&) {
      // The server takes no connection now: it is asked again, until who cleans gives up.
    }
    if (!told) throw timeout_error("a request to cancel it was not taken within 5 s");
    co_await move_on_after(over.wait(), pause);
  }
}

}}}}  // namespace rondo::v0::pg::detail
