# shellcheck shell=bash
# What ./run and ./test share: messages, and installing what is missing. Sourced, not run.
#
# Installs only what is not there, with the system's own tools: apt on Debian and Ubuntu (as
# root or through sudo), Homebrew on macOS, rustup for Rust. Works with the bash 3.2 of macOS.

KADR_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools that the system has only in versions too old for us.
KADR_TOOLS=$KADR_ROOT/target/tools
RUST_WANTED=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$KADR_ROOT/Cargo.toml")
NODE_WANTED=20

if [ -t 1 ]; then BOLD=$'\033[1m' RED=$'\033[31m' PLAIN=$'\033[0m'; else BOLD='' RED='' PLAIN=''; fi

# One line about what happens now.
say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*"; }

# One clear sentence, and the end.
die() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Is version $1 at least $2? Numbers between dots; what follows a dash is not looked at.
at_least() {
  local IFS=. index
  local -a is wanted
  read -r -a is <<<"${1%%-*}"
  read -r -a wanted <<<"$2"
  for index in 0 1 2; do
    if [ "${is[index]:-0}" -gt "${wanted[index]:-0}" ]; then return 0; fi
    if [ "${is[index]:-0}" -lt "${wanted[index]:-0}" ]; then return 1; fi
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "installing packages needs root or sudo; have someone run: $*"
  fi
}

# Installs packages of the system: install_packages "what for" package…
install_packages() {
  local purpose=$1
  shift
  say "Installing $purpose: $*"
  case $(uname -s) in
    Darwin)
      have brew || die "$purpose comes from Homebrew; install it from https://brew.sh and try again"
      brew install --quiet "$@" || die "Homebrew could not install $purpose; its own message is above"
      ;;
    *)
      have apt-get || die "$purpose is missing and this system has no apt-get; install it by hand: $*"
      if [ -z "${KADR_APT_UPDATED:-}" ]; then
        as_root apt-get update -qq || die "the list of packages could not be fetched; is the network there?"
        KADR_APT_UPDATED=1
      fi
      as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        die "apt could not install $purpose; its own message is above"
      ;;
  esac
}

is_mac() { [ "$(uname -s)" = Darwin ]; }

FFMPEG_LIBRARIES="libavcodec libavfilter libavformat libavutil libswresample libswscale"

has_libclang() {
  [ -n "${LIBCLANG_PATH:-}" ] && return 0
  if is_mac; then
    [ -e "$(xcode-select -p 2>/dev/null)/usr/lib/libclang.dylib" ] ||
      [ -e "$(xcode-select -p 2>/dev/null)/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib" ] ||
      [ -e "$(brew --prefix llvm 2>/dev/null)/lib/libclang.dylib" ]
  else
    have clang && ls /usr/lib/llvm-*/lib/libclang*.so* >/dev/null 2>&1
  fi
}

# What compiling needs besides Rust: a C compiler, pkg-config, libclang (it reads FFmpeg's
# headers) and FFmpeg's libraries.
ensure_libraries() {
  if is_mac; then
    have cc || die "the C compiler is missing: run xcode-select --install and try again"
    have pkg-config || install_packages "pkg-config" pkg-config
    has_libclang || install_packages "libclang" llvm
    # shellcheck disable=SC2086 # a list of words
    pkg-config --exists $FFMPEG_LIBRARIES || install_packages "FFmpeg" ffmpeg
    return
  fi
  local missing=() library
  have cc || missing+=(build-essential)
  have pkg-config || missing+=(pkg-config)
  has_libclang || missing+=(clang libclang-dev)
  for library in $FFMPEG_LIBRARIES; do
    pkg-config --exists "$library" 2>/dev/null || missing+=("$library-dev")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    install_packages "what compiling needs" "${missing[@]}"
  fi
}

# Rustup, from its script or, where that host cannot be reached, from where the script would
# have fetched it.
install_rust() {
  local installer=$1/rustup-init.tmp triple
  say "Installing Rust with rustup into $1"
  mkdir -p "$1"
  local options=(-y --quiet --profile minimal --default-toolchain stable --target wasm32-unknown-unknown)
  if curl --proto '=https' --tlsv1.2 -sSf --retry 2 -o "$installer" https://sh.rustup.rs 2>/dev/null; then
    RUSTUP_INIT_SKIP_PATH_CHECK=yes sh "$installer" "${options[@]}" || die "rustup could not install Rust; its own message is above"
  else
    case $(uname -s)-$(uname -m) in
      Linux-x86_64) triple=x86_64-unknown-linux-gnu ;;
      Linux-aarch64 | Linux-arm64) triple=aarch64-unknown-linux-gnu ;;
      Darwin-arm64) triple=aarch64-apple-darwin ;;
      Darwin-x86_64) triple=x86_64-apple-darwin ;;
      *) die "https://sh.rustup.rs could not be reached; install Rust $RUST_WANTED or newer by hand" ;;
    esac
    curl --proto '=https' --tlsv1.2 -sSf --retry 2 -o "$installer" "https://static.rust-lang.org/rustup/dist/$triple/rustup-init" ||
      die "neither sh.rustup.rs nor static.rust-lang.org could be reached; install Rust $RUST_WANTED or newer by hand"
    # Rustup looks at the name it is called by.
    mv "$installer" "$1/rustup-init"
    installer=$1/rustup-init
    chmod +x "$installer"
    RUSTUP_INIT_SKIP_PATH_CHECK=yes "$installer" "${options[@]}" || die "rustup could not install Rust; its own message is above"
  fi
  rm -f "$installer"
}

# Rust with the wasm target. Components beyond the compiler are named: ensure_rust rustfmt clippy
ensure_rust() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo} component version
  # A fresh rustup is in the path of the next login only.
  case :$PATH: in *":$cargo_home/bin:"*) ;; *) PATH=$cargo_home/bin:$PATH ;; esac
  export PATH
  version=$(cd "$KADR_ROOT" && rustc --version 2>/dev/null | cut -d' ' -f2) || version=
  if [ -n "$version" ] && have cargo && ! at_least "$version" "$RUST_WANTED"; then
    if have rustup; then
      say "Updating Rust $version: $RUST_WANTED is needed"
      rustup update --no-self-update stable || die "rustup could not update Rust; its own message is above"
      version=$(cd "$KADR_ROOT" && rustc --version | cut -d' ' -f2)
      at_least "$version" "$RUST_WANTED" ||
        die "Rust $RUST_WANTED is needed and rustup's toolchain for this folder is $version; run rustup default stable"
    else
      # The distribution's Rust stays as it is; ours stands before it in the path.
      version=
    fi
  fi
  if [ -z "$version" ] || ! have cargo; then
    if ! have curl; then
      if is_mac; then die "curl is missing"; fi
      install_packages "curl" curl ca-certificates
    fi
    install_rust "$cargo_home"
    hash -r
  fi
  if [ ! -d "$(cd "$KADR_ROOT" && rustc --print target-libdir --target wasm32-unknown-unknown)" ]; then
    have rustup || die "this Rust has no wasm32-unknown-unknown target and no rustup to add it; install Rust from https://rustup.rs"
    say "Adding Rust's WebAssembly target"
    (cd "$KADR_ROOT" && rustup target add wasm32-unknown-unknown) || die "rustup could not add the WebAssembly target; its own message is above"
  fi
  for component in "$@"; do
    case $component in rustfmt) command=fmt ;; *) command=$component ;; esac
    if ! cargo "$command" --version >/dev/null 2>&1; then
      have rustup || die "cargo $command is missing; install Rust from https://rustup.rs"
      say "Adding Rust's $component"
      rustup component add "$component" || die "rustup could not add $component; its own message is above"
    fi
  done
}

node_version() { node --version 2>/dev/null | sed 's/^v//'; }

node_is_new_enough() { have node && have npm && at_least "$(node_version)" "$NODE_WANTED"; }

# Node.js and npm. Where the distribution's Node.js is too old (Debian 12, Ubuntu 24.04), a
# newer one comes from the npm registry into target/tools: the package node-linux-* is the
# official binary, and nothing else on the machine changes.
ensure_node() {
  PATH=$KADR_TOOLS/node_modules/.bin:$KADR_TOOLS/bin:$PATH
  export PATH
  if node_is_new_enough; then return; fi
  if is_mac; then
    install_packages "Node.js" node
  elif ! have npm; then
    install_packages "Node.js" nodejs npm
  fi
  hash -r
  if node_is_new_enough; then return; fi

  local machine
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) machine=linux-x64 ;;
    Linux-aarch64 | Linux-arm64) machine=linux-arm64 ;;
    *) die "Node.js $NODE_WANTED or newer is needed, this one is $(node_version); install it from https://nodejs.org" ;;
  esac
  say "Node.js $(node_version) is too old; fetching Node.js $NODE_WANTED from the npm registry"
  mkdir -p "$KADR_TOOLS/bin"
  npm install --prefix "$KADR_TOOLS" --no-save --ignore-scripts --no-fund --no-audit --loglevel=error \
    "node-$machine@$NODE_WANTED" npm@10 || die "npm could not fetch Node.js $NODE_WANTED; its own message is above"
  ln -sf "$KADR_TOOLS/node_modules/node-$machine/bin/node" "$KADR_TOOLS/bin/node"
  hash -r
  node_is_new_enough || die "the fetched Node.js does not start here; install Node.js $NODE_WANTED or newer by hand"
}
