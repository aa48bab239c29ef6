// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <rondo/redis/command.hpp>

namespace rondo { inline namespace v0 { namespace redis {

/// A Lua program that runs in the server, in one piece: see client::eval. Make it once, as a
/// static object: the server is sent its name, and its text only when it does not know it.
class script {
 public:
  explicit script(std::string text);
  const std::string& text() const noexcept { return text_; }
  /// What the server knows it by: the SHA-1 of its text, 40 hexadecimal digits.
  const std::string& sha() const noexcept { return sha_; }

  // For client::eval:
  /// An EVALSHA of it as EVAL.
  command with_text(const command& by_sha) const;

 private:
  std::string text_;
  std::string sha_;
};

}}}  // namespace rondo::v0::redis
