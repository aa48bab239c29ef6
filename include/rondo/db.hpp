// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What the databases share: rows, values, errors. <rondo/pg.hpp> and <rondo/sqlite.hpp> have it.
#pragma once

#include <rondo/db/errors.hpp>
#include <rondo/db/fields.hpp>
#include <rondo/db/interval.hpp>
#include <rondo/db/numeric.hpp>
#include <rondo/db/result.hpp>
#include <rondo/db/uuid.hpp>
#include <rondo/db/verbs.hpp>
