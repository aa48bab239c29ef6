// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include "process/worker.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include <rondo/compose/race.hpp>
#include <rondo/exec/thread_pool.hpp>
#include <rondo/io/detail/spawn.hpp>
#include <rondo/io/pipe.hpp>
#include <rondo/io/readiness.hpp>
#include "detail/errno_error.hpp"
#include "io/socket.hpp"
#include "process/frame.hpp"

#include "process/serve.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

constexpr int socket_in_worker = 3;

// Its name for ps; then what this program was started with, which its main may
// read before it comes to its calls.
std::vector<std::string> worker_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::string> arguments;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = std::min(all.find('\0', at), all.size());
    arguments.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  if (arguments.empty()) arguments.emplace_back("program");
  constexpr std::string_view title = "rondo worker of ";
  if (!arguments[0].starts_with(title)) arguments[0].insert(0, title);  // a worker's own worker
  return arguments;
}

/// The other end of the socket is closed. Anything else is this process's failure.
bool is_end(const std::system_error& e) noexcept {
  return e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset;
}

/// Starts all workers. The thread of a loop must not do it, as an exec takes some
/// hundred µs; and whichever does it must live on, as the kernel kills a worker when
/// the thread ends that has started it (PR_SET_PDEATHSIG, in serve.cpp). So it is one
/// thread that lives as long as this process.
thread_pool& starter() {
  static thread_pool one({.threads = 1, .queue = static_cast<std::size_t>(-1), .name = "starter"});
  return one;
}

}  // namespace

worker::worker(std::size_t max_message)
    : max_message_(max_message),
      core_(new subprocess_core("process pool worker", true, 0)),
      process_(core_) {}

task<std::unique_ptr<worker>> worker::start(std::size_t max_message) {
  std::unique_ptr<worker> w(new worker(max_message));
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    throw errno_error(errno, "socketpair");
  socket_guard theirs(fds[1]);
  w->socket_ = stream_from_fd(fds[0], "process pool worker");
  socket_guard null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() < 0) throw errno_error(errno, "open /dev/null");
  // Here, not on the thread: this one may change its environment meanwhile.
  environment variables;
  variables.set(worker_variable, std::to_string(socket_in_worker) + ":" +
                                     std::to_string(::getpid()) + ":" +
                                     std::to_string(max_message));
  spawn_request request;
  request.program = "/proc/self/exe";  // also when the file has been replaced
  request.argv = worker_arguments();
  request.environment = variables.variables();
  request.fds = {{STDIN_FILENO, null.get()}, {socket_in_worker, theirs.get()}};
  request.new_process_group = true;
  auto run = [&request] { return spawn(request); };
  w->core_->started(co_await starter().run(run));
  co_return w;
}

bool worker::kill() noexcept {
  killed_ = true;
  try {
    process_.kill_group();
    return true;
  } catch (const std::system_error&) {  // it has changed its user: its reply is waited for
    return false;
  }
}

task<worker::answer> worker::call(const remote_function& f, const packed& arguments) {
  ++calls;
  // Its end is waited for too: what it has started may hold its end of the socket.
  auto [answered, ended] = co_await race(exchange(f, arguments), wait_readable(core_->pidfd));
  if (answered) co_return std::move(*answered);
  // No more can come than is there already.
  ::shutdown(socket_.fd(), SHUT_RD);
  co_return co_await receive();
}

task<worker::answer> worker::exchange(const remote_function& f, const packed& arguments) {
  std::string head;
  append_to name{head};
  msgpack::packer<append_to>(name).pack(f.name());
  head.insert(0, make_frame_header(head.size() + arguments.size()));
  std::string_view parts[] = {head, arguments};
  try {
    co_await socket_.writelines(parts);
  } catch (const std::system_error& e) {
    if (!is_end(e)) throw;
    co_return answer();  // it has not read the request to its end
  }
  co_return co_await receive();
}

// Cancelled anywhere, it can be begun again.
task<worker::answer> worker::receive() {
  answer result;
  try {
    while (true) {
      if (!announced_) {
        std::string header = co_await socket_.read_exactly(frame_header);
        announced_ = frame_size(header);
      }
      bool greeting = !greeted_;
      if (greeting ? *announced_ != 0 : *announced_ > max_message_) {
        result.what = answer::kind::garbage;
        co_return result;
      }
      packed frame = co_await socket_.read_exactly(*announced_);
      announced_.reset();
      greeted_ = true;
      if (greeting) continue;
      result.what = looks_like_reply(frame) ? answer::kind::reply : answer::kind::garbage;
      result.reply = std::move(frame);
      co_return result;
    }
  } catch (const std::system_error& e) {
    if (!is_end(e)) throw;
  } catch (const incomplete_read_error&) {
  }
  co_return result;
}

task<std::string> worker::end() {
  kill();  // its children
  socket_.close();
  std::string who = "worker " + std::to_string(pid());
  try {
    exit_status status = co_await process_.wait();
    co_return who + (status.signal() ? " was " : " ") + status.describe();
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::no_child_process) throw;  // else somebody else has reaped it
    co_return who + " ended";
  }
}

}}}  // namespace rondo::v0::detail
