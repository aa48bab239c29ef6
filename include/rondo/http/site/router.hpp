// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondo/coro/task.hpp>
#include <rondo/detail/unique_function.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/http/site/detail/handler.hpp>

namespace rondo { inline namespace v0 { namespace http {

namespace detail {
struct router_state;
struct middleware_chain;
}  // namespace detail

/// What is left to run of a request, for a middleware: `co_await next(r)` gives its
/// reply. Valid until the middleware returns.
class next {
 public:
  RONDO_CORO_WRAPPER task<reply> operator()(request& r) const;

 private:
  friend struct detail::middleware_chain;
  next(const detail::middleware_chain& chain, std::size_t position) noexcept
      : chain_(&chain), position_(position) {}
  const detail::middleware_chain* chain_;
  std::size_t position_;
};

namespace detail {
using middleware = rondo::detail::unique_function<task<reply>(request&, http::next)>;
}

template <class F>
concept request_middleware = std::is_invocable_r_v<task<reply>, std::decay_t<F>&, request&, next>;

/// Finds the handler of a request by its path and method; is itself a handler.
///
///     http::router site;
///     site.get("/users/{id}", [](http::request& r) -> http::reply { return r.param("id"); });
///     site.post("/users", add_user);   // a coroutine: task<reply>(request&)
///     auto server = co_await http::start_server(std::move(site), "", 8080);
///
/// A pattern is made of segments: text, "{name}" for any one segment that is not
/// empty, and at the end "{name...}" for all that is left, which may be nothing.
/// Text is preferred to "{name}", that to "{name...}"; the order of adding does not
/// matter. Segments are compared decoded, "%2F" is no separator, and "/a" and "/a/"
/// are two paths.
///
/// Answers by itself: 404 where no pattern fits, 405 with Allow for another method,
/// HEAD by the handler of GET, OPTIONS with Allow, 400 for a path with a bad escape.
///
/// Adding throws usage_error for a pattern that is malformed or there already.
/// Belongs to one thread; make one for each worker.
class router {
 public:
  router();
  router(router&& other) noexcept;
  router& operator=(router&& other) noexcept;
  ~router();

  /// A handler is called with the request, or with nothing, and gives a reply, a text, a
  /// nlohmann::json, or a task of one of these.
  template <class F>
  router& route(std::string_view method, std::string_view pattern, F&& handler) {
    add(method, pattern, detail::make_handler(std::forward<F>(handler)));
    return *this;
  }
  /// Or a member function of an object that outlives the router:
  /// `site.get("/stock", &shop::stock, &my_shop)`.
  template <class M, class C>
  router& route(std::string_view method, std::string_view pattern, M member, C* object) {
    return route(method, pattern, detail::bound_handler<M, C>{member, object});
  }
  template <class... Handler>
  router& get(std::string_view pattern, Handler&&... handler) {
    return route("GET", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& post(std::string_view pattern, Handler&&... handler) {
    return route("POST", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& put(std::string_view pattern, Handler&&... handler) {
    return route("PUT", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& patch(std::string_view pattern, Handler&&... handler) {
    return route("PATCH", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& delete_(std::string_view pattern, Handler&&... handler) {
    return route("DELETE", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& head(std::string_view pattern, Handler&&... handler) {
    return route("HEAD", pattern, std::forward<Handler>(handler)...);
  }
  template <class... Handler>
  router& options(std::string_view pattern, Handler&&... handler) {
    return route("OPTIONS", pattern, std::forward<Handler>(handler)...);
  }

  /// Adds all routes of another router below a prefix, a pattern too, with its
  /// middleware around them.
  router& mount(std::string_view prefix, router sub);

  /// Adds `m(request&, http::next)`, a task<reply>, around all routes, those added
  /// later too, and around the answers of 404 and 405; the first added is the
  /// outermost. It may answer without next(r), change the reply, or catch what a
  /// handler throws; what it changes in the target counts.
  template <request_middleware F>
  router& use(F&& m) {
    add_middleware(detail::middleware(std::forward<F>(m)));
    return *this;
  }

  RONDO_CORO_WRAPPER task<reply> operator()(request& r);

 private:
  void add(std::string_view method, std::string_view pattern, detail::handler h);
  void add_middleware(detail::middleware m);
  std::unique_ptr<detail::router_state> state_;
};

}}}  // namespace rondo::v0::http
