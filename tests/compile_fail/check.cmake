# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# cmake -DCOMPILER=… -DINCLUDE=… -DSOURCE=… [-DFLAGS=…] -P check.cmake
#
# The source must compile; with -DBAD it must not, and the compiler must say what
# the source's EXPECT line says.

file(STRINGS ${SOURCE} expect REGEX "^// EXPECT: ")
string(REPLACE "// EXPECT: " "" expect "${expect}")

function(compile result output)
  execute_process(
    COMMAND ${COMPILER} -std=c++20 -Wall -Wextra -Werror ${FLAGS} ${ARGN}
            -DRONDO_LIFETIME_CHECKS=1 -I${INCLUDE} -fsyntax-only ${SOURCE}
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  set(${result} ${code} PARENT_SCOPE)
  # Compilers break and quote long messages in their own ways.
  string(REGEX REPLACE "[ \n\r\t]+" " " text "${out}${err}")
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

compile(code output)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "the right form does not compile:\n${output}")
endif()
compile(code output -DBAD)
if(code EQUAL 0)
  message(FATAL_ERROR "the wrong form compiles")
endif()
string(FIND "${output}" "${expect}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "the compiler does not say '${expect}' but:\n${output}")
endif()
