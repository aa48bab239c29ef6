// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/coro/task.hpp>

struct evp_md_ctx_st;

namespace tool {

/// A SHA-256 that grows with its data.
class sha256 {
 public:
  sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;
  ~sha256();

  void update(std::string_view data);
  /// Of all so far, in lower case; more can follow.
  std::string hex() const;
  void clear();

 private:
  evp_md_ctx_st* context_;
};

std::string sha256_of(std::string_view text);

/// Adds what a file holds. Throws std::system_error.
rondo::task<> update_from_file(sha256& digest, std::string path);

}  // namespace tool
