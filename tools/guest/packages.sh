# The Debian packages the guest is made of. Sourced by the build scripts.
MUSL_PACKAGE=musl-dev:i386=1.2.3-1
BUSYBOX_PACKAGE=busybox-static:i386=1:1.35.0-4+deb12u1+b1

# fetch DIRECTORY PACKAGE: downloads a package file and prints its path.
# Needs i386 among dpkg's foreign architectures (dpkg --add-architecture i386; apt-get update).
fetch() {
  (cd "$1" && apt-get download -q "$2" >/dev/null && ls "$1/${2%%:*}"_*.deb)
}
