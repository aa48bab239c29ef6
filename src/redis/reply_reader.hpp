// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/redis/reply.hpp>

struct redisReader;
struct redisReadTask;

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

struct reply_limits {
  std::size_t bulk = 64U << 20;      ///< bytes of one string
  std::size_t elements = 1'000'000;  ///< of a whole answer
  std::size_t bytes = 256U << 20;    ///< of all strings of an answer
  std::size_t depth = 64;            ///< of arrays in arrays; hiredis 0.14 knows 7
};

/// Bytes of a server to replies: hiredis reads the protocol, and what it finds becomes our
/// replies directly. However the bytes are cut, the same is found. It knows no connection,
/// so tests and the fuzzer feed it bytes.
///
/// hiredis has no limits: a length that is announced is held against ours before anything
/// is kept for it, and memory is used for what has come, not for what is promised.
class reply_reader {
 public:
  explicit reply_reader(reply_limits limits);
  ~reply_reader();
  reply_reader(const reply_reader&) = delete;
  reply_reader& operator=(const reply_reader&) = delete;

  /// Throws std::bad_alloc; then it is of no use any more.
  void feed(std::string_view bytes);

  enum class found : unsigned char { nothing, reply, violation };
  /// The next one that is whole. After a violation there is nothing but it. Throws
  /// std::bad_alloc.
  found next();
  /// What next has found. May be moved away.
  redis::reply& value() noexcept { return root_; }
  /// What was wrong, for a message.
  const std::string& violation() const noexcept { return violation_; }
  /// Whether a part of an answer has come.
  bool in_the_midst() const noexcept;

 private:
  struct callbacks;
  found refuse(std::string why);
  bool within_limits();
  /// Why a string may not come; empty: it may.
  std::string too_long(std::size_t size) const;
  redis::reply* place(const redisReadTask& task);

  struct free_reader {
    void operator()(redisReader* r) const noexcept;
  };
  reply_limits limits_;
  std::size_t elements_ = 0;  // of the answer that is read
  std::size_t bytes_ = 0;     // of it
  redis::reply root_;
  std::string violation_;
  bool out_of_memory_ = false;
  std::unique_ptr<redisReader, free_reader> reader_;
};

}}}}  // namespace rondo::v0::redis::detail
