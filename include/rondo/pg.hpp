// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL.
#pragma once

#include <rondo/db.hpp>
#include <rondo/pg/batch.hpp>
#include <rondo/pg/connection.hpp>
#include <rondo/pg/error.hpp>
#include <rondo/pg/listener.hpp>
#include <rondo/pg/notice.hpp>
#include <rondo/pg/notification.hpp>
#include <rondo/pg/pool.hpp>
#include <rondo/pg/pool_options.hpp>
#include <rondo/pg/transaction.hpp>
