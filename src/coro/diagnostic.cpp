// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/coro/diagnostic.hpp>

#include <cxxabi.h>
#include <cstdlib>
#include <new>
#include <typeinfo>

#include <rondo/coro/detail/promise.hpp>
#include <rondo/coro/detail/scheduler.hpp>
#include <rondo/coro/errors.hpp>
#include "coro/line_writer.hpp"

namespace rondo { inline namespace v0 {

std::string describe(const std::exception_ptr& error) {
  if (!error) return "no exception";
  try {
    std::rethrow_exception(error);
  } catch (const cancelled_error& e) {
    return e.message().empty() ? "rondo::cancelled_error"
                               : "rondo::cancelled_error: " + e.message();
  } catch (...) {
    std::string text = "unknown exception";
    if (const std::type_info* type = abi::__cxa_current_exception_type()) {
      int status = 0;
      char* name = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
      text = status == 0 ? name : type->name();
      std::free(name);
      for (std::string_view noise : {"rondo::v0::", "std::__cxx11::"})
        if (std::size_t at = text.find(noise); at != text.npos)
          text.replace(at, noise.size(), noise[0] == 'r' ? "rondo::" : "std::");
    }
    try {
      throw;
    } catch (const std::exception& e) {
      text += ": ";
      text += e.what();
    } catch (...) {
    }
    return text;
  }
}

namespace detail {

namespace {
void print(const diagnostic& d) noexcept {
  try {
    write_report("rondo: " + d.message + "\n");
  } catch (const std::bad_alloc&) {
    report_out_of_memory();
  }
}

void deliver(diagnostic_handler& handler, const diagnostic& d) noexcept {
  if (handler) {
    handler(d);
    return;
  }
  print(d);
}
}  // namespace

void scheduler::report(const diagnostic& d) noexcept {
  if (debug && d.error) {
    diagnostic traced{d.kind, {}, d.error};
    try {
      if (std::string trace = longer_backtrace(d.error); !trace.empty())
        traced.message = d.message + "\n" + trace;
    } catch (...) {  // out of memory: without it
    }
    if (!traced.message.empty()) {
      deliver(handler, traced);
      return;
    }
  }
  deliver(handler, d);
}

void report_out_of_memory() noexcept {
  write_report("rondo: a problem could not be described: out of memory\n");
}

void report(const diagnostic& d) noexcept {
  if (this_thread_scheduler) {
    this_thread_scheduler->report(d);
  } else {
    print(d);
  }
}

}  // namespace detail
}}  // namespace rondo::v0
