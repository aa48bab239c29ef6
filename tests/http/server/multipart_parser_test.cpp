// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Forms with files, taken apart without a connection.
#include "http/server/multipart_parser.hpp"

#include <random>

#include <gtest/gtest.h>

#include <rondo/http/server/reply.hpp>

namespace http = rondo::http;
using found = http::detail::multipart_found;

namespace {

/// "name[file](type)=contents;" of each part, '~' for one that is cut, and what it was
/// refused with. piece_size says how many bytes come next.
template <class PieceSize>
std::string read(std::string_view bytes, PieceSize piece_size, http::multipart_options limits = {},
                 std::string_view boundary = "b") {
  std::string all;
  http::detail::multipart_parser parser(boundary, limits);
  auto say = [&](found what) {
    if (what == found::part) {
      const http::multipart_head& h = parser.head();
      all += h.name;
      if (h.file_name) all += "[" + *h.file_name + "]";
      if (h.content_type != "text/plain") all += "(" + h.content_type + ")";
      all += "=";
    } else if (what == found::data) {
      EXPECT_FALSE(parser.data().empty());
      all += parser.data();
    } else {
      all += what == found::part_end ? ";" : ".";
    }
  };
  try {
    while (!bytes.empty()) {
      std::string copy(bytes.substr(0, piece_size()));
      std::string_view piece = copy;
      bytes.remove_prefix(piece.size());
      for (found what; (what = parser.next(piece)) != found::nothing;) say(what);
      EXPECT_TRUE(piece.empty());
    }
    bool ended = all.ends_with('.');
    for (found what; (what = parser.finish()) != found::end;) say(what);
    if (!ended) all += ".";
  } catch (const http::status_error& e) {
    all += "~ " + std::to_string(e.status()) + " " + e.what();
  }
  return all;
}

/// The same however it is cut.
std::string read(std::string_view bytes, http::multipart_options limits = {},
                 std::string_view boundary = "b") {
  std::string whole = read(bytes, [] { return std::string::npos; }, limits, boundary);
  for (std::size_t size : {1, 2, 3, 7})
    EXPECT_EQ(read(
                  bytes, [&] { return size; }, limits, boundary),
              whole)
        << "in pieces of " << size;
  return whole;
}

std::string field(std::string name, std::string contents) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + contents + "\r\n";
}
std::string disposition(std::string parameters) {
  return "--b\r\nContent-Disposition: form-data; " + parameters + "\r\n\r\nx\r\n--b--\r\n";
}
std::string header(std::string_view lines) {
  return "--b\r\nContent-Disposition: form-data; name=n\r\n" + std::string(lines) +
         "\r\n\r\nx\r\n--b--\r\n";
}

std::string boundary_of(std::string content_type) {
  http::headers fields;
  fields.add_parsed("Content-Type", std::move(content_type));
  try {
    return http::detail::boundary_of(fields);
  } catch (const http::status_error& e) {
    return std::to_string(e.status()) + " " + e.what();
  }
}

TEST(http_multipart_parser, fields_and_files) {
  EXPECT_EQ(read(field("a", "1") + field("b", "") + "--b--\r\n"), "a=1;b=;.");
  EXPECT_EQ(read("--b\r\ncontent-type:text/html \r\nX-Y: z\r\nCONTENT-DISPOSITION:FORM-DATA;name=f "
                 "; filename=\"a b\"\r\n"
                 "\r\n<p>\r\n--b--"),
            "f[a b](text/html)=<p>;.");
  EXPECT_EQ(read("--b--\r\n"), ".") << "a form without fields";
  EXPECT_EQ(read("--b--"), ".");
  EXPECT_EQ(read("--b\t \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--b-- \t\r\n"),
            "a=1;.");
  EXPECT_EQ(read("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--"), "a=;.")
      << "the header's end is the boundary's beginning";
}

TEST(http_multipart_parser, contents_may_look_like_a_boundary) {
  for (std::string contents :
       {"\r\n", "\r", "\r\n\r\n", "\r\n-", "\r\n--", "\r\n--B", "\n--b\r\n", "\r--b", "--a", "-",
        "x--b--\r\n--", "\r\r\n--", "\r\n\r\n--\r\n--\r", "-\r\n-\r\n"})
    EXPECT_EQ(read(field("a", contents) + "--b--\r\n"), "a=" + contents + ";.");
  std::string nul("\0\r\n--\0b", 7);
  EXPECT_EQ(read(field("a", nul) + "--b--\r\n"), "a=" + nul + ";.");
  EXPECT_EQ(read("--aa-a\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--aa-\r\n--aa-a--",
                 {}, "aa-a"),
            "a=\r\n--aa-;.");
}

TEST(http_multipart_parser, what_is_around_is_dropped) {
  EXPECT_EQ(read("\r\n" + field("a", "1") + "--b--\r\n"), "a=1;.");
  EXPECT_EQ(read("This is\r\n--a form\r\n" + field("a", "1") + "--b--\r\nand\r\n" +
                 field("c", "2") + "--b--\r\n"),
            "a=1;.");
  EXPECT_EQ(read(std::string(1000, 'x') + "\r\n" + field("a", "1") + "--b--\r\n"), "a=1;.");
  EXPECT_EQ(read(std::string(2000, 'x') + "\r\n" + field("a", "1") + "--b--\r\n"),
            "~ 400 the form does not begin with its boundary");
  EXPECT_EQ(read("x" + field("a", "1") + "--b--\r\n"),
            "~ 400 the form's first boundary is not at the beginning of a line");
  EXPECT_EQ(read("\n" + field("a", "1") + "--b--\r\n"),
            "~ 400 the form's first boundary is not at the beginning of a line");
}

TEST(http_multipart_parser, what_is_cut_is_refused_at_every_byte) {
  std::string whole = field("a", "1\r\n2") + field("b", "x") + "--b--\r\n";
  for (std::size_t size = 0; size < whole.size() - 2; ++size) {
    std::string seen = read(whole.substr(0, size));
    EXPECT_TRUE(seen.ends_with(size < 3
                                   ? "~ 400 the form does not begin with its boundary"
                                   : "~ 400 the form is cut: it does not end with its boundary"))
        << size << ": " << seen;
    EXPECT_EQ(seen.find("b=x;"), seen.npos) << "its end is not known";
  }
  EXPECT_EQ(read(whole.substr(0, whole.size() - 2)), "a=1\r\n2;b=x;.");
  EXPECT_EQ(read(""), "~ 400 the form does not begin with its boundary");
}

TEST(http_multipart_parser, lines_that_others_read_in_another_way_are_refused) {
  constexpr const char* line =
      "~ 400 a boundary of the form is not alone in its line, or the line does not end in CR LF";
  EXPECT_EQ(read("--b\nContent-Disposition: form-data; name=a\n\n1\n--b--\n"), line);
  EXPECT_EQ(read("--b-\r\n"), line);
  EXPECT_EQ(read("--b\r\r\n"), line);
  EXPECT_EQ(read("--b--x\r\n"), line);
  EXPECT_EQ(read("--b --\r\n"), line);
  EXPECT_EQ(read(field("a", "1\r\n--bc") + "--b--\r\n"), std::string("a=1") + line)
      << "contents that hold the boundary";
  constexpr const char* lf =
      "~ 400 part 1 of the form has a header with NUL, or with a line that does not end in CR LF";
  EXPECT_EQ(read(header("X: y\nZ: z")), lf);
  EXPECT_EQ(read(header("X: y\rZ: z")), lf);
  EXPECT_EQ(read(header(std::string_view("X: y\0", 5))), lf);
  constexpr const char* malformed = "~ 400 part 1 of the form has a malformed header field";
  EXPECT_EQ(read(header("X: y\r\n folded")), malformed);
  EXPECT_EQ(read(header("no colon")), malformed);
  EXPECT_EQ(read(header("X: a\x01z")),
            "~ 400 part 1 of the form has a control character in a header field");
  EXPECT_EQ(read(header("X : y")), malformed);
  EXPECT_EQ(read(header(": y")), malformed);
}

TEST(http_multipart_parser, names) {
  EXPECT_EQ(read(disposition("name=\"\"")), "=x;.");
  EXPECT_EQ(read(disposition("name=a;")), "a=x;.");
  EXPECT_EQ(read(disposition("name=\"a;b=c\"; filename=\"\"")), "a;b=c[]=x;.")
      << "no file was chosen";
  EXPECT_EQ(read(disposition("NAME=a; FileName=b")), "a[b]=x;.");
  EXPECT_EQ(read(disposition("name=\"%22%0d%0A%0D%41%2\"")), "\"\r\n\r%41%2=x;.")
      << "as browsers escape";
  EXPECT_EQ(read(disposition("name=\"\\\"\\\\\\a\"")), "\"\\\\a=x;.") << "as other clients escape";
  EXPECT_EQ(read(disposition("name=\"\xc3\xa4\"; filename=\"\xe2\x82\xac.txt\"")),
            "\xc3\xa4[\xe2\x82\xac.txt]=x;.");
  EXPECT_EQ(read(disposition("name*=utf-8''%c3%a4; filename=x; filename*=UTF-8'en'%e2%82%ac")),
            "\xc3\xa4[\xe2\x82\xac]=x;.");
  EXPECT_EQ(read(disposition("filename=x; name=a; size=3")), "a[x]=x;.");
  constexpr const char* malformed =
      "~ 400 part 1 of the form has a Content-Disposition that is malformed, or not form-data";
  for (const char* bad :
       {"name", "name=", "=a", "name=\"a", "name=\"a\\\"", "name=a b", "name=a\"b", "name=\"a\"b",
        "name=a filename=b", "na me=a", "name=\xc3\xa4", "name=a,b=\"c"})
    EXPECT_EQ(read(disposition(bad)), malformed) << bad;
  EXPECT_EQ(read("--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--"), malformed);
  EXPECT_EQ(read(disposition("filename=a")), "~ 400 part 1 of the form has no name");
  EXPECT_EQ(read(disposition("name=a; name=b")), "~ 400 part 1 of the form has several names");
  EXPECT_EQ(read(disposition("name=a; filename=b; Filename=c")),
            "~ 400 part 1 of the form has several names");
  for (const char* bad : {"latin1''%e4", "utf-8'%e4", "utf-8''%", "utf-8''%00", "utf-8''%1f", "x"})
    EXPECT_EQ(read(disposition("name=a; filename*=" + std::string(bad))),
              "~ 400 part 1 of the form has a name that is malformed, or not in UTF-8")
        << bad;
}

TEST(http_multipart_parser, file_names_lead_nowhere) {
  auto name = [](std::string sent) { return read(disposition("name=n; filename=" + sent)); };
  EXPECT_EQ(name("\"../../etc/passwd\""), "n[passwd]=x;.");
  EXPECT_EQ(name("\"C:\\Users\\me\\a.txt\""), "n[a.txt]=x;.");
  EXPECT_EQ(name("\"a/\""), "n[]=x;.");
  EXPECT_EQ(name("\"..\""), "n[]=x;.");
  EXPECT_EQ(name("\"x/.\""), "n[]=x;.");
  EXPECT_EQ(name("\"...\""), "n[...]=x;.");
  EXPECT_EQ(read(disposition("name=n; filename*=utf-8''..%2f..%5cx")), "n[x]=x;.");
}

TEST(http_multipart_parser, other_fields_of_a_part) {
  EXPECT_EQ(read("--b\r\n\r\nx\r\n--b--\r\n"),
            "~ 400 part 1 of the form has no Content-Disposition");
  EXPECT_EQ(read("--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--\r\n"),
            "~ 400 part 1 of the form has no Content-Disposition");
  EXPECT_EQ(read(header("Content-Disposition: form-data; name=m")),
            "~ 400 part 1 of the form has several Content-Disposition");
  EXPECT_EQ(read(header("Content-Type: a/b\r\nContent-Type: c/d")),
            "~ 400 part 1 of the form has several Content-Type");
  EXPECT_EQ(read(header("Content-Transfer-Encoding: Binary")), "n=x;.");
  EXPECT_EQ(read(header("Content-Transfer-Encoding: base64")),
            "~ 415 part 1 of the form has a Content-Transfer-Encoding");
  EXPECT_EQ(read(field("a", "1") + header("X: y\r\n folded")),
            "a=1;~ 400 part 2 of the form has a malformed header field");
}

TEST(http_multipart_parser, limits) {
  std::string two = field("a", "1") + field("b", "2") + "--b--\r\n";
  EXPECT_EQ(read(two, {.max_parts = 2}), "a=1;b=2;.");
  EXPECT_EQ(read(two, {.max_parts = 1}), "a=1;~ 413 the form has too many parts");
  std::string h = "Content-Disposition: form-data; name=a\r\n\r\n";
  std::string one = "--b\r\n" + h + "1\r\n--b--";
  EXPECT_EQ(read(one, {.max_header_bytes = h.size()}), "a=1;.");
  EXPECT_EQ(read(one, {.max_header_bytes = h.size() - 1}),
            "~ 431 part 1 of the form has a header that is too large");
  EXPECT_EQ(read("--b\r\n" + std::string(100'000, 'x')),
            "~ 431 part 1 of the form has a header that is too large");
  EXPECT_EQ(
      read("--b" + std::string(100'000, ' ')),
      "~ 400 a boundary of the form is not alone in its line, or the line does not end in CR LF");
}

TEST(http_multipart_parser, refuses_again_once_it_has_refused) {
  http::detail::multipart_parser parser("b", {});
  std::string_view bytes = "--b--x";
  EXPECT_THROW(while (parser.next(bytes) != found::nothing){}, http::status_error);
  bytes = "--b--\r\n";
  EXPECT_THROW(parser.next(bytes), http::status_error);
  EXPECT_THROW(parser.finish(), http::status_error);
}

TEST(http_multipart_parser, boundaries) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data ;charset=utf-8; Boundary=\"a b\" ;"), "a b");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=----=_'()+_,-./:=?"), "----=_'()+_,-./:=?");
  std::string longest(70, 'x');
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + longest), longest);
  constexpr const char* improper =
      "400 the Content-Type's boundary is not 1 to 70 characters of those allowed";
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + longest + "x"), improper);
  for (const char* bad : {"\"\"", "\"a \"", "\"a\\\"\"", "\"a\tb\"", "a*b", "\"\xc3\xa4\""})
    EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(bad)), improper) << bad;
  EXPECT_EQ(boundary_of("multipart/form-data"), "400 the Content-Type has no boundary");
  EXPECT_EQ(boundary_of("multipart/form-data; charset=utf-8"),
            "400 the Content-Type has no boundary");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=a; boundary=b"),
            "400 the Content-Type has several boundaries");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary="), "400 the Content-Type is malformed");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=\"a"), "400 the Content-Type is malformed");
  for (const char* other : {"", "text/plain", "multipart/mixed; boundary=a",
                            "multipart/form-data, x", "multipart/form-datax"})
    EXPECT_EQ(boundary_of(other), "415 the body is not multipart/form-data") << other;
  http::headers two;
  two.add("Content-Type", "multipart/form-data; boundary=a");
  two.add("content-type", "multipart/form-data; boundary=b");
  EXPECT_THROW(http::detail::boundary_of(two), http::status_error);
}

// Contents made of what a boundary is made of, cut anywhere.
TEST(http_multipart_parser, random_contents_in_random_pieces) {
  std::mt19937 random(7);
  auto pick = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 3000; ++round) {
    std::string boundary;
    for (std::size_t n = 1 + pick(4); n > 0; --n) boundary += "-ab"[pick(3)];
    std::string bytes, expected;
    for (std::size_t parts = pick(4); parts > 0; --parts) {
      std::string contents;
      for (std::size_t n = pick(30); n > 0; --n) contents += "\r\n-ab"[pick(5)];
      std::string delimiter = "\r\n--" + boundary;
      if (("\r\n" + contents + "\r\n").find(delimiter) != std::string::npos) continue;
      bytes += "--" + boundary + "\r\nContent-Disposition: form-data; name=n\r\n\r\n" + contents +
               "\r\n";
      expected += "n=" + contents + ";";
    }
    bytes += "--" + boundary + "--\r\n";
    expected += ".";
    std::size_t most = 1 + pick(40);
    EXPECT_EQ(read(bytes, [&] { return 1 + pick(most); }, {}, boundary), expected) << boundary;
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
