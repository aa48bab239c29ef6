// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Sandboxes: a filter of system calls, written by hand, for this thread and those
// that it starts. There is no way back: for child processes.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cstddef>
#include <cstdint>

#include "support/child.hpp"

namespace test {

inline void install_filter(int number, std::uint32_t action) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter{sizeof program / sizeof *program, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    say("no seccomp here\n");
    _exit(77);
  }
}
inline std::uint32_t fail_with(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

}  // namespace test

#define SKIP_WITHOUT_SECCOMP(STATUS) \
  if ((STATUS) == "exit 77") GTEST_SKIP() << "filters cannot be installed here"
