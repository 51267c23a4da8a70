#!/usr/bin/env bash
# Builds the pre and post objects of the lessons from the kernel tree that the pack was built from.
#
#   tools/lessons/build-objects.sh KERNEL_SRC KERNEL_BUILD CC1_DIR            write lessons/*/objects
#   tools/lessons/build-objects.sh --check KERNEL_SRC KERNEL_BUILD CC1_DIR    compare with lessons/*/objects instead
#
# KERNEL_BUILD is the O= directory, or the same directory as KERNEL_SRC. CC1_DIR holds the compiler that built the
# kernel (gcc -B). LESSONS="03-dirty-pipe …" in the environment chooses lessons.
#
# A unit is rebuilt if the patch edits its source or a header that its .cmd file lists as a dependency. Its recorded
# command is run in a copy of the tree (hard links), once without the patch (the result must be the kernel's own object,
# byte for byte) and once with it. Units whose object does not change are left out.
set -euo pipefail

fail() { echo "build-objects: $*" >&2; exit 1; }

check=no
if [ "${1-}" = --check ]; then check=yes; shift; fi
[ $# -eq 3 ] || fail 'usage: build-objects.sh [--check] KERNEL_SRC KERNEL_BUILD CC1_DIR'
source=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
cc1=$(cd "$3" && pwd)
repository=$(cd "$(dirname "$0")/../.." && pwd)
[ -x "$cc1/cc1" ] || fail "no cc1 in $cc1"
[ -e "$build/vmlinux" ] || fail "no vmlinux in $build"

# Hard links need one file system, so the copy lies beside the original.
work=$(mktemp -d "$(dirname "$source")/.lesson-objects.XXXXXX")
trap 'rm -rf "$work"' EXIT
copy=$work/tree
cp -al "$source" "$copy"

# recorded_command UNIT: the command line that made the unit
recorded_command() {
  local file=$build/$(dirname "$1")/.$(basename "$1").cmd
  [ -e "$file" ] || fail "no recorded command for $1"
  sed -n '1s/^cmd_[^ ]* := //p' "$file"
}

# compile UNIT OUTPUT: runs the unit's recorded command on the copy of the tree
compile() {
  local command directory=$build
  command=$(recorded_command "$1")
  case " $command " in
    *" -B$cc1/ "* | *" -B$cc1 "*) ;;
    *) fail "$1 was not compiled with -B$cc1/" ;;
  esac
  # The same file names come out of __FILE__: -fmacro-prefix-map names the copy after this.
  command=${command//"$source/"/"$copy/"}
  if [ "$source" = "$build" ]; then directory=$copy; fi
  command=$(sed -E "s, -Wp\,-MMD\,[^ ]+,,; s, -o [^ ]+\.o , -o $2 ," <<< "$command")
  [[ $command == *" -o $2 "* ]] || fail "cannot tell where the command of $1 writes to"
  (cd "$directory" && sh -c "$command") || fail "$1 does not compile"
}

# units_of FILE: the objects of vmlinux that depend on a source file
units_of() {
  local name=${1//./\\.}
  (cd "$build" && grep -rlE --include='.*.o.cmd' "(^| |/)$name( |\$)" . || true) |
    sed -E 's,^\./,,; s,(^|/)\.([^/]+)\.cmd$,\1\2,' |
    grep -vE '^(arch/x86/(boot|realmode|entry/vdso/vdso)|arch/x86/tools|scripts|tools|usr)/|\.mod\.o$|asm-offsets|bounds' | sort -u
}

result=0
for patch in "$repository"/lessons/*/change.patch; do
  lesson=$(dirname "$patch")
  name=$(basename "$lesson")
  if [ -n "${LESSONS-}" ] && [[ " $LESSONS " != *" $name "* ]]; then continue; fi
  mapfile -t files < <(sed -nE 's,^\+\+\+ b/([^\t ]+).*,\1,p' "$patch")
  [ ${#files[@]} -gt 0 ] || fail "$patch names no file"
  units=$(for file in "${files[@]}"; do units_of "$file"; done | sort -u)
  [ -n "$units" ] || fail "$name: no unit of this kernel depends on ${files[*]}"

  objects=$work/$name
  for unit in $units; do
    mkdir -p "$objects/pre/$(dirname "$unit")" "$objects/post/$(dirname "$unit")"
    compile "$unit" "$objects/pre/$unit"
    cmp "$objects/pre/$unit" "$build/$unit" || fail "$name: a recompiled $unit is not the kernel's own object"
  done
  for file in "${files[@]}"; do
    # A file of its own, so that the original does not change through the link.
    cp "$copy/$file" "$work/file" && mv "$work/file" "$copy/$file"
  done
  patch -d "$copy" -p1 -s -f -F0 --no-backup-if-mismatch < "$patch" || fail "$patch does not apply"
  for unit in $units; do
    compile "$unit" "$objects/post/$unit"
    if cmp -s "$objects/pre/$unit" "$objects/post/$unit"; then rm "$objects/pre/$unit" "$objects/post/$unit"; fi
  done
  for file in "${files[@]}"; do ln -f "$source/$file" "$copy/$file"; done
  find "$objects" -type d -empty -delete
  [ -d "$objects/post" ] || fail "$name: the patch changes no object"
  echo "$name: $(wc -w <<< "$units") compiled, changed: $(cd "$objects/post" && find . -name '*.o' -printf '%P ')"

  if [ $check = yes ]; then
    if diff -rq "$objects" "$lesson/objects"; then echo "$name: same"; else result=1; fi
  else
    rm -rf "$lesson/objects"
    cp -r "$objects" "$lesson/objects"
    chmod -R u=rwX,go=rX "$lesson/objects"
  fi
done
exit $result
