// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <rondo/http/message/headers.hpp>

#include "get/partial_file.hpp"
#include "trouble.hpp"

namespace tool {

/// Whether what a mirror offers may stand for a file of which another server has told
/// that version. It must be as long. Two servers' files of one name may differ: where no
/// SHA-256 will show that, the mirror's must also have the same strong ETag.
verdict check_mirror(const remote_version& known, const rondo::http::headers& fields,
                     std::optional<std::uint64_t> total, bool has_sha256);

}  // namespace tool
