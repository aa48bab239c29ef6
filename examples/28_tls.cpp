// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// An echo server and its client over TLS, with a certificate of their own making.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <rondo/rondo.hpp>
#include <rondo/tls.hpp>

void make_certificate(const std::string& folder) {
  std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
      " -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
      " -keyout " +
      folder + "/key.pem -out " + folder + "/cert.pem 2>" + folder + "/log";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl failed");
}

rondo::task<> handle_echo(rondo::stream stream) {
  auto line = co_await stream.read_line();
  std::printf("Server received: %s", line.c_str());
  co_await stream.write(line);
}

rondo::task<> echo_client(const char* host, std::uint16_t port, rondo::tls_context context) {
  auto stream = co_await rondo::open_tls_connection(host, port, context);
  std::printf("Connected with %s\n", rondo::tls_info(stream).version.c_str());
  co_await stream.write("Hello\n");
  auto reply = co_await stream.read_all(1024);
  std::printf("Client received: %s", reply.c_str());
}

rondo::task<> amain() {
  char name[] = "/tmp/tls_example_XXXXXX";
  std::string folder = mkdtemp(name);
  co_await rondo::to_thread(make_certificate, folder);
  auto server_context = rondo::tls_context::server(folder + "/cert.pem", folder + "/key.pem");
  auto server = co_await rondo::start_tls_server(handle_echo, "127.0.0.1", 0, server_context);
  auto context = rondo::tls_context::client(folder + "/cert.pem");
  co_await echo_client("localhost", server.port(), context);
  try {
    co_await echo_client("127.0.0.1", server.port(), context);
  } catch (const rondo::tls_error& error) {
    if (error.code() == rondo::tls_errc::certificate_rejected) std::puts("Not for 127.0.0.1");
  }
  co_await server.close();
  std::filesystem::remove_all(folder);
}

int main() { rondo::run(amain()); }
