// SPDX-License-Identifier: Apache-2.0
// Copyright The Rondo authors
//
// The Boost.Asio peer: C++20 coroutines on one io_context.
// `asio_peer WORKLOAD ARGS…`
//
// Tuned as Asio's users tune it: the concurrency hint that says one thread (no
// locks), the io_context's own executor type everywhere instead of the
// type-erased any_io_executor, and use_awaitable as the default token.
#include <utility>  // Asio 1.74 forgets it

#include <boost/asio.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <exception>
#include <fstream>
#include <memory>
#include <new>
#include <random>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

using executor = asio::io_context::executor_type;
template <class T = void>
using task = asio::awaitable<T, executor>;
constexpr asio::use_awaitable_t<executor> use_awaitable;
using timer = asio::use_awaitable_t<executor>::as_default_on_t<asio::basic_waitable_timer<
    std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>>;
using acceptor =
    asio::use_awaitable_t<executor>::as_default_on_t<asio::basic_socket_acceptor<tcp, executor>>;
using tcp_socket =
    asio::use_awaitable_t<executor>::as_default_on_t<asio::basic_stream_socket<tcp, executor>>;

// Counts allocations; one thread allocates. (Not inlined: g++ 12 would warn of a
// mismatch between malloc and delete that is none.)
static std::uint64_t allocations;
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* at = std::malloc(size)) return at;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* at) noexcept { std::free(at); }
[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept { std::free(at); }

namespace {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t cpu() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec * 1'000'000'000ll + t.tv_nsec;
}

double resident() {
  long total = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> total >> pages;
  return double(pages) * double(sysconf(_SC_PAGESIZE));
}

void result(const char* name, double value, const char* unit) {
  std::printf("RESULT %s %.3f %s\n", name, value, unit);
}

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

void rethrow(std::exception_ptr error) {
  if (error) std::rethrow_exception(error);
}

asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};

// Asio 1.74 has no gather: the usual countdown, with a timer as the event that
// the last one cancels.
class countdown {
 public:
  explicit countdown(std::size_t count) : left_(count), done_(context, timer::time_point::max()) {}
  auto one_less() {
    return [this](std::exception_ptr error) {
      rethrow(error);
      if (--left_ == 0) done_.cancel();
    };
  }
  task<> wait() {
    error_code ignored;
    if (left_) co_await done_.async_wait(asio::redirect_error(use_awaitable, ignored));
  }

 private:
  std::size_t left_;
  timer done_;
};

task<> switches(long n) {
  auto yielder = [](long times) -> task<> {
    for (long i = 0; i < times; i++) co_await asio::post(context, use_awaitable);
  };
  countdown both(2);
  auto began = now();
  asio::co_spawn(context, yielder(n), both.one_less());
  asio::co_spawn(context, yielder(n), both.one_less());
  co_await both.wait();
  result("switch", double(now() - began) / double(2 * n), "ns/switch");
}

task<> nothing() { co_return; }

task<> spawn(long n) {
  auto began = now();
  for (long first = 0; first < n; first += 1000) {
    long count = std::min(1000l, n - first);
    countdown all{std::size_t(count)};
    for (long i = 0; i < count; i++) asio::co_spawn(context, nothing(), all.one_less());
    co_await all.wait();
  }
  result("spawn", double(now() - began) / double(n), "ns/task");
}

task<std::int64_t> child(std::int64_t value) { co_return value; }

task<> awaits(long n) {
  std::int64_t total = 0;
  auto before = allocations;
  auto began = now();
  for (long i = 0; i < n; i++) total += co_await child(i);
  auto took = now() - began;
  check(total == std::int64_t(n) * (n - 1) / 2, "wrong sum");
  std::printf("RESULT await %.3f ns/await allocations=%llu\n", double(took) / double(n),
              static_cast<unsigned long long>(allocations - before));
}

// Asio 1.74 cancels through the object: the owner keeps the timer. A cancelled
// wait throws into the coroutine; `cancel_ec` is the same with the error code
// taken instead, which every caller up the stack then has to look at.
task<> sleepers(long n) {
  for (bool throws : {true, false}) {
    std::deque<timer> sleeps;
    long started = 0, cancelled = 0;
    auto throwing = [&](timer& t) -> task<> {
      started++;
      co_await t.async_wait();
    };
    auto testing = [&](timer& t) -> task<> {
      started++;
      error_code error;
      co_await t.async_wait(asio::redirect_error(use_awaitable, error));
      cancelled += error == asio::error::operation_aborted;
    };
    countdown all{std::size_t(n)};
    auto one_less = all.one_less();
    auto finished = [&](std::exception_ptr error) {
      try {
        rethrow(error);
      } catch (const boost::system::system_error& e) {
        cancelled += e.code() == asio::error::operation_aborted;
      }
      one_less(nullptr);
    };
    double before = resident();
    auto began = now();
    for (long i = 0; i < n; i++) {
      auto& t = sleeps.emplace_back(context, 100s);
      if (throws)
        asio::co_spawn(context, throwing(t), finished);
      else
        asio::co_spawn(context, testing(t), finished);
    }
    while (started < n) co_await asio::post(context, use_awaitable);
    auto took = now() - began;
    if (throws) {
      result("sleepers", (resident() - before) / double(n), "B/task");
      result("sleepers_start", double(took) / double(n), "ns/task");
    }
    began = now();
    for (auto& t : sleeps) t.cancel();
    co_await all.wait();
    result(throws ? "cancel" : "cancel_ec", double(now() - began) / double(n), "ns/task");
    check(cancelled == n, "a sleeper was not cancelled");
  }
}

task<> timers(long n) {
  std::mt19937_64 random(1);
  auto sleep = [](std::chrono::nanoseconds d) -> task<> {
    co_await timer(context, d).async_wait();
  };
  auto began = cpu();
  countdown all{std::size_t(n)};
  for (long i = 0; i < n; i++)
    asio::co_spawn(context, sleep(std::chrono::nanoseconds(random() % 1'000'000'000)),
                   all.one_less());
  co_await all.wait();
  result("timers", double(cpu() - began) / double(n), "cpu-ns/timer");
}

// The deadline's handler may run after the scope has ended, so it shares the
// operation. What is timed is a yield, by post: a timer of zero duration makes
// Asio program its timerfd and wait for it (18 us).
struct yield_operation {
  void cancel() {}
  task<> run() { co_await asio::post(context, use_awaitable); }
};

template <class Operation>
task<> with_timeout(std::shared_ptr<Operation> operation, std::chrono::nanoseconds limit) {
  timer deadline(context, limit);
  deadline.async_wait([operation](error_code error) {
    if (!error) operation->cancel();
  });
  co_await operation->run();
  deadline.cancel();
}

task<> timeouts(long n) {
  auto began = now();
  for (long i = 0; i < n; i++) co_await with_timeout(std::make_shared<yield_operation>(), 10s);
  result("timeout", double(now() - began) / double(n), "ns/timeout-scope");
}

task<> session(tcp_socket socket) {
  char buffer[16384];
  try {
    for (;;) {
      std::size_t n = co_await socket.async_read_some(asio::buffer(buffer));
      co_await asio::async_write(socket, asio::buffer(buffer, n), use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    // end of stream, or broken
  }
}

using udp_socket = asio::use_awaitable_t<executor>::as_default_on_t<
    asio::basic_datagram_socket<asio::ip::udp, executor>>;

task<> answer(udp_socket& socket, long n) {
  char buffer[2048];
  for (long i = 0; i < n; i++) {
    asio::ip::udp::endpoint sender;
    std::size_t length = co_await socket.async_receive_from(asio::buffer(buffer), sender);
    co_await socket.async_send_to(asio::buffer(buffer, length), sender);
  }
}

task<> udp(long n) {
  udp_socket server(context, {asio::ip::address_v4::loopback(), 0});
  udp_socket client(context);
  client.connect(server.local_endpoint());
  countdown all{1};
  asio::co_spawn(context, answer(server, n), all.one_less());
  char question[64] = {}, reply[2048];
  auto began = now();
  for (long i = 0; i < n; i++) {
    std::memcpy(question, &i, sizeof i);
    co_await client.async_send(asio::buffer(question));
    std::size_t length = co_await client.async_receive(asio::buffer(reply));
    check(length == sizeof question && !std::memcmp(reply, question, length), "a wrong answer");
  }
  result("udp", double(now() - began) / double(n), "ns/roundtrip");
  co_await all.wait();
}

task<> echo(long port) {
  acceptor listener(context, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  std::puts("READY");
  std::fflush(stdout);
  for (;;) {
    tcp_socket socket = co_await listener.async_accept();
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(context, session(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view workload = argc > 1 ? argv[1] : "";
  if (workload == "version") {
    std::puts("VERSION Boost.Asio " BOOST_LIB_VERSION
              ", "
#ifdef __clang__
              "clang "
#else
              "gcc "
#endif
              __VERSION__);
    return 0;
  }
  if (argc != 3) return 64;
  long n = std::atol(argv[2]);
  task<> (*run)(long) = workload == "switch"     ? switches
                        : workload == "spawn"    ? spawn
                        : workload == "await"    ? awaits
                        : workload == "sleepers" ? sleepers
                        : workload == "timers"   ? timers
                        : workload == "timeout"  ? timeouts
                        : workload == "udp"      ? udp
                        : workload == "echo"     ? echo
                                                 : nullptr;
  if (!run) return 64;
  asio::co_spawn(context, run(n), rethrow);
  context.run();
}
