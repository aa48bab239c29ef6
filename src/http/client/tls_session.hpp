// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <rondo/http/client/session_options.hpp>

namespace rondo { inline namespace v0 { namespace http::detail {

// What is asked of OpenSSL behind libcurl's back. A libcurl with another TLS library gives
// the answers that change nothing.

/// Calls noted(owner, tls) when the peer has said that a connection ends here
/// (close_notify): libcurl takes any end for that, also one that somebody on the way has
/// made. The owner outlives the connections.
void watch_close_notify(CURL* easy, void* owner,
                        void (*noted)(void* owner, const void* tls) noexcept);

/// The TLS of the connection of a transfer that is about to send, if it has one that is
/// watched.
const void* tls_of(CURL* easy) noexcept;

/// Whether that connection speaks HTTP/2, over which bytes may come at any time.
bool speaks_http2(CURL* easy, http_version wanted) noexcept;

/// Whether its TLS has data at hand that nobody has read.
bool has_tls_input(CURL* easy) noexcept;

}}}  // namespace rondo::v0::http::detail
