# Shared by the scripts of this folder: named steps with their time, and tools installed where that is possible.
# Sourced, not run.

STEPS=()

# step WHAT COMMAND...: say what is done, do it, say how long it took; the first that fails ends the script.
step() {
  local what=$1 began=$SECONDS
  shift
  printf '\n=== %s\n' "$what"
  "$@" || { local code=$?; printf '=== FAILED after %d s: %s\n' $((SECONDS - began)) "$what"; exit "$code"; }
  STEPS+=("$(printf '%5d s  %s' $((SECONDS - began)) "$what")")
}

# skip WHAT WHY: say that a step is left out, and why.
skip() {
  printf '\n=== skipped: %s (%s)\n' "$1" "$2"
  STEPS+=("$(printf 'skipped  %s (%s)' "$1" "$2")")
}

# tool PACKAGE: install a Debian package quietly; fails where there is no apt, no right or no network.
tool() {
  command -v apt-get >/dev/null || return 1
  DEBIAN_FRONTEND=noninteractive timeout 180 apt-get install -y -qq "$1" >/dev/null 2>&1 ||
    { timeout 180 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 180 apt-get install -y -qq "$1"; } \
      >/dev/null 2>&1
}
