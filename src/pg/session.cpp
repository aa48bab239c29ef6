// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "pg/session.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pg/statement.hpp"

namespace rondo { inline namespace v0 { namespace pg { namespace detail {
namespace {

/// What the server must be told, beyond what it begins a session with.
std::vector<std::string> settings(PGconn* c, const pool_options& options) {
  std::vector<std::string> made;
  auto is = [c](const char* parameter) {
    const char* value = PQparameterStatus(c, parameter);
    return std::string_view(value ? value : "");
  };
  if (!is("DateStyle").starts_with("ISO")) made.emplace_back("set datestyle to iso");
  std::string_view intervals = is("IntervalStyle");
  if (!intervals.empty() && intervals != "postgres" && intervals != "iso_8601")
    made.emplace_back("set intervalstyle to postgres");
  if (options.statement_timeout.count() > 0) {
    auto ms = std::chrono::ceil<std::chrono::milliseconds>(options.statement_timeout.nanoseconds());
    made.push_back("set statement_timeout to " + std::to_string(ms.count()));
  }
  return made;
}

/// What DISCARD ALL does, but for the prepared statements, which the pool knows of.
class reset_request final : public request {
 public:
  reset_request(bool listening, std::vector<std::string> settings)
      : listening_(listening), settings_(std::move(settings)) {}

  bool send(link& on) override {
    PGconn* c = on.connection();
    auto say = [c](const char* sql) {
      return PQsendQueryParams(c, sql, 0, nullptr, nullptr, nullptr, nullptr, 0) != 0;
    };
    bool sent = say("close all") && say("set session authorization default") && say("reset all") &&
                say("select pg_advisory_unlock_all()") && say("discard temp") &&
                say("discard sequences") && (!listening_ || say("unlisten *"));
    for (const std::string& each : settings_) sent = sent && say(each.c_str());
    return sent && PQpipelineSync(c);
  }
  void got(link& from, PGresult* part) override {
    // Who shares the connection at this moment is not hit: nobody else gets it.
    if (PQresultStatus(part) == PGRES_FATAL_ERROR) from.made = time_point::min();
    PQclear(part);
  }
  const std::string& text() const noexcept override { return text_; }

 private:
  bool listening_;
  std::vector<std::string> settings_;
  std::string text_ = "reset of a session";
};

}  // namespace

task<> set_up_session(link& l, const pool_options& options) {
  l.settings = settings(l.connection(), options);
  for (const std::string& sql : l.settings) {
    rondo::detail::ref<request> r(new statement(sql, {}, false));
    l.submit(*r);
    co_await r->done();
  }
}

void reset_session(link& l) {
  l.session_changed = false;
  bool listening = std::exchange(l.listening, false);
  rondo::detail::ref<request> r(new reset_request(listening, l.settings));
  l.submit(*r);
}

}}}}  // namespace rondo::v0::pg::detail
