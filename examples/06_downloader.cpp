// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Three downloads at the same time take as long as one.
#include <cstdio>
#include <rondo/rondo.hpp>
using namespace std::chrono_literals;

rondo::task<> download_file(const char* name) {
  std::printf("Downloading %s\n", name);
  co_await rondo::sleep(2s);
  std::printf("%s downloaded\n", name);
}

rondo::task<> amain() {
  co_await rondo::gather(download_file("file1"), download_file("file2"), download_file("file3"));
}

int main() { rondo::run(amain()); }
