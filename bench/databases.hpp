// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a workload of a database, if name is one; false: it is not. Throws what the database
/// throws.
bool run_database_workload(int argc, char** argv);
