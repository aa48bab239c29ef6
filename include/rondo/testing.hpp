// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// For tests of programs that use Rondo: docs/testing.md. Part of rondo::core.
// <rondo/testing/replace_new.hpp> is not among these: one source file includes it.
#pragma once

#include <rondo/testing/allocations.hpp>
#include <rondo/testing/every_allocation.hpp>
#include <rondo/testing/run_virtual.hpp>
#include <rondo/testing/wait_until_all_blocked.hpp>
