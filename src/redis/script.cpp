// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/redis/script.hpp>

#include <openssl/evp.h>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "redis/command_kind.hpp"

namespace rondo { inline namespace v0 { namespace redis {

script::script(std::string text) : text_(std::move(text)) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text_.data(), text_.size(), digest, &size, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("redis::script: OpenSSL has no SHA-1");
  for (unsigned i = 0; i < size; ++i) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02x", digest[i]);
    sha_ += hex;
  }
}

command script::with_text(const command& by_sha) const {
  detail::argument_walk walk(by_sha.body());
  walk.argument();  // EVALSHA
  walk.argument();  // the SHA-1
  command c("EVAL", text_);
  while (!walk.at_end()) c.add(walk.argument());
  return c;
}

}}}  // namespace rondo::v0::redis
