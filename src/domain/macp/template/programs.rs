//! What is known of programs: which run what they are given, or read it as code, and which never do. Pure.

use super::shell::Word;

/// Programs that read a script's file, and hand all that follows to it.
#[rustfmt::skip]
const SCRIPTED: &[&str] = &[
    "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "python", "pypy", "ruby", "node", "php", "lua",
];

/// Programs that run other programs.
#[rustfmt::skip]
const RUNNERS: &[&str] = &[
    "env", "xargs", "sudo", "doas", "su", "runuser", "pkexec", "timeout", "nohup", "setsid", "setpriv",
    "eval", "exec", "ssh", "rsh", "mosh", "dsh", "pdsh", "perl", "awk", "gawk", "mawk", "nawk", "busybox",
];

/// More that run others or take code, of whatever kind: names that are words as well.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    // wrappers
    "nice", "ionice", "chrt", "taskset", "numactl", "stdbuf", "unbuffer", "flock", "setlock", "time",
    "strace", "ltrace", "gdb", "lldb", "valgrind", "perf", "rr", "script", "expect", "watch", "parallel",
    "entr", "watchexec", "at", "batch", "cron", "crontab", "systemd-run", "systemctl", "start-stop-daemon",
    "daemonize", "chpst", "softlimit", "envdir", "setuidgid", "s6-setuidgid", "gosu", "su-exec", "tini",
    "dumb-init", "catatonit", "unshare", "nsenter", "chroot", "setarch", "linux", "uname26", "fakeroot",
    "proot", "bwrap", "firejail", "cgexec", "prlimit", "choom", "command", "builtin", "source", "trap",
    "coproc", "nohup.sh", "screen", "tmux", "dtach", "abduco", "reptyr", "socat", "nc", "ncat", "netcat",
    "ld.so", "direnv", "dotenv", "with-contenv", "faketime", "torsocks", "proxychains", "proxychains4",
    "tsocks", "xvfb-run", "dbus-run-session", "dbus-launch", "ssh-agent", "gpg-agent", "op", "doppler",
    "vault", "aws-vault", "chamber",
    // elsewhere
    "scp", "sftp", "rsync", "rclone", "docker", "podman", "nerdctl", "kubectl", "oc", "srun", "sbatch",
    "salloc", "qsub", "bsub", "lxc", "lxc-attach", "machinectl", "flatpak", "snap", "distrobox", "toolbox",
    "vagrant", "wsl", "adb", "ansible", "ansible-playbook", "salt", "fab", "terraform", "helm", "wine",
    "mono", "dotnet", "qemu", "apptainer", "singularity",
    // interpreters
    "deno", "bun", "tclsh", "wish", "osascript", "pwsh", "powershell", "csh", "tcsh", "rc", "es", "elvish",
    "nu", "xonsh", "rscript", "r", "julia", "octave", "matlab", "guile", "racket", "scheme", "sbcl", "clisp",
    "ecl", "clojure", "clj", "elixir", "erl", "escript", "iex", "ghc", "runghc", "runhaskell", "ocaml",
    "java", "javac", "jshell", "kotlin", "scala", "groovy", "swift", "luajit", "texlua", "tex", "latex",
    "pdflatex", "xelatex", "lualatex", "gs", "m4", "bc", "dc", "sed", "gsed", "ed", "jq", "gojq", "jaq", "yq",
    "xsltproc", "gnuplot", "magick", "convert", "mogrify", "ffmpeg", "ipython", "jupyter", "uv", "uvx",
    "pipx", "poetry", "pipenv", "hatch", "tox", "nox", "rye", "pdm", "conda", "mamba", "ts-node", "tsx",
    // builders and packages
    "make", "gmake", "bmake", "cmake", "ctest", "ninja", "meson", "scons", "rake", "just", "task", "bazel",
    "buck", "gradle", "gradlew", "mvn", "ant", "sbt", "cargo", "rustc", "go", "npm", "npx", "pnpm", "pnpx",
    "yarn", "corepack", "pip", "gem", "bundle", "bundler", "composer", "nix", "nix-shell", "nix-build",
    "guix", "apt", "apt-get", "dpkg", "rpm", "dnf", "yum", "apk", "brew", "pacman", "gcc", "g++", "cc", "c++",
    "cpp", "clang", "clang++", "ld", "tcc", "pre-commit", "pytest",
    // what has options that run something
    "git", "gh", "glab", "hg", "svn", "cvs", "jj", "find", "fd", "fdfind", "tar", "gtar", "bsdtar", "zip",
    "unzip", "cpio", "split", "csplit", "install", "logrotate", "run-parts", "update-alternatives", "vim",
    "vi", "nvim", "view", "ex", "emacs", "emacsclient", "nano", "less", "more", "most", "man", "info", "lynx",
    "w3m", "mail", "mailx", "mutt", "sendmail", "psql", "mysql", "mariadb", "sqlite", "duckdb", "redis-cli",
    "mongosh", "openssl", "gpg", "tcpdump", "nmap", "ip", "dmsetup", "mount", "ssh-keygen", "ssh-add", "wget",
    "aria2c", "yt-dlp", "youtube-dl", "rg", "ag", "ack", "fzf", "bd", "beads",
    // agents, and we
    "taskrun", "claude", "codex", "gemini", "opencode", "aider", "cursor-agent", "amp", "goose", "llm",
];

/// Programs that do nothing with any argument but read, write or show it.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "echo", "printf", "cat", "wc", "head", "tail", "grep", "ls", "stat", "touch", "mkdir", "rmdir", "rm",
    "cp", "mv", "ln", "true", "false", "test", "basename", "dirname", "realpath", "readlink", "md5sum",
    "sha1sum", "sha256sum", "sha512sum", "cksum", "cut", "tr", "uniq", "diff", "cmp", "file", "logger",
    "notify-send", "sleep", "tee", "chmod", "du", "base",
];

/// A program's name: without its directory, and `python` for `python3.12`.
pub fn name(program: &str) -> &str {
    let name = program.rsplit('/').next().unwrap_or(program);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    if bare.is_empty() { name } else { bare }
}

fn is_one_of(program: &str, lists: &[&[&str]]) -> bool {
    let name = name(program).to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    lists.iter().any(|list| list.contains(&name))
}

/// Whether it runs what it is given, or reads it as code.
pub fn runs(program: &str) -> bool {
    let name = name(program);
    let loader = name.starts_with("ld-linux") || name.starts_with("ld-musl") || name.starts_with("qemu-");
    loader || is_one_of(program, &[SCRIPTED, RUNNERS, OTHERS])
}

/// Whether a word can only be the name of a program that runs others, even as an argument.
pub fn is_runner(word: &str) -> bool {
    is_one_of(word, &[SCRIPTED, RUNNERS])
}

/// Whether no argument of it can be code.
pub fn is_harmless(program: &str) -> bool {
    is_one_of(program, &[HARMLESS])
}

/// Whether these words are an interpreter and a script's file: what follows is for the script alone.
pub fn is_script(words: &[Word]) -> bool {
    let [program, script, ..] = words else { return false };
    let file = script.literal.contains(['/', '.']) && !script.literal.starts_with('-');
    is_one_of(&program.literal, &[SCRIPTED]) && script.fixed && file && !is_runner(&script.literal)
}

/// Whether what comes after this option is code, wherever there is such an option.
pub fn is_code_option(option: &str) -> bool {
    ["-c", "-e", "-exec", "-execdir"].contains(&option) || option.starts_with("--") && is_code_name(option)
}

/// Whether an option's name says that code or a program follows.
pub fn is_code_name(option: &str) -> bool {
    let words = [
        "command", "cmd", "exec", "eval", "shell", "rsh", "program", "action", "hook", "script", "editor",
        "pager",
    ];
    let name = option.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}
