// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <unistd.h>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <rondo/process/remote_function.hpp>
#include "process/frame.hpp"

namespace {

using rondo::detail::frame_size;
using rondo::detail::make_frame_header;
using rondo::detail::split_request;
using rondo::detail::worker_channel;

struct sockets {
  int worker = -1;
  int pool = -1;
  sockets() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) std::abort();
    worker = fds[0];
    pool = fds[1];
  }
  sockets(const sockets&) = delete;
  ~sockets() {
    ::close(worker);
    close_pool();
  }
  void close_pool() {
    if (pool >= 0) ::close(pool);
    pool = -1;
  }
  void send(const std::string& bytes) const {
    EXPECT_EQ(::send(pool, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
};

TEST(frame, header_tells_the_size) {
  for (std::size_t size : {0ul, 1ul, 255ul, 256ul, 65'537ul, rondo::detail::longest_frame})
    EXPECT_EQ(frame_size(make_frame_header(size)), size);
  EXPECT_EQ(make_frame_header(258), std::string("\0\0\1\2", 4));
}

TEST(frame, comes_whole_however_it_is_cut) {
  sockets s;
  std::string frames =
      make_frame_header(5) + "hello" + make_frame_header(0) + make_frame_header(1) + "x";
  std::thread pool([&] {
    for (char c : frames) s.send(std::string(1, c));
  });
  worker_channel channel(s.worker, 5);
  std::string frame;
  EXPECT_TRUE(channel.read(frame));
  EXPECT_EQ(frame, "hello");
  EXPECT_TRUE(channel.read(frame));
  EXPECT_EQ(frame, "");
  EXPECT_TRUE(channel.read(frame));
  EXPECT_EQ(frame, "x");
  pool.join();
}

TEST(frame, a_truncated_one_is_the_end) {
  std::string whole = make_frame_header(5) + "hello";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    sockets s;
    s.send(whole.substr(0, n));
    s.close_pool();
    std::string frame;
    EXPECT_FALSE(worker_channel(s.worker, 100).read(frame)) << n;
  }
}

TEST(frame, one_over_the_limit_is_refused_before_it_comes) {
  sockets s;
  s.send(make_frame_header(11));
  std::string frame;
  EXPECT_THROW(worker_channel(s.worker, 10).read(frame), std::length_error);
}

TEST(frame, big_ones_go_both_ways) {
  sockets s;
  std::string big(5'000'000, 'b');
  big += "end";
  std::thread pool([&] {
    worker_channel there(s.pool, big.size());
    std::string frame;
    EXPECT_TRUE(there.read(frame));
    EXPECT_EQ(frame, big);
    EXPECT_TRUE(there.write(frame));
  });
  worker_channel here(s.worker, big.size());
  EXPECT_TRUE(here.write(big));
  std::string back;
  EXPECT_TRUE(here.read(back));
  EXPECT_EQ(back, big);
  pool.join();
}

TEST(frame, writing_to_a_pool_that_is_gone_is_no_signal) {
  sockets s;
  s.close_pool();
  EXPECT_FALSE(worker_channel(s.worker, 10).write("hello"));
}

TEST(frame, a_request_is_a_name_and_the_rest) {
  std::string request;
  rondo::detail::append_to stream{request};
  msgpack::packer<rondo::detail::append_to>(stream).pack("f");
  std::string whole = request + rondo::detail::pack_arguments(1, 2);
  EXPECT_EQ(split_request(whole).name, "f");
  EXPECT_EQ(split_request(whole).arguments, rondo::detail::pack_arguments(1, 2));
  for (const char* garbage : {"",
                              "\xa5"
                              "abc",
                              "\xc1", "\x01", "\xdb\xff\xff\xff\xffx"})
    EXPECT_THROW(split_request(garbage), rondo::unpack_error);
}

}  // namespace
