// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/wire.hpp"

#include <sys/socket.h>
#include <cerrno>
#include <utility>

#include <rondo/compose/wait_for.hpp>
#include <rondo/io/open_connection.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/errors.hpp>
#include <rondo/tls/connection.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

namespace {

constexpr std::size_t buffer_size = 64U << 10;

reply_limits limits_of(const client_options& o) {
  return {.bulk = o.max_string, .elements = o.max_elements, .bytes = o.max_answer};
}

task<stream> open_stream(const settings& its) {
  const address& to = its.to;
  if (!to.unix_path.empty()) co_return co_await open_unix_connection(to.unix_path);
  if (to.tls) {
    tls_connection_options options;
    options.connection.keep_alive = true;
    co_return co_await open_tls_connection(to.host, to.port, its.trust, options);
  }
  connection_options options;
  options.keep_alive = true;
  co_return co_await open_connection(to.host, to.port, options);
}

void require_ok(const reply& r, const char* name, const wire& on) {
  if (r.is_error())
    throw error("redis " + on.server + ": " + name + ": " + r.text(), name, r.text());
}

task<std::unique_ptr<wire>> introduce(const settings& its) {
  stream s = co_await open_stream(its);
  auto w = std::make_unique<wire>(std::move(s), its);
  const address& to = its.to;
  if (!to.password.empty() || !to.user.empty()) {
    command auth("AUTH");
    if (!to.user.empty()) auth.add(to.user);
    auth.add(to.password);
    reply r = co_await w->exchange(std::move(auth));
    require_ok(r, "AUTH", *w);
  }
  if (to.database != 0) {
    command select("SELECT", to.database);
    reply r = co_await w->exchange(std::move(select));
    require_ok(r, "SELECT", *w);
  }
  if (!its.name.empty()) {
    command set_name("CLIENT", "SETNAME", its.name);
    reply r = co_await w->exchange(std::move(set_name));
    // A user may be forbidden it, which is no reason not to work.
    if (r.is_error() && r.text().rfind("NOPERM", 0) != 0) require_ok(r, "CLIENT SETNAME", *w);
  } else {
    command ping("PING");  // is it a server, and are we let in?
    reply r = co_await w->exchange(std::move(ping));
    if (r.is_error() && r.text().rfind("NOPERM", 0) != 0) require_ok(r, "PING", *w);
  }
  co_return w;
}

}  // namespace

wire::wire(stream s, const settings& its)
    : connection(std::move(s)),
      server(its.to.text()),
      reader_(limits_of(its.options)),
      buffer_(buffer_size) {}

reply* wire::next() {
  switch (reader_.next()) {
    case reply_reader::found::nothing:
      return nullptr;
    case reply_reader::found::reply:
      return &reader_.value();
    case reply_reader::found::violation:
      break;
  }
  throw protocol_error("redis " + server + ": " + reader_.violation());
}

task<> wire::receive() {
  std::size_t n = co_await connection.read_some(buffer_);
  if (n == 0)
    throw connection_lost("redis " + server + ": the server ended the connection" +
                          (reader_.in_the_midst() ? " in the midst of an answer" : ""));
  reader_.feed({buffer_.data(), n});
}

task<reply> wire::receive_reply() {
  for (;;) {
    if (reply* r = next()) co_return std::move(*r);
    co_await receive();
  }
}

task<std::vector<reply>> wire::exchange(std::string commands, std::size_t answers) {
  co_await connection.write(commands);
  std::vector<reply> all;
  for (; answers > 0; --answers) all.push_back(co_await receive_reply());
  if (next() != nullptr || reader_.in_the_midst())
    throw protocol_error("redis " + server + ": an answer that nobody has asked for");
  co_return all;
}

task<reply> wire::exchange(command c) {
  std::string bytes;
  c.append_to(bytes);
  std::vector<reply> one = co_await exchange(std::move(bytes), 1);
  co_return std::move(one.front());
}

bool wire::is_quiet() {
  char byte;
  return !reader_.in_the_midst() &&
         ::recv(connection.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

task<std::unique_ptr<wire>> open_wire(const settings& its) {
  co_return co_await wait_for(introduce(its), its.options.connect_timeout);
}

}}}}  // namespace rondo::v0::redis::detail
