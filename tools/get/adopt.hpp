// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/coro/task.hpp>
#include <rondo/http/client.hpp>

#include "get/download.hpp"
#include "get/get_list.hpp"

namespace tool {

/// What another program left unfinished under the file's own name (curl -C -, wget
/// -c) becomes a part to go on with, if that can be said of it: the remote file has
/// a validator, is longer, was not changed since, and its bytes before the end of
/// what is there are the same. Else it stays as it is, to be replaced.
///
/// Throws http_error, std::system_error.
rondo::task<> adopt_unfinished(rondo::http::session& session, const wanted_file& file,
                               const download_settings& settings);

}  // namespace tool
