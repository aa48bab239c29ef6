// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// A client for Redis and Valkey.
#pragma once

#include <rondo/redis/client.hpp>
#include <rondo/redis/client_options.hpp>
#include <rondo/redis/command.hpp>
#include <rondo/redis/connection.hpp>
#include <rondo/redis/errors.hpp>
#include <rondo/redis/reply.hpp>
#include <rondo/redis/script.hpp>
#include <rondo/redis/stream_reader.hpp>
#include <rondo/redis/subscription.hpp>
#include <rondo/redis/verbs.hpp>
