// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "db/table.hpp"

namespace {

using namespace rondo::testing;
namespace db = rondo::db;

struct user {
  int id = 0;
  std::string name;
  std::optional<std::string> email;
  RONDO_FIELDS(id, name, email)
};

std::string refusal(auto f) {
  try {
    f();
  } catch (const db::error& e) {
    return e.sqlstate() + " " + e.what();
  } catch (const rondo::usage_error& e) {
    return e.what();
  }
  return "nothing";
}

db::result users() {
  return make_result({"email", "id", "name"},
                     {{null(), number(1), text("Ann")}, {text("b@x"), number(2), text("Bob")}});
}

TEST(result, structs_are_read_by_the_names_of_their_fields) {
  auto all = users().all<user>();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].id, 1);
  EXPECT_EQ(all[0].name, "Ann");
  EXPECT_EQ(all[0].email, std::nullopt);
  EXPECT_EQ(all[1].email, "b@x");
  EXPECT_EQ(users()[1].as<user>().name, "Bob");
}

TEST(result, tuples_are_read_by_position) {
  using row = std::tuple<std::optional<std::string>, int, std::string>;
  EXPECT_EQ(users().first<row>(), (row{std::nullopt, 1, "Ann"}));
  auto pairs = make_result({"a", "b"}, {{number(1), text("x")}});
  EXPECT_EQ((pairs.one<std::pair<int, std::string>>()), (std::pair<int, std::string>(1, "x")));
}

TEST(result, a_row_is_asked_by_position_or_name) {
  int sum = 0;
  db::result r = users();
  for (db::row row : r) sum += row.get<int>("id") + row.get<int>(1);
  EXPECT_EQ(sum, 6);
  EXPECT_TRUE(r[0].is_null("email"));
  EXPECT_FALSE(r[1].is_null(0));
  EXPECT_EQ(refusal([&] { r[0].get<int>("age"); }), "db::row: select it gives no column age");
  EXPECT_EQ(refusal([&] { r[0].get<int>(3); }), "db::row: column 3 of a row that has 3");
}

TEST(result, fields_and_columns_must_match) {
  EXPECT_EQ(refusal([] { make_result({"id", "name"}, {}).all<user>(); }),
            "42804 select it: it gives no column for the field email");
  EXPECT_EQ(refusal([] { make_result({"id", "name", "email", "age"}, {}).all<user>(); }),
            "42804 select it: there is no field for the column age");
  EXPECT_EQ(refusal([] { make_result({"id", "name", "email", "id"}, {}).all<user>(); }),
            "42804 select it: it gives two columns id");
  EXPECT_EQ(refusal([] { users().all<int>(); }),
            "42804 select it: it gives 3 columns, asked for were 1 column");
}

TEST(result, one_wants_exactly_one_row) {
  EXPECT_EQ(refusal([] { make_result({"x"}, {}).one<int>(); }),
            "02000 select it: no row where one was asked for");
  EXPECT_EQ(refusal([] { make_result({"x"}, {{number(1)}, {number(2)}}).one<int>(); }),
            "21000 select it: 2 rows where one was asked for");
  EXPECT_EQ(make_result({"x"}, {}).first<int>(), std::nullopt);
  EXPECT_EQ(make_result({"x"}, {{number(1)}, {number(2)}}).first<int>(), 1);
}

TEST(result, an_error_names_the_column_and_the_row) {
  db::result r = make_result({"id", "age"}, {{number(1), number(2)}, {number(3), text("old")}});
  try {
    r.all<std::tuple<int, int>>();
    FAIL() << "'old' was read as an int";
  } catch (const db::conversion_error& e) {
    EXPECT_STREQ(e.what(), "select it: column age, row 2: 'old' is no integer");
    EXPECT_EQ(e.column(), "age");
    EXPECT_EQ(e.row(), 2u);
  }
}

}  // namespace
