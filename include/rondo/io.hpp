// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Sockets, names and files.
#pragma once

#include <rondo/io/directory.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/file.hpp>
#include <rondo/io/file_lock.hpp>
#include <rondo/io/file_system.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/io/server.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/io/temporary_file.hpp>
#include <rondo/io/watch.hpp>
