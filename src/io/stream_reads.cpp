// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/stream_reads.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <rondo/io/errors.hpp>

namespace rondo { inline namespace v0 { namespace detail {

bool read_operation::work() noexcept {
  for (unsigned round = 0; !ended(); ++round) {
    if (round == rounds) {
      begin_again_next_turn();
      return false;
    }
    std::size_t there = core_->buffered().size();
    std::size_t missing =
        (goal_ == goal::exactly || goal_ == goal::peek) && wanted_ > there ? wanted_ - there : 0;
    if (!core_->prepare_receive(*this, missing)) {
      outcome = -ENOMEM;
      return true;
    }
    if (!request()) return false;
    outcome = core_->take_received(*this, outcome, direct(), wanted_);
    if (outcome < 0) return true;
  }
  return true;
}

bool read_operation::answered(std::int64_t result) noexcept {
  outcome = core_->take_received(*this, result, direct(), wanted_);
  return outcome < 0 || ended();
}

// What came before an error of the filter is read before it.
bool read_operation::ended() noexcept {
  if (satisfied()) {
    outcome = 0;
    return true;
  }
  outcome = core_->input_error;
  return outcome < 0;
}

// Whether to stop receiving: enough is there, or no more will help.
bool read_operation::satisfied() noexcept {
  std::string_view there = core_->buffered();
  switch (goal_) {
    case goal::some:
      if (std::string* own = direct(); own && !own->empty()) return true;
      if (wanted_ == 0 || !there.empty()) {
        wanted_ = std::min(wanted_, there.size());
        return true;
      }
      break;
    case goal::peek:
    case goal::exactly:
      if (there.size() >= wanted_) return true;
      if (wanted_ > core_->limit && goal_ == goal::peek) return overrun_ = true;
      break;
    case goal::until:
    case goal::line:
      if (find_separator()) return true;
      break;
    case goal::all:
      if (there.size() > wanted_) return overrun_ = true;
      break;
  }
  return core_->at_eof;
}

// The separator whose end comes first; of those that end together the longest.
bool read_operation::find_separator() noexcept {
  std::string_view there = core_->buffered();
  std::size_t end = there.npos;
  for (std::size_t i = 0; i < separators(); ++i) {
    std::string_view wanted = separator(i);
    // It may have begun in what was scanned before.
    std::size_t from = scanned_ >= wanted.size() ? scanned_ - wanted.size() + 1 : 0;
    std::size_t at = there.find(wanted, from);
    if (at != there.npos) end = std::min(end, at + wanted.size());
  }
  scanned_ = there.size();
  if (end != there.npos && end <= core_->limit) {
    wanted_ = end;
    return true;
  }
  // The last line needs no separator, so one more byte must decide.
  bool full = goal_ == goal::line ? there.size() > core_->limit : there.size() >= core_->limit;
  if (end != there.npos || full) return overrun_ = true;
  return false;
}

void read_operation::throw_overrun() const {
  throw limit_overrun_error("read from " + core_->subject() +
                            (goal_ == goal::all ? ": more than " + std::to_string(wanted_)
                             : goal_ == goal::peek
                                 ? ": peek beyond the limit of " + std::to_string(core_->limit)
                                 : ": no separator within " + std::to_string(core_->limit)) +
                            " bytes");
}

void read_operation::throw_incomplete() {
  std::string rest(core_->buffered());
  core_->consume(rest.size());
  throw incomplete_read_error(
      "read from " + core_->subject() + ": the stream ended after " + std::to_string(rest.size()) +
          " bytes" +
          (goal_ == goal::exactly ? " of " + std::to_string(wanted_) : ", before the separator"),
      rest);
}

const char* read_operation::describe() const noexcept {
  switch (goal_) {
    case goal::some:
      return "read";
    case goal::peek:
      return "peek";
    case goal::exactly:
      return "read_exactly";
    case goal::until:
      return "read_until";
    case goal::line:
      return "read_line";
    case goal::all:
      return "read_all";
  }
  return "read";
}

std::string read_bytes_operation::result() {
  end at_end(*this);
  check("read from");
  if (!bytes_.empty()) return std::exchange(bytes_, {});
  if (overrun_) throw_overrun();
  std::string_view there = core_->buffered();
  std::size_t n = there.size();
  switch (goal_) {
    case goal::some:
      n = wanted_;
      break;
    case goal::peek:
      return std::string(there.substr(0, wanted_));
    case goal::exactly:
      if (n < wanted_) throw_incomplete();
      n = wanted_;
      break;
    case goal::until:
      if (wanted_ == 0) throw_incomplete();
      n = wanted_;
      break;
    case goal::line:
      if (wanted_ > 0) n = wanted_;  // else the last line, which ends with the stream
      break;
    case goal::all:
      break;
  }
  std::string bytes(there.substr(0, n));
  core_->consume(bytes.size());
  return bytes;
}

read_until_operation::read_until_operation(stream_core* core, std::vector<std::string> separators)
    : read_bytes_operation(core, goal::until, 0), separators_(std::move(separators)) {
  for (const std::string& s : separators_)
    if (s.empty()) throw usage_error("stream::read_until: a separator is empty");
}

bool read_some_operation::work() noexcept {
  direct_ = core_->buffered().empty() && !core_->at_eof && core_->input_error == 0 &&
            !into_.empty() && !core_->filter;
  if (!direct_) return read_operation::work();
  code = core_->type == stream_core::kind::socket ? opcode::recv : opcode::read;
  flags = 0;
  offset = -1;
  buffer = into_.data();
  length = into_.size();
  if (!request()) return false;
  return answered(outcome);
}

bool read_some_operation::answered(std::int64_t result) noexcept {
  if (!direct_) return read_operation::answered(result);
  outcome = result;
  if (result == 0) {
    if (core_->closed) {
      outcome = -ECONNABORTED;
    } else {
      core_->at_eof = true;
    }
  }
  return true;
}

std::size_t read_some_operation::result() {
  end at_end(*this);
  check("read from");
  if (direct_) return static_cast<std::size_t>(outcome);
  std::size_t n = std::min(wanted_, core_->buffered().size());
  if (n) std::memcpy(into_.data(), core_->buffered().data(), n);
  core_->consume(n);
  return n;
}

}}}  // namespace rondo::v0::detail
