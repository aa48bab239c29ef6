// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/exec/thread_pool.hpp>

#include <rondo/coro/errors.hpp>

namespace rondo { inline namespace v0 {

namespace detail {

std::exception_ptr pool_destroyed(const worker_threads& pool) noexcept {
  try {
    return std::make_exception_ptr(
        usage_error("thread_pool " + pool.name() + ": it was destroyed before it ran this call"));
  } catch (...) {
    return std::current_exception();
  }
}

bool submit_operation_base::begin() noexcept {
  call_->submitter = loop::current().ref();
  room_.hold(*this, outside::by::thread);
  call_->admission = &room_;
  call_->retain();  // the pool's
  bool admitted;
  try {
    admitted = pool_->submit(*call_);
  } catch (...) {
    error_ = std::current_exception();
    call_->release();
    admitted = true;
  }
  if (!admitted) return false;
  room_.withdraw();
  return true;
}

bool submit_operation_base::cancel() noexcept {
  if (!pool_->withdraw_waiting(*call_)) return false;
  call_->release();
  room_.withdraw();
  return true;
}

}  // namespace detail

thread_pool::thread_pool(thread_pool_options options)
    : threads_(options.threads ? options.threads : detail::worker_threads::usable_cores(),
               options.queue ? options.queue : 1, options.name ? options.name : "") {}

}}  // namespace rondo::v0
