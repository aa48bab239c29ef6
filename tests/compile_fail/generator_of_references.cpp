// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: yields objects
#include <rondo/rondo.hpp>

#ifdef BAD
rondo::async_generator<int&> numbers();
using use = decltype(numbers().next());
#endif
