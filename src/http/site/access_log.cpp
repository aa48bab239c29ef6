// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/access_log.hpp>

#include <cstdio>
#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

#include <rondo/loop/loop.hpp>
#include "coro/line_writer.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace {

/// What a client sent, so that it can neither end a line nor a quoted text, nor
/// speak to a terminal.
std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      char code[8];
      std::snprintf(code, sizeof code, "\\x%02X", byte);
      result += code;
    } else {
      result += c;
    }
  }
  return result;
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : escaped(text); }

std::string formatted(std::chrono::system_clock::time_point when, const char* format) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

/// Lines of a log, until the end of the turn. Shared with the call that writes them.
class line_buffer : public std::enable_shared_from_this<line_buffer> {
 public:
  explicit line_buffer(int fd) : out_(fd) {}
  line_buffer(const line_buffer&) = delete;
  line_buffer& operator=(const line_buffer&) = delete;
  ~line_buffer() { write(); }

  void add(const std::string& line) {
    if (lines_.empty()) call_soon([self = shared_from_this()] { self->write(); });
    lines_ += line;
    lines_ += '\n';
  }

 private:
  void write() noexcept {
    if (!lines_.empty()) out_.write(lines_);
    lines_.clear();
  }
  rondo::detail::line_writer out_;
  std::string lines_;
};

double seconds(const access_record& r) { return std::chrono::duration<double>(r.duration).count(); }

}  // namespace

std::string to_combined_line(const access_record& r) {
  std::string address = r.peer.address();
  std::string line = address.empty() ? "-" : address;
  line += " - - [" + formatted(r.begun, "%d/%b/%Y:%H:%M:%S +0000") + "] \"" + or_dash(r.method);
  line += ' ' + or_dash(r.target) + (r.http_1_0 ? " HTTP/1.0\" " : " HTTP/1.1\" ");
  char numbers[80];
  std::snprintf(numbers, sizeof numbers, "%d %llu", r.status,
                static_cast<unsigned long long>(r.bytes));
  line += numbers;
  line += " \"" + or_dash(r.referer) + "\" \"" + or_dash(r.user_agent) + '"';
  std::snprintf(numbers, sizeof numbers, " %.6f ", seconds(r));
  return line + numbers + or_dash(r.id);
}

std::string to_json_line(const access_record& r) {
  nlohmann::ordered_json line = {
      {"time", formatted(r.begun, "%Y-%m-%dT%H:%M:%SZ")},
      {"peer", r.peer.to_string()},
      {"method", r.method},
      {"target", r.target},
      {"status", r.status},
      {"bytes", r.bytes},
      {"seconds", seconds(r)},
      {"id", r.id},
      {"referer", r.referer},
      {"user_agent", r.user_agent},
  };
  return line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

access_log log_to(int fd, log_format format) {
  if (format == log_format::none) return {};
  auto lines = std::make_shared<line_buffer>(fd);
  return [lines, format](const access_record& r) {
    lines->add(format == log_format::json ? to_json_line(r) : to_combined_line(r));
  };
}

}}}  // namespace rondo::v0::http
