// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "sqlite/core.hpp"

#include <rondo/coro/diagnostic.hpp>
#include "db/statement_text.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {

using namespace std::chrono_literals;

core::core(std::string path, const open_options& options)
    : settings_(std::make_shared<settings>(std::move(path), options)),
      readers_only_(options.read_only && settings_->readers() > 0),
      writer_(settings_, connection::role::writer, 1) {
  if (int n = settings_->readers(); n > 0)
    readers_.emplace(settings_, connection::role::reader, static_cast<std::size_t>(n));
}

std::size_t core::check_not_waiting_for_itself(const crew& c) const {
  std::size_t own = 0;
  for (hold& h : holds_) {
    if (&h.of_ != &c) continue;
    for (const auto* n = rondo::detail::this_thread_scheduler->current; n; n = n->parent())
      if (n->known_identity() == h.holder_) {
        ++own;
        break;
      }
  }
  if (own < c.limit()) return own;
  std::string what = holds_.front()->what_;
  for (hold& h : holds_)
    if (&h.of_ == &c) what = h.what_;
  throw usage_error("sqlite " + path() + ": this task has " +
                    (own == 1 ? "the connection that it waits for" : "all the connections") +
                    " itself, by its " + what + ": go on with that, or end it first");
}

// The writer's connection last: of two that end at the same time neither may be the last one for
// SQLite, which removes the log then; and a reader may not.
void core::close() noexcept {
  if (readers_) return readers_->close_before(writer_);
  writer_.close(true);
}

void core::join() noexcept {
  if (readers_) readers_->join();
  writer_.join();
}

bool core::ended() const noexcept { return writer_.ended() && (!readers_ || readers_->ended()); }

// The loop does not wait for the last words on the disk: whoever wants to know them calls
// close. The list of the loop's databases does at its end.
void core::last_reference_gone() noexcept {
  if (of_parent()) return;
  close();
  if (!listed()) {  // the loop is gone, and has joined the threads
    delete this;
    return;
  }
  orphan_ = true;
  if (ended()) {
    unlink();
    delete this;
  }
}

databases_of_loop::~databases_of_loop() {
  for (core& c : all_) c.close();
  while (core* c = all_.pop_front()) {
    c->join();
    if (c->orphan_) delete c;
  }
}

void databases_of_loop::add(core& c) noexcept {
  for (core& old : all_) {
    if (!old.orphan_ || !old.ended()) continue;
    old.unlink();
    delete &old;
  }
  all_.push_back(c);
}

hold::hold(rondo::detail::ref<core> c, crew& of, std::string what)
    : core_(std::move(c)),
      of_(of),
      holder_(rondo::detail::this_thread_scheduler->current->identity()),
      what_(std::move(what)) {
  constexpr auto long_time = 60s;
  if (core_->has_readers() && &of_ == &core_->readers())
    long_time_ = call_later(long_time, [this] { report(); });
  core_->holds_.push_back(*this);
}

void hold::report() const noexcept {
  rondo::detail::report_made([&] {
    return diagnostic{problem::shortage,
                      "sqlite " + core_->path() + ": " + what_ +
                          " have been open for 60s, and as long as they are the write-ahead log "
                          "cannot be cut and grows"};
  });
}

}}}}  // namespace rondo::v0::sqlite::detail
