// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Certificates of all kinds, and the other programs that TLS is tested against.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <rondo/io.hpp>
#include <rondo/tls.hpp>

#include "support/async.hpp"
#include "support/bytes.hpp"

namespace test {

/// A folder of certificates, made once with the openssl command:
///   ca, other_ca              two CAs
///   server, renewed           for localhost and 127.0.0.1, from ca
///   chained                   the same from an intermediate of ca, which is in the file
///   expired, wrong_host       from ca
///   no_names                  from ca, localhost in its subject only
///   unknown_ca                for localhost, from other_ca
///   self_signed               for localhost
///   rsa                       for localhost, with an RSA key, self-signed and trusted with ca
///   client, stranger          CN=alice from ca, CN=mallory from other_ca
///   first, any, special       from ca, for first.example, *.example.org,
///                             special.example.org
///   revoked                   for localhost, from ca, which has revoked it: the list
///                             is after.crl; before.crl is from the time before
class certificates {
 public:
  static std::string pem(const std::string& name) { return folder() + "/" + name + ".pem"; }
  static std::string key(const std::string& name) { return folder() + "/" + name + ".key"; }

  static rondo::tls_context server(const std::string& name = "server") {
    return rondo::tls_context::server(pem(name), key(name));
  }
  static rondo::tls_context client() { return rondo::tls_context::client(pem("ca")); }

  static const std::string& folder() {
    static certificates made;
    return made.folder_;
  }

 private:
  certificates() {
    std::string pattern = std::filesystem::temp_directory_path() / "rondo_tls_XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
    folder_ = pattern;
    std::string script = "cd '" + folder_ + "' || exit 1\n" + R"(
      set -e
      exec >log 2>&1
      key() { openssl ecparam -name prime256v1 -genkey -noout -out $1.key; }
      self() { # name subject extensions
        key $1
        openssl req -new -x509 -key $1.key -subj "$2" -days 30 -out $1.pem -addext "$3"
      }
      issue() { # name ca subject extensions days
        key $1
        openssl req -new -key $1.key -subj "$3" -out $1.csr
        echo "$4" >$1.ext
        openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days $5 \
          -extfile $1.ext -out $1.pem
      }
      local=subjectAltName=DNS:localhost,IP:127.0.0.1
      self ca "/CN=Test CA" keyUsage=keyCertSign,cRLSign
      self other_ca "/CN=Other CA" keyUsage=keyCertSign
      self self_signed /CN=localhost $local
      issue server ca "/O=Rondo/CN=localhost" $local 30
      issue renewed ca "/O=Renewed/CN=localhost" $local 30
      issue intermediate ca "/CN=Intermediate CA" basicConstraints=critical,CA:true 30
      issue chained intermediate /CN=localhost $local 30
      cat intermediate.pem >>chained.pem
      issue wrong_host ca /CN=other.example subjectAltName=DNS:other.example,IP:127.0.0.2 30
      issue no_names ca /CN=localhost basicConstraints=CA:false 30
      issue unknown_ca other_ca /CN=localhost $local 30
      issue client ca /CN=alice basicConstraints=CA:false 30
      issue stranger other_ca /CN=mallory basicConstraints=CA:false 30
      issue first ca /CN=first subjectAltName=DNS:first.example 30
      issue any ca /CN=any "subjectAltName=DNS:*.example.org" 30
      issue special ca /CN=special subjectAltName=DNS:special.example.org 30
      issue revoked ca /CN=localhost $local 30
      printf '%s\n' '[ca]' default_ca=it '[it]' database=index.txt crlnumber=number \
        default_md=sha256 default_crl_days=30 private_key=ca.key certificate=ca.pem \
        new_certs_dir=. serial=serial unique_subject=no policy=any '[any]' commonName=supplied >ca.cnf
      : >index.txt
      echo 01 | tee number >serial
      key expired  # x509 of OpenSSL 3.5 refuses to issue what has expired
      openssl req -new -key expired.key -subj /CN=localhost -out expired.csr
      echo "$local" >expired.ext
      openssl ca -batch -config ca.cnf -notext -in expired.csr -extfile expired.ext \
        -startdate 20200101000000Z -enddate 20200201000000Z -out expired.pem
      openssl ca -config ca.cnf -gencrl -crl_lastupdate 20200101000000Z \
        -crl_nextupdate 20991231000000Z -out before.crl
      openssl ca -config ca.cnf -revoke revoked.pem
      openssl ca -config ca.cnf -gencrl -out after.crl
      openssl req -new -x509 -newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=localhost -days 30 \
        -out rsa.pem -addext $local
      cat rsa.pem >>ca.pem
      openssl ec -in server.key -aes256 -passout pass:secret -out encrypted.key
    )";
    if (std::system(script.c_str()) != 0)
      throw std::runtime_error("making certificates failed; see " + folder_ + "/log");
  }
  ~certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string folder_;
};

/// Made before any loop runs, which they would hold up.
inline const std::string& certificate_folder = certificates::folder();

/// Another program, with pipes to its input and from its output (and errors).
/// Ended when this is destroyed.
class program {
 public:
  explicit program(std::vector<std::string> arguments) {
    auto [child_in, to_child] = raw_pipe();
    auto [from_child, child_out] = raw_pipe();
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(child_in, 0);
      ::dup2(child_out, 1);
      ::dup2(child_out, 2);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(child_in);
    ::close(child_out);
    in = rondo::stream_from_fd(to_child, arguments[0] + "'s input");
    out = rondo::stream_from_fd(from_child, arguments[0] + "'s output");
  }
  program(const program&) = delete;
  ~program() { end(SIGKILL); }

  /// Its exit status; after signal, unless that is 0.
  int end(int signal) {
    if (pid_ <= 0) return 0;
    if (signal) ::kill(pid_, signal);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  rondo::stream in;
  rondo::stream out;

 private:
  static std::pair<int, int> raw_pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    return {fds[0], fds[1]};
  }
  pid_t pid_ = 0;
};

struct stream_pair {
  rondo::stream client;
  rondo::stream server;
};

/// Both ends of a connection over TLS.
inline rondo::task<stream_pair> tls_pair(rondo::tls_context client, rondo::tls_context server) {
  stream_pair p;
  std::tie(p.client, p.server) = rondo::socketpair();
  co_await rondo::gather(rondo::start_tls(p.client, client, "localhost"),
                         rondo::start_tls(p.server, server));
  co_return p;
}

}  // namespace test
