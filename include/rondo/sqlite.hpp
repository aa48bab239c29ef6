// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/db.hpp>
#include <rondo/sqlite/backup.hpp>
#include <rondo/sqlite/blob.hpp>
#include <rondo/sqlite/database.hpp>
#include <rondo/sqlite/errors.hpp>
#include <rondo/sqlite/options.hpp>
#include <rondo/sqlite/session.hpp>
#include <rondo/sqlite/transaction.hpp>
