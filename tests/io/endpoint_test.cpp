// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/endpoint.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <system_error>

using rondo::endpoint;

namespace {

TEST(endpoint, ip_addresses_to_text_and_back) {
  EXPECT_EQ(endpoint::parse("127.0.0.1", 80)->to_string(), "127.0.0.1:80");
  EXPECT_EQ(endpoint::parse("::1", 80)->to_string(), "[::1]:80");
  EXPECT_EQ(endpoint::parse("::1", 80)->address(), "::1");
  EXPECT_EQ(endpoint::parse("fe80::1%lo", 80)->to_string(), "[fe80::1%lo]:80");
  EXPECT_EQ(endpoint::parse("fe80::1%1", 0), endpoint::parse("fe80::1%lo", 0));
  EXPECT_FALSE(endpoint::parse("fe80::1%no-such-interface", 80));
  EXPECT_FALSE(endpoint::parse("example.com", 80));
  EXPECT_FALSE(endpoint::parse(std::string_view("127.0.0.1\0.evil", 15), 80))
      << "what stands behind a null byte was dropped";
  EXPECT_EQ(endpoint().to_string(), "no address");
}

TEST(endpoint, unix_paths) {
  endpoint e = endpoint::unix_path("/run/x.sock");
  EXPECT_TRUE(e.is_unix());
  EXPECT_EQ(e.to_string(), "/run/x.sock");
  EXPECT_EQ(e.address(), "/run/x.sock");
  EXPECT_EQ(e.port(), 0);
  EXPECT_EQ(e, endpoint::unix_path("/run/x.sock"));
  EXPECT_FALSE(e == endpoint::unix_path("/run/y.sock"));
  EXPECT_FALSE(e == *endpoint::parse("127.0.0.1", 0));
}

TEST(endpoint, abstract_names) {
  endpoint e = endpoint::unix_path("@rondo");
  EXPECT_EQ(e.to_string(), "@rondo");
  EXPECT_EQ(e, endpoint::unix_path(std::string_view("\0rondo", 6)));
  EXPECT_EQ(e.size(), offsetof(sockaddr_un, sun_path) + 6) << "the length is part of the name";
  EXPECT_EQ(endpoint::unix_path("./@rondo").to_string(), "./@rondo");
}

void expect_refused(std::string_view path, int error, const char* text) {
  try {
    endpoint::unix_path(path);
    ADD_FAILURE() << "it was taken";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code().value(), error);
    EXPECT_NE(std::string(e.what()).find(text), std::string::npos) << e.what();
  }
}

TEST(endpoint, refuses_paths_that_no_socket_can_have) {
  EXPECT_EQ(endpoint::unix_path(std::string(107, 'x')).address(), std::string(107, 'x'));
  expect_refused(std::string(108, 'x'), ENAMETOOLONG, "108 bytes of at most 107");
  expect_refused("", EINVAL, "the path is empty");
  expect_refused(std::string_view("/run/x\0y", 8), EINVAL, "a null byte in the path");
}

TEST(endpoint, compares_what_the_kernel_gives) {
  std::string path = "/tmp/rondo-endpoint-" + std::to_string(::getpid());
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(endpoint(reinterpret_cast<sockaddr*>(&address), size).to_string(), "unix socket");
  endpoint wanted = endpoint::unix_path(path);
  ASSERT_EQ(::bind(fd, wanted.data(), wanted.size()), 0);
  size = sizeof address;
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  EXPECT_EQ(endpoint(reinterpret_cast<sockaddr*>(&address), size), wanted);
  ::unlink(path.c_str());
  ::close(fd);

  // sin_zero and the flow label are not part of an address.
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(7);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memset(v4.sin_zero, 7, sizeof v4.sin_zero);
  EXPECT_EQ(endpoint(reinterpret_cast<sockaddr*>(&v4), sizeof v4), endpoint::parse("127.0.0.1", 7));
  EXPECT_EQ(endpoint(reinterpret_cast<sockaddr*>(&v4), 4).size(), 0u) << "half an address";
}

}  // namespace
