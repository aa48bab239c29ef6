// Copyright 2026 The Rondo authors. SPDX-License-Identifier: Apache-2.0
// EXPECT: rondo: since 0.2: use greet
//
// A name that a later version will not have says what to write instead, wherever it
// stands: a function, a type, a field.
#include <rondo/rondo.hpp>

void greet() {}
RONDO_DEPRECATED("since 0.2: use greet") void hail() { greet(); }
struct RONDO_DEPRECATED("since 0.2: use options") settings {};
struct options {
  int delay = 0;
  RONDO_DEPRECATED("since 0.2: use delay") int wait = 0;
};

int main() {
#ifdef BAD
  hail();
#else
  greet();
#endif
}
