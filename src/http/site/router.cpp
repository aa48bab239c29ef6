// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/http/site/router.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include <rondo/coro/errors.hpp>
#include "http/message/field_list.hpp"

namespace rondo { inline namespace v0 { namespace http {

namespace detail {

/// Middlewares around something that answers.
struct middleware_chain {
  std::vector<middleware>* around;
  void* object;
  task<reply> (*answer)(void* object, request& r);

  RONDO_CORO_WRAPPER task<reply> run(request& r, std::size_t position) const {
    if (position == around->size()) return answer(object, r);
    return (*around)[position](r, next(*this, position + 1));
  }
};

namespace {

constexpr std::size_t most_parameters = 16;

struct route {
  std::string method;
  std::string pattern;
  std::vector<std::string> names;  // of its parameters, in order
  handler handle;
};

/// What fits after the segments that lead here.
struct route_node {
  std::map<std::string, std::unique_ptr<route_node>, std::less<>> texts;
  std::unique_ptr<route_node> any;  // "{name}"
  std::vector<route> here;          // routes that end here
  std::vector<route> rest;          // "{name...}"
};

/// A search for a path and method. Segments are still escaped.
struct search {
  std::string_view method;
  route* found = nullptr;
  std::string_view values[most_parameters];
  std::size_t count = 0;
  std::string allowed;  // methods that fit the path, when the one asked for does not

  bool take(std::vector<route>& routes) {
    route* by_get = nullptr;
    for (route& r : routes) {
      if (r.method == method) {
        found = &r;
        return true;
      }
      if (r.method == "GET") by_get = &r;
    }
    if (by_get && method == "HEAD") {
      found = by_get;
      return true;
    }
    for (const route& r : routes) allow(r.method);
    if (by_get) allow("HEAD");
    return false;
  }

  // path: what is left after the '/'.
  bool walk(route_node& n, std::string_view path) {
    std::string_view segment = path.substr(0, path.find('/'));
    bool last = segment.size() == path.size();
    std::string_view left = last ? std::string_view() : path.substr(segment.size() + 1);
    if (!n.texts.empty()) {
      auto text = segment.find('%') == segment.npos
                      ? n.texts.find(segment)
                      : n.texts.find(percent_decode(segment).value_or(""));
      if (text != n.texts.end() && descend(*text->second, last, left)) return true;
    }
    if (n.any && !segment.empty()) {
      values[count++] = segment;
      if (descend(*n.any, last, left)) return true;
      --count;
    }
    if (!n.rest.empty()) {
      values[count++] = path;
      if (take(n.rest)) return true;
      --count;
    }
    return false;
  }

  void allow(std::string_view m) {
    if (detail::field_list(allowed).contains(m)) return;
    if (!allowed.empty()) allowed += ", ";
    allowed += m;
  }

 private:
  bool descend(route_node& n, bool last, std::string_view left) {
    return last ? !n.here.empty() && take(n.here) : walk(n, left);
  }
};

task<reply> refusal(int status, std::string allowed) {
  reply r(status, status == 204 ? std::string() : std::string(reason_phrase(status)) + "\n");
  if (!allowed.empty()) r.headers.add("Allow", std::move(allowed));
  co_return r;
}

[[noreturn]] void bad_pattern(std::string_view pattern, const char* why) {
  throw usage_error("http::router: \"" + std::string(pattern) + "\": " + why);
}

}  // namespace

struct router_state {
  route_node root;
  std::vector<middleware> around;
  middleware_chain chain{&around, this, &dispatch_by};

  RONDO_CORO_WRAPPER static task<reply> dispatch_by(void* self, request& r) {
    return static_cast<router_state*>(self)->dispatch(r);
  }
  RONDO_CORO_WRAPPER task<reply> dispatch(request& r) {
    std::string_view path = r.path();
    bool escaped = path.find('%') != path.npos;
    if (escaped && !percent_decode(path)) return refusal(400, {});
    search s{r.method, nullptr, {}, 0, {}};
    if (path.starts_with('/') && s.walk(root, path.substr(1))) {
      auto& parameters = r.parameters();
      parameters.clear();
      for (std::size_t i = 0; i < s.count; ++i)
        parameters.emplace_back(s.found->names[i],
                                escaped ? *percent_decode(s.values[i]) : std::string(s.values[i]));
      return s.found->handle(r);
    }
    if (s.allowed.empty()) return refusal(r.method == "OPTIONS" && path == "*" ? 204 : 404, {});
    s.allow("OPTIONS");
    return refusal(r.method == "OPTIONS" ? 204 : 405, std::move(s.allowed));
  }

  void add(route added) {
    std::string_view pattern = added.pattern;
    if (!is_token(added.method)) bad_pattern(pattern, "its method is none");
    if (!pattern.starts_with('/')) bad_pattern(pattern, "a pattern begins with '/'");
    route_node* at = &root;
    std::vector<route>* end = nullptr;
    for (std::string_view left = pattern.substr(1); !end;) {
      std::string_view segment = left.substr(0, left.find('/'));
      bool last = segment.size() == left.size();
      left.remove_prefix(last ? segment.size() : segment.size() + 1);
      bool named = segment.starts_with('{') && segment.ends_with('}');
      bool takes_rest = named && segment.ends_with("...}");
      if (named) {
        std::string_view name = segment.substr(1, segment.size() - (takes_rest ? 5 : 2));
        if (name.empty() || name.find_first_of("{}.") != name.npos)
          bad_pattern(pattern, "a parameter has no name");
        if (std::find(added.names.begin(), added.names.end(), name) != added.names.end())
          bad_pattern(pattern, "two parameters have one name");
        if (added.names.size() == most_parameters) bad_pattern(pattern, "too many parameters");
        added.names.emplace_back(name);
      } else if (segment.find_first_of("{}?#%") != segment.npos) {
        bad_pattern(pattern, "a segment is text without \"{}?#%\", or one parameter");
      }
      if (takes_rest) {
        if (!last) bad_pattern(pattern, "\"{name...}\" is not its end");
        end = &at->rest;
        break;
      }
      std::unique_ptr<route_node>& below = named ? at->any : at->texts[std::string(segment)];
      if (!below) below = std::make_unique<route_node>();
      at = below.get();
      if (last) end = &at->here;
    }
    for (const route& r : *end)
      if (r.method == added.method) bad_pattern(pattern, "it has this method already");
    end->push_back(std::move(added));
  }
};

namespace {

/// A handler of a router that was mounted, with what that one had around it.
class mounted_handler {
 public:
  mounted_handler(std::shared_ptr<std::vector<middleware>> around, handler h)
      : inside_(std::make_unique<inside>(std::move(around), std::move(h))) {}
  RONDO_CORO_WRAPPER task<reply> operator()(request& r) { return inside_->chain.run(r, 0); }

 private:
  struct inside {
    inside(std::shared_ptr<std::vector<middleware>> a, handler h)
        : around(std::move(a)), handle(std::move(h)) {}
    std::shared_ptr<std::vector<middleware>> around;
    handler handle;
    middleware_chain chain{around.get(), this, &handle_by};

    RONDO_CORO_WRAPPER static task<reply> handle_by(void* self, request& r) {
      return static_cast<inside*>(self)->handle(r);
    }
  };
  std::unique_ptr<inside> inside_;
};

void for_each_route(route_node& n, const std::function<void(route&)>& f) {
  for (route& r : n.here) f(r);
  for (route& r : n.rest) f(r);
  for (auto& [text, below] : n.texts) for_each_route(*below, f);
  if (n.any) for_each_route(*n.any, f);
}

}  // namespace

}  // namespace detail

task<reply> next::operator()(request& r) const { return chain_->run(r, position_); }

router::router() : state_(std::make_unique<detail::router_state>()) {}
router::router(router&& other) noexcept = default;
router& router::operator=(router&& other) noexcept = default;
router::~router() = default;

task<reply> router::operator()(request& r) {
  return state_->around.empty() ? state_->dispatch(r) : state_->chain.run(r, 0);
}

void router::add(std::string_view method, std::string_view pattern, detail::handler h) {
  state_->add({std::string(method), std::string(pattern), {}, std::move(h)});
}

void router::add_middleware(detail::middleware m) { state_->around.push_back(std::move(m)); }

router& router::mount(std::string_view prefix, router sub) {
  if (prefix.ends_with('/')) detail::bad_pattern(prefix, "a prefix does not end in '/'");
  auto around = std::make_shared<std::vector<detail::middleware>>(std::move(sub.state_->around));
  detail::for_each_route(sub.state_->root, [&](detail::route& r) {
    detail::handler h = around->empty()
                            ? std::move(r.handle)
                            : detail::handler(detail::mounted_handler(around, std::move(r.handle)));
    add(r.method, std::string(prefix) + r.pattern, std::move(h));
  });
  return *this;
}

}}}  // namespace rondo::v0::http
