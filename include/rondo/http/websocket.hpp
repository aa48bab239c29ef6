// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// WebSocket, both sides.
#pragma once

#include <rondo/http/websocket/websocket.hpp>
