#!/usr/bin/env bash
# Builds the native twin of the page's compiler: Debian's GCC 12.2.0-14+deb12u1 (with its branch update)
# as an i386 program made by clang, so that it decides exactly as the WebAssembly build of the same source.
# GCC's output depends on its host's pointer size and on the order in which the compiler that built it evaluates
# arguments; Debian's own gcc binaries therefore differ from it in places, and cannot compile a pack.
#
#   build-native-twin.sh BUILD_DIR      →  BUILD_DIR/twin/cc1
#
# Debian packages: gcc-12-source clang-14 g++-multilib lib32stdc++-12-dev binutils-i686-linux-gnu m4 flex bison texinfo
# and the source packages gmp, mpfr4, mpclib3 (deb-src). About 15 minutes on two cores.
set -euo pipefail

. "$(dirname "$0")/sources.sh"
build=$(mkdir -p "$1" && cd "$1" && pwd)
prefix=$build/prefix
jobs=$(nproc)
twin_cc="clang-14 -m32"
twin_cxx="clang++-14 -m32"
mkdir -p "$build/src" "$prefix" "$build/twin"

# build_library NAME CONFIGURE_OPTIONS…
build_library() {
  local name=$1
  shift
  mkdir -p "$build/$name"
  cd "$build/$name"
  "$build/src/$name/configure" --build=i686-pc-linux-gnu --host=i686-pc-linux-gnu --prefix="$prefix" --disable-shared \
    CC="$twin_cc" CXX="$twin_cxx" CFLAGS="-O2" "$@"
  make -j"$jobs" MAKEINFO=true
  make install MAKEINFO=true
}

build_cc1() {
  mkdir -p "$build/gcc"
  cd "$build/gcc"
  CC="$twin_cc" CXX="$twin_cxx" CFLAGS="-O2 -g0" CXXFLAGS="-O2 -g0" "$build/src/gcc/configure" \
    --build=i686-linux-gnu --host=i686-linux-gnu --target=i686-linux-gnu "${gcc_options[@]}" \
    --with-gmp="$prefix" --with-mpfr="$prefix" --with-mpc="$prefix"
  make -j"$jobs" MAKEINFO=true all-build-libiberty all-libcpp all-libiberty all-libbacktrace configure-gcc \
    all-build-libcpp all-zlib all-libdecnumber
  # GCC's configure strips -O from the flags it was given, so the last step names them again.
  make -j"$jobs" MAKEINFO=true -C gcc cc1 CFLAGS="-O2 -g0" CXXFLAGS="-O2 -g0"
}

if [ ! -e "$build/src/gcc/configure" ]; then fetch_compiler_sources "$build/src"; fi
if [ ! -e "$prefix/lib/libgmp.a" ]; then build_library gmp --disable-assembly ABI=32; fi
if [ ! -e "$prefix/lib/libmpfr.a" ]; then build_library mpfr --with-gmp="$prefix"; fi
if [ ! -e "$prefix/lib/libmpc.a" ]; then build_library mpc --with-gmp="$prefix" --with-mpfr="$prefix"; fi
build_cc1
install -s "$build/gcc/gcc/cc1" "$build/twin/cc1"
"$build/twin/cc1" --version < /dev/null
echo "native twin: $build/twin/cc1"
