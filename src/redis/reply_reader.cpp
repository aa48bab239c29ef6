// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "redis/reply_reader.hpp"

#include <hiredis/read.h>
#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

namespace rondo { inline namespace v0 { namespace redis {
namespace detail {

namespace {

using kind = redis::reply::kind;

/// What is read now. hiredis 1 has its stack elsewhere, and grows it.
const redisReadTask& current(const redisReader& r) {
#ifdef REDIS_REPLY_MAP
  return *r.task[r.ridx];
#else
  return r.rstack[r.ridx];
#endif
}

std::string size_text(std::size_t bytes) { return std::to_string(bytes) + " bytes"; }

}  // namespace

/// hiredis calls these: from C, so nothing may be thrown. A null pointer ends the reading;
/// the reason is in violation_ or out_of_memory_.
struct reply_reader::callbacks {
  template <class F>
  static void* guarded(const redisReadTask* task, F&& make) noexcept {
    auto& self = *static_cast<reply_reader*>(task->privdata);
    try {
      redis::reply* r = self.place(*task);
      return r && make(self, *r) ? r : nullptr;
    } catch (...) {
      self.out_of_memory_ = true;
      return nullptr;
    }
  }
  static bool refuse(reply_reader& self, std::string why) {
    self.violation_ = std::move(why);
    return false;
  }

  static void* string(const redisReadTask* task, char* text, std::size_t size) noexcept {
    return guarded(task, [&](reply_reader& self, redis::reply& r) {
      kind which = kind::string;
      if (task->type == REDIS_REPLY_STATUS) {
        which = kind::status;
      } else if (task->type == REDIS_REPLY_ERROR) {
        which = kind::error;
      } else if (task->type != REDIS_REPLY_STRING) {
        return refuse(self, "an answer of a type that was not asked for");
      }
      if (std::string why = self.too_long(size); !why.empty()) return refuse(self, std::move(why));
      // hiredis takes any two bytes.
      if (which == kind::string && (text[size] != '\r' || text[size + 1] != '\n'))
        return refuse(self, "a string that does not end where it should");
      self.bytes_ += size;
      r.assign(which, {text, size});
      return true;
    });
  }
  static bool array_fits(const redisReadTask* task, reply_reader& self, std::size_t size) {
    if (task->type != REDIS_REPLY_ARRAY)
      return refuse(self, "an answer of a type that was not asked for");
    if (size > self.limits_.elements - std::min(self.elements_, self.limits_.elements))
      return refuse(self, "an array of " + std::to_string(size) + " in an answer of at most " +
                              std::to_string(self.limits_.elements) + " elements");
    if (static_cast<std::size_t>(self.reader_->ridx) >= self.limits_.depth)
      return refuse(self,
                    "arrays nested more than " + std::to_string(self.limits_.depth) + " deep");
    self.elements_ += size;
    return true;
  }
#ifdef REDIS_REPLY_MAP
  static void* array(const redisReadTask* task, std::size_t size) noexcept {
#else
  static void* array(const redisReadTask* task, int size) noexcept {
#endif
      return guarded(task, [&](reply_reader& self, redis::reply& r) {
        if (!array_fits(task, self, static_cast<std::size_t>(size))) return false;
        // Memory for what has been promised only would be the peer's to command.
        constexpr std::size_t at_first = 64;
        std::vector<redis::reply> none;
        none.reserve(std::min(static_cast<std::size_t>(size), at_first));
        r = redis::reply(std::move(none));
        return true;
      });
} static void* integer(const redisReadTask* task, long long value) noexcept {
  return guarded(task, [&](reply_reader&, redis::reply& r) {
    r = redis::reply(static_cast<std::int64_t>(value));
    return true;
  });
}
static void* nil(const redisReadTask* task) noexcept {
  return guarded(task, [](reply_reader&, redis::reply& r) {
    r = redis::reply();
    return true;
  });
}
static void forget(void*) noexcept {}  // all of it is in root_

#ifdef REDIS_REPLY_MAP
static void* real(const redisReadTask* task, double, char*, std::size_t) noexcept {
  return guarded(task, [](reply_reader& self, redis::reply&) {
    return refuse(self, "an answer of a type that was not asked for");
  });
}
static void* boolean(const redisReadTask* task, int) noexcept { return real(task, 0, nullptr, 0); }
#endif

static redisReplyObjectFunctions table() noexcept {
  redisReplyObjectFunctions all{};
  all.createString = &string;
  all.createArray = &array;
  all.createInteger = &integer;
  all.createNil = &nil;
  all.freeObject = &forget;
#ifdef REDIS_REPLY_MAP
  all.createDouble = &real;
  all.createBool = &boolean;
#endif
  return all;
}
};  // namespace detail

void reply_reader::free_reader::operator()(redisReader* r) const noexcept { redisReaderFree(r); }

reply_reader::reply_reader(reply_limits limits) : limits_(limits) {
  static redisReplyObjectFunctions functions = callbacks::table();
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
}

reply_reader::~reply_reader() = default;

// An element of the array that it is in, which is complete up to it; the array itself does
// not move before all of it is read.
redis::reply* reply_reader::place(const redisReadTask& task) {
  if (!task.parent) {
    elements_ = bytes_ = 0;
    return &root_;
  }
  auto* parent = static_cast<redis::reply*>(task.parent->obj);
  return &parent->raw_elements().emplace_back();
}

void reply_reader::feed(std::string_view bytes) {
  if (!violation_.empty()) return;
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    throw std::bad_alloc();
}

reply_reader::found reply_reader::next() {
  if (!violation_.empty()) return found::violation;
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) {
    if (out_of_memory_) throw std::bad_alloc();
    if (!violation_.empty()) return found::violation;
    if (reader_->err == REDIS_ERR_OOM) throw std::bad_alloc();
    return refuse(reader_->errstr);
  }
  if (whole) return found::reply;
  return within_limits() ? found::nothing : found::violation;
}

reply_reader::found reply_reader::refuse(std::string why) {
  violation_ = std::move(why);
  return found::violation;
}

std::string reply_reader::too_long(std::size_t size) const {
  if (size > limits_.bulk)
    return "a string of " + size_text(size) + ", over the limit of " + size_text(limits_.bulk);
  std::size_t before = current(*reader_).parent ? bytes_ : 0;
  if (size > limits_.bytes - std::min(before, limits_.bytes))
    return "a string of " + size_text(size) + " in an answer of at most " +
           size_text(limits_.bytes);
  return {};
}

bool reply_reader::in_the_midst() const noexcept {
  const redisReader& r = *reader_;
  return r.pos < r.len || r.ridx > 0 || (r.ridx == 0 && current(r).type != -1);
}

// hiredis waits for the rest of an item: is it one that may come?
bool reply_reader::within_limits() {
  const redisReader& r = *reader_;
  if (r.ridx < 0 || r.pos >= r.len) return true;
  constexpr std::size_t longest_line = 64U << 10;
  constexpr std::size_t longest_length = 32;  // more than the digits of any number
  std::string_view rest(r.buf + r.pos, r.len - r.pos);
  int type = current(r).type;
  bool is_text = type == REDIS_REPLY_STATUS || type == REDIS_REPLY_ERROR;
  std::size_t end = rest.substr(0, longest_length + 2).find("\r\n");
  if (end != rest.npos) {
    std::size_t size = 0;
    auto [stop, problem] = std::from_chars(rest.data(), rest.data() + end, size);
    bool is_number = problem == std::errc() && stop == rest.data() + end;
    if (type == REDIS_REPLY_STRING && is_number) violation_ = too_long(size);
  } else if (rest.size() > (is_text ? longest_line : longest_length)) {
    refuse(is_text ? "a line of more than " + size_text(longest_line)
                   : std::string("a number without an end"));
  }
  return violation_.empty();
}

}}}  // namespace rondo::v0::redis
}  // namespace rondo
