# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# find_package(rondo) and pkg-config, from an install prefix.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(rondo_libraries GLOBAL PROPERTY RONDO_LIBRARIES)
install(TARGETS ${rondo_libraries} EXPORT rondo
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT rondo NAMESPACE rondo:: FILE rondo-targets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

configure_package_config_file(cmake/rondo-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/rondo-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/rondo-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rondo-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/rondo-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)

# One .pc a library: rondo.pc is the core, rondo-io.pc adds to it, …
# name | description | what its headers need | what its code needs | libraries without a .pc
set(rondo_pc_core "rondo|Coroutines, tasks and the event loop|||")
set(rondo_pc_io "rondo-io|Sockets, names and files|rondo|libcares|")
set(rondo_pc_process "rondo-process|Functions of a program in other processes|rondo-io||")
set(rondo_pc_tls "rondo-tls|TLS for streams|rondo-io|openssl|")
set(rondo_pc_http_common "rondo-http-common|What HTTP client and server share|rondo||")
set(rondo_pc_http_client "rondo-http-client|HTTP client|rondo-io rondo-http-common|libcurl|")
set(rondo_pc_http_websocket "rondo-http-websocket|WebSocket client and server|rondo-http-server|openssl|-lwslay")
set(rondo_pc_http_server "rondo-http-server|HTTP server|rondo-tls rondo-http-common|zlib|")
if(TARGET PkgConfig::LLHTTP)  # else it is a part of the library
  string(REPLACE "|zlib|" "|zlib libllhttp|" rondo_pc_http_server "${rondo_pc_http_server}")
endif()
set(rondo_pc_http_url "rondo-http-url|URLs|rondo|libcurl|")
set(rondo_pc_html "rondo-html|HTML pages and CSS selectors|rondo-http-url|gumbo|")
# From where the file lies, so that an installed tree can be moved.
file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(target ${rondo_libraries})
  string(REPLACE "rondo_" "" part ${target})
  string(REPLACE "|" ";" fields "${rondo_pc_${part}}")
  list(GET fields 0 PC_NAME)
  list(GET fields 1 PC_DESCRIPTION)
  list(GET fields 2 PC_REQUIRES)
  list(GET fields 3 PC_REQUIRES_PRIVATE)
  list(GET fields 4 PC_LIBS_PRIVATE)
  set(PC_LIBS)
  if(NOT BUILD_SHARED_LIBS)  # then the program links what the library's code needs
    string(APPEND PC_REQUIRES " ${PC_REQUIRES_PRIVATE}")
    set(PC_LIBS "${PC_LIBS_PRIVATE}")
    set(PC_REQUIRES_PRIVATE)
    set(PC_LIBS_PRIVATE)
  endif()
  set(PC_LIBRARY ${target})
  configure_file(cmake/rondo.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${PC_NAME}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${PC_NAME}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
