# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# Included before project(): with RONDO_CLANG, as the presets have it, the newest clang
# that is installed compiles Rondo, and the machine's own compiler where there is none.
# Environment variable CXX, or -DCMAKE_CXX_COMPILER=…, decides otherwise.

option(RONDO_CLANG "Compile with the newest clang (18 or newer) that is installed" OFF)

if(RONDO_CLANG AND NOT CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX})
  set(names)
  foreach(version RANGE 18 40)
    list(PREPEND names clang++-${version})
  endforeach()
  foreach(name ${names} clang++)
    find_program(RONDO_CLANGXX ${name})
    mark_as_advanced(RONDO_CLANGXX)
    if(RONDO_CLANGXX)
      execute_process(COMMAND ${RONDO_CLANGXX} -dumpversion OUTPUT_VARIABLE version
        OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
      if(version VERSION_GREATER_EQUAL 18)
        string(REPLACE "clang++" "clang" clang ${RONDO_CLANGXX})
        set(CMAKE_CXX_COMPILER ${RONDO_CLANGXX} CACHE FILEPATH "C++ compiler")
        set(CMAKE_C_COMPILER ${clang} CACHE FILEPATH "C compiler")
        break()
      endif()
      unset(RONDO_CLANGXX CACHE)
    endif()
  endforeach()
endif()
