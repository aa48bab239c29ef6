// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// URLs to the WHATWG standard.
#pragma once

#include <rondo/http/url/url.hpp>
