// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// TLS for streams.
#pragma once

#include <rondo/tls/connection.hpp>
#include <rondo/tls/context.hpp>
#include <rondo/tls/errors.hpp>
#include <rondo/tls/info.hpp>
