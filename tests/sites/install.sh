#!/usr/bin/env bash
# install.sh DIR [vite astro eleventy next]   The sites that tests/cli/site_real.rs serves, with their tools by npm in
# these versions, each in a folder of DIR; all four when none is named. What is there already is left as it is. Then
#   TASKRUN_SITES=DIR cargo test --test cli site_real
# runs the tests. It fails with a word where there is no npm, or a node that these tools do not run on.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
own=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- vite astro eleventy next

command -v npm >/dev/null && command -v node >/dev/null || { echo "error: npm and node are missing" >&2; exit 1; }
node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
  process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
  { echo "error: node $(node --version) is too old for these sites: 20.19 is needed" >&2; exit 1; }

# NAME PACKAGE@VERSION...
install() {
  local home=$dir/$1
  local packages=("${@:2}")
  if [ "$(cat "$home/installed" 2>/dev/null)" = "${packages[*]}" ]; then return; fi
  rm -rf "$home"
  mkdir -p "$home"
  cp -R "$own/$1/." "$home/"
  local try
  for try in 1 2 3; do
    echo "installing ${packages[*]} (try $try)" >&2
    # No script of a package is run.
    if npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error \
      "${packages[@]}" >&2; then
      echo "${packages[*]}" >"$home/installed"
      return
    fi
    [ "$try" -lt 3 ] || { echo "error: ${packages[*]} could not be installed" >&2; return 1; }
    sleep $((try * 5))
  done
}

for site; do
  case $site in
    vite) install vite vite@7.3.0 @vitejs/plugin-react@5.1.0 react@19.2.0 react-dom@19.2.0 ;;
    astro) install astro astro@5.18.0 ;;
    eleventy) install eleventy @11ty/eleventy@3.1.2 ;;
    next) install next next@16.4.6 react@19.2.0 react-dom@19.2.0 ;;
    *) echo "error: unknown site \`$site\`" >&2; exit 2 ;;
  esac
done
