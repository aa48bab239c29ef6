#!/bin/sh
# Installs a build and builds consumers of it, with CMake and with pkg-config, and one
# that has Rondo as a subdirectory.
#   check.sh BUILD_DIR SOURCE_DIR CMAKE CXX...
set -eu
build=$1 source=$2 cmake=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "consumer: $*" >&2; exit 1; }
run() {  # its output is shown when it fails
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "$* failed (above)"; }
}
expect() {  # expect WHAT TEXT PROGRAM
  got=$("$3") || fail "$1 ended with $?"
  [ "$got" = "$2" ] || fail "$1 printed '$got' instead of '$2'"
}

run "$cmake" --install "$build" --prefix "$work/prefix"
PKG_CONFIG_PATH=$(echo "$work"/prefix/lib*/pkgconfig "$work"/prefix/lib/*/pkgconfig | tr ' ' ':')
LD_LIBRARY_PATH=$(echo "$work"/prefix/lib "$work"/prefix/lib/*-linux-* | tr ' ' ':')  # where they are shared
export PKG_CONFIG_PATH LD_LIBRARY_PATH
modules=$(find "$work/prefix" -name 'rondo*.pc' -exec basename {} .pc \; | sort)

for cxx; do
  command -v "$cxx" >/dev/null || fail "$cxx is missing"
  out=$work/$(basename "$cxx")
  run "$cmake" -S "$source" -B "$out" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$work/prefix"
  run "$cmake" --build "$out"
  expect "consumer built by $cxx with CMake" 25 "$out/consumer"
  [ ! -x "$out/http_consumer" ] ||
    expect "http_consumer built by $cxx" "GET http://127.0.0.1:1/: Connection refused" "$out/http_consumer"
  [ ! -x "$out/process_consumer" ] || expect "process_consumer built by $cxx" 9 "$out/process_consumer"
  [ ! -x "$out/tls_consumer" ] || expect "tls_consumer built by $cxx" "no TLS" "$out/tls_consumer"
  [ ! -x "$out/websocket_consumer" ] ||
    expect "websocket_consumer built by $cxx" "websocket ws://127.0.0.1:1/: connect 127.0.0.1:1: Connection refused" "$out/websocket_consumer"
  # shellcheck disable=SC2046  # words
  run "$cxx" -std=c++20 "$source/main.cpp" $(pkg-config --cflags --libs rondo) -o "$work/pc"
  expect "consumer built by $cxx with pkg-config" 25 "$work/pc"
  if pkg-config --exists rondo-tls; then
    # shellcheck disable=SC2046
    run "$cxx" -std=c++20 "$source/tls.cpp" $(pkg-config --cflags --libs rondo-tls) -o "$work/pc"
    expect "tls_consumer built by $cxx with pkg-config" "no TLS" "$work/pc"
  fi
done

# Every .pc file, also as scripts ask for it that always say --static.
run "$1" -std=c++20 -c "$source/main.cpp" $(pkg-config --cflags rondo) -o "$work/main.o"
for module in $modules; do
  for static in "" --static; do
    # shellcheck disable=SC2046,SC2086  # words
    run "$1" "$work/main.o" $(pkg-config $static --libs "$module") -o "$work/pc"
    expect "consumer linked with pkg-config $static --libs $module" 25 "$work/pc"
  done
done

# A WebSocket's client is no HTTP server, nor a program that has one.
if pkg-config --exists rondo-http-websocket; then
  case $(pkg-config --static --libs rondo-http-websocket) in
    *rondo_http_server*) fail "rondo-http-websocket links the HTTP server" ;;
  esac
fi

# find_package with parts: what there is, and a clear word where one is not.
parts() { "$cmake" -S "$source/components" -B "$work/parts" -DCMAKE_CXX_COMPILER="$1" -DCMAKE_PREFIX_PATH="$work/prefix" -DPARTS="$2"; }
run parts "$1" core
if pkg-config --exists rondo-http-client rondo-http-websocket; then run parts "$1" "io;http;http_client"; fi
if parts "$1" "core;telepathy" >"$work/log" 2>&1; then fail "find_package found a part that there is not"; fi
grep -q "this Rondo was built without telepathy" "$work/log" || { cat "$work/log" >&2; fail "find_package does not say which part is missing"; }

run "$cmake" -S "$source/subdirectory" -B "$work/subdirectory" -DCMAKE_CXX_COMPILER="$1" -DRONDO_SOURCE="$(dirname "$(dirname "$source")")"
run "$cmake" --build "$work/subdirectory" --target consumer -j2
expect "consumer with Rondo as a subdirectory" 25 "$work/subdirectory/consumer"

# What is installed are libraries with a soname, if they are shared.
for library in $(find "$work/prefix" -path '*/auto-load/*' -prune -o -name 'librondo_core.so*' -type f -print); do
  readelf -d "$library" | grep -q 'SONAME.*librondo_core\.so\.[0-9]' || fail "$library has no soname with a version"
done
echo "consumer: $*: ok"
