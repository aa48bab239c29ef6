// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// Routes and handlers without a server, for those who test them.
#pragma once

#include <rondo/http/site/router.hpp>
