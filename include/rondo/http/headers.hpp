// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The fields of a message, alone.
#pragma once

#include <rondo/http/message/headers.hpp>
