
use builtin;
use str;

set edit:completion:arg-completer[taskrun] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'taskrun'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'taskrun'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand agent 'See which coding agents there are'
            cand workspace 'Make, choose and list workspaces'
            cand skill 'Show the skills: kinds of work with their stories, gates and prompts'
            cand completions 'Print a shell''s completion script'
            cand man 'Print the manual page, or write all of them into a directory'
        }
        &'taskrun;agent'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the agents that can be named, and which are installed'
        }
        &'taskrun;agent;list'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;workspace'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand init 'Make a directory a workspace: `.taskrun/` and, where there is none, `.beads/`'
            cand set 'Choose the workspace to use where no other is found'
            cand get 'Print the workspace in force'
            cand list 'List the workspaces that were made or set; `*` marks the one in force'
            cand forget 'Take a workspace off the list; its files stay'
        }
        &'taskrun;workspace;init'= {
            cand --prefix 'What new task ids begin with'
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;workspace;set'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;workspace;get'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;workspace;list'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;workspace;forget'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;skill'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the skills'
            cand get 'Show one skill'
        }
        &'taskrun;skill;list'= {
            cand --stack 'Only those for this stack'
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;skill;get'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;completions'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'taskrun;man'= {
            cand -C 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --workspace 'Work in this directory''s workspace [env: `TASKRUN_WORKSPACE`]'
            cand --color 'When to use colours'
            cand --json 'Print results as JSON (runs: one event a line)'
            cand -q 'Say less: no progress'
            cand --quiet 'Say less: no progress'
            cand -v 'Say more'
            cand --verbose 'Say more'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
