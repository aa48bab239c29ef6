// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
//
// HTML pages: parse, select, text, links. Link with rondo::html.
#pragma once

#include <rondo/html/document.hpp>
#include <rondo/html/element.hpp>
#include <rondo/html/encoding.hpp>
#include <rondo/html/selector.hpp>
