// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/detail/list.hpp>

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace {

struct item : rondo::detail::list_link<item> {
  explicit item(char n) : name(n) {}
  char name;
};
using item_list = rondo::detail::list<item>;

std::string names(const item_list& l) {
  std::string all;
  for (item& i : l) all += i.name;
  return all;
}

TEST(list, keeps_the_order_and_gives_up_any_place) {
  item a('a'), b('b'), c('c');
  item_list l;
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.front(), nullptr);
  EXPECT_EQ(l.pop_front(), nullptr);
  l.push_back(b);
  l.push_back(c);
  l.push_front(a);
  EXPECT_EQ(names(l), "abc");
  EXPECT_EQ(l.after(a), &b);
  EXPECT_EQ(l.after(c), nullptr);
  EXPECT_TRUE(b.listed());
  b.unlink();
  EXPECT_FALSE(b.listed());
  EXPECT_EQ(names(l), "ac");
  EXPECT_EQ(l.pop_front(), &a);
  EXPECT_EQ(names(l), "c");
  c.unlink();
  EXPECT_TRUE(l.empty());
}

TEST(list, lets_the_element_that_is_looked_at_leave) {
  item a('a'), b('b'), c('c');
  item_list l;
  for (item* i : {&a, &b, &c}) l.push_back(*i);
  for (item& i : l)
    if (i.name != 'b') i.unlink();
  EXPECT_EQ(names(l), "b");
}

TEST(list, takes_over_another_one_and_is_moved_as_a_whole) {
  item a('a'), b('b'), c('c');
  item_list l, m;
  l.push_back(a);
  m.push_back(b);
  m.push_back(c);
  l.append(m);
  EXPECT_TRUE(m.empty());
  l.append(m);
  item_list moved(std::move(l));
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(names(moved), "abc");
}

TEST(list, what_is_copied_leaves_its_place_behind) {
  item a('a');
  item_list l;
  l.push_back(a);
  item copy(a);
  EXPECT_FALSE(copy.listed());
  EXPECT_TRUE(a.listed());
}

}  // namespace
