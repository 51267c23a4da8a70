#!/usr/bin/env bash
# Builds the page's compiler from Debian packages: GCC's cc1 and binutils' as, as WebAssembly.
#
#   build-wasm.sh BUILD_DIR               build, then compare with what is committed
#   build-wasm.sh BUILD_DIR --install     build, then put the result in place
#
# Puts cc1.wasm.gz, as.wasm.gz, manifest.json and the licences into public/toolchain, and the JavaScript that
# emscripten makes beside each into src/engine/toolchain/emscripten. On Debian 12, as root. About 30 minutes on two cores.
set -euo pipefail

. "$(dirname "$0")/sources.sh"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(mkdir -p "$1" && cd "$1" && pwd)
mode=${2:---compare}
prefix=$build/prefix
jobs=$(nproc)
out=$build/out
mkdir -p "$prefix" "$out"

# Debian's emscripten 3.1.6 needs the acorn module, and a node whose fetch it does not take for a browser's.
export NODE_PATH=$build/acorn/node_modules NODE_OPTIONS=--no-experimental-fetch
export EMSDK_PYTHON=/usr/bin/python3
# No environment but a bare JavaScript engine is asked for, so that one file serves workers of browsers and of Node.
link_flags() {
  echo "-O2 -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=2GB -sINITIAL_MEMORY=128MB -sTOTAL_STACK=16MB -sEXIT_RUNTIME=1" \
    "-sFORCE_FILESYSTEM=1 -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXPORT_NAME=$1 -sENVIRONMENT=shell -sINVOKE_RUN=0" \
    "-sEXPORTED_RUNTIME_METHODS=FS,callMain -sUSE_ES6_IMPORT_META=0 -sWASM_BIGINT=1"
}

install_packages() {
  apt-get update || true
  apt-get install -y --no-install-recommends emscripten gcc-12-source binutils-source binutils-i686-linux-gnu gcc g++ m4 flex bison texinfo
  npm install --prefix "$build/acorn" --no-save --no-audit --no-fund acorn@8.15.0
}

# build_library NAME CONFIGURE_OPTIONS…
build_library() {
  local name=$1
  shift
  mkdir -p "$build/$name"
  cd "$build/$name"
  emconfigure "../src/$name/configure" --host=none --prefix="$prefix" --disable-shared CFLAGS="-O2 -g0" "$@"
  emmake make -j"$jobs" MAKEINFO=true
  emmake make install MAKEINFO=true
}

# Tools that run while building are the machine's own; without naming them GCC compiles its generators for WebAssembly.
host_tools=(CC_FOR_BUILD=gcc CXX_FOR_BUILD=g++ LINKER_FOR_BUILD=g++ CFLAGS_FOR_BUILD="-O1 -g0" CXXFLAGS_FOR_BUILD="-O1 -g0")
em_tools=(CC=emcc CXX=em++ AR=emar RANLIB=emranlib NM=emnm)

# V8 optimises a function of cc1 as soon as it is hot, beside the compile that somebody waits for. On two cores the compile gets less of them the
# larger such functions are: clang and wasm-opt make three of 600 to 900 KB out of GCC's generated matchers, which alone took 15 of 31 s of
# optimising for one kernel/sys.c. Left as many functions (and their thousandfold switches as comparisons), the first compile in Chromium
# takes 3.8 s instead of 6, the second 1.4 s instead of 4, and the program is 4 % larger.
generated_flags() {
  local object
  for object in gimple-match generic-match insn-recog insn-emit insn-preds insn-output; do
    echo "CFLAGS-$object.o=-fno-inline-functions"
  done
  for object in insn-attrtab insn-extract insn-dfatab insn-latencytab; do
    echo "CFLAGS-$object.o=-fno-inline-functions -fno-jump-tables"
  done
}
SMALL_FUNCTIONS=-sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=40

# Sources are named by relative paths: GCC's own error messages hold them, and two builds in two folders must be equal.
build_cc1() {
  mkdir -p "$build/gcc"
  cd "$build/gcc"
  # libiberty's psignal clashes with musl's unless it believes that there is one.
  if [ ! -e Makefile ]; then
    env "${em_tools[@]}" CC_FOR_BUILD=gcc CXX_FOR_BUILD=g++ CFLAGS="-O2 -g0 -DHAVE_PSIGNAL=1" CXXFLAGS="-O2 -g0 -DHAVE_PSIGNAL=1" \
      ../src/gcc/configure --build=x86_64-linux-gnu --host=wasm32-unknown-emscripten --target=i686-linux-gnu \
      "${gcc_options[@]}" --with-gmp="$prefix" --with-mpfr="$prefix" --with-mpc="$prefix"
  fi
  make -j"$jobs" MAKEINFO=true all-build-libiberty all-libcpp all-libiberty all-libbacktrace configure-gcc \
    all-build-libcpp all-zlib all-libdecnumber
  # GCC's configure strips -O from the flags it was given, so the last step names them again.
  local generated
  mapfile -t generated < <(generated_flags)
  make -j"$jobs" MAKEINFO=true -C gcc cc1 "${host_tools[@]}" "${generated[@]}" CFLAGS="-O2 -g0" CXXFLAGS="-O2 -g0" \
    LDFLAGS="$(link_flags cc1) $SMALL_FUNCTIONS"
}

# 64-bit BFD, as Debian's assembler has: without it, expressions in assembly are computed with 32 bits (a GDT entry in reboot.S loses its upper half).
build_as() {
  mkdir -p "$build/binutils"
  cd "$build/binutils"
  if [ ! -e Makefile ]; then
    env "${em_tools[@]}" CC_FOR_BUILD=gcc CXX_FOR_BUILD=g++ CFLAGS="-O2 -g0 -DHAVE_PSIGNAL=1" CXXFLAGS="-O2 -g0 -DHAVE_PSIGNAL=1" \
      ../src/binutils/configure --build=x86_64-linux-gnu --host=wasm32-unknown-emscripten --target=i686-linux-gnu \
      --disable-gdb --disable-gdbserver --disable-sim --disable-gprofng --disable-ld --disable-gold --disable-gprof \
      --disable-plugins --disable-shared --disable-werror --disable-nls --disable-x86-used-note --enable-64-bit-bfd --without-zstd --without-debuginfod
  fi
  make -j"$jobs" MAKEINFO=true all-gas
  rm -f gas/as-new gas/as-new.wasm
  make -C gas as-new MAKEINFO=true LDFLAGS="$(link_flags as)"
}

install_packages
if [ ! -e "$build/src/gcc/configure" ]; then fetch_compiler_sources "$build/src"; fi
if [ ! -e "$build/src/binutils/configure" ]; then
  mkdir -p "$build/src/binutils"
  tar -xf /usr/src/binutils/binutils-2.40.tar.xz -C "$build/src/binutils" --strip-components=1
fi
if [ ! -e "$prefix/lib/libgmp.a" ]; then build_library gmp --disable-assembly ABI=standard CC_FOR_BUILD=gcc; fi
if [ ! -e "$prefix/lib/libmpfr.a" ]; then build_library mpfr --with-gmp="$prefix"; fi
if [ ! -e "$prefix/lib/libmpc.a" ]; then build_library mpc --with-gmp="$prefix" --with-mpfr="$prefix"; fi
build_cc1
build_as
node "$here/manifest.mjs" "$build" "$out" "$(link_flags NAME), for cc1 $SMALL_FUNCTIONS"

# Compares a folder of the result with the one that is committed.
compare() {
  local status=0 name
  for name in $(cd "$1" && ls); do
    if cmp -s "$1/$name" "$2/$name"; then
      echo "same       $name"
    else
      echo "different  $name"
      status=1
    fi
  done
  return $status
}

case $mode in
  --compare)
    same=yes
    compare "$out/public" "$root/public/toolchain" || same=no
    compare "$out/glue" "$root/src/engine/toolchain/emscripten" || same=no
    if [ $same = yes ]; then echo "The toolchain is the committed one."; else echo "The toolchain differs from the committed one." && exit 1; fi
    ;;
  --install)
    mkdir -p "$root/public/toolchain" "$root/src/engine/toolchain/emscripten"
    cp "$out/public"/* "$root/public/toolchain/"
    cp "$out/glue"/* "$root/src/engine/toolchain/emscripten/"
    ;;
esac
