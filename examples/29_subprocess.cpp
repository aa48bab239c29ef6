// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Programs: their output, their lines as they come, and how they ended.
#include <cstdio>
#include <rondo/io.hpp>
#include <rondo/rondo.hpp>

constexpr auto PIPE = rondo::redirect::pipe;

rondo::task<> run(std::string cmd) {
  auto proc = co_await rondo::create_subprocess_shell({.out = PIPE, .err = PIPE}, cmd);
  auto [out, err] = co_await proc.communicate();
  std::printf("[%s exited with %d]\n", cmd.c_str(), proc.status()->returncode());
  if (!out.empty()) std::printf("[stdout] %s", out.c_str());
  if (!err.empty()) std::printf("[stderr] %s", err.c_str());
}

rondo::task<> count() {
  auto proc = co_await rondo::create_subprocess_exec({.out = PIPE}, "seq", "3");
  auto lines = proc.out().lines();
  while (auto line = co_await lines.next()) std::printf("line %s\n", line->c_str());
  auto status = co_await proc.wait();
  std::printf("seq exited with %d\n", status.returncode());
}

rondo::task<> upper(std::string text) {
  auto proc = co_await rondo::create_subprocess_exec({.in = PIPE, .out = PIPE}, "tr", "a-z", "A-Z");
  auto [out, err] = co_await proc.communicate(text);
  std::printf("%s\n", out.c_str());
}

rondo::task<> stop() {
  auto proc = co_await rondo::create_subprocess_exec("sleep", "100");
  proc.terminate();
  auto status = co_await proc.wait();
  std::printf("sleep ended with %d\n", status.returncode());
}

rondo::task<> amain() {
  co_await run("echo hello | rev");
  co_await run("echo oh >&2; exit 3");
  co_await count();
  co_await upper("rondo");
  co_await stop();
}

int main() { rondo::run(amain()); }
