#!/bin/sh
# Makes the Debian packages, installs them in a bare machine (debootstrap, in a folder),
# and there runs the command and a program of five lines.
#   check.sh BUILD_DIR SOURCE_DIR CPACK
# Exits with 77, for "skipped", where that cannot be tried, and says why.
set -eu
build=$1 source=$2 cpack=$3
skip() { echo "SKIPPED: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "only root can make a bare machine in a folder"
for program in debootstrap dpkg-shlibdeps chroot; do
  command -v "$program" >/dev/null || skip "$program is missing"
done
. /etc/os-release
[ "${ID:-}" = debian ] || skip "not tried but on Debian"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
log=$work/log
run() {  # its output is shown when it fails
  "$@" >"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "packages: $* failed (above)" >&2; exit 1; }
}

(cd "$build" && run "$cpack" -B "$work/packages")
machine=$work/machine
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -n 's/^URIs: *\([^ ]*\/debian\)\/* *$/\1/p; s/^deb \(\[[^]]*\] \)*\([^ ]*\/debian\)\/* .*/\2/p' | head -n 1)
mirror=${mirror:-http://deb.debian.org/debian}
run debootstrap --variant=minbase --include=ca-certificates "$VERSION_CODENAME" "$machine" "$mirror"
# The same archive as outside, with the settings that reach it.
echo "deb $mirror $VERSION_CODENAME main" >"$machine/etc/apt/sources.list"
for settings in /etc/apt/apt.conf.d/*; do
  grep -q Invoke "$settings" || cp "$settings" "$machine/etc/apt/apt.conf.d/"
done
cp /etc/resolv.conf /etc/hosts "$machine/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$machine/etc/ssl/certs/"
mkdir "$machine/packages"
cp "$work"/packages/*.deb "$machine/packages/"
cp "$source/hello.cpp" "$machine/packages/"
cp "$source/../consumer/http.cpp" "$machine/packages/get.cpp"
inside() { run chroot "$machine" env DEBIAN_FRONTEND=noninteractive sh -c "$1"; }
inside "apt-get update"
inside "apt-get install -y --no-install-recommends /packages/*.deb g++ pkg-config cmake make"
inside "rondo --version"
inside "rondo serve --help"
for page in man1/rondo.1; do
  [ -e "$machine/usr/share/man/$page" ] || [ -e "$machine/usr/share/man/$page.gz" ] || { echo "packages: no manual page $page" >&2; exit 1; }
done
inside "cd /packages && g++ -std=c++20 hello.cpp -o hello \$(pkg-config --cflags --libs rondo) && ./hello"
grep -q '^Hello from a package$' "$log" || { cat "$log" >&2; echo "packages: hello.cpp printed something else (above)" >&2; exit 1; }
inside "cd /packages && g++ -std=c++20 get.cpp -o get \$(pkg-config --cflags --libs rondo-http-client) && ./get"
grep -q '^GET http://127.0.0.1:1/: Connection refused$' "$log" || { cat "$log" >&2; echo "packages: get.cpp printed something else (above)" >&2; exit 1; }
inside "apt-get remove -y librondo-dev rondo && ! command -v rondo"
echo "packages: $(cd "$work/packages" && echo *.deb): ok"
