// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/connect.hpp"

#include <errno.h>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <rondo/compose/move_on_after.hpp>
#include <rondo/coro/errors.hpp>
#include <rondo/io/readiness.hpp>
#include <rondo/io/resolve.hpp>
#include "detail/ascii.hpp"
#include "detail/duration_text.hpp"
#include "pg/make_error.hpp"
#include "pg/session.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

struct finish {
  void operator()(PGconn* c) const noexcept { PQfinish(c); }
};
using connection = std::unique_ptr<PGconn, finish>;

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == list.npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

/// The i-th of them; a single one is for all.
std::string nth(const std::vector<std::string>& parts, std::size_t i) {
  if (parts.size() == 1) return parts[0];
  return i < parts.size() ? parts[i] : std::string();
}

bool is_path(std::string_view host) { return host.starts_with('/') || host.starts_with('@'); }

/// libpq goes on in steps, each of which waits for its socket, which
/// may be another one after each. Everything else about it would block: it resolves no name
/// here, for it is given the address.
task<connection> attempt(const target& to, target::host host, std::string role, key_trace& trace) {
  std::vector<const char*> keys, values;
  auto set = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    keys.push_back(key);
    values.push_back(value.c_str());
  };
  for (const auto& [key, value] : to.rest) set(key.c_str(), value);
  set("host", host.name);
  set("hostaddr", host.address);
  set("port", host.port);
  set("target_session_attrs", role);
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection made(PQconnectStartParams(keys.data(), values.data(), 0));
  if (!made) throw std::bad_alloc();
  trace.begin(made.get());
  PostgresPollingStatusType step = PGRES_POLLING_WRITING;
  while (PQstatus(made.get()) != CONNECTION_BAD && step != PGRES_POLLING_OK &&
         step != PGRES_POLLING_FAILED) {
    if (step == PGRES_POLLING_READING) {
      co_await wait_readable(PQsocket(made.get()));
    } else {
      co_await wait_writable(PQsocket(made.get()));
    }
    step = PQconnectPoll(made.get());
  }
  co_return made;
}

/// libpq quotes the part that it does not understand, which may be one of a password.
std::string without_quotes(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t quote = text.find('"', i), end = text.find('"', quote + 1);
    result.append(text, i, quote - i);
    if (quote == text.npos) break;
    if (end == text.npos) end = text.size();
    result += text.compare(quote, end - quote, "\"=") == 0 ? "\"=\"" : "…";
    i = end + 1;
  }
  return result;
}

std::string where(const target::host& h) {
  if (is_path(h.name)) return h.name + "/.s.PGSQL." + h.port;
  bool v6 = h.address.find(':') != h.address.npos;
  std::string shown = h.address.empty() ? h.name : v6 ? "[" + h.address + "]" : h.address;
  return shown + ":" + h.port;
}

/// libpq's words, without its own repetition of where it was going to.
std::string reason(PGconn* c) {
  std::string text = message_text(PQerrorMessage(c));
  std::size_t failed = text.find(" failed: ");
  if (text.starts_with("connection to server ") && failed != text.npos) text.erase(0, failed + 9);
  if (text.starts_with("FATAL:  ")) text.erase(0, 8);
  if (std::size_t advice = text.find(" Is the server running"); advice != text.npos)
    text = std::string(ascii::trimmed(text.substr(0, advice)));
  return text.empty() ? "it failed without a word" : text;
}

/// One address of one host. Throws connection_error, std::runtime_error.
task<rondo::detail::ref<link>> open(const target& to, target::host way, std::string role,
                                    const pool_options& options) {
  // A trace is large, and wiped at its end.
  auto trace = std::make_unique<key_trace>();
  connection made = co_await attempt(to, std::move(way), std::move(role), *trace);
  if (PQstatus(made.get()) != CONNECTION_OK) throw std::runtime_error(reason(made.get()));
  cancel_key key = trace->end(made.get());
  PQsetnonblocking(made.get(), 1);
  if (!PQenterPipelineMode(made.get())) throw std::bad_alloc();
  rondo::detail::ref<link> l(new link(made.release(), key, options.prepared_statements));
  co_await set_up_session(*l, options);
  co_return l;
}

/// Options of libpq, and whose they are.
using option_list = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

const char* value_of(const option_list& options, std::string_view key) {
  for (PQconninfoOption* o = options.get(); o && o->keyword; ++o)
    if (key == o->keyword) return o->val;
  return nullptr;
}

/// What a service of pg_service.conf stands for. libpq looks it up only as it connects: it is
/// given something that it refuses before it does. Throws usage_error.
option_list service_options(const char* service) {
  constexpr const char* refused = "rondo looks up a service";
  const char* keys[] = {"service", "gssencmode", nullptr};
  const char* values[] = {service, refused, nullptr};
  connection asked(PQconnectStartParams(keys, values, 0));
  if (!asked) throw std::bad_alloc();
  std::string problem = message_text(PQerrorMessage(asked.get()));
  if (problem.find(refused) == problem.npos)
    throw usage_error("pg::pool: service " + std::string(service) + ": " + problem);
  return option_list(PQconninfo(asked.get()), PQconninfoFree);
}

}  // namespace

target::target(const std::string& conninfo) {
  if (conninfo.find('\0') != conninfo.npos)
    throw usage_error("pg::pool: an address with a zero byte");
  char* problem = nullptr;
  option_list given(PQconninfoParse(conninfo.c_str(), &problem), PQconninfoFree);
  if (!given) {
    std::string cause = problem ? without_quotes(message_text(problem)) : "out of memory";
    PQfreemem(problem);
    throw usage_error("pg::pool: " + cause);
  }
  const char* service = value_of(given, "service");
  option_list served = service ? service_options(service) : option_list(nullptr, PQconninfoFree);
  option_list defaults(PQconndefaults(), PQconninfoFree);
  std::string names, addresses, ports, user, dbname;
  bool has_gss = false, has_encoding = false;
  for (PQconninfoOption* o = given.get(); o->keyword; ++o) {
    std::string_view key = o->keyword;
    // What a service says of gssencmode is not known: libpq was given something else.
    const char* own = o->val || key == "gssencmode" ? o->val : value_of(served, key);
    const char* found = own ? own : value_of(defaults, key);
    std::string value = found ? found : "";
    if (key == "host") {
      names = value;
    } else if (key == "hostaddr") {
      addresses = value;
    } else if (key == "port") {
      ports = value;
    } else if (key == "target_session_attrs") {
      if (!value.empty()) role = value;
    } else if (key != "connect_timeout" && key != "load_balance_hosts" && own) {
      // What is not given libpq looks up again by itself; the timeout is the pool's.
      has_gss = has_gss || key == "gssencmode";
      has_encoding = has_encoding || key == "client_encoding";
      rest.emplace_back(key, value);
    }
    if (key == "user") user = value;
    if (key == "dbname") dbname = value;
  }
  // Credentials of GSSAPI are looked for with calls that block.
  if (!has_gss) rest.emplace_back("gssencmode", "disable");
  if (!has_encoding) rest.emplace_back("client_encoding", "UTF8");
  rest.emplace_back("fallback_application_name", program_invocation_short_name);
  if (names.empty() && addresses.empty()) names = "/var/run/postgresql";
  std::vector<std::string> n = split(names), a = split(addresses), p = split(ports);
  std::size_t count = std::max(names.empty() ? 0 : n.size(), addresses.empty() ? 0 : a.size());
  for (std::size_t i = 0; i < count; ++i) {
    host& h = hosts.emplace_back(names.empty() ? "" : nth(n, i), addresses.empty() ? "" : nth(a, i),
                                 nth(p, i));
    if (h.port.empty()) h.port = "5432";
    if (!text.empty()) text += ",";
    text += is_path(h.name) ? h.name : (h.name.empty() ? h.address : h.name) + ":" + h.port;
  }
  if (!user.empty()) text = user + "@" + text;
  if (!dbname.empty()) text += "/" + dbname;
}

task<rondo::detail::ref<link>> connect(const target& to, const pool_options& options) {
  std::string said;
  auto say = [&](const std::string& what) { said += (said.empty() ? "" : "; ") + what; };
  std::vector<std::string> roles{to.role};
  if (to.role == "prefer-standby") roles = {"standby", "any"};
  for (const std::string& role : roles) {
    for (const target::host& host : to.hosts) {
      std::vector<target::host> ways;
      if (is_path(host.name) || !host.address.empty()) {
        ways.push_back(host);
      } else {
        try {
          for (const endpoint& e : co_await resolve(host.name, 0))
            ways.push_back({host.name, e.address(), host.port});
        } catch (const std::exception& e) {
          say(e.what());
        }
      }
      for (const target::host& way : ways) {
        try {
          auto tried = open(to, way, role, options);
          auto made = co_await move_on_after(std::move(tried), options.connect_timeout);
          if (made) co_return std::move(*made);
          say(where(way) + ": no answer within " +
              rondo::detail::duration_text(options.connect_timeout.nanoseconds()));
        } catch (const std::runtime_error& e) {
          say(where(way) + ": " + e.what());
        }
      }
    }
  }
  std::rethrow_exception(make_connection_error("connect " + to.text, said, "08001"));
}

}}}}  // namespace rondo::v0::pg::detail
