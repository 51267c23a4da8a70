#!/usr/bin/env bash
# Builds the kernel pack 6.1.170-integrated from Debian packages and says whether it is the one that is committed.
#
#   tools/kernel/build-pack.sh BUILD_DIR             build, then compare with public/kernels
#   tools/kernel/build-pack.sh BUILD_DIR --install   build, then put the result in place
#
# On Debian 12, as root (it installs what it needs). About 35 minutes on two cores, of which the compiler takes 9 and comparing
# what the WebAssembly compiler makes with what is in the kernel another 9.
set -euo pipefail

id=6.1.170-integrated
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(mkdir -p "$1" && cd "$1" && pwd)
mode=${2:---compare}
tree=$build/tree
pack=$build/pack
committed=$root/public/kernels/$id
cc="gcc -B$build/twin/twin/"
# What would make two builds differ: time, user, host, build number.
export KBUILD_BUILD_TIMESTAMP='2026-11-23 00:00:00 UTC' KBUILD_BUILD_USER=hotsplice KBUILD_BUILD_HOST=hotsplice KBUILD_BUILD_VERSION=1

install_packages() {
  dpkg --add-architecture i386
  if ! grep -rqs '^Types:.*deb-src\|^deb-src' /etc/apt/sources.list /etc/apt/sources.list.d; then
    sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/debian.sources > /etc/apt/sources.list.d/debian-src.sources
  fi
  # A third party's package list that cannot be had is no reason to stop: what is missing shows below.
  apt-get update || true
  apt-get install -y --no-install-recommends flex bison libelf-dev libssl-dev bc kmod cpio xz-utils zstd gzip patch rsync m4 texinfo file \
    gcc-multilib g++-multilib clang-14 lib32stdc++-12-dev gcc-12-source binutils-i686-linux-gnu seabios=1.16.2-1
}

prepare_tree() {
  cd "$build"
  apt-get download linux-source-6.1=6.1.170-3
  dpkg-deb -x linux-source-6.1_6.1.170-3_all.deb "$build/source"
  mkdir -p "$tree"
  tar -xf "$build/source/usr/src/linux-source-6.1.tar.xz" -C "$tree" --strip-components=1
  cd "$tree"
  for file in "$root"/guest/linux/series/*.patch "$root"/guest/holes/*.patch; do
    echo "applying $(basename "$file")"
    patch -s -p1 --no-backup-if-mismatch < "$file"
  done
}

configure() {
  cd "$tree"
  make -s ARCH=i386 CC="$cc" tinyconfig
  scripts/kconfig/merge_config.sh -m .config "$root/guest/linux/integrated.config" > /dev/null
  make -s ARCH=i386 CC="$cc" olddefconfig
  # Every line of ours must have survived.
  grep '^CONFIG_.*=[^n]' "$root/guest/linux/integrated.config" | while read -r line; do
    grep -qxF "$line" .config || { echo "not in the configuration: $line" >&2; exit 1; }
  done
}

compile() {
  cd "$tree"
  make -j"$(nproc)" ARCH=i386 CC="$cc" bzImage modules
  mkdir -p "$build/facts"
  cp "$here/facts.c" "$build/facts/"
  echo 'obj-m := facts.o' > "$build/facts/Makefile"
  make -s ARCH=i386 CC="$cc" M="$build/facts" KBUILD_MODPOST_WARN=1 modules
}

# Names of the files there were before anything was built: what else is there then, the build has made.
list_sources() {
  {
    tar -tf "$build/source/usr/src/linux-source-6.1.tar.xz" | sed -E 's,^[^/]*/,,' | grep -v '/$'
    sed -nE 's,^\+\+\+ b/([^[:space:]]+).*,\1,p' "$root"/guest/linux/series/*.patch "$root"/guest/holes/*.patch
  } | LC_ALL=C sort -u
}

assemble() {
  rm -rf "$pack"
  mkdir -p "$pack"
  cp "$tree/arch/x86/boot/bzImage" "$pack/bzImage"
  gzip -9n < "$tree/System.map" > "$pack/System.map.gz"
  gzip -9n < "$tree/.config" > "$pack/config.gz"
  cp /usr/share/seabios/bios.bin "$pack/bios.bin"
  cp /usr/share/seabios/vgabios-stdvga.bin "$pack/vgabios.bin"
  cat "$tree/COPYING" "$tree/LICENSES/preferred/GPL-2.0" > "$pack/COPYING.linux"
  cat /usr/share/doc/seabios/copyright /usr/share/common-licenses/LGPL-3 > "$pack/COPYING.seabios"
  "$root/tools/guest/build-initrd.sh" "$pack/initrd.gz" "$tree"
  list_sources > "$build/source.list"
  node "$here/contents.mjs" "$tree" "$build/source.list" "$build/twin/twin" "$pack"
  # Who compares and who takes the snapshot read the manifest, and the manifest names what they made.
  node "$here/manifest.mjs" "$pack" "$build/facts/facts.ko" "$tree"
  node "$here/identity.mjs" "$pack"
  node "$root/tools/guest/make-snapshot.mjs" "$pack" > "$build/snapshot.json"
  node "$here/manifest.mjs" "$pack" "$build/facts/facts.ko" "$tree" "$build/snapshot.json"
}

compare() {
  local status=0 same=0 name
  for name in $(cd "$pack" && find . -type f -printf '%P\n' | sort); do
    if cmp -s "$pack/$name" "$committed/$name"; then
      same=$((same + 1))
    else
      echo "different  $name"
      status=1
    fi
  done
  for name in $(cd "$committed" && find . -type f -printf '%P\n' | sort); do
    if [ ! -e "$pack/$name" ]; then
      echo "missing    $name"
      status=1
    fi
  done
  echo "$same files are the same"
  return $status
}

install_packages
if [ ! -d "$root/node_modules" ]; then (cd "$root" && npm ci); fi
if [ ! -x "$build/twin/twin/cc1" ]; then "$root/tools/toolchain/build-native-twin.sh" "$build/twin"; fi
if [ ! -e "$tree/Makefile" ]; then prepare_tree; fi
configure
compile
assemble
case $mode in
  --compare)
    if compare; then echo "The pack is the committed one."; else echo "The pack differs from the committed one." && exit 1; fi
    ;;
  --install)
    rm -rf "$committed"
    cp -r "$pack" "$committed"
    ;;
esac
