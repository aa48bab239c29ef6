// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The HTTP server, its router and what makes replies; files have a header of their own.
#pragma once

#include <rondo/http/message/date.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/media_type.hpp>
#include <rondo/http/message/percent_encoding.hpp>
#include <rondo/http/message/status.hpp>
#include <rondo/http/server/in_process.hpp>
#include <rondo/http/server/multipart.hpp>
#include <rondo/http/server/reply.hpp>
#include <rondo/http/server/request.hpp>
#include <rondo/http/server/server.hpp>
#include <rondo/http/site/access_log.hpp>
#include <rondo/http/site/router.hpp>
#include <rondo/http/site/serve.hpp>
#include <rondo/http/site/server_sent_events.hpp>
