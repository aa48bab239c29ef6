// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/coro/async_generator.hpp>
#include <rondo/coro/awaitable.hpp>
#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/redis/client_options.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/connection.hpp>
#include <rondo/redis/detail/handles.hpp>
#include <rondo/redis/detail/request.hpp>
#include <rondo/redis/errors.hpp>
#include <rondo/redis/reply.hpp>
#include <rondo/redis/script.hpp>
#include <rondo/redis/stream_reader.hpp>
#include <rondo/redis/subscription.hpp>
#include <rondo/redis/verbs.hpp>
#include <rondo/tls/context.hpp>

namespace rondo { inline namespace v0 { namespace redis {

class client;

namespace detail {
using watched_body = rondo::detail::unique_function<task<batch>(connection&)>;
template <class F>
struct body_reference {
  F* body;
  RONDO_CORO_WRAPPER task<batch> operator()(connection& c) { return (*body)(c); }
};
task<std::vector<reply>> watch_and_execute(core_handle core, std::vector<std::string> keys,
                                           watched_body body, int tries);
task<reply> evaluate(core_handle core, const script& what, command by_sha, call_options options);
/// Appends the time to wait to what blocks, and waits so long.
task<reply> wait_on_extra(core_handle core, command c, delay longest);
async_generator<std::string> scan(core_handle core, std::string pattern, std::size_t count);
template <class T>
task<T> converted(core_handle client, task<reply> answer, std::string name) {
  reply r = co_await std::move(answer);
  if (r.is_error()) throw_server_error({name, client.get()}, r);
  co_return convert<T>(std::move(r), {name, client.get()});
}
}  // namespace detail

/// A Redis or Valkey server: one connection that all tasks share and that comes back by
/// itself for ever, and extra ones for what cannot share.
///
/// Commands of a turn of the loop are sent together; answers are matched by their place, so
/// any number of tasks can be at it. A command whose task is cancelled, or whose time is up,
/// is not taken back once it is written: the server runs it, and its answer is dropped.
///
/// Nothing that may write is sent twice. When the connection is lost, commands that were sent
/// fail with connection_lost; those that only read, or are called `idempotent`, and those that
/// were not sent yet, wait for the next one until their time is up. So every command ends.
///
/// Belongs to the loop's thread. Destroying it fails what still waits.
class [[nodiscard]] client : public verbs<client> {
 public:
  client() noexcept = default;
  explicit client(detail::core_handle core) noexcept : core_(std::move(core)) {}
  client(client&& other) noexcept = default;
  client& operator=(client&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~client();
  explicit operator bool() const noexcept { return core_.get() != nullptr; }

  /// Runs a command; its arguments (see command) are copied at once. T: integers, floating
  /// point, bool, std::string, std::optional, std::vector, sets, maps, std::pair, std::tuple,
  /// void, or redis::reply for whatever it is.
  ///
  /// Throws redis::error, conversion_error; connection_lost, not_connected, overloaded;
  /// timeout_error; usage_error for what must not share a connection, with what to use
  /// instead. Cancelling it takes effect at once: a command that is not written yet may be
  /// sent all the same, one that is written runs.
  template <class T = reply, class... A>
  awaitable<T> auto call(std::string_view name, const A&... arguments) {
    return detail::call_operation<T>(core(), call_options(), name, arguments...);
  }
  /// The same for what may run twice: `r.call<void>(redis::idempotent, "SET", key, value)`.
  /// Cancelled as that.
  template <class T = reply, class... A>
  awaitable<T> auto call(idempotent_t, std::string_view name, const A&... arguments) {
    call_options options;
    options.idempotent = true;
    return detail::call_operation<T>(core(), options, name, arguments...);
  }
  template <class T = reply, class... A>
  awaitable<T> auto call(call_options options, std::string_view name, const A&... arguments) {
    return detail::call_operation<T>(core(), options, name, arguments...);
  }

  /// Runs commands that are sent in one piece, and gives all answers: a vector of replies,
  /// errors among them; or, `run<std::int64_t, std::string>(b)`, a tuple, and throws the first
  /// error. Others' commands may run in between. Throws and is cancelled as call.
  template <class... T>
  awaitable<typename detail::batch_answers<T...>::type> auto run(const batch& commands,
                                                                 call_options options = {}) {
    return detail::batch_operation<T...>(core(), commands, detail::batch_operation<T...>::as::batch,
                                         options);
  }
  /// The same with nobody's commands in between (MULTI, EXEC). A command that the server does
  /// not know or understand is an error, and none has run; so is MULTI or EXEC that the user is
  /// forbidden (unless that is so only since the last transaction: then the error says that
  /// the commands ran one by one). Throws and is cancelled as call.
  template <class... T>
  awaitable<typename detail::batch_answers<T...>::type> auto transaction(
      const batch& commands, call_options options = {}) {
    return detail::batch_operation<T...>(core(), commands,
                                         detail::batch_operation<T...>::as::transaction, options);
  }
  /// A transaction that depends on what it reads. `body`, a coroutine, is given a connection
  /// to read with, which is only lent, and returns the batch to run; if one of the keys was changed
  /// by somebody else meanwhile, nothing is done, and it is run anew, up to `tries` times:
  ///
  ///     auto take = [](redis::connection& c) -> rondo::task<redis::batch> {
  ///       auto left = co_await c.get<int>("left");
  ///       redis::batch b;
  ///       if (left.value_or(0) > 0) b.add("DECR", "left");
  ///       co_return b;
  ///     };
  ///     auto answers = co_await r.transaction({"left"}, take);
  ///
  /// Gives the answers; none for an empty batch. Throws watch_conflict, connection_lost (it
  /// may have run), what body throws, and as acquire. Cancelled, it has run or not; body must
  /// live until then.
  template <class F>
    requires std::is_invocable_r_v<task<batch>, F&, connection&>
  RONDO_CORO_COPYING_WRAPPER task<std::vector<reply>> transaction(const key_list& keys, F& body,
                                                                  int tries = 10) {
    return detail::watch_and_execute(handle(), keys.names(), detail::body_reference<F>{&body},
                                     tries);
  }

  /// Runs a script, which must live until then, with keys and arguments. Throws and is
  /// cancelled as call.
  template <class T = reply, class... A>
  RONDO_CORO_COPYING_WRAPPER task<T> eval(const script& what, const key_list& keys,
                                          const A&... arguments) {
    const std::vector<std::string>& names = keys.names();
    return detail::converted<T>(
        handle(),
        detail::evaluate(handle(), what,
                         command("EVALSHA", what.sha(), names.size(), names, arguments...), {}),
        "EVALSHA");
  }

  /// All keys that match, in no order; one that comes or goes meanwhile may be missing, and
  /// one may come twice. Throws as call. Cancelling next ends it.
  RONDO_CORO_COPYING_WRAPPER async_generator<std::string> scan(std::string pattern = "*",
                                                               std::size_t count = 1000) {
    return detail::scan(handle(), std::move(pattern), count);
  }

  /// Takes an element from the first of the keys (a string, or a range of them) that has one,
  /// and waits for it: its key and the element; none when the time is up. On an extra
  /// connection. Throws as acquire, and connection_lost: then an element may be lost, as it
  /// may when it is cancelled. What must not be lost is moved (blmove), or is in a stream.
  template <class Keys>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<std::pair<std::string, std::string>>> blpop(
      const Keys& keys, delay timeout = for_ever) {
    return popped<std::pair<std::string, std::string>>(command("BLPOP", keys), timeout);
  }
  template <class Keys>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<std::pair<std::string, std::string>>> brpop(
      const Keys& keys, delay timeout = for_ever) {
    return popped<std::pair<std::string, std::string>>(command("BRPOP", keys), timeout);
  }
  /// The same of sorted sets: key, member and score. Throws and is cancelled as that.
  template <class Keys>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<std::tuple<std::string, std::string, double>>>
  bzpopmin(const Keys& keys, delay timeout = for_ever) {
    return popped<std::tuple<std::string, std::string, double>>(command("BZPOPMIN", keys), timeout);
  }
  template <class Keys>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<std::tuple<std::string, std::string, double>>>
  bzpopmax(const Keys& keys, delay timeout = for_ever) {
    return popped<std::tuple<std::string, std::string, double>>(command("BZPOPMAX", keys), timeout);
  }
  /// Takes the first element of one list, waiting for it, and puts it behind the last of
  /// another; gives it, or none when the time is up. Throws as blpop. Cancelled, it has been
  /// moved or not: it is in one of the lists.
  RONDO_CORO_COPYING_WRAPPER task<std::optional<std::string>> blmove(std::string_view from,
                                                                     std::string_view to,
                                                                     delay timeout = for_ever) {
    return popped<std::string>(command("BLMOVE", from, to, "LEFT", "RIGHT"), timeout);
  }

  /// A connection of one's own, when there is one: at most client_options::max_extra are out.
  /// Throws not_connected, timeout_error. Cancelling it takes effect at once.
  RONDO_CORO_COPYING_WRAPPER task<connection> acquire();

  /// Messages of channels, on a connection of its own. Throws usage_error without a channel.
  template <class... Channels>
  subscription subscribe(const Channels&... channels) {
    return start_subscription(command("SUBSCRIBE", channels...));
  }
  /// The same of all channels that match a pattern.
  template <class... Patterns>
  subscription psubscribe(const Patterns&... patterns) {
    return start_subscription(command("PSUBSCRIBE", patterns...));
  }

  /// The entries of a stream behind one with this id: "0" begins with the first, "$" with what
  /// is added from now on.
  stream_reader read_stream(std::string_view key, std::string_view after = "$",
                            stream_options options = {});
  /// The entries that a group's consumer is given. Makes the group, and the stream, where there
  /// is none. Begins with what this consumer was given before and has not acknowledged.
  stream_reader read_group(std::string_view key, std::string_view group, std::string_view consumer,
                           group_options options = {});

  client_statistics statistics() const;
  /// Ends it: calls that wait fail, later ones throw. Waits until its connections are closed.
  /// Throws nothing. Cancelling it takes effect at once; it is closed all the same.
  RONDO_CORO_COPYING_WRAPPER task<> close();

 private:
  static constexpr delay for_ever = std::chrono::hours(24 * 365 * 400);

  detail::client_core* core() const {
    if (!core_.get()) [[unlikely]]
      throw_empty();
    return core_.get();
  }
  detail::core_handle handle() const {
    core();
    return core_;
  }
  [[noreturn]] static void throw_empty();
  subscription start_subscription(command c);
  template <class T>
  RONDO_CORO_COPYING_WRAPPER task<std::optional<T>> popped(command c, delay timeout) {
    std::string name(c.name());
    return detail::converted<std::optional<T>>(
        handle(), detail::wait_on_extra(handle(), std::move(c), timeout), std::move(name));
  }

  detail::core_handle core_;
};

/// Connects: redis://[user:password@]host[:port][/database]; rediss:// over TLS, verified
/// against the system's CAs; unix://[user:password@]/path[?db=database].
///
/// Throws when that fails, as the first attempt does; later ones are made for ever. Throws
/// std::system_error, tls_error, timeout_error; redis::error when we are not let in;
/// protocol_error; usage_error for the URL. Cancelling it leaves nothing open.
RONDO_CORO_COPYING_WRAPPER task<client> connect(std::string_view url, client_options options = {});
/// The same over TLS with a context of one's own: other CAs, a certificate.
RONDO_CORO_COPYING_WRAPPER task<client> connect(std::string_view url, tls_context trust,
                                                client_options options = {});

}}}  // namespace rondo::v0::redis
