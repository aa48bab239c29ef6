// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/detail/request.hpp>

#include <rondo/redis/errors.hpp>
#include "redis/client_core.hpp"
#include "redis/command_kind.hpp"

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

request::request(client_core* core, call_options options) noexcept
    : core_(core), options_(options) {
  core_->retain();
}

request::request(request&& other) noexcept
    : operation(std::move(other)),
      core_(other.core_),
      options_(other.options_),
      ending_(other.ending_),
      is_transaction_(other.is_transaction_),
      error_(std::move(other.error_)) {
  core_->retain();
}

request::~request() { core_->release(); }

bool request::begin() noexcept {
  if (ending_ == ending::refused) return true;
  if (!core_->here()) {
    refuse(std::make_exception_ptr(
        usage_error("redis::client: it belongs to another thread's loop; make one a thread")));
    return true;
  }
  return core_->submit(*this);
}

bool request::cancel() noexcept {
  core_->leave(*this);
  return true;
}

std::string request::detail() const { return name(); }

void request::check() {
  if (ending_ != ending::answered) [[unlikely]]
    core_->throw_failure(*this);
}

void command_request::check_kind() {
  command_kind kind = kind_of(command_);
  if (kind == command_kind::plain) return;
  refuse(std::make_exception_ptr(usage_error("client::call: " + refusal(command_, kind))));
}

bool command_request::only_reads() const noexcept { return detail::only_reads(command_.name()); }

namespace {

/// The names of a batch's commands, or of one.
std::string nth_name(std::string_view bytes, std::size_t index) {
  argument_walk walk(bytes);
  for (;; --index) {
    std::size_t arguments = walk.command();
    std::string_view name = walk.argument();
    if (index == 0) return std::string(name);
    for (std::size_t i = 1; i < arguments; ++i) walk.argument();
  }
}

}  // namespace

batch_request::batch_request(client_core* core, const batch& commands, as how, call_options options)
    : request(core, options), size_(commands.size()), how_(how) {
  if (commands.empty()) throw usage_error("client::run: the batch is empty");
  check_plain(commands, "client::run");
  if (how == as::batch) {
    bytes_ = commands.bytes();
    return;
  }
  // Others' commands cannot come between: all of it is in one piece of the connection's
  // bytes.
  mark_transaction();
  command("MULTI").append_to(bytes_);
  bytes_ += commands.bytes();
  command("EXEC").append_to(bytes_);
  size_ += 2;
}

std::string batch_request::name() const {
  return how_ == as::batch ? "a batch of " + std::to_string(size_) + " commands"
                           : "a transaction of " + std::to_string(size_ - 2) + " commands";
}

std::string batch_request::command_name(std::size_t index) const {
  return nth_name(bytes_, how_ == as::batch ? index : index + 1);
}

void batch_request::require_size(std::size_t expected) const {
  std::size_t size = how_ == as::batch ? size_ : size_ - 2;
  if (size != expected)
    throw usage_error("client::run: " + name() + " for " + std::to_string(expected) + " types");
}

const reply* batch_request::refused_exec() const noexcept {
  return how_ == as::transaction && replies_.back().is_error() ? &replies_.back() : nullptr;
}

std::vector<reply> batch_request::answers() {
  check();
  if (how_ == as::batch) return std::move(replies_);
  // A command that could not be queued makes EXEC an error, and says why itself.
  reply& executed = replies_.back();
  if (executed.is_error()) {
    if (const reply& multi = replies_.front(); multi.is_error())
      throw error("redis " + client()->its.to.text() + ": " + name() +
                      ": MULTI was refused, and its commands were run one by one: " + multi.text(),
                  "MULTI", multi.text());
    for (std::size_t i = 0; i + 1 < replies_.size(); ++i)
      if (replies_[i].is_error()) throw_server_error({nth_name(bytes_, i), client()}, replies_[i]);
    throw_server_error({"EXEC", client()}, executed);
  }
  return std::move(to_elements(executed, {"EXEC", client()}, "an array", size_ - 2));
}

}}}}  // namespace rondo::v0::redis::detail
