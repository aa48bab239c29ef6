# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# ccache, where it is installed, remembers what was compiled: the core in a clean folder
# takes 1 s instead of 23. -DCMAKE_CXX_COMPILER_LAUNCHER= switches it off.

if(PROJECT_IS_TOP_LEVEL AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(RONDO_CCACHE ccache)
  mark_as_advanced(RONDO_CCACHE)
  if(RONDO_CCACHE)
    # It takes precompiled headers only when told that macros may come from them, …
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${RONDO_CCACHE})
    # … and with clang they must not tell when they were made. (The build looks at the
    # times of headers by itself.)
    if(RONDO_PRECOMPILE_HEADERS AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
    endif()
  endif()
endif()
