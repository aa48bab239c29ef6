// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/coro/awaitable.hpp>
#include <rondo/detail/list.hpp>
#include <rondo/loop/detail/timer_queue.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/detail/convert.hpp>
#include <rondo/redis/reply.hpp>

namespace rondo { inline namespace v0 { namespace redis { namespace detail {

class client_core;

/// A task waits for the answers to commands on the shared connection.
///
/// It lives in its task's frame, and the core has it in one of two places:
///
///             begin()              there is a connection, and room
///    made ─────────────> waiting ──────────────────────────────> in flight
///                           ^                                       |  |
///                           '── connection lost, may be sent again ─'  '──> answers, done
///
/// In flight, the core's row of what is to be answered has an entry for each command. Who is
/// cancelled, or whose time is up, leaves: its entries stay, refer to nobody, and swallow
/// the answers.
class request : public rondo::detail::operation, public rondo::detail::list_link<request> {
 public:
  bool begin() noexcept final;
  bool cancel() noexcept final;
  const char* describe() const noexcept final { return "redis"; }
  std::string detail() const final;

  /// How many commands, and so answers.
  virtual std::size_t commands() const noexcept = 0;
  /// All of them, as they are sent. Throws std::bad_alloc, and has then appended nothing.
  virtual void append_to(std::string& out) const = 0;
  virtual std::size_t bytes() const noexcept = 0;
  /// The next answer. True: it was the last. Throws std::bad_alloc.
  virtual bool take(reply&& r) = 0;
  /// It is sent again: what was answered is forgotten.
  virtual void forget_answers() noexcept = 0;
  /// For messages: "GET", "a batch of 3 commands".
  virtual std::string name() const = 0;
  virtual bool only_reads() const noexcept = 0;
  /// Of a transaction that is answered: what the server has refused its EXEC with, or null.
  virtual const reply* refused_exec() const noexcept { return nullptr; }

  enum class ending : unsigned char {
    answered,
    closed,         // the client was
    timed_out,      // reason: what it waited for
    lost,           // sent, and the connection is no more
    not_connected,  // not sent
    overloaded,
    refused,  // error_
  };

 protected:
  request(client_core* core, call_options options) noexcept;
  request(request&& other) noexcept;
  ~request();
  /// Throws what it has ended with, if no answer.
  void check();
  const client_core* client() const noexcept { return core_; }
  /// It is a MULTI, commands and an EXEC.
  void mark_transaction() noexcept { is_transaction_ = true; }
  /// Refused before it begins: error_ is thrown by check().
  void refuse(std::exception_ptr why) noexcept {
    ending_ = ending::refused;
    error_ = std::move(why);
  }

 private:
  friend client_core;
  struct deadline_timer : rondo::detail::timer {
    request* owner = nullptr;
  };
  [[noreturn]] void throw_failure();

  client_core* core_;
  call_options options_;
  ending ending_ = ending::answered;
  bool is_transaction_ = false;
  bool was_sent_ = false;        // when it ended
  bool sent_before_ = false;     // on a connection that was lost: it may have run
  std::uint64_t first_ = 0;      // in flight: the number of its first entry
  std::size_t outstanding_ = 0;  // entries that refer to it
  deadline_timer timer_;
  std::exception_ptr error_;
};

/// One command.
class command_request : public request {
 public:
  std::size_t commands() const noexcept final { return 1; }
  void append_to(std::string& out) const final { command_.append_to(out); }
  std::size_t bytes() const noexcept final { return command_.body().size() + 16; }
  bool take(reply&& r) noexcept final {
    reply_ = std::move(r);
    return true;
  }
  void forget_answers() noexcept final {}
  std::string name() const final { return std::string(command_.name()); }
  bool only_reads() const noexcept final;

 protected:
  /// What the shared connection must not have is refused by result(), with usage_error.
  template <class... A>
  command_request(client_core* core, call_options options, std::string_view name,
                  const A&... arguments)
      : request(core, options), command_(name, arguments...) {
    check_kind();
  }
  command_request(client_core* core, command c, call_options options)
      : request(core, options), command_(std::move(c)) {
    check_kind();
  }
  command_request(command_request&&) noexcept = default;
  ~command_request() = default;

  command command_;
  reply reply_;

 private:
  void check_kind();
};

/// What client::call returns.
template <class T>
class [[nodiscard]] call_operation final : public command_request {
 public:
  template <class... A>
  explicit call_operation(client_core* core, A&&... arguments)
      : command_request(core, std::forward<A>(arguments)...) {}
  call_operation(call_operation&&) noexcept = default;
  T result() {
    check();
    if (reply_.is_error()) throw_server_error({command_.name(), client()}, reply_);
    return convert<T>(std::move(reply_), {command_.name(), client()});
  }
};

/// Several commands in a row.
class batch_request : public request {
 public:
  std::size_t commands() const noexcept final { return size_; }
  void append_to(std::string& out) const final { out += bytes_; }
  std::size_t bytes() const noexcept final { return bytes_.size(); }
  bool take(reply&& r) final {
    replies_.push_back(std::move(r));
    return replies_.size() == size_;
  }
  void forget_answers() noexcept final { replies_.clear(); }
  std::string name() const final;
  bool only_reads() const noexcept final { return false; }
  const reply* refused_exec() const noexcept final;

 protected:
  enum class as : bool { batch, transaction };
  batch_request(client_core* core, const batch& commands, as how, call_options options);
  batch_request(batch_request&&) noexcept = default;
  ~batch_request() = default;
  /// Those of the batch; of a transaction, what EXEC has given. Throws redis::error when no
  /// transaction was made.
  std::vector<reply> answers();
  /// The name of one of its commands.
  std::string command_name(std::size_t index) const;
  void require_size(std::size_t expected) const;

 private:
  std::string bytes_;
  std::size_t size_;
  as how_;
  std::vector<reply> replies_;
};

/// What client::run and client::transaction return: a vector of replies, or with types a tuple.
template <class... T>
class [[nodiscard]] batch_operation final : public batch_request {
 public:
  using as = batch_request::as;
  batch_operation(client_core* core, const batch& commands, as how, call_options options)
      : batch_request(core, commands, how, options) {
    if constexpr (sizeof...(T) > 0) require_size(sizeof...(T));
  }
  batch_operation(batch_operation&&) noexcept = default;
  auto result() {
    std::vector<reply> all = answers();
    if constexpr (sizeof...(T) == 0) {
      return all;
    } else {
      return tuple(all, std::index_sequence_for<T...>());
    }
  }

 private:
  template <std::size_t... I>
  std::tuple<T...> tuple(std::vector<reply>& all, std::index_sequence<I...>) {
    return std::tuple<T...>{convert<T>(std::move(all[I]), {command_name(I), client()})...};
  }
};

template <class... T>
struct batch_answers {
  using type = std::tuple<T...>;
};
template <>
struct batch_answers<> {
  using type = std::vector<reply>;
};

}}}}  // namespace rondo::v0::redis::detail
