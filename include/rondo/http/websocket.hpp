// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// WebSocket, both sides. A client needs no more than <rondo/http/websocket/connect.hpp>.
#pragma once

#include <rondo/http/websocket/accept.hpp>
#include <rondo/http/websocket/connect.hpp>
#include <rondo/http/websocket/websocket.hpp>
