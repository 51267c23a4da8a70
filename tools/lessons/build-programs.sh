#!/bin/sh
# Builds the guest programs of the lessons and of the tests: small static i386 binaries with musl.
#
#   tools/lessons/build-programs.sh            build, in place
#   tools/lessons/build-programs.sh --check    build elsewhere and compare with what is in the tree
#
# Needs Debian 12 with gcc, gcc-multilib and the i386 architecture known to dpkg (dpkg --add-architecture i386).
# musl's development files are fetched by exact version and unpacked, not installed: the package of one
# architecture does not fit beside that of another.
set -eu

MUSL_VERSION=1.2.3-1

repository=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
check=no
[ "${1-}" = --check ] && check=yes

cd "$work"
apt-get download -q -o APT::Sandbox::User=root "musl-dev:i386=$MUSL_VERSION" >/dev/null
dpkg -x musl-dev_*_i386.deb musl
lib=$work/musl/usr/lib/i386-linux-musl
include=$work/musl/usr/include/i386-linux-musl

# compile SOURCE BINARY
compile() {
	gcc -m32 -march=i686 -Os -std=gnu11 -Wall -Wextra -Werror -fno-pie -fno-stack-protector \
		-fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
		-nostdinc -isystem "$include" -isystem "$(gcc -m32 -print-file-name=include)" \
		-static -no-pie -nostdlib -Wl,--gc-sections,--build-id=none,-z,noseparate-code -s \
		-o "$2" "$lib/crt1.o" "$lib/crti.o" "$1" "$lib/libc.a" "$(gcc -m32 -print-libgcc-file-name)" "$lib/crtn.o"
}

status=0
cd "$repository"
for source in lessons/*/programs/*.c tests/corpus/programs/*.c tests/guest/*.c; do
	[ -e "$source" ] || continue
	binary=$(dirname "$source")/bin/$(basename "$source" .c)
	if [ $check = yes ]; then
		compile "$source" "$work/binary"
		if cmp -s "$work/binary" "$binary"; then echo "same      $binary"; else echo "DIFFERENT $binary"; status=1; fi
	else
		mkdir -p "$(dirname "$binary")"
		compile "$source" "$binary"
		echo "$(stat -c %s "$binary") $binary"
	fi
done
exit $status
