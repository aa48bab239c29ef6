// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rondo/process/executor.hpp>

namespace test {
rondo::task<int> call_the_other_twice_there(rondo::executor& where);
}  // namespace test
