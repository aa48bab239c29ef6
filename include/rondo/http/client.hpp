// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

// The HTTP client. Begin with session.hpp.
#include <rondo/http/auth.hpp>
#include <rondo/http/body.hpp>
#include <rondo/http/client_error.hpp>
#include <rondo/http/cookie.hpp>
#include <rondo/http/headers.hpp>
#include <rondo/http/multipart_form.hpp>
#include <rondo/http/percent_encoding.hpp>
#include <rondo/http/request_options.hpp>
#include <rondo/http/response.hpp>
#include <rondo/http/retry_policy.hpp>
#include <rondo/http/session.hpp>
#include <rondo/http/session_options.hpp>
#include <rondo/http/timeouts.hpp>
#include <rondo/http/transfer.hpp>
