// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "http/client/upload.hpp"

#include <curl/curl.h>
#include <algorithm>
#include <chrono>
#include <cstring>

#include <rondo/loop/sleep.hpp>

#include "http/client/transfer_state.hpp"

namespace rondo { inline namespace v0 { namespace http::detail {

namespace {
constexpr std::size_t most_ready = 256 * 1024;
constexpr unsigned pieces_in_a_turn = 128;  // of a source that always has one at hand
}  // namespace

task<> upload::wait() {
  changed_.clear();
  co_await changed_.wait();
}

task<> upload::run() {
  unsigned pieces = 0;
  while (!transfer_.done) {
    if (!opened_ || rewound_) {
      source_ = transfer_.request.content.open();
      opened_ = true;
      rewound_ = false;
      come_ = 0;
    }
    if (ended_ || ready_.size() - taken_ >= most_ready) {
      co_await wait();
      continue;
    }
    auto piece = co_await source_.next();
    if (rewound_) continue;
    if (piece) {
      come_ += piece->size();
      if (taken_ == ready_.size()) {
        ready_ = std::move(*piece);
        taken_ = 0;
      } else {
        ready_.erase(0, std::exchange(taken_, 0));
        ready_ += *piece;
      }
    }
    ended_ = !piece;
    check_length(ended_);
    go_on();
    if (++pieces % pieces_in_a_turn == 0)
      co_await sleep(std::chrono::seconds(0));  // let others run
  }
}

task<> upload::run_to_end() {
  while (!transfer_.done && !sent_) co_await wait();
}

void upload::check_length(bool at_end) const {
  auto length = transfer_.request.content.length();
  if (!length || come_ == *length || (come_ < *length && !at_end)) return;
  throw http_error(transfer_.request_text(),
                   "the body has " + std::string(at_end ? "" : "at least ") +
                       std::to_string(come_) + " bytes instead of " + std::to_string(*length),
                   failure::other);
}

void upload::go_on() {
  if (!paused_ || (ready_.empty() && !ended_)) return;
  paused_ = false;
  transfer_.resume();
}

std::size_t upload::take(char* to, std::size_t room) noexcept {
  std::size_t size = std::min(room, ready_.size() - taken_);
  if (size == 0) {
    if (!ended_ || rewound_) {
      paused_ = true;
      return CURL_READFUNC_PAUSE;
    }
    sent_ = true;
    changed_.set();
    return 0;
  }
  std::memcpy(to, ready_.data() + taken_, size);
  taken_ += size;
  if (taken_ == ready_.size()) {
    ready_.clear();
    taken_ = 0;
  }
  changed_.set();
  return size;
}

bool upload::rewind() noexcept {
  // Nothing has been taken from it yet: what lies here is its beginning.
  if (come_ == ready_.size() && taken_ == 0) return true;
  if (!transfer_.request.content.replayable()) return false;
  rewound_ = true;
  ended_ = sent_ = paused_ = false;
  ready_.clear();
  taken_ = 0;
  changed_.set();
  return true;
}

}}}  // namespace rondo::v0::http::detail
