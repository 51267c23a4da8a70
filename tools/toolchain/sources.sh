# Sourced by build-native-twin.sh and build-wasm.sh: the sources both compilers are made of, from Debian packages.

# fetch_compiler_sources DIR: GCC 12.2.0-14+deb12u1 with Debian's branch update, and the libraries it needs, below DIR.
fetch_compiler_sources() {
  mkdir -p "$1"
  cd "$1"
  for package in gmp=2:6.2.1+dfsg1-1.1 mpfr4=4.2.0-1 mpclib3=1.3.1-1; do
    apt-get source --download-only "$package"
  done
  mkdir -p gmp mpfr mpc gcc
  tar -xf gmp_6.2.1+dfsg1.orig.tar.xz -C gmp --strip-components=1
  tar -xf mpfr4_4.2.0.orig.tar.xz -C mpfr --strip-components=1
  tar -xf mpclib3_1.3.1.orig.tar.gz -C mpc --strip-components=1
  tar -xf /usr/src/gcc-12/gcc-12.2.0-dfsg.tar.xz -C gcc --strip-components=1
  # Without Debian's branch update the generated code differs from Debian's compiler.
  (cd gcc && patch -s -p2 < /usr/src/gcc-12/patches/git-updates.diff)
  # Debian's gmp source lacks doc/, but its Makefile still descends into it.
  mkdir -p gmp/doc
  printf 'all:\ninstall:\ncheck:\n' > gmp/doc/Makefile.in
}

# What decides about code must be the same in both builds of GCC; the rest leaves out what C for i386 does not need.
gcc_options=(
  --with-as=/usr/bin/i686-linux-gnu-as --with-gnu-as --with-ld=/usr/bin/i686-linux-gnu-ld --with-gnu-ld
  --enable-languages=c --disable-bootstrap --disable-nls --disable-multilib --disable-shared --disable-threads
  --disable-lto --disable-plugin --disable-libssp --disable-libquadmath --disable-libgomp --disable-libatomic
  --disable-libsanitizer --disable-libvtv --disable-libitm --disable-libcc1 --disable-gcov --without-headers
  --without-isl --without-zstd --with-arch-32=i686 --enable-checking=release --disable-decimal-float
)
