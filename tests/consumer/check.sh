#!/bin/sh
# Installs a build and builds a consumer of it, with CMake and with pkg-config.
# check.sh BUILD_DIR SOURCE_DIR CMAKE CXX...
set -eu
build=$1 source=$2 cmake=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
for cxx; do
  command -v "$cxx" >/dev/null || { echo "consumer: $cxx is missing" >&2; exit 1; }
  "$cmake" -S "$source" -B "$work/$cxx" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
  "$cmake" --build "$work/$cxx" >/dev/null
  got=$("$work/$cxx/consumer")
  [ "$got" = 25 ] || { echo "consumer built by $cxx with CMake printed '$got' instead of 25" >&2; exit 1; }
  if [ -x "$work/$cxx/http_consumer" ]; then
    got=$("$work/$cxx/http_consumer")
    [ "$got" = "GET http://127.0.0.1:1/: Connection refused" ] || { echo "http_consumer printed '$got'" >&2; exit 1; }
  fi
  if [ -x "$work/$cxx/process_consumer" ]; then
    got=$("$work/$cxx/process_consumer")
    [ "$got" = 9 ] || { echo "process_consumer built by $cxx printed '$got' instead of 9" >&2; exit 1; }
  fi
  if [ -x "$work/$cxx/tls_consumer" ]; then
    got=$("$work/$cxx/tls_consumer")
    [ "$got" = "no TLS" ] || { echo "tls_consumer built by $cxx printed '$got'" >&2; exit 1; }
  fi
  export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig:$work/prefix/lib64/pkgconfig:$(echo "$work"/prefix/lib/*/pkgconfig)"
  # shellcheck disable=SC2046
  "$cxx" -std=c++20 "$source/main.cpp" $(pkg-config --cflags --libs rondo) -o "$work/pc"
  got=$("$work/pc")
  [ "$got" = 25 ] || { echo "consumer built by $cxx with pkg-config printed '$got' instead of 25" >&2; exit 1; }
  if pkg-config --exists rondo-tls; then
    # shellcheck disable=SC2046
    "$cxx" -std=c++20 "$source/tls.cpp" $(pkg-config --cflags --libs rondo-tls) -o "$work/pc"
    got=$("$work/pc")
    [ "$got" = "no TLS" ] || { echo "tls_consumer built by $cxx with pkg-config printed '$got'" >&2; exit 1; }
  fi
  echo "consumer: $cxx with CMake and with pkg-config: ok"
done
