// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <rondo/io/detail/stream_core.hpp>
#include <rondo/loop/detail/io_operation.hpp>

namespace rondo { inline namespace v0 { namespace detail {

/// Common to reads and writes: holds the core; one of each at a time.
class [[nodiscard]] stream_operation : public io_operation {
 public:
  bool begin() noexcept override;
  bool cancel() noexcept override;
  void kernel_done(std::int64_t result) noexcept override;
  std::string detail() const override { return core_ ? core_->subject() : std::string(); }

  /// Ends it with an error: its stream has been closed.
  void abort() noexcept;

 protected:
  enum class role : unsigned char { reader, writer };

  stream_operation(stream_core* core, role r) noexcept : core_(core), role_(r) {}
  stream_operation(stream_operation&&) noexcept = default;
  ~stream_operation() { let_go(); }

  /// Why it cannot begin: 0, or -errno.
  virtual std::int64_t refusal() const noexcept;
  /// One request to the kernel, or more. True: done, with outcome. False: the
  /// kernel will answer.
  virtual bool work() noexcept = 0;
  /// Takes the kernel's answer to a request. True: done, with outcome.
  virtual bool answered(std::int64_t result) noexcept = 0;
  /// Begins the request that is prepared: true if its answer is in outcome.
  bool request() noexcept { return io_operation::begin(); }

  /// So many answers that came at once are taken before others have their turn.
  static constexpr unsigned rounds = 16;

  /// Lets the next one in.
  virtual void leave() noexcept {
    if (core_ && slot() == this) slot() = nullptr;
  }
  /// What was stopped holds the fd no longer, though its task may be remembered.
  void let_go() noexcept {
    leave();
    core_.reset();
  }
  /// Throws what outcome says.
  void check(const char* operation) const;

  /// Lets go of the fd at the end of result(): a task's handle keeps the operation
  /// for as long as it lives, and the peer must hear of a close before that.
  class end {
   public:
    explicit end(stream_operation& op) noexcept : op_(op) { op_.leave(); }
    end(const end&) = delete;
    end& operator=(const end&) = delete;
    ~end() { op_.let_go(); }

   private:
    stream_operation& op_;
  };

  ref<stream_core> core_;
  bool by_claim_ = false;  // its task has claimed the output

 private:
  stream_operation*& slot() noexcept {
    return role_ == role::reader ? core_->reader : core_->writer;
  }

  role role_;
};

}}}  // namespace rondo::v0::detail
