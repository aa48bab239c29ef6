# Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
"""conan create packaging/conan [-o 'rondo/*:http=False'] --build=missing

Builds this checkout. Checked without a server of packages: the core alone
(-o 'rondo/*:io=False'); the names of the others are ConanCenter's, and not tried."""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.gnu import PkgConfigDeps


class Rondo(ConanFile):
    name = "rondo"
    description = "Python's asyncio for C++20"
    license = "Apache-2.0"
    author = "The Rondo authors"
    topics = ("async", "coroutines", "io_uring", "http")
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "io": [True, False], "http": [True, False],
               "databases": [True, False]}
    default_options = {"shared": False, "io": True, "http": True, "databases": True}
    package_type = "library"

    def _root(self):
        return os.path.join(self.recipe_folder, os.pardir, os.pardir)

    def set_version(self):
        self.version = re.search(r"project\(rondo VERSION ([0-9.]+)", load(self, os.path.join(self._root(), "CMakeLists.txt")))[1]

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, self._root(), self.export_sources_folder)

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("Rondo needs Linux: io_uring or epoll")

    def requirements(self):
        if not self.options.io:
            return
        self.requires("c-ares/[>=1.18 <2]")
        self.requires("openssl/[>=3 <4]")
        self.requires("msgpack-cxx/[>=4]", transitive_headers=True)
        if self.options.databases:
            self.requires("libpq/[>=15]")
            self.requires("sqlite3/[>=3.40 <4]")
            self.requires("hiredis/[>=1.0 <2]")
        if self.options.databases or self.options.http:
            self.requires("nlohmann_json/[>=3.11]", transitive_headers=True)
        if self.options.http:
            self.requires("libcurl/[>=7.88 <9]")
            self.requires("libidn2/[>=2.3]")
            self.requires("zlib/[>=1.2]")
            self.requires("brotli/[>=1.0]")
            self.requires("zstd/[>=1.5]")
            self.requires("llhttp/[>=9]")
            self.requires("wslay/[>=1.1]")
            self.requires("gumbo-parser/[>=0.10]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["RONDO_IO"] = bool(self.options.io)
        toolchain.cache_variables["RONDO_HTTP"] = bool(self.options.io and self.options.http)
        toolchain.cache_variables["RONDO_DATABASES"] = bool(self.options.io and self.options.databases)
        toolchain.cache_variables["RONDO_PROGRAMS"] = False
        toolchain.cache_variables["BUILD_TESTING"] = False
        toolchain.generate()
        CMakeDeps(self).generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # Rondo's own rondo-config.cmake says what its parts need.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs.append(os.path.join("lib", "cmake", "rondo"))
