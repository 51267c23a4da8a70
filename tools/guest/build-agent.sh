#!/bin/sh
# Builds the agent: build-agent.sh OUT
# A static i386 program against Debian's musl; the same bytes every time.
# MUSL_DEB names the package file (musl-dev, i386); without it apt fetches it.
set -eu

out=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
source=$here/../../guest/agent
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/packages.sh"

deb=${MUSL_DEB:-}
[ -n "$deb" ] || deb=$(fetch "$work" "$MUSL_PACKAGE")
dpkg-deb -x "$deb" "$work/musl"

include=$work/musl/usr/include/i386-linux-musl
lib=$work/musl/usr/lib/i386-linux-musl
gcc=$(gcc -m32 -print-file-name=include)
set --
for file in "$source"/*.c; do
  object=$work/$(basename "$file" .c).o
  gcc -m32 -march=i686 -std=c11 -D_GNU_SOURCE -Os -Wall -Wextra -Werror -fno-pic -fno-asynchronous-unwind-tables \
    -ffunction-sections -fdata-sections -fno-stack-protector -nostdinc -isystem "$include" -isystem "$gcc" \
    -c "$file" -o "$object"
  set -- "$@" "$object"
done
gcc -m32 -no-pie -static -nostdlib -s -Wl,--gc-sections -Wl,--build-id=none -o "$out" \
  "$lib/crt1.o" "$@" -L"$lib" -Wl,--start-group -lc -lgcc -Wl,--end-group
