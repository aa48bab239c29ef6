// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Compiler attributes that the public headers use. Private.
#pragma once

#if !defined(__cpp_impl_coroutine)
#error "Rondo needs C++20 coroutines: compile with -std=c++20 (g++ 12 or newer, clang 18 or newer)"
#endif

#ifndef __has_cpp_attribute
#define __has_cpp_attribute(x) 0
#endif

// RONDO_LIFETIME_CHECKS switches on clang's coroutine lifetime analysis
// (-Wdangling): a reference argument that dies before its coroutine is a
// warning at the call. It asks that every function that returns a task or a
// generator without being a coroutine is marked RONDO_CORO_WRAPPER, which not
// every user wants; RONDO_CORO_COPYING_WRAPPER if what it returns refers to none
// of the arguments. docs/compilers.md tells users.
#if defined(RONDO_LIFETIME_CHECKS) && __has_cpp_attribute(clang::coro_lifetimebound)
#define RONDO_CORO_RETURN_TYPE [[clang::coro_return_type, clang::coro_lifetimebound]]
#define RONDO_CORO_WRAPPER [[clang::coro_wrapper]]
#define RONDO_CORO_COPYING_WRAPPER [[clang::coro_wrapper, clang::coro_disable_lifetimebound]]
#define RONDO_LIFETIMEBOUND [[clang::lifetimebound]]
#if __has_cpp_attribute(clang::lifetime_capture_by)
#define RONDO_CAPTURED_BY(X) [[clang::lifetime_capture_by(X)]]
#else
#define RONDO_CAPTURED_BY(X)
#endif
#else
#define RONDO_CORO_RETURN_TYPE
#define RONDO_CORO_WRAPPER
#define RONDO_CORO_COPYING_WRAPPER
#define RONDO_LIFETIMEBOUND
#define RONDO_CAPTURED_BY(X)
#endif

// What a later version will not have, and what to write instead (docs/versions.md):
//   RONDO_DEPRECATED("since 0.2: use happy_eyeballs_delay")
// Programs that are built with -DRONDO_NO_DEPRECATED are told nothing.
#ifndef RONDO_NO_DEPRECATED
#define RONDO_DEPRECATED(TEXT) [[deprecated("rondo: " TEXT)]]
#else
#define RONDO_DEPRECATED(TEXT)
#endif

// A heuristic of the optimizer: the frame of `co_await f()` may live in its
// caller's. Nothing may depend on it.
#if __has_cpp_attribute(clang::coro_await_elidable)
#define RONDO_AWAIT_ELIDABLE [[clang::coro_await_elidable]]
#else
#define RONDO_AWAIT_ELIDABLE
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RONDO_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RONDO_SANITIZED 1
#endif
#endif
#ifndef RONDO_SANITIZED
#define RONDO_SANITIZED 0
#endif

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define RONDO_GCC_BEFORE_13 1
#else
#define RONDO_GCC_BEFORE_13 0
#endif

// g++ 12 destroys a temporary closure with owning captures twice when it
// stands inside a co_await expression, in every form of passing it. Calls that
// take a closure refuse that form there; see docs/compilers.md.
//
// RONDO_CHECK_VIEW is for ranges: a view may hold such a closure (a transform).
#define RONDO_OWNING_CLOSURE                                                                \
  "rondo: g++ 12 destroys a temporary lambda with owning captures twice inside a co_await " \
  "expression: name the lambda first and pass it by its name"
#if RONDO_GCC_BEFORE_13
#define RONDO_CHECK_CLOSURE(F)                                                    \
  static_assert(::std::is_lvalue_reference_v<F> ||                                \
                    ::std::is_trivially_destructible_v<::std::remove_cvref_t<F>>, \
                RONDO_OWNING_CLOSURE)
#define RONDO_CHECK_VIEW(Range)                                                                  \
  static_assert(::std::is_lvalue_reference_v<Range> ||                                           \
                    !::std::ranges::enable_view<::std::remove_cvref_t<Range>> ||                 \
                    ::std::is_trivially_destructible_v<::std::remove_cvref_t<Range>>,            \
                "rondo: g++ 12 destroys a temporary lambda with owning captures twice inside a " \
                "co_await expression, also when a view holds it: name the view first")
#else
#define RONDO_CHECK_CLOSURE(F) static_assert(true)
#define RONDO_CHECK_VIEW(Range) static_assert(true)
#endif
