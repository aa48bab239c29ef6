// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <climits>
#include <new>

#include "sqlite/connection.hpp"
#include "sqlite/failure.hpp"

namespace rondo { inline namespace v0 { namespace sqlite { namespace detail {
namespace {

using db::detail::kind;
using db::detail::parameters;
using db::detail::value;

/// The arguments of a call, as a row.
class call_arguments final : public db::detail::row_store {
 public:
  explicit call_arguments(const user_function& f) : row_store(description_) {
    description_.statement = f.name;
    times_are_utc = true;
    for (int i = 1; i <= f.arguments; ++i)
      description_.columns.push_back({"argument " + std::to_string(i), {}});
    values_.resize(description_.columns.size());
  }
  std::size_t rows() const noexcept override { return 1; }
  value at(std::size_t, std::size_t at) const override { return values_[at]; }

  void take(sqlite3_value** given) {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = read(given[i]);
  }

 private:
  static value read(sqlite3_value* v) {
    switch (sqlite3_value_type(v)) {
      case SQLITE_INTEGER:
        return value::of(static_cast<std::int64_t>(sqlite3_value_int64(v)));
      case SQLITE_FLOAT:
        return value::of(sqlite3_value_double(v));
      case SQLITE_NULL:
        return {};
      case SQLITE_TEXT: {
        const void* text = sqlite3_value_text(v);
        if (!text) throw std::bad_alloc();
        auto length = static_cast<std::size_t>(sqlite3_value_bytes(v));
        return value::of(kind::text, {static_cast<const char*>(text), length});
      }
      default: {
        const void* bytes = sqlite3_value_blob(v);
        auto length = static_cast<std::size_t>(sqlite3_value_bytes(v));
        if (!bytes && length > 0) throw std::bad_alloc();
        return value::of(kind::blob, {static_cast<const char*>(bytes), length});
      }
    }
  }

  db::detail::row_description description_;
  std::vector<value> values_;
};

/// A user's function on one connection, which owns it.
struct registered {
  std::shared_ptr<const user_function> what;
  std::unique_ptr<function_instance> function;  // null: an aggregate
  interruption& caller;
  call_arguments arguments;
  parameters result;

  registered(std::shared_ptr<const user_function> f, interruption& i)
      : what(std::move(f)), function(what->function()), caller(i), arguments(*what) {}
};

void give(sqlite3_context* context, const parameters& result) {
  result.for_each(parameters::array_form::json, [&](const value& v) {
    const char* bytes = v.bytes.empty() ? "" : v.bytes.data();
    switch (v.is) {
      case kind::null:
        return sqlite3_result_null(context);
      case kind::boolean:
        return sqlite3_result_int(context, v.boolean);
      case kind::integer:
        return sqlite3_result_int64(context, v.integer);
      case kind::real:
        return sqlite3_result_double(context, v.real);
      case kind::blob:
      case kind::escaped:
        return sqlite3_result_blob64(context, bytes, v.bytes.size(), SQLITE_TRANSIENT);
      case kind::text:
      case kind::array:
        return sqlite3_result_text64(context, bytes, v.bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
  });
}

/// Runs f, whose exceptions become errors of the statement.
template <class F>
void guarded(sqlite3_context* context, const registered& r, F f) noexcept {
  r.caller.takes_time();  // it may, and may even wait for the loop
  try {
    f();
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (...) {
    try {
      std::string said = r.what->name + " failed: " + describe(std::current_exception());
      sqlite3_result_error(context, said.data(),
                           static_cast<int>(std::min<std::size_t>(said.size(), INT_MAX)));
    } catch (...) {
      sqlite3_result_error_nomem(context);
    }
  }
}

registered& of(sqlite3_context* context) {
  return *static_cast<registered*>(sqlite3_user_data(context));
}

void call(sqlite3_context* context, int, sqlite3_value** given) noexcept {
  registered& r = of(context);
  guarded(context, r, [&] {
    r.arguments.take(given);
    r.result.clear();
    r.function->call(r.arguments, r.result);
    give(context, r.result);
  });
}

// SQLite keeps a pointer for each group of rows.
aggregate_instance** group(sqlite3_context* context) {
  return static_cast<aggregate_instance**>(
      sqlite3_aggregate_context(context, sizeof(aggregate_instance*)));
}

void add_row(sqlite3_context* context, int, sqlite3_value** given) noexcept {
  registered& r = of(context);
  guarded(context, r, [&] {
    aggregate_instance** g = group(context);
    if (!g) throw std::bad_alloc();
    if (!*g) *g = r.what->aggregate().release();
    r.arguments.take(given);
    (*g)->step(r.arguments);
  });
}

// Also called when a step has failed, or the statement was stopped.
void finish(sqlite3_context* context) noexcept {
  registered& r = of(context);
  guarded(context, r, [&] {
    aggregate_instance** g = group(context);
    if (!g) throw std::bad_alloc();
    std::unique_ptr<aggregate_instance> last(std::exchange(*g, nullptr));
    if (!last) last = r.what->aggregate();  // of no rows
    r.result.clear();
    last->finish(r.result);
    give(context, r.result);
  });
}

}  // namespace

// One that replaces another is refused while statements are open; in their midst it would be
// another one from one row to the next.
void connection::register_functions() {
  if (!something_is_open()) {
    while (!functions_put_off_.empty()) {
      register_function(functions_put_off_.front());
      functions_put_off_.erase(functions_put_off_.begin());
    }
  }
  for (std::size_t n = settings_->functions.count(); functions_known_ < n; ++functions_known_) {
    functions_put_off_.reserve(functions_put_off_.size() + 1);
    if (!register_function(functions_known_)) functions_put_off_.push_back(functions_known_);
  }
}

/// False: not while something is open.
bool connection::register_function(std::size_t n) {
  auto f = settings_->functions.at(n);
  int flags = SQLITE_UTF8;
  if (f->options.deterministic) flags |= SQLITE_DETERMINISTIC;
  if (f->options.direct_only) flags |= SQLITE_DIRECTONLY;
  bool aggregate = f->is_aggregate();
  auto made = std::make_unique<registered>(f, interruption_);
  // When it fails, too, SQLite destroys what it was given.
  int code = sqlite3_create_function_v2(db_, f->name.c_str(), f->arguments, flags, made.release(),
                                        aggregate ? nullptr : &call, aggregate ? &add_row : nullptr,
                                        aggregate ? &finish : nullptr,
                                        [](void* p) { delete static_cast<registered*>(p); });
  if (code == SQLITE_BUSY && something_is_open()) return false;
  if (code != SQLITE_OK) fail(code, "create function " + f->name);
  return true;
}

void connection::forget_functions() noexcept {
  functions_known_ = 0;
  functions_put_off_.clear();
}

}}}}  // namespace rondo::v0::sqlite::detail
