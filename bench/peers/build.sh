#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright The Rondo authors
#
# Builds every peer it can into build/peers/ of this repository, one at a time.
# A peer whose toolchain or library is missing is skipped with one line.
#
#   bench/peers/build.sh [NAME…]     names: floor floor_libpq floor_sqlite echo_load asio libuv go tokio python node

set -u
here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "$here/../.." && pwd)/build/peers
mkdir -p "$out"
log=$out/build.log
: >"$log"
failed=0

CC=${CC:-gcc}
CXX=${CXX:-g++}

have() { command -v "$1" >/dev/null 2>&1; }
skip() { echo "skipped $1: $2"; }
# attempt NAME COMMAND…: runs it with its output in the log.
attempt() {
  name=$1
  shift
  if "$@" >>"$log" 2>&1; then
    echo "built   $name"
  else
    echo "FAILED  $name (see build/peers/build.log)"
    failed=1
  fi
}
wanted() { [ -z "$only" ] || case " $only " in *" $1 "*) true ;; *) false ;; esac; }
only=$*

# The C and C++ peers: -O2 and the compiler's defaults, as distributions build.
if ! have "$CC"; then
  skip "floor_epoll floor_uring echo_load libuv_peer" "no C compiler ($CC)"
else
  if wanted floor; then
    attempt floor_epoll "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/floor_epoll" "$here/floor_epoll.c"
    if echo '#include <linux/io_uring.h>
int main(void) { return IORING_REGISTER_PBUF_RING == 0 || IORING_SETUP_DEFER_TASKRUN == 0; }' |
      "$CC" -x c -fsyntax-only - >/dev/null 2>&1; then
      attempt floor_uring "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/floor_uring" "$here/floor_uring.c"
    else
      skip floor_uring "kernel headers older than 6.1 (linux-libc-dev)"
    fi
  fi
  if wanted floor_sqlite; then
    if echo '#include <sqlite3.h>' | "$CC" -x c -fsyntax-only - >/dev/null 2>&1; then
      attempt floor_sqlite "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/floor_sqlite" "$here/floor_sqlite.c" -lsqlite3
    else
      skip floor_sqlite "no sqlite3.h (libsqlite3-dev)"
    fi
  fi
  if wanted echo_load; then
    attempt echo_load "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/echo_load" "$here/echo_load.c"
  fi
  if wanted floor_libpq; then
    if have pkg-config && pkg-config --exists libpq; then
      # shellcheck disable=SC2046  # words
      attempt floor_libpq "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/floor_libpq" "$here/floor_libpq.c" \
        $(pkg-config --cflags --libs libpq)
    else
      skip floor_libpq "no libpq-fe.h (libpq-dev)"
    fi
  fi
  if wanted libuv; then
    if echo '#include <uv.h>' | "$CC" -x c -fsyntax-only - >/dev/null 2>&1; then
      attempt libuv_peer "$CC" -std=gnu17 -O2 -Wall -Wextra -o "$out/libuv_peer" "$here/libuv_peer.c" -luv
    else
      skip libuv_peer "no uv.h (libuv1-dev)"
    fi
  fi
fi

if wanted asio; then
  if ! have "$CXX"; then
    skip asio_peer "no C++ compiler ($CXX)"
  elif ! echo '#include <boost/version.hpp>' | "$CXX" -std=c++20 -x c++ -fsyntax-only - >/dev/null 2>&1; then
    skip asio_peer "no boost/asio.hpp (libboost-dev)"
  else
    attempt asio_peer "$CXX" -std=c++20 -O2 -Wall -Wextra -o "$out/asio_peer" "$here/asio_peer.cpp" -pthread
  fi
fi

if wanted go; then
  if have go; then
    attempt go_peer env GOFLAGS=-trimpath go -C "$here/go" build -p 1 -o "$out/go_peer" .
  else
    skip go_peer "no go"
  fi
fi

if wanted tokio; then
  if have cargo; then
    # Built from a copy, so that cargo's lock file and target folder stay in build/.
    rm -rf "$out/tokio-src"
    cp -R "$here/tokio" "$out/tokio-src"
    attempt tokio_peer cargo build --quiet --release -j 1 --manifest-path "$out/tokio-src/Cargo.toml" --target-dir "$out/tokio-target"
    [ -f "$out/tokio-target/release/tokio_peer" ] && cp "$out/tokio-target/release/tokio_peer" "$out/tokio_peer"
  else
    skip tokio_peer "no cargo"
  fi
fi

if wanted python; then
  if have python3; then
    [ -x "$out/venv/bin/python" ] || attempt "python venv" python3 -m venv "$out/venv"
    attempt "python packages" "$out/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
      -r "$here/requirements.txt"
  else
    skip "asyncio and uvloop" "no python3"
  fi
fi

if wanted node; then
  if have node; then echo "present node_peer (nothing to build)"; else skip node_peer "no node"; fi
fi

exit $failed
