// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// What may go better a second time, and when to try.
#pragma once

#include <optional>
#include <string>

#include <rondo/http/client.hpp>
#include <rondo/loop/time.hpp>

namespace tool {

bool worth_retrying(int status);
bool worth_retrying(rondo::http::failure why);

/// Exponential from `first` on, to 60 seconds, with jitter so that clients which
/// failed together do not come back together.
rondo::delay pause_before_retry(rondo::delay first, int failures);
/// What the server asks for, in seconds or as a date; at most 60 seconds.
std::optional<rondo::delay> retry_after(const rondo::http::headers& fields);

/// What an error says after the URL, which may hold a password.
std::string cause_of(const rondo::http::http_error& e, const std::string& url);

}  // namespace tool
