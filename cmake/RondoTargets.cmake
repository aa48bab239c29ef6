# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# How Rondo's own libraries and programs are built: warnings, lifetime checks.

add_library(rondo_build_flags INTERFACE)
target_compile_options(rondo_build_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns about frames and unions of its own making at -O2, and takes the files of a
  # unity build for headers.
  target_compile_options(rondo_build_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized -Wno-subobject-linkage>)
  if(RONDO_PRECOMPILE_HEADERS)  # then it warns of the standard library's own strings
    target_compile_options(rondo_build_flags INTERFACE
      $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread>)
  endif()
endif()
if(RONDO_WERROR)
  target_compile_options(rondo_build_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
# clang's analysis makes every function that returns a task without being a
# coroutine an error, also those of <ranges> and <functional>: a program that
# gathers a std::views::transform sets RONDO_NO_LIFETIME_CHECKS on its target.
if(RONDO_LIFETIME_CHECKS)
  target_compile_definitions(rondo_build_flags INTERFACE
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:RONDO_NO_LIFETIME_CHECKS>>>:RONDO_LIFETIME_CHECKS=1>)
endif()

# rondo_precompile(TARGET HEADERS...): with RONDO_PRECOMPILE_HEADERS it is compiled
# from these, precompiled once for all targets of its kind that name the same.
function(rondo_precompile target)
  if(NOT RONDO_PRECOMPILE_HEADERS)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  get_target_property(options ${target} COMPILE_OPTIONS)
  set(kind "RONDO_PRECOMPILED ${type} ${options} ${ARGN}")
  get_property(owner GLOBAL PROPERTY "${kind}")
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
    set_property(GLOBAL PROPERTY "${kind}" ${target})
  endif()
endfunction()

# rondo_compile_alone(SOURCE...): not together with others where CMAKE_UNITY_BUILD is on
# (several files as one, in a third of the time), for a name in it is another's as well.
function(rondo_compile_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# rondo_program(TARGET HEADERS...): a test, an example or the command. With
# RONDO_QUICK_PROGRAMS it is compiled without optimization, the libraries as the
# build type says: under a sanitizer, where nobody measures, that takes half the time.
function(rondo_program target)
  target_link_libraries(${target} PRIVATE rondo_build_flags)
  if(RONDO_QUICK_PROGRAMS)
    target_compile_options(${target} PRIVATE -O0 -g1)
  endif()
  rondo_precompile(${target} ${ARGN})
endfunction()

# rondo_library(NAME SOURCE...): the library rondo::NAME.
function(rondo_library name)
  add_library(rondo_${name} ${ARGN})
  add_library(rondo::${name} ALIAS rondo_${name})
  target_include_directories(rondo_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_compile_features(rondo_${name} PUBLIC cxx_std_20)
  target_link_libraries(rondo_${name} PRIVATE $<BUILD_INTERFACE:rondo_build_flags>)
  if(RONDO_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(rondo_${name} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(rondo_${name} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
  # Before 1.0 each minor version is an ABI of its own.
  set_target_properties(rondo_${name} PROPERTIES EXPORT_NAME ${name} DEFINE_SYMBOL ""
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  rondo_precompile(rondo_${name} <rondo/rondo.hpp>)
  set_property(GLOBAL APPEND PROPERTY RONDO_LIBRARIES rondo_${name})
endfunction()
