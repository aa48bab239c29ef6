// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// HTTP: client, server, WebSocket, URLs. What is used of it must be linked: rondo::http_client,
// rondo::http_server, rondo::http_websocket and rondo::http_url. All of these
// headers are installed, also where a library was not built because what it stands on was
// missing; they need <nlohmann/json_fwd.hpp>. For JSON include <nlohmann/json.hpp> too.
#pragma once

#include <rondo/http/client.hpp>
#include <rondo/http/files.hpp>
#include <rondo/http/server.hpp>
#include <rondo/http/url.hpp>
#include <rondo/http/websocket.hpp>
