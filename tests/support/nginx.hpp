// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A real web server on free ports of the loopback interface, for the client's tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/free_port.hpp"
#include "support/tls.hpp"

namespace test {

/// Serves a folder: over HTTP/1.1, over HTTP/2 without TLS, over TLS with both, and
/// over TLS for those who have a certificate of the tests' CA.
///   /small (1 KiB), /large (8 MiB), /text (compressed if asked for), /up/ (PUT),
///   /private (alice, secret), /headers (tells the connection and protocol)
class nginx {
 public:
  static nginx& instance() {
    static nginx one;
    return one;
  }
  std::string plain(const std::string& path) const { return at("http", plain_, path); }
  std::string h2c(const std::string& path) const { return at("http", h2c_, path); }
  std::string tls(const std::string& path) const { return at("https", tls_, path); }
  std::string mutual(const std::string& path) const { return at("https", mutual_, path); }
  std::string folder() const { return folder_; }
  static std::string small() { return pattern(1024); }
  static const std::string& large() {
    static const std::string once = pattern(8 << 20, 2);  // a second under a sanitizer
    return once;
  }
  static std::string text() {
    std::string all;
    for (int i = 0; i < 20'000; ++i) all += "line " + std::to_string(i % 100) + "\n";
    return all;
  }

 private:
  nginx() {
    std::string made = std::filesystem::temp_directory_path() / "rondo_nginx_XXXXXX";
    if (!::mkdtemp(made.data())) throw std::runtime_error("mkdtemp failed");
    folder_ = made;
    std::filesystem::permissions(folder_, std::filesystem::perms(0755));
    std::filesystem::create_directories(folder_ + "/www/up");
    write("www/small", small());
    write("www/large", large());
    write("www/text.txt", text());
    write("users", "alice:{PLAIN}secret\n");
    for (int attempt = 0; attempt < 5 && pid_ == 0; ++attempt) start();
    if (pid_ == 0) throw std::runtime_error("nginx did not start; see " + folder_ + "/log");
  }
  ~nginx() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  nginx(const nginx&) = delete;

  static std::string at(const char* scheme, int port, const std::string& path) {
    return std::string(scheme) + "://localhost:" + std::to_string(port) + path;
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  static bool has_ipv6() {
    int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return bound;
  }
  static bool answers(int port) {
    int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
  }

  void start() {
    plain_ = free_port();
    h2c_ = free_port();
    tls_ = free_port();
    mutual_ = free_port();
    // On every address of localhost: else another program's server may have the port
    // on one of them, and get our requests.
    auto listen = [ipv6 = has_ipv6()](int port, const char* how) {
      std::string rest = ":" + std::to_string(port) + how + ";";
      return "listen 127.0.0.1" + rest + (ipv6 ? " listen [::1]" + rest : "");
    };
    std::string locations = R"(
      root )" + folder_ + R"(/www;
      client_max_body_size 100m;
      add_header X-Connection $connection;
      add_header X-Protocol $server_protocol;
      location /up/ { dav_methods PUT DELETE; client_body_buffer_size 16k; }
      location /private { auth_basic "here"; auth_basic_user_file )" +
                            folder_ + R"(/users; try_files /small =404; }
      location /headers { return 200 "$http_accept_encoding|$http_user_agent|$http_x_test|$ssl_client_s_dn"; }
      location /moved { return 302 /small; }
      location /text { gzip on; gzip_types text/plain; default_type text/plain; try_files /text.txt =404; }
      location /once { limit_rate 2m; try_files /large =404; })";
    std::string tls = "ssl_certificate " + certificates::pem("server") + "; ssl_certificate_key " +
                      certificates::key("server") + ";";
    write("conf", R"(
      daemon off; worker_processes 1; pid )" +
                      folder_ + R"(/pid; error_log )" + folder_ + R"(/log;
      user )" + (::getuid() == 0 ? "root" : "nobody") +
                      R"(;
      events { worker_connections 4000; }
      http {
        access_log off; keepalive_requests 1000000; keepalive_timeout 600s;
        client_body_temp_path )" +
                      folder_ + R"(/t1; proxy_temp_path )" + folder_ + R"(/t2;
        fastcgi_temp_path )" +
                      folder_ + R"(/t3; uwsgi_temp_path )" + folder_ + R"(/t4;
        scgi_temp_path )" +
                      folder_ + R"(/t5;
        server { )" + listen(plain_, "") +
                      locations + R"( }
        server { )" + listen(h2c_, " http2") +
                      locations + R"( }
        server { )" + listen(tls_, " ssl http2") +
                      tls + locations + R"( }
        server { )" + listen(mutual_, " ssl") +
                      tls + " ssl_verify_client on; ssl_client_certificate " +
                      certificates::pem("ca") + ";" + locations + R"( }
      })");
    pid_t child = ::fork();
    if (child == 0) {
      std::string conf = folder_ + "/conf";
      std::string log = folder_ + "/log";
      ::execlp("nginx", "nginx", "-p", folder_.c_str(), "-e", log.c_str(), "-c", conf.c_str(),
               nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 2000; ++i) {
      if (answers(mutual_) && answers(plain_)) {
        pid_ = child;
        return;
      }
      if (::waitpid(child, nullptr, WNOHANG) == child) return;
      ::poll(nullptr, 0, 5);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  std::string folder_;
  pid_t pid_ = 0;
  int plain_ = 0;
  int h2c_ = 0;
  int tls_ = 0;
  int mutual_ = 0;
};

}  // namespace test
