// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/server_sent_events.hpp>

#include <algorithm>
#include <chrono>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace {

void add_field(std::string& text, std::string_view name, std::string_view value) {
  if (value.find_first_of("\r\n") != value.npos)
    throw usage_error("http::server_sent_event: its " + std::string(name) + " holds a line break");
  text.append(name).append(": ").append(value).append("\n");
}

async_generator<std::string> as_text(async_generator<server_sent_event> events) {
  for (;;) {
    std::optional<server_sent_event> event = co_await events.next();
    if (!event) co_return;
    std::string text = to_text(*event);
    co_yield std::move(text);
  }
}

}  // namespace

std::string to_text(const server_sent_event& event) {
  std::string text;
  if (!event.event.empty()) add_field(text, "event", event.event);
  if (event.id.find('\0') != event.id.npos)
    throw usage_error("http::server_sent_event: its id holds a NUL");  // clients would drop it
  if (!event.id.empty()) add_field(text, "id", event.id);
  if (event.retry) {
    auto after = std::chrono::duration_cast<std::chrono::milliseconds>(event.retry->nanoseconds());
    add_field(text, "retry", std::to_string(std::max<std::int64_t>(0, after.count())));
  }
  std::string_view data = event.data;
  for (;;) {  // an event without data is not dispatched: one line at least
    std::size_t end = data.find_first_of("\r\n");
    add_field(text, "data", data.substr(0, end));
    if (end == data.npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  text += '\n';
  return text;
}

reply server_sent_events(async_generator<server_sent_event> events,
                         server_sent_events_options options) {
  reply answer;
  answer.content_type = "text/event-stream";
  answer.headers.add("Cache-Control", "no-cache");
  answer.headers.add("X-Accel-Buffering", "no");  // nginx would hold events back
  answer.stream = as_text(std::move(events));
  answer.idle_piece = ": ping\n\n";
  answer.idle_after = options.ping;
  return answer;
}

std::string_view last_event_id(const request& r) noexcept { return r.headers.get("Last-Event-ID"); }

}}}  // namespace rondo::v0::http
