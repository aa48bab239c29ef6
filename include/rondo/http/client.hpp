// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// The HTTP client. Begin with session.hpp.
#pragma once

#include <rondo/http/client/auth.hpp>
#include <rondo/http/client/body.hpp>
#include <rondo/http/client/client_error.hpp>
#include <rondo/http/client/cookie.hpp>
#include <rondo/http/client/multipart_form.hpp>
#include <rondo/http/client/request_options.hpp>
#include <rondo/http/client/response.hpp>
#include <rondo/http/client/retry_policy.hpp>
#include <rondo/http/client/session.hpp>
#include <rondo/http/client/session_options.hpp>
#include <rondo/http/client/timeouts.hpp>
#include <rondo/http/client/transfer.hpp>
#include <rondo/http/message/headers.hpp>
#include <rondo/http/message/percent_encoding.hpp>
