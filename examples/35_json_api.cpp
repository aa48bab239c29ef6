// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A JSON API: a server of notes, and the calls of a client to it.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <rondo/http/client.hpp>
#include <rondo/http/server.hpp>
#include <rondo/rondo.hpp>

using nlohmann::json;
namespace http = rondo::http;

std::map<int, json> notes;

rondo::task<http::reply> add_note(http::request& request) {
  json note = co_await request.json();
  if (!note.contains("text")) co_return http::reply::json({{"error", "a note has a text"}}, 422);
  int id = static_cast<int>(notes.size()) + 1;
  note["id"] = id;
  notes[id] = note;
  co_return http::reply::json(note, 201);
}

http::reply get_note(http::request& request) {
  auto note = notes.find(request.param_as<int>("id"));
  if (note == notes.end()) return http::reply::json({{"error", "no such note"}}, 404);
  return http::reply::json(note->second);
}

http::reply list_notes(http::request& request) {
  auto limit = request.query_as<std::size_t>("limit", 10);
  json page = json::array();
  for (auto& [id, note] : notes)
    if (page.size() < limit) page.push_back(note);
  return http::reply::json(page);
}

rondo::task<> call(http::session& session, const char* method, std::string base, std::string path,
                   std::string body = "") {
  auto reply = co_await session.request(method, base + path, body);
  std::printf("%s %s: %d %s\n", method, path.c_str(), reply.status, reply.body.c_str());
}

rondo::task<> amain() {
  http::router app;
  app.post("/notes", add_note).get("/notes/{id}", get_note).get("/notes", list_notes);
  auto server = co_await http::start_server(std::move(app), "127.0.0.1", 0);
  auto base = "http://127.0.0.1:" + std::to_string(server.port());
  http::session session;
  co_await call(session, "POST", base, "/notes", R"({"text": "buy milk"})");
  co_await call(session, "POST", base, "/notes", R"({"text": "call Ada"})");
  co_await call(session, "POST", base, "/notes", R"({"title": "?"})");
  co_await call(session, "GET", base, "/notes/2");
  co_await call(session, "GET", base, "/notes/3");
  co_await call(session, "GET", base, "/notes?limit=1");
  co_await server.close();
}

int main() { rondo::run(amain()); }
