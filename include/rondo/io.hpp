// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Sockets, names, files, subprocesses and signals.
#pragma once

#include <rondo/io/datagram.hpp>
#include <rondo/io/directory.hpp>
#include <rondo/io/endpoint.hpp>
#include <rondo/io/errors.hpp>
#include <rondo/io/exit_status.hpp>
#include <rondo/io/file.hpp>
#include <rondo/io/file_lock.hpp>
#include <rondo/io/file_system.hpp>
#include <rondo/io/open_connection.hpp>
#include <rondo/io/pipe.hpp>
#include <rondo/io/readiness.hpp>
#include <rondo/io/resolve.hpp>
#include <rondo/io/send_file.hpp>
#include <rondo/io/server.hpp>
#include <rondo/io/signals.hpp>
#include <rondo/io/stream.hpp>
#include <rondo/io/subprocess.hpp>
#include <rondo/io/temporary_file.hpp>
#include <rondo/io/watch.hpp>
#include <rondo/io/with_server.hpp>
