// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include <rondo/loop/detail/io_operation.hpp>
#include "loop/backend.hpp"

#include <linux/io_uring.h>

#include "loop/buffer_ring.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

int setup(unsigned entries, io_uring_params& p) noexcept {
  return static_cast<int>(::syscall(SYS_io_uring_setup, entries, &p));
}

/// io_uring. Requests collect in the submission queue during a turn and are
/// handed over by the one enter at the start of the next; no enter is made when
/// there is nothing to submit, nothing to run for the kernel and no wait.
class uring_backend final : public backend {
 public:
  uring_backend() = default;
  ~uring_backend() override {
    if (enter_flags_) {  // a registered ring would live as long as its thread
      io_uring_rsrc_update update{};
      update.offset = static_cast<unsigned>(enter_fd_);
      ::syscall(SYS_io_uring_register, ring_, IORING_UNREGISTER_RING_FDS, &update, 1);
    }
    if (ring_ >= 0) ::close(ring_);
    if (rings_ != MAP_FAILED) ::munmap(rings_, rings_size_);
    if (sqes_ != MAP_FAILED) ::munmap(sqes_, sqes_size_);
    if (wake_ >= 0) ::close(wake_);
    if (announce_ >= 0) ::close(announce_);
  }

  /// 0, or why a ring cannot be used here.
  int open() noexcept {
    int error = make_ring();
    if (error) return error;
    if ((error = prove())) return error;
    wake_ = ::eventfd(0, EFD_CLOEXEC);
    if (wake_ < 0) return errno;
    arm_wake();
    return 0;
  }

  backend_kind kind() const noexcept override { return backend_kind::uring; }

  bool start(io_operation& op) noexcept override {
    io_uring_sqe& e = next_sqe();
    e.fd = op.fd;
    e.user_data = reinterpret_cast<std::uint64_t>(&op);
    auto address = [](void* p) { return reinterpret_cast<std::uint64_t>(p); };
    auto length = static_cast<std::uint32_t>(op.length > max_length ? max_length : op.length);
    switch (op.code) {
      case opcode::nop:
        e.opcode = IORING_OP_NOP;
        break;
      case opcode::poll:
        e.opcode = IORING_OP_POLL_ADD;
        e.poll32_events = op.flags;
        break;
      case opcode::accept:
        e.opcode = IORING_OP_ACCEPT;
        e.accept_flags = op.flags;
        break;
      case opcode::connect:
        e.opcode = IORING_OP_CONNECT;
        e.addr = address(op.buffer);
        e.off = op.length;
        break;
      case opcode::recv_pooled:
        if (!buffers_.open(ring_)) {
          take_back_sqe();
          op.outcome = -ENOBUFS;
          return true;
        }
        e.opcode = IORING_OP_RECV;
        e.flags = IOSQE_BUFFER_SELECT;
        e.buf_group = buffer_ring::group;
        e.msg_flags = op.flags;
        break;
      case opcode::recv:
      case opcode::send:
        e.opcode = op.code == opcode::recv ? IORING_OP_RECV : IORING_OP_SEND;
        e.addr = address(op.buffer);
        e.len = length;
        e.msg_flags = op.flags | (op.code == opcode::send ? MSG_NOSIGNAL : 0);
        break;
      case opcode::recvmsg:
      case opcode::sendmsg:
        e.opcode = op.code == opcode::recvmsg ? IORING_OP_RECVMSG : IORING_OP_SENDMSG;
        e.addr = address(op.buffer);
        e.len = 1;
        e.msg_flags = op.flags | (op.code == opcode::sendmsg ? MSG_NOSIGNAL : 0);
        break;
      case opcode::read:
      case opcode::write:
        e.opcode = op.code == opcode::read ? IORING_OP_READ : IORING_OP_WRITE;
        e.addr = address(op.buffer);
        e.len = length;
        e.off = static_cast<std::uint64_t>(op.offset);
        break;
      case opcode::fsync:
        e.opcode = IORING_OP_FSYNC;
        e.fsync_flags = op.flags ? IORING_FSYNC_DATASYNC : 0;
        break;
      case opcode::openat:
        e.opcode = IORING_OP_OPENAT;
        e.addr = address(op.buffer);
        e.len = length;
        e.open_flags = op.flags;
        break;
      case opcode::close:
        e.opcode = IORING_OP_CLOSE;
        break;
      case opcode::renameat:
        e.opcode = IORING_OP_RENAMEAT;
        e.fd = -100;  // AT_FDCWD
        e.len = static_cast<std::uint32_t>(-100);
        e.addr = address(op.buffer);
        e.off = address(op.buffer2);
        break;
      case opcode::unlinkat:
        e.opcode = IORING_OP_UNLINKAT;
        e.fd = -100;
        e.addr = address(op.buffer);
        e.unlink_flags = op.flags;
        break;
    }
    ++in_flight_;
    return false;
  }

  bool cancel(io_operation& op) noexcept override {
    io_uring_sqe& e = next_sqe();
    e.opcode = IORING_OP_ASYNC_CANCEL;
    e.fd = -1;
    e.addr = reinterpret_cast<std::uint64_t>(&op);
    e.user_data = ignored_tag;
    return false;  // its own completion tells how it ended
  }

  void poll(std::int64_t deadline, bool) noexcept override {
    if (has_completions()) deadline = 0;
    unsigned pending = tail_ - submitted_;
    if (deadline <= 0) {
      if (pending || (flags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)))
        enter(pending, 0, nullptr);
    } else {
      __kernel_timespec limit{};
      __kernel_timespec* wait = nullptr;
      if (deadline != INT64_MAX) {
        std::int64_t left = wait_for_deadline(deadline);
        limit.tv_sec = left / 1'000'000'000;
        limit.tv_nsec = left % 1'000'000'000;
        wait = &limit;
      }
      enter(pending, 1, wait);
    }
    reap();
    while (announce_ >= 0) {
      // Emptied before the last look: what completes after it announces itself.
      std::uint64_t count;
      [[maybe_unused]] auto n = ::read(announce_, &count, sizeof count);
      if (!has_completions() && !(flags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW))) break;
      enter(tail_ - submitted_, 0, nullptr);
      reap();
    }
  }

  bool wants_poll() noexcept override {
    return tail_ != submitted_ || has_completions() ||
           (flags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW));
  }

  void wake() noexcept override {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_, &one, sizeof one);
  }

  unsigned in_flight() const noexcept override { return in_flight_; }
  std::int64_t now() noexcept override { return monotonic_now(); }
  /// The ring's own fd does not wake its pollers under DEFER_TASKRUN: the work is
  /// left to the next enter. An eventfd is told of it.
  int fd() noexcept override {
    if (announce_ < 0) {
      announce_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (announce_ >= 0 &&
          ::syscall(SYS_io_uring_register, ring_, IORING_REGISTER_EVENTFD, &announce_, 1) != 0) {
        ::close(announce_);
        announce_ = -1;
      }
    }
    return announce_ >= 0 ? announce_ : ring_;
  }
  bool serves_files() const noexcept override { return true; }

 private:
  static constexpr std::uint64_t ignored_tag = 0;
  static constexpr std::uint64_t wake_tag = 1;
  static constexpr std::size_t max_length = 1u << 30;
  static constexpr unsigned wanted_entries = 512;

  unsigned flags() const noexcept { return __atomic_load_n(sq_flags_, __ATOMIC_RELAXED); }
  bool has_completions() const noexcept {
    return *cq_head_ != __atomic_load_n(cq_tail_, __ATOMIC_ACQUIRE);
  }

  int make_ring() noexcept {
    // The best set of flags that this kernel takes.
    constexpr unsigned sets[] = {
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};
    int error = 0;
    io_uring_params p{};
    for (unsigned set : sets) {
      for (unsigned entries = wanted_entries; entries >= 32; entries /= 2) {
        p = {};
        p.flags = set | IORING_SETUP_CLAMP | IORING_SETUP_CQSIZE;
        p.cq_entries = entries * 8;
        ring_ = setup(entries, p);
        if (ring_ >= 0) break;
        error = errno;
        if (error != ENOMEM) break;
      }
      if (ring_ >= 0 || error != EINVAL) break;
    }
    if (ring_ < 0) return error;
    constexpr unsigned needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
    if ((p.features & needed) != needed) return ENOSYS;

    rings_size_ = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    std::size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe);
    if (cq_size > rings_size_) rings_size_ = cq_size;
    rings_ = ::mmap(nullptr, rings_size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_,
                    IORING_OFF_SQ_RING);
    if (rings_ == MAP_FAILED) return errno;
    sqes_size_ = p.sq_entries * sizeof(io_uring_sqe);
    sqes_ = ::mmap(nullptr, sqes_size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_,
                   IORING_OFF_SQES);
    if (sqes_ == MAP_FAILED) return errno;

    auto* base = static_cast<char*>(rings_);
    auto at = [base](unsigned offset) { return reinterpret_cast<unsigned*>(base + offset); };
    sq_head_ = at(p.sq_off.head);
    sq_tail_ = at(p.sq_off.tail);
    sq_flags_ = at(p.sq_off.flags);
    sq_mask_ = *at(p.sq_off.ring_mask);
    sq_entries_ = p.sq_entries;
    unsigned* array = at(p.sq_off.array);
    for (unsigned i = 0; i < p.sq_entries; ++i) array[i] = i;
    cq_head_ = at(p.cq_off.head);
    cq_tail_ = at(p.cq_off.tail);
    cq_mask_ = *at(p.cq_off.ring_mask);
    cqes_ = reinterpret_cast<io_uring_cqe*>(base + p.cq_off.cqes);
    tail_ = submitted_ = *sq_tail_;
    register_ring();
    return 0;
  }

  // A registered ring saves the look-up of its fd in every enter.
  void register_ring() noexcept {
    io_uring_rsrc_update update{};
    update.offset = ~0u;
    update.data = static_cast<std::uint64_t>(ring_);
    if (::syscall(SYS_io_uring_register, ring_, IORING_REGISTER_RING_FDS, &update, 1) == 1) {
      enter_fd_ = static_cast<int>(update.offset);
      enter_flags_ = IORING_ENTER_REGISTERED_RING;
    } else {
      enter_fd_ = ring_;
    }
  }

  // A ring that can be made may still be forbidden to enter: complete a NOP.
  int prove() noexcept {
    io_uring_sqe& e = next_sqe();
    e.opcode = IORING_OP_NOP;
    e.user_data = ignored_tag;
    if (int error = enter(tail_ - submitted_, 1, nullptr)) return error;
    if (!has_completions()) return EIO;
    reap();
    return 0;
  }

  // One poll that stays armed serves every wake: a read would have to be submitted
  // again after each, by an enter of its own. Nobody reads the eventfd: its
  // count grows by one a wake, and each is an event.
  void arm_wake() noexcept {
    io_uring_sqe& e = next_sqe();
    e.fd = wake_;
    e.user_data = wake_tag;
    if (wake_stays_armed_) {
      e.opcode = IORING_OP_POLL_ADD;
      e.poll32_events = POLLIN;
      e.len = IORING_POLL_ADD_MULTI;
    } else {
      e.opcode = IORING_OP_READ;
      e.addr = reinterpret_cast<std::uint64_t>(&wake_count_);
      e.len = sizeof wake_count_;
    }
  }

  io_uring_sqe& next_sqe() noexcept {
    while (tail_ - __atomic_load_n(sq_head_, __ATOMIC_ACQUIRE) >= sq_entries_)
      enter(tail_ - submitted_, 0, nullptr);
    io_uring_sqe& e = static_cast<io_uring_sqe*>(sqes_)[tail_ & sq_mask_];
    ++tail_;
    std::memset(&e, 0, sizeof e);
    return e;
  }

  /// Takes back the request that next_sqe has just given.
  void take_back_sqe() noexcept { --tail_; }

  int enter(unsigned submit, unsigned wait, __kernel_timespec* limit) noexcept {
    __atomic_store_n(sq_tail_, tail_, __ATOMIC_RELEASE);
    io_uring_getevents_arg arg{};
    arg.ts = reinterpret_cast<std::uint64_t>(limit);
    unsigned flags = IORING_ENTER_GETEVENTS | enter_flags_ | (limit ? IORING_ENTER_EXT_ARG : 0);
    long n = ::syscall(SYS_io_uring_enter, enter_fd_, submit, wait, flags,
                       limit ? static_cast<void*>(&arg) : nullptr, limit ? sizeof arg : 0);
    // What the kernel has taken shows in the queue's head, whatever enter said
    // (ETIME and EINTR come after submission).
    submitted_ = __atomic_load_n(sq_head_, __ATOMIC_ACQUIRE);
    return n < 0 ? errno : 0;
  }

  void reap() noexcept {
    unsigned head = *cq_head_;
    while (head != __atomic_load_n(cq_tail_, __ATOMIC_ACQUIRE)) {
      const io_uring_cqe cqe = cqes_[head & cq_mask_];
      __atomic_store_n(cq_head_, ++head, __ATOMIC_RELEASE);
      if (cqe.user_data == ignored_tag) continue;
      if (cqe.user_data == wake_tag) {
        if (cqe.res == -EINVAL) wake_stays_armed_ = false;  // before Linux 5.13
        if (!(cqe.flags & IORING_CQE_F_MORE)) arm_wake();
        continue;
      }
      --in_flight_;
      auto* op = reinterpret_cast<io_operation*>(cqe.user_data);
      if (cqe.flags & IORING_CQE_F_BUFFER) {
        unsigned id = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
        op->buffer = buffers_.at(id);
        op->kernel_done(cqe.res);
        buffers_.give_back(id);
      } else {
        op->kernel_done(cqe.res);
      }
    }
  }

  int ring_ = -1;
  int enter_fd_ = -1;
  unsigned enter_flags_ = 0;
  int wake_ = -1;
  int announce_ = -1;  // guests only
  std::uint64_t wake_count_ = 0;
  bool wake_stays_armed_ = true;
  unsigned in_flight_ = 0;
  buffer_ring buffers_;

  unsigned tail_ = 0;       // of the requests written
  unsigned submitted_ = 0;  // of those that the kernel has taken
  unsigned* sq_head_ = nullptr;
  unsigned* sq_tail_ = nullptr;
  unsigned* sq_flags_ = nullptr;
  unsigned sq_mask_ = 0;
  unsigned sq_entries_ = 0;
  unsigned* cq_head_ = nullptr;
  unsigned* cq_tail_ = nullptr;
  unsigned cq_mask_ = 0;
  io_uring_cqe* cqes_ = nullptr;
  void* rings_ = MAP_FAILED;
  void* sqes_ = MAP_FAILED;
  std::size_t rings_size_ = 0;
  std::size_t sqes_size_ = 0;
};

}  // namespace

backend* make_uring_backend(int& error) noexcept {
  auto* ring = new (std::nothrow) uring_backend;
  if (!ring) {
    error = ENOMEM;
    return nullptr;
  }
  error = ring->open();
  if (error == 0) return ring;
  delete ring;
  return nullptr;
}

}}}  // namespace rondo::v0::detail
