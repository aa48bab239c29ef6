// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/sqlite/blob.hpp>

#include <algorithm>
#include <optional>

#include <rondo/sqlite/database.hpp>
#include "sqlite/connection_operation.hpp"
#include "sqlite/scope.hpp"

namespace rondo { inline namespace v0 { namespace sqlite {

using detail::connection;
using detail::connection_operation;
using detail::core;
using detail::lease;
using detail::scope;
using detail::work_of;
using rondo::detail::ref;

namespace {

class close_blob final : public detail::detached_request {
 public:
  explicit close_blob(lease* in) noexcept : detached_request(in) {}
  void run(connection& c) noexcept override { c.close_blob(number); }
  std::uint64_t number = 0;
};

}  // namespace

class blob::state {
 public:
  state(ref<core> c, detail::blob_place place)
      : core_(std::move(c)), lease_(new lease(core_->readers())), place_(std::move(place)) {}
  state(ref<scope> s, detail::blob_place place)
      : core_(s->owner()),
        scope_(std::move(s)),
        close_(new close_blob(scope_->in("open_blob"))),
        place_(std::move(place)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    // When the transaction is over the blob is closed, or will be.
    if (close_ && number_ != 0 && scope_->open()) {
      close_->number = number_;
      if (scope_->of().submit_to_lease(*close_)) static_cast<void>(close_.release());
    }
  }

  void open(connection& c) {
    number_ = c.open_blob(place_);
    size = c.size_of_blob(number_);
    if (lease_) c.leased_to = lease_.get();
  }
  /// In the task, when it is open.
  void opened() {
    if (lease_) hold_.emplace(core_, of(), "blob " + place_.table + "." + place_.column);
  }
  /// In the task that uses it now.
  void used() {
    if (hold_) hold_->taken_over();
  }
  detail::crew& of() const noexcept { return scope_ ? scope_->of() : core_->readers(); }
  lease* in(const char* caller) const { return scope_ ? scope_->in(caller) : lease_.get(); }
  bool writable() const noexcept { return place_.write; }
  std::uint64_t number() const noexcept { return number_; }
  const core& owner() const noexcept { return *core_; }

  std::size_t size = 0;
  std::size_t position = 0;

 private:
  const ref<core> core_;
  const ref<scope> scope_;
  std::unique_ptr<close_blob> close_;
  detail::lease_ptr lease_;  // of a database's; its end closes the blob
  std::optional<detail::hold> hold_;
  const detail::blob_place place_;
  std::uint64_t number_ = 0;
};

blob::blob() noexcept = default;
blob::blob(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
blob::blob(blob&&) noexcept = default;
blob& blob::operator=(blob&&) noexcept = default;
blob::~blob() = default;

void blob::close() noexcept { state_.reset(); }
std::size_t blob::size() const noexcept { return state_ ? state_->size : 0; }

task<blob> blob::open(std::unique_ptr<state> s) {
  lease* in = s->in("open_blob");
  std::size_t holds = 0;
  if (!s->writable()) holds = s->owner().check_not_waiting_for_itself(s->of());
  auto open = work_of([&](connection& c) { s->open(c); });
  co_await connection_operation(s->of(), in, open, holds);
  s->opened();
  co_return blob(std::move(s));
}

task<std::string> blob::read(std::size_t offset, std::size_t most) {
  if (!state_) throw usage_error("sqlite::blob::read: it is closed");
  state& s = *state_;
  std::string data;
  if (offset >= s.size) co_return data;
  data.resize(std::min(most, s.size - offset));
  auto into = std::as_writable_bytes(std::span(data));
  s.used();
  auto read = work_of([&](connection& c) { c.read_blob(s.number(), offset, into); });
  co_await connection_operation(s.of(), s.in("blob"), read);
  co_return data;
}

task<std::string> blob::read(std::size_t most) {
  if (!state_) throw usage_error("sqlite::blob::read: it is closed");
  std::string data = co_await read(state_->position, most);
  state_->position += data.size();
  co_return data;
}

task<> blob::write(std::size_t offset, std::string data) {
  if (!state_) throw usage_error("sqlite::blob::write: it is closed");
  state& s = *state_;
  if (!s.writable())
    throw usage_error("sqlite::blob::write: open it in a transaction (sqlite::transaction)");
  if (offset > s.size || data.size() > s.size - offset)
    throw usage_error("sqlite::blob::write: " + std::to_string(data.size()) + " bytes at " +
                      std::to_string(offset) + " go beyond its end at " + std::to_string(s.size));
  auto write = work_of(
      [&](connection& c) { c.write_blob(s.number(), offset, std::as_bytes(std::span(data))); });
  co_await connection_operation(s.of(), s.in("blob"), write);
}

task<blob> database::open_blob(std::string table, std::string column, std::int64_t row) {
  detail::blob_place place{std::move(table), std::move(column), row, false};
  return blob::open(std::make_unique<blob::state>(ref<core>(checked().get()), std::move(place)));
}

task<blob> transaction_scope::open_blob(std::string table, std::string column, std::int64_t row) {
  detail::blob_place place{std::move(table), std::move(column), row, true};
  return blob::open(std::make_unique<blob::state>(ref<scope>(scope_.get()), std::move(place)));
}

}}}  // namespace rondo::v0::sqlite
