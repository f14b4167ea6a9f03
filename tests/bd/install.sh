#!/usr/bin/env bash
# Builds bd from its Go module, for tests/cli/beads_real.rs: install.sh DIR [VERSION]... makes DIR/VERSION/bd.
# Without a version: 0.47.1, the last line that keeps its issues in a file (2 minutes on 2 cores). 1.0.5, which keeps
# them in Dolt, takes 6 to 10.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: install.sh DIR [VERSION]..." >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd) module=github.com/steveyegge/beads
shift
[ $# -ge 1 ] || set -- 0.47.1
command -v go >/dev/null || { echo "no go: bd cannot be built" >&2; exit 1; }
for version in "$@"; do
  [ -x "$dir/$version/bd" ] && continue
  # By way of `go mod download`: `go install` asks the module proxy for a list of versions, which not every proxy has.
  source=$(cd "$dir" && go mod download -json "$module@v$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  [ -d "$source" ] || { echo "$module@v$version cannot be had" >&2; exit 1; }
  mkdir -p "$dir/$version"
  go build -C "$source" -o "$dir/$version/bd.new" ./cmd/bd
  mv "$dir/$version/bd.new" "$dir/$version/bd"
  "$dir/$version/bd" --version >&2
done
