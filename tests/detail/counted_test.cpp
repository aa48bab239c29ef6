// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/detail/counted.hpp>

#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace {

using rondo::detail::counted;
using rondo::detail::ref;

struct plain : counted<plain> {
  explicit plain(int& n) : ended(n) {}
  ~plain() { ++ended; }
  int& ended;
};

TEST(counted, ends_with_its_last_reference) {
  int ended = 0;
  ref<plain> a(new plain(ended));
  ref<plain> b = a;
  ref<plain> c = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_EQ(b.get(), c.get());
  b.reset();
  EXPECT_FALSE(b);
  EXPECT_EQ(ended, 0);
  c = ref<plain>();
  EXPECT_EQ(ended, 1);
}

TEST(counted, assigning_to_itself_and_to_another_loses_nothing) {
  int ended = 0;
  ref<plain> a(new plain(ended));
  const ref<plain>& same = a;
  a = same;
  EXPECT_EQ(ended, 0);
  a = ref<plain>(new plain(ended));
  EXPECT_EQ(ended, 1);
  a.reset();
  EXPECT_EQ(ended, 2);
}

struct with_last_words : counted<with_last_words> {
  explicit with_last_words(bool& s) : said(s) {}
  void last_reference_gone() {
    said = true;
    delete this;
  }
  bool& said;
};

TEST(counted, calls_a_function_of_its_own_at_the_end) {
  bool said = false;
  ref<with_last_words> a(new with_last_words(said));
  ref<with_last_words>(a).reset();
  EXPECT_FALSE(said);
  a.reset();
  EXPECT_TRUE(said);
}

struct refers_to_itself : counted<refers_to_itself> {
  explicit refers_to_itself(ref<refers_to_itself>& o) : owner(o) {}
  ~refers_to_itself() { empty_at_end = !owner; }
  ref<refers_to_itself>& owner;
  static inline bool empty_at_end = false;
};

TEST(counted, who_gives_up_the_last_reference_has_none_while_it_ends) {
  ref<refers_to_itself> a;
  a = ref<refers_to_itself>(new refers_to_itself(a));
  a.reset();
  EXPECT_TRUE(refers_to_itself::empty_at_end);
}

struct shared_by_threads : counted<shared_by_threads, rondo::detail::held_on::many_threads> {
  explicit shared_by_threads(int& n) : ended(n) {}
  ~shared_by_threads() { ++ended; }
  int& ended;
};

TEST(counted, threads_can_share_it) {
  int ended = 0;
  {
    ref<shared_by_threads> mine(new shared_by_threads(ended));
    auto take_and_give_back = [mine] {
      for (int i = 0; i < 20'000; ++i) ref<shared_by_threads> one_more = mine;
    };
    std::thread a(take_and_give_back), b(take_and_give_back);
    a.join();
    b.join();
    EXPECT_EQ(ended, 0);
  }
  EXPECT_EQ(ended, 1);
}

}  // namespace
