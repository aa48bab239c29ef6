// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#include <rondo/io/detail/spawn.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <rondo/coro/errors.hpp>
#include <rondo/loop/detail/unique_fd.hpp>
#include "detail/errno_error.hpp"

namespace rondo { inline namespace v0 { namespace detail {

namespace {

void check_strings(const spawn_request& request) {
  if (request.argv.empty() || (request.argv[0].empty() && request.program.empty()))
    throw usage_error("process: the name of the program is empty");
  auto has_nul = [](const std::string& s) { return s.find('\0') != s.npos; };
  bool bad = has_nul(request.cwd) || has_nul(request.program) ||
             std::ranges::any_of(request.argv, has_nul);
  if (request.environment) bad = bad || std::ranges::any_of(*request.environment, has_nul);
  if (bad) throw usage_error("process: a NUL within an argument, a variable or the directory");
}

std::string_view search_path(const spawn_request& request) {
  std::string_view path = "/bin:/usr/bin";  // without PATH, as confstr(_CS_PATH)
  if (!request.environment) {
    if (const char* ours = std::getenv("PATH")) path = ours;
    return path;
  }
  constexpr std::string_view name = "PATH=";
  for (std::string_view variable : *request.environment)
    if (variable.starts_with(name)) path = variable.substr(name.size());
  return path;
}

bool is_program(int directory, const std::string& path, int& error) noexcept {
  struct stat info{};
  if (::fstatat(directory, path.c_str(), &info, 0) != 0) return false;
  if (S_ISREG(info.st_mode) && ::faccessat(directory, path.c_str(), X_OK, AT_EACCESS) == 0)
    return true;
  error = EACCES;  // it is there: say so unless a later one can be used
  return false;
}

// directory: the child's.
std::string find_program(const spawn_request& request, int directory, int& error) {
  const std::string& name = request.program.empty() ? request.argv[0] : request.program;
  if (name.find('/') != name.npos) return name;
  error = ENOENT;
  std::string_view rest = search_path(request);
  for (bool more = !name.empty(); more;) {
    std::size_t colon = rest.find(':');
    std::string path(rest.substr(0, colon));
    more = colon != rest.npos;
    if (more) rest.remove_prefix(colon + 1);
    path += path.empty() ? "./" : "/";  // an empty one is the current directory
    path += name;
    if (is_program(directory, path, error)) {
      error = 0;
      return path;
    }
  }
  return {};
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

class file_actions {
 public:
  file_actions() { check(posix_spawn_file_actions_init(&actions_)); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;
  ~file_actions() { posix_spawn_file_actions_destroy(&actions_); }

  void change_directory(int fd) { check(posix_spawn_file_actions_addfchdir_np(&actions_, fd)); }
  void place(int fd, int child_fd) {
    check(posix_spawn_file_actions_adddup2(&actions_, fd, child_fd));
  }
  void close(int fd) { check(posix_spawn_file_actions_addclose(&actions_, fd)); }
  void close_from(int fd) { check(posix_spawn_file_actions_addclosefrom_np(&actions_, fd)); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  static void check(int error) {
    if (error) throw errno_error(error, "start");
  }
  posix_spawn_file_actions_t actions_;
};

// What the child has open is exactly what is listed. A source within the numbers
// that are filled is moved out of the way first, or an earlier one would overwrite it.
void place_fds(const spawn_request& request, file_actions& actions, std::vector<unique_fd>& moved) {
  std::vector<bool> filled{true, true, true};
  for (const auto& m : request.fds) {
    auto n = static_cast<std::size_t>(m.child_fd);
    if (n >= filled.size()) filled.resize(n + 1);
    filled[n] = true;
  }
  int end = static_cast<int>(filled.size());
  std::vector<int> sources;
  for (const auto& m : request.fds) {
    int from = m.fd;
    if (from < end && from != m.child_fd) {
      from = ::fcntl(from, F_DUPFD_CLOEXEC, end);
      if (from < 0) throw errno_error(errno, "start " + request.argv[0]);
      moved.emplace_back(from);
    }
    sources.push_back(from);
  }
  for (std::size_t i = 0; i < sources.size(); ++i)
    actions.place(sources[i], request.fds[i].child_fd);
  for (int fd = 0; fd < end; ++fd)
    if (!filled[static_cast<std::size_t>(fd)]) actions.close(fd);
  actions.close_from(end);
}

class attributes {
 public:
  explicit attributes(bool new_process_group) noexcept {
    sigset_t none;
    sigset_t to_default;
    sigemptyset(&none);
    sigemptyset(&to_default);
    sigaddset(&to_default, SIGPIPE);
    sigaddset(&to_default, SIGXFSZ);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &to_default);
    posix_spawnattr_setpgroup(&attributes_, 0);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (new_process_group) flags |= POSIX_SPAWN_SETPGROUP;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  attributes(const attributes&) = delete;
  attributes& operator=(const attributes&) = delete;
  ~attributes() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

int open_pidfd(int pid) noexcept { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace

child_process spawn(const spawn_request& request) {
  check_strings(request);
  std::string what = "start " + request.argv[0];
  auto failure = [&](int error) { return errno_error(error, what); };

  // Opened here: posix_spawn would not tell a missing directory from a missing program.
  unique_fd directory(
      request.cwd.empty() ? -1 : ::open(request.cwd.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!request.cwd.empty() && directory.get() < 0) {
    int reason = errno;
    throw errno_error(reason, what + " in " + request.cwd);
  }
  int base = directory.get() < 0 ? AT_FDCWD : directory.get();
  int error = 0;
  std::string program = find_program(request, base, error);
  if (error) throw failure(error);

  file_actions actions;
  std::vector<unique_fd> moved;
  if (directory.get() >= 0) actions.change_directory(directory.get());
  place_fds(request, actions, moved);
  std::vector<char*> arguments = pointers(request.argv);
  std::vector<char*> variables;
  if (request.environment) variables = pointers(*request.environment);

  // Stands for the pidfd: were there no fd left for that one, the program would run already.
  unique_fd reserved(open_pidfd(::getpid()));
  if (reserved.get() < 0) throw failure(errno);
  pid_t pid = 0;
  attributes with(request.new_process_group);
  error = posix_spawn(&pid, program.c_str(), actions.get(), with.get(), arguments.data(),
                      request.environment ? variables.data() : environ);
  if (error == ENOENT && ::faccessat(base, program.c_str(), F_OK, 0) == 0)
    what += ": its interpreter";
  if (error) throw failure(error);
  reserved.close();
  // The pid cannot be anybody else's yet: nobody has waited for it.
  int pidfd = open_pidfd(pid);
  if (pidfd < 0) {
    error = errno;
    if (error == ESRCH) {
      what += ": it has been reaped already, is SIGCHLD ignored?";
    } else {  // another thread has taken the place
      ::kill(pid, SIGKILL);
      while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    throw failure(error);
  }
  return {pid, pidfd};
}

}}}  // namespace rondo::v0::detail
