# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_taskrun_global_optspecs
    string join \n C/workspace= json q/quiet v/verbose color= h/help V/version
end

function __fish_taskrun_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_taskrun_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_taskrun_using_subcommand
    set -l cmd (__fish_taskrun_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c taskrun -n "__fish_taskrun_needs_command" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_needs_command" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_needs_command" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_needs_command" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_needs_command" -s V -l version -d 'Print version'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "agent" -d 'See which coding agents there are'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "workspace" -d 'Make, choose and list workspaces'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "skill" -d 'Show the skills: kinds of work with their stories, gates and prompts'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "man" -d 'Print the manual page, or write all of them into a directory'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List the agents that can be named, and which are installed'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -f -a "init" -d 'Make a directory a workspace: `.taskrun/` and, where there is none, `.beads/`'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -f -a "set" -d 'Choose the workspace to use where no other is found'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -f -a "get" -d 'Print the workspace in force'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -f -a "list" -d 'List the workspaces that were made or set; `*` marks the one in force'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and not __fish_seen_subcommand_from init set get list forget" -f -a "forget" -d 'Take a workspace off the list; its files stay'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -l prefix -d 'What new task ids begin with' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand workspace; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -f -a "list" -d 'List the skills'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get" -f -a "get" -d 'Show one skill'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -l stack -d 'Only those for this stack' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
