#!/bin/sh
# Installs the Debian packages of a list (default: packages.txt beside it) that are missing; a fast no-op when none is.
# Needs root or sudo only when something is missing. MAINSTAY_SKIP_DEPS=1 skips it (other distributions).
set -eu
[ "${MAINSTAY_SKIP_DEPS:-}" = 1 ] && exit 0
list=${1:-$(dirname "$0")/packages.txt}

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "make deps knows Debian 12 only. Install what $list names and set MAINSTAY_SKIP_DEPS=1." >&2
  exit 3
fi
wanted=$(sed 's/#.*//' "$list")
# Lines "ii  name" are installed; dpkg-query complains about names it never saw, which are missing like the others.
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^ii *//p' || true)
missing=
for package in $wanted; do
  printf '%s\n' "$installed" | grep -Fqx -- "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

echo "installing:$missing"
root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Not root and no sudo. As root: apt-get install$missing" >&2
    exit 3
  fi
  root=sudo
fi
apt() {
  $root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null
}
apt update
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing
