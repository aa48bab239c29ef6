// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/thread_pool.hpp>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

std::exception_ptr pool_destroyed(const worker_threads& pool) noexcept {
  try {
    return std::make_exception_ptr(
        usage_error("thread_pool " + pool.name() + " was destroyed before it ran this call"));
  } catch (...) {
    return std::current_exception();
  }
}

bool submit_operation_base::begin() noexcept {
  scheduler& s = waiter()->sched();
  call_->submitter = loop::current().ref();
  link_ = s.outside;
  link_->hold();
  arrival_.op = this;
  arrival_.fire = [](entry& e) noexcept {
    auto& op = *static_cast<arrival&>(e).op;
    --op.waiter()->sched().threads_at_work;
    op.complete();
  };
  call_->admission_link = link_;
  call_->admission = &arrival_;
  call_->retain();  // the pool's
  ++s.threads_at_work;
  bool admitted;
  try {
    admitted = pool_->submit(*call_);
  } catch (...) {
    error_ = std::current_exception();
    call_->release();
    admitted = true;
  }
  if (!admitted) return false;
  --s.threads_at_work;
  link_->release();
  return true;
}

bool submit_operation_base::cancel() noexcept {
  if (!pool_->withdraw_waiting(*call_)) return false;
  call_->release();
  --waiter()->sched().threads_at_work;
  link_->release();
  return true;
}

}  // namespace detail

thread_pool::thread_pool(thread_pool_options options)
    : threads_(options.threads ? options.threads : detail::worker_threads::usable_cores(),
               options.queue ? options.queue : 1, options.name ? options.name : "") {}

}}  // namespace rondo::v0
