# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#
# An overlay port of this checkout: vcpkg install rondo --overlay-ports=packaging/vcpkg
# (Its form is checked; it was not built, for want of a vcpkg to try it with.)

set(SOURCE_PATH ${CMAKE_CURRENT_LIST_DIR}/../../..)

vcpkg_check_features(OUT_FEATURE_OPTIONS options FEATURES
  io RONDO_IO
  databases RONDO_DATABASES
  http RONDO_HTTP)
vcpkg_find_acquire_program(PKGCONFIG)
vcpkg_cmake_configure(SOURCE_PATH ${SOURCE_PATH}
  OPTIONS ${options} -DBUILD_TESTING=OFF -DRONDO_PROGRAMS=OFF -DPKG_CONFIG_EXECUTABLE=${PKGCONFIG})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/rondo)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE ${CURRENT_PACKAGES_DIR}/debug/include)
vcpkg_install_copyright(FILE_LIST ${SOURCE_PATH}/LICENSE)
