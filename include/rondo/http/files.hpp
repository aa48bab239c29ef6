// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Files and directories as replies, and replies compressed.
#pragma once

#include <rondo/http/files/files.hpp>
#include <rondo/http/files/gzip.hpp>
