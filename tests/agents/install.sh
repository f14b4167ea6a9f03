#!/usr/bin/env bash
# install.sh DIR [claude codex opencode gemini]   The agents that tests/agents is written for, in these
# versions, by npm, into DIR; all four when none is named. What is there already is left as it is. Then
#   TASKRUN_AGENTS=DIR cargo test --test agents              (all that are there)
#   TASKRUN_AGENTS=DIR cargo test --test agents opencode     (one of them)
# runs the tests: Claude Code and Codex take a second or two each, OpenCode and Gemini 5 to 10 a run.
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
mkdir -p "$1/bin"
dir=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- claude codex opencode gemini

case $(uname -s) in Darwin) os=darwin ;; *) os=linux ;; esac
case $(uname -m) in aarch64 | arm64) cpu=arm64 ;; *) cpu=x64 ;; esac

# NAME PACKAGE@VERSION PROGRAM-IN-node_modules
install() {
  local home=$dir/$1
  if [ "$(cat "$home/installed" 2>/dev/null)" != "$2" ]; then
    rm -rf "$home"
    mkdir -p "$home"
    local try
    for try in 1 2 3; do
      echo "installing $2 (try $try)" >&2
      # No script of a package is run: only OpenCode has one, which copies the program that is linked below.
      if npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --loglevel=error "$2" >&2; then
        break
      fi
      [ "$try" -lt 3 ] || { echo "error: $2 could not be installed" >&2; return 1; }
      sleep $((try * 5))
    done
  fi
  ln -sfn "../$1/node_modules/$3" "$dir/bin/$1"
  [ -x "$dir/bin/$1" ] || { echo "error: $2 holds no program $3" >&2; return 1; }
  echo "$2" >"$home/installed"
}

for agent; do
  case $agent in
    # The native binary: the package around it wants a newer node than many have.
    claude) install claude "@anthropic-ai/claude-code-$os-$cpu@2.1.328" "@anthropic-ai/claude-code-$os-$cpu/claude" ;;
    codex) install codex @openai/codex@0.169.0 .bin/codex ;;
    opencode) install opencode opencode-ai@1.18.33 "opencode-$os-$cpu/bin/opencode" ;;
    gemini) install gemini @google/gemini-cli@0.61.0 .bin/gemini ;;
    *) echo "error: unknown agent \`$agent\`" >&2; exit 2 ;;
  esac
done
