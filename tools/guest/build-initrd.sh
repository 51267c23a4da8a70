#!/bin/sh
# Builds the guest's root file system: build-initrd.sh OUT.gz KERNEL_TREE
# KERNEL_TREE was built; the module tally comes from it.
# The same bytes every time. BUSYBOX_DEB and MUSL_DEB name the package files; without them apt fetches them.
set -eu

out=$(realpath "$1")
tally=$(realpath "$2")/samples/ksplice/tally.ko
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/packages.sh"

deb=${BUSYBOX_DEB:-}
[ -n "$deb" ] || deb=$(fetch "$work" "$BUSYBOX_PACKAGE")
dpkg-deb -x "$deb" "$work/busybox"
"$here/build-agent.sh" "$work/agent"
node "$here/cpio.mjs" "$here/../../guest/rootfs/layout.txt" \
  busybox="$work/busybox/bin/busybox" agent="$work/agent" tally="$tally" > "$work/cpio"
gzip -9n < "$work/cpio" > "$out"
