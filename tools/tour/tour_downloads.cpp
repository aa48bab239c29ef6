// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "tour/tour_downloads.hpp"

#include <array>

#include <rondo/http/client.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/rondo.hpp>

#include "get/sha256.hpp"
#include "terminal/progress.hpp"

using namespace std::chrono_literals;
namespace http = rondo::http;

namespace tool {

namespace {

constexpr int pieces = 20;
constexpr std::size_t piece_size = 64 * 1024;

std::string piece_of(std::string_view path, int number) {
  std::string text;
  while (text.size() < piece_size)
    text +=
        std::string(path) + " " + std::to_string(number) + " " + std::to_string(text.size()) + "\n";
  text.resize(piece_size);
  return text;
}

// A slow disk, or a thin line: a piece every 0.1 s.
rondo::async_generator<std::string> slowly(std::string path) {
  for (int i = 0; i < pieces; ++i) {
    co_await rondo::sleep(100ms);
    co_yield piece_of(path, i);
  }
}

http::reply serve(http::request& r) {
  http::reply answer;
  answer.stream = slowly(std::string(r.path()));
  return answer;
}

std::string expected_hash(std::string_view path) {
  sha256 digest;
  for (int i = 0; i < pieces; ++i) digest.update(piece_of(path, i));
  return digest.hex();
}

rondo::task<bool> fetch(http::session& session, std::string base, std::string path,
                        progress& shown) {
  progress::entry bar(shown, path.substr(1));
  bar.total = pieces * piece_size;
  sha256 digest;
  http::transfer t = co_await session.stream(base + path);
  t.raise_for_status();
  while (true) {
    std::string piece = co_await t.read();
    if (piece.empty()) break;
    digest.update(piece);
    bar.received += piece.size();
  }
  bool right = digest.hex() == expected_hash(path);
  shown.count(bar.received, right);
  shown.say("   " + path.substr(1) + "  sha256 " + digest.hex().substr(0, 16) + "…");
  co_return right;
}

}  // namespace

rondo::task<shown_downloads> show_downloads() {
  shown_downloads result;
  auto server = co_await http::start_server(serve, "127.0.0.1", 0);
  std::string base = "http://127.0.0.1:" + std::to_string(server.port());
  rondo::time_point start = rondo::now();
  {
    http::session session;
    progress::style style = progress::style_for_stdout();
    progress shown(style, 3);
    auto drawing = rondo::create_task(shown.keep_drawing(), "progress bars");
    rondo::call_later(1s, [&] { result.task_tree = rondo::format_task_tree(); });
    auto [a, b, c] = co_await rondo::gather(fetch(session, base, "/file1", shown),
                                            fetch(session, base, "/file2", shown),
                                            fetch(session, base, "/file3", shown));
    result.hashes_match = a && b && c;
    drawing.cancel();
    co_await rondo::wait(drawing);
  }
  result.seconds = std::chrono::duration<double>(rondo::now() - start).count();
  co_await server.close();
  co_return result;
}

}  // namespace tool
