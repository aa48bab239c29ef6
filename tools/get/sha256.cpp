// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "get/sha256.hpp"

#include <openssl/evp.h>
#include <new>
#include <vector>

#include <rondo/io/file.hpp>

namespace tool {

namespace {

void check(int ok) {
  if (ok != 1) throw rondo::error("OpenSSL has no SHA-256");
}

struct context_guard {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~context_guard() { EVP_MD_CTX_free(context); }
};

}  // namespace

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  clear();
}

sha256::~sha256() { EVP_MD_CTX_free(context_); }

void sha256::clear() { check(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr)); }

void sha256::update(std::string_view data) {
  check(EVP_DigestUpdate(context_, data.data(), data.size()));
}

std::string sha256::hex() const {
  context_guard copy;
  if (!copy.context) throw std::bad_alloc();
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  check(EVP_MD_CTX_copy_ex(copy.context, context_));
  check(EVP_DigestFinal_ex(copy.context, bytes, &size));
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

std::string sha256_of(std::string_view text) {
  sha256 digest;
  digest.update(text);
  return digest.hex();
}

rondo::task<> update_from_file(sha256& digest, std::string path) {
  rondo::file f = co_await rondo::open_file(std::move(path));
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    std::size_t n = co_await f.read_some(buffer);
    if (n == 0) break;
    digest.update({buffer.data(), n});
  }
}

}  // namespace tool
