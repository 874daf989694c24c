#!/usr/bin/env bash
# Installs the build tools that are missing, into the project's own folder: the wasm target, wasm-bindgen, trunk,
# and the npm packages. With --browsers also Debian's Chromium and Firefox, for the browser tests.
#
# A tool of the right version on the PATH is used as it is, and what another checkout compiled on this machine is copied:
# a copy of each is kept in the user's cache folder, RUNWEAVE_CACHE or ~/.cache/runweave. Prints the folders to put before the PATH:
#   PATH="$(tests/tools.sh):$PATH" trunk build --release
# All progress goes to the standard error.
set -euo pipefail
cd "$(dirname "$0")/.."

WASM_BINDGEN=0.2.130 # the same as in Cargo.toml
TRUNK=0.21.14        # 0.22 needs a newer compiler
WASM_SPLIT=0.2.4     # of the same release as wasm_split_helpers, which Leptos names
TOOLS="$PWD/.runweave/tools"
CACHE="${RUNWEAVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/runweave}/tools"

say() { echo "tools: $*" >&2; }

# Whether a program of a version is there: `fits trunk 0.21.14`.
fits() {
  local found
  found=$(PATH="$TOOLS/bin:$PATH" "$1" --version 2>/dev/null | head -n 1 | tr -s ' ' | cut -d ' ' -f 2) || return 1
  [[ "$found" == "$2" ]]
}

# The names of a tool's copies in the cache. What compiled them and for which machine is part of it.
cached() { echo "$CACHE/$(rustc --print host-tuple 2>/dev/null || uname -m)/$1-$2"; }

# Takes a program from the cache, if it is there: `recall trunk 0.21.14`.
recall() {
  local copy
  copy=$(cached "$1" "$2")
  [[ -x $copy ]] || return 1
  mkdir -p "$TOOLS/bin"
  cp "$copy" "$TOOLS/bin/$1"
}

# Keeps a program for other checkouts; the project does without where that cannot be.
remember() {
  local copy
  copy=$(cached "$1" "$2")
  if [[ -x $copy || ! -x $TOOLS/bin/$1 ]]; then return; fi
  mkdir -p "${copy%/*}" && cp "$TOOLS/bin/$1" "$copy.new-$$" && mv "$copy.new-$$" "$copy" ||
    say "$1 $2 could not be kept in $CACHE for other checkouts"
}

# cargo install, into the project. Quick to compile matters more than quick to run; not into the project's target
# folder, which has other flags.
quick_install() {
  CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0 \
    CARGO_TARGET_DIR="$PWD/.runweave/tools-target" RUSTFLAGS='' \
    cargo install --quiet --root "$TOOLS" "$@" >&2
}

# Installs a program of crates.io: `install trunk trunk 0.21.14 "about 8 minutes" --locked`.
install() {
  local package=$1 program=$2 version=$3 duration=$4
  shift 4
  if fits "$program" "$version"; then
    remember "$program" "$version"
    return
  fi
  if recall "$program" "$version" && fits "$program" "$version"; then
    say "$package $version copied from another checkout"
    return
  fi
  local begin=$SECONDS
  if command -v cargo-binstall >/dev/null; then
    say "fetching $package $version with cargo-binstall"
    cargo binstall --no-confirm --disable-strategies compile --root "$TOOLS" --version "$version" "$package" >&2 || true
    if fits "$program" "$version"; then return; fi
  fi
  say "compiling $package $version, $duration, once"
  quick_install --version "$version" "$@" "$package"
  fits "$program" "$version" || { say "$program $version is still not there"; exit 1; }
  remember "$program" "$version"
  say "$package $version took $((SECONDS - begin)) s"
}

# The program that splits wasm prints no version: what is written down says which one is there.
install_splitter() {
  mkdir -p "$TOOLS"
  local program=wasm-split-cli package=wasm_split_cli_support list stamp="$TOOLS/wasm-split-$WASM_SPLIT"
  for list in "$TOOLS/.crates.toml" "${CARGO_HOME:-$HOME/.cargo}/.crates.toml"; do
    if grep -qs "^\"$package $WASM_SPLIT " "$list" && [[ -x "${list%/*}/bin/$program" ]]; then touch "$stamp"; fi
  done
  if [[ -e $stamp ]]; then
    remember "$program" "$WASM_SPLIT"
    return
  fi
  if recall "$program" "$WASM_SPLIT"; then
    say "$package $WASM_SPLIT copied from another checkout"
    touch "$stamp"
    return
  fi
  say "compiling $package $WASM_SPLIT, about a minute, once"
  local begin=$SECONDS
  quick_install --version "$WASM_SPLIT" --features build-binary --locked "$package"
  touch "$stamp"
  remember "$program" "$WASM_SPLIT"
  say "$package $WASM_SPLIT took $((SECONDS - begin)) s"
}

cargo_tools() {
  if [[ ! -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]]; then
    say "adding the target wasm32-unknown-unknown"
    rustup target add wasm32-unknown-unknown >&2
  fi
  # Its lock file names a release that the registry does not serve, so without --locked.
  install wasm-bindgen-cli wasm-bindgen "$WASM_BINDGEN" 'about 3 minutes'
  # Without its lock file it does not compile.
  install trunk trunk "$TRUNK" 'about 8 minutes' --locked
  install_splitter
  rm -rf .runweave/tools-target
}

npm_packages() {
  # The stamp is written when all is in place: npm's own lock file is there too after an install that was cut off.
  local stamp=node_modules/.runweave-installed
  if [[ -e $stamp && ! package-lock.json -nt $stamp ]]; then return; fi
  local begin=$SECONDS
  say 'installing the npm packages'
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch "$stamp"
  say "the npm packages took $((SECONDS - begin)) s"
}

browsers() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v firefox-esr >/dev/null || command -v firefox >/dev/null || missing+=(firefox-esr)
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi
  if ! command -v apt-get >/dev/null; then
    say "${missing[*]} not found, and no apt-get to install them with"
    exit 1
  fi
  local begin=$SECONDS sudo=()
  [[ $(id -u) -eq 0 ]] || sudo=(sudo)
  say "installing ${missing[*]}"
  mkdir -p .runweave/log
  {
    "${sudo[@]}" apt-get update -q
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
  } >.runweave/log/browsers.log 2>&1 || { tail -n 20 .runweave/log/browsers.log >&2; exit 1; }
  say "the browsers took $((SECONDS - begin)) s"
}

wants_browsers=
for argument in "$@"; do
  case $argument in
    --browsers) wants_browsers=1 ;;
    *) echo "usage: tests/tools.sh [--browsers]" >&2; exit 2 ;;
  esac
done

# The compilers fill the processors, the rest waits for the network: do both at once.
npm_packages & npm_job=$!
browsers_job=
if [[ -n $wants_browsers ]]; then
  browsers & browsers_job=$!
fi
cargo_tools
wait "$npm_job"
if [[ -n $browsers_job ]]; then wait "$browsers_job"; fi

echo "$TOOLS/bin:$PWD/node_modules/.bin"
