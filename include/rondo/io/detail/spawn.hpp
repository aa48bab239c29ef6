// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rondo { inline namespace v0 { namespace detail {

/// What to start, and with what. The child gets standard input, output and error
/// and what `fds` lists; every other fd of this process is closed in it, also
/// those that a library has opened without O_CLOEXEC.
class spawn_request {
 public:
  struct fd_mapping {
    int child_fd;
    int fd;  ///< ours, open until spawn has returned; may be in any order and overlap
  };

  spawn_request() = default;

  /// The program and its arguments. A program without a slash is looked up in the
  /// PATH of the child's environment.
  std::vector<std::string> argv;
  /// What is executed, if argv[0] is only its name.
  std::string program;
  /// All of the child's environment, `NAME=value` each; ours if not set.
  std::optional<std::vector<std::string>> environment;
  /// The child's directory; ours if empty. A program with a relative path is
  /// looked for there.
  std::string cwd;
  /// A standard fd that is not listed is inherited.
  std::vector<fd_mapping> fds;
  /// Makes the child the leader of a new process group.
  bool new_process_group = false;
};

/// A child that runs, or has ended and waits to be reaped. Both are the caller's:
/// waitid(P_PIDFD, pidfd, …) takes the status and frees the pid, close the fd.
struct child_process {
  int pid;
  int pidfd;  ///< readable once the child has ended
};

/// Starts a program. Its signals are unblocked, handlers are gone, and SIGPIPE and
/// SIGXFSZ are at their default even if this process ignores them, as in Python;
/// other signals that this process ignores stay ignored (nohup). Returns when the
/// program runs or could not be started: the calling thread waits for exec, some
/// hundred µs whatever the memory of this process, since none of it is copied.
/// From any thread.
///
/// Throws std::system_error (`start nosuch: No such file or directory`,
/// `start ls in /nosuch: No such file or directory`, `start ls: Too many open
/// files`, `start ./script: its interpreter: No such file or directory`); nothing
/// has been started then. usage_error: an empty argv, or a NUL
/// within a string.
child_process spawn(const spawn_request& request);

}}}  // namespace rondo::v0::detail
