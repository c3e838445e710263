#!/usr/bin/env bash
# Prepare .venv from pinned, hashed packages; with --test also what the tests need. Nothing outside this folder is
# touched but Debian packages, which are named first. A second run does nothing and needs no network. Where there is a
# C compiler, the scanner of CoT XML is compiled; only --test installs one.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=${PATH//"$PWD/.venv/bin:"/} # make puts it first; .venv is made with the Python of the system

die() { echo "setup: $*" >&2; exit 1; }

install_packages() { # name Debian packages, then install them
  local sudo=""
  echo "setup: needs the system packages: $*"
  [ "$(id -u)" = 0 ] || sudo="sudo"
  command -v apt-get >/dev/null || die "no apt-get here: install the equivalents of: $*"
  [ -z "$sudo" ] || command -v sudo >/dev/null || die "not root and no sudo: ask your administrator for: apt-get install $*"
  $sudo apt-get update -qq >/dev/null || die "apt-get update failed: is the network there?"
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >/dev/null || die "apt-get install $* failed"
}

stamp_of() { { cat "$@" scripts/setup.sh; echo "$PWD"; "$python" --version; } | sha256sum | cut -d' ' -f1; }
whole() { # is .venv made here (a moved or copied one points elsewhere), and to its end?
  grep -qF -- " $PWD/.venv" .venv/pyvenv.cfg 2>/dev/null && .venv/bin/python -m pip --version >/dev/null 2>&1
}
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

python=""
for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
  [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
  "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { python=$candidate; break; }
done
[ -n "$python" ] || die "Python 3.11 or newer is missing: apt-get install python3 python3-venv, or set PYTHON"

headers() { "$python" -c 'import os, sysconfig as s; raise SystemExit(not os.path.exists(s.get_path("include") + "/Python.h"))'; }
if [ "${1:-}" = --test ]; then
  missing=()
  command -v cc >/dev/null || missing+=(gcc)
  [ -f /usr/include/stdlib.h ] || missing+=(libc6-dev)
  headers || missing+=(python3-dev)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
fi

# A compiler that appeared, or went, is a reason to build again.
builds=$(command -v cc gcc clang || true; headers && echo headers || true)
runtime=$(stamp_of requirements/build.txt requirements/runtime.txt pyproject.toml hatch_build.py src/jointhq/cot/_scan.c)
runtime=$(echo "$runtime $builds" | sha256sum | cut -d' ' -f1)
if ! fresh .venv/stamp-runtime "$runtime"; then
  if ! whole; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv
    "$python" -m venv --clear "$PWD/.venv" || die "can't make .venv with $python"
  fi
  echo "setup: installing Python packages into .venv"
  pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input)
  "${pip[@]}" --require-hashes -r requirements/build.txt -r requirements/runtime.txt ||
    die "pip failed: the first set-up needs a package index; later ones work offline"
  "${pip[@]}" --no-deps --no-build-isolation --editable . || die "can't install jointhq into .venv"
  echo "$runtime" > .venv/stamp-runtime
fi
[ "${1:-}" = --test ] || exit 0

test=$(stamp_of requirements/test.txt package-lock.json tests/clients/node/package-lock.json)
if ! fresh .venv/stamp-test "$test"; then
  missing=()
  command -v chromium-headless-shell >/dev/null || missing+=(chromium-headless-shell)
  fc-list :lang=ja 2>/dev/null | grep -q . || missing+=(fontconfig fonts-ipafont-gothic)
  compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
  [ ${#missing[@]} = 0 ] || install_packages "${missing[@]}"
  echo "setup: installing what the tests need into .venv and node_modules"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes \
    -r requirements/test.txt || die "pip failed: the first set-up needs a package index; later ones work offline"
  for folder in . tests/clients/node; do
    (cd "$folder" && PATH="$OLDPWD/.venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) ||
      die "npm ci failed in $folder: the first set-up needs a package registry; later ones work offline"
  done
  echo "$test" > .venv/stamp-test
fi
