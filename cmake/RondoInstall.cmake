# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# What `cmake --install` installs: libraries and headers for find_package(rondo) and
# pkg-config (component dev; shared libraries are the component runtime), the command
# with its manual and completions (tools/CMakeLists.txt, component tool). `cpack` makes
# Debian packages of the same components.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(rondo_libraries GLOBAL PROPERTY RONDO_LIBRARIES)
install(TARGETS ${rondo_libraries} EXPORT rondo
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.hpp")
install(EXPORT rondo NAMESPACE rondo:: FILE rondo-targets.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo COMPONENT dev)

# For gdb, which loads by itself what lies under the path of a shared library.
install(FILES tools/gdb/rondo-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/rondo COMPONENT dev)
if(BUILD_SHARED_LIBS)
  install(FILES tools/gdb/rondo-gdb.py COMPONENT dev
    DESTINATION ${CMAKE_INSTALL_DATADIR}/gdb/auto-load${CMAKE_INSTALL_FULL_LIBDIR}
    RENAME librondo_core.so.${PROJECT_VERSION}-gdb.py)
endif()

# rondo_uses(TARGET OUT): the libraries of ours and of others that it links, its own ones first.
function(rondo_uses target out)
  set(all)
  get_target_property(links ${target} LINK_LIBRARIES)
  foreach(link ${links})
    string(REPLACE "::" "_" name "${link}")  # rondo::io is rondo_io
    if(link MATCHES "^PkgConfig::")
      list(APPEND all ${link})
    elseif(${name} IN_LIST rondo_libraries)
      rondo_uses(${name} more)
      list(APPEND all ${name} ${more})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES all)
  set(${out} ${all} PARENT_SCOPE)
endfunction()

# name|module|package of each library of others, and behind it the parts that link it.
get_property(needs GLOBAL PROPERTY RONDO_NEEDS)
set(RONDO_NEEDS)
foreach(need ${needs})
  string(REGEX MATCH "^[^|]+" name ${need})
  foreach(target ${rondo_libraries})
    rondo_uses(${target} used)
    if(PkgConfig::${name} IN_LIST used)
      string(REPLACE "rondo_" "" part ${target})
      string(APPEND need "|${part}")
    endif()
  endforeach()
  string(APPEND RONDO_NEEDS "\n  \"${need}\"")
endforeach()
if(BUILD_SHARED_LIBS)  # for the config file's if()
  set(BUILD_SHARED_LIBS ON)
else()
  set(BUILD_SHARED_LIBS OFF)
endif()
configure_package_config_file(cmake/rondo-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/rondo-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/rondo-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/rondo-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/rondo-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/rondo COMPONENT dev)

# One .pc a library: rondo.pc is the core, rondo-io.pc adds to it, …
set(rondo_description_core "Coroutines, tasks and the event loop")
set(rondo_description_io "Sockets, names and files")
set(rondo_description_process "Functions of a program in other processes")
set(rondo_description_tls "TLS for streams")
set(rondo_description_redis "Redis client")
set(rondo_description_http_message "What HTTP client and server share")
set(rondo_description_http_client "HTTP client")
set(rondo_description_http_websocket "WebSocket client and server")
set(rondo_description_http_server "HTTP server")
set(rondo_description_http_url "URLs")
set(rondo_description_db "What clients of databases share")
set(rondo_description_pg "PostgreSQL client")
set(rondo_description_sqlite "SQLite databases")
set(rondo_description_html "HTML pages and CSS selectors")
# From where the file lies, so that an installed tree can be moved.
file(RELATIVE_PATH PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(target ${rondo_libraries})
  string(REPLACE "rondo_" "" part ${target})
  set(PC_DESCRIPTION "${rondo_description_${part}}")
  # Libraries of ours by their .pc files. Those of others, which the library's code needs,
  # by their names: their .pc files may name for --static what Debian does not install with
  # them (libcurl, libidn2).
  set(PC_REQUIRES)
  set(PC_LIBS_PRIVATE)
  get_target_property(links ${target} LINK_LIBRARIES)
  foreach(link ${links})
    string(REPLACE "::" "_" name "${link}")
    if(${name} IN_LIST rondo_libraries)
      string(REGEX REPLACE "_" "-" name ${name})
      string(REGEX REPLACE "-core$" "" name ${name})
      list(APPEND PC_REQUIRES ${name})
    elseif(link MATCHES "^PkgConfig::(.*)")
      set(flags ${${CMAKE_MATCH_1}_LDFLAGS})
      list(FILTER flags EXCLUDE REGEX "^-L/usr/lib")  # is searched anyway
      list(APPEND PC_LIBS_PRIVATE ${flags})
    elseif(link MATCHES "^[a-z]+$")
      list(APPEND PC_LIBS_PRIVATE -l${link})
    endif()
  endforeach()
  set(PC_LIBS)
  if(NOT BUILD_SHARED_LIBS)  # then the program links what the library's code needs
    set(PC_LIBS ${PC_LIBS_PRIVATE})
    set(PC_LIBS_PRIVATE)
  endif()
  foreach(list PC_REQUIRES PC_LIBS PC_LIBS_PRIVATE)
    list(JOIN ${list} " " ${list})
  endforeach()
  set(PC_LIBRARY ${target})
  string(REPLACE "_" "-" PC_NAME ${target})
  string(REGEX REPLACE "-core$" "" PC_NAME ${PC_NAME})
  configure_file(cmake/rondo.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${PC_NAME}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${PC_NAME}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endforeach()
