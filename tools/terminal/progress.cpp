// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "terminal/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <rondo/loop/sleep.hpp>

#include "terminal/screen.hpp"
#include "terminal/text.hpp"

namespace tool {

namespace {

using namespace std::chrono_literals;

constexpr rondo::delay redraw_interval = 100ms;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value;
}

double seconds_between(rondo::time_point from, rondo::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

constexpr std::size_t numbers_columns = 34;
constexpr std::size_t smallest_bar = 14;  // with its brackets and percents

/// "12.3 MiB", "12.3/27.0 MiB", "900.0 KiB/27.0 MiB"
std::string amount(std::uint64_t received, std::optional<std::uint64_t> total) {
  std::string some = size_text(received);
  if (!total) return some;
  std::string all = size_text(*total);
  std::size_t unit = some.rfind(' ');
  bool same_unit = all.ends_with(std::string_view(some).substr(unit));
  return (same_unit ? some.substr(0, unit) : some) + "/" + all;
}

std::string rate_text(double rate) {
  return rate >= 1 ? size_text(static_cast<std::uint64_t>(rate)) + "/s" : "";
}

/// With the rate and the time that it will take.
std::string numbers(std::uint64_t received, std::optional<std::uint64_t> total, double rate) {
  std::string text = amount(received, total);
  if (rate < 1) return text;
  text += "  " + rate_text(rate);
  if (total && *total > received)
    text += "  " + time_text(static_cast<double>(*total - received) / rate);
  return text;
}

std::size_t name_columns(std::size_t columns) {
  return std::clamp<std::size_t>(columns / 4, 6, 28);
}

}  // namespace

progress::style progress::style_for_stdout() {
  return can_draw_on(STDOUT_FILENO) ? style::bars : style::lines;
}

progress::progress(style how, std::size_t files)
    : style_(how),
      colours_(how == style::bars && !is_set("NO_COLOR")),
      files_(files),
      measured_(rondo::now()),
      begun_(measured_),
      out_(STDOUT_FILENO) {}

progress::~progress() { out_.write(erasure()); }

progress::entry::entry(progress& shown, std::string n) : name(std::move(n)), shown_(shown) {
  shown_.entries_.push_back(this);
}

progress::entry::~entry() { std::erase(shown_.entries_, this); }

void progress::say(std::string_view line) {
  if (style_ == style::silent) return;
  std::string text = erasure();  // before the next frame is made: both know what is drawn
  text.append(line) += '\n';
  text += frame();
  out_.write(text);  // in one piece, or it flickers
}

void progress::complain(std::string_view line) {
  out_.write(erasure());
  tool::complain(line);
  out_.write(frame());
}

void progress::count(std::uint64_t bytes, bool ok) noexcept {
  ++done_;
  if (!ok) ++failed_;
  bytes_done_ += bytes;
}

rondo::task<> progress::keep_drawing() {
  for (;;) {
    co_await rondo::sleep(redraw_interval);
    if (style_ != style::bars) continue;
    measure();
    if (out_.behind()) continue;  // a terminal that is stopped
    std::string text = erasure();
    text += frame();
    out_.write(text);
  }
}

/// Rates, smoothed over some seconds.
void progress::measure() {
  rondo::time_point now = rondo::now();
  double seconds = seconds_between(std::exchange(measured_, now), now);
  if (seconds <= 0) return;
  double weight = std::min(1.0, seconds / 2);
  for (entry* e : entries_) {
    std::uint64_t before = std::exchange(e->received_before_, e->received);
    double rate = e->received > before ? static_cast<double>(e->received - before) / seconds : 0;
    e->rate_ += (rate - e->rate_) * weight;
  }
}

/// The cursor rests below the bars, at the beginning of a line: should the
/// process be killed there, the shell's prompt finds a clean place.
std::string progress::erasure() {
  if (drawn_lines_ == 0) return {};
  std::size_t columns = size_of_screen(STDOUT_FILENO).columns;
  // In a window that has shrunk they have wrapped.
  std::size_t rows = drawn_lines_ * ((drawn_columns_ + columns - 1) / columns);
  drawn_lines_ = 0;
  return fmt::format("\x1b[{}A\r\x1b[J", rows);
}

std::string progress::frame() {
  if (style_ != style::bars || entries_.empty()) return {};
  screen_size size = size_of_screen(STDOUT_FILENO);
  if (size.columns < 10 || size.rows < 4) return {};
  std::size_t columns = std::min(size.columns - 1, widest_line);
  std::size_t most = std::min<std::size_t>(size.rows - 3, 16);
  std::string text;
  std::size_t lines = std::min(entries_.size(), most);
  for (std::size_t i = 0; i < lines; ++i) text += file_line(*entries_[i], columns) + "\n";
  if (files_ > 1) text += total_line(columns) + "\n";
  drawn_lines_ = lines + (files_ > 1 ? 1 : 0);
  drawn_columns_ = columns;
  return text;
}

std::string progress::file_line(const entry& e, std::size_t columns) const {
  std::size_t rest = columns - name_columns(columns) - 1;
  std::string line = fit(e.name, name_columns(columns)) + " ";
  if (!e.note.empty()) return line + fit(e.note, rest);
  std::string text = numbers(e.received, e.total, e.rate_);
  if (!e.total || *e.total == 0) return line + fit(text, rest);
  double part = static_cast<double>(e.received) / static_cast<double>(*e.total);
  return line + bar_with(part, text, rate_text(e.rate_), rest);
}

std::string progress::total_line(std::size_t columns) const {
  double part = static_cast<double>(done_);
  double rate = 0;
  std::uint64_t bytes = bytes_done_;
  for (const entry* e : entries_) {
    rate += e->rate_;
    bytes += e->received;
    if (e->total && *e->total > 0)
      part += static_cast<double>(e->received) / static_cast<double>(*e->total);
  }
  std::string count = fmt::format("{}/{} files", done_, files_);
  if (failed_ > 0) count += fmt::format(", {} failed", failed_);
  std::string text =
      numbers(bytes, std::nullopt, rate) + "  " + time_text(seconds_between(begun_, rondo::now()));
  std::size_t rest = columns - name_columns(columns) - 1;
  return fit(count, name_columns(columns)) + " " +
         bar_with(part / static_cast<double>(files_), text, rate_text(rate), rest);
}

/// A bar and what there is room for beside it.
std::string progress::bar_with(double part, std::string_view text, std::string_view shorter,
                               std::size_t columns) const {
  constexpr std::size_t shorter_columns = 12;
  for (auto [beside, width] : {std::pair(text, numbers_columns), {shorter, shorter_columns}}) {
    if (columns >= smallest_bar + 1 + width)
      return bar(part, columns - width - 1) + " " + fit(beside, width);
  }
  return columns >= smallest_bar ? bar(part, columns) : fit(text, columns);
}

/// "[=====>    ]  45%"
std::string progress::bar(double part, std::size_t columns) const {
  part = std::clamp(part, 0.0, 1.0);
  std::string percent = fmt::format("{:4.0f}%", part * 100 - (part < 1 && part > 0.995 ? 0.5 : 0));
  if (columns < percent.size() + 4) return fit(percent, columns);
  std::size_t inside = columns - percent.size() - 2;
  std::size_t full = static_cast<std::size_t>(part * static_cast<double>(inside));
  std::string cells(full, '=');
  if (full < inside) cells += '>';
  cells.resize(inside, ' ');
  if (colours_) cells = "\x1b[36m" + cells + "\x1b[0m";
  return "[" + cells + "]" + percent;
}

}  // namespace tool
