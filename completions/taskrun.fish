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
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "workspace" -d 'Make, choose and list workspaces'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "beads" -d 'Keep tasks and what they wait for in `.beads/issues.jsonl`'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "board" -d 'Show every task in the column it is in'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "loop" -d 'Work the ready tasks with an agent, and see how it goes'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "gates" -d 'Quality gates: the commands that must pass before a task is closed'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "budget" -d 'See what was spent'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "agent" -d 'Ask a coding agent by hand, and see which there are and which run'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "macp" -d 'Keep and work a durable queue of tasks'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "skill" -d 'What to do with skills'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "stack" -d 'What to ask of stacks'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "site" -d 'What to do with sites'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "mission" -d 'What to do with missions'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "demo" -d 'Work a small task graph in a throw-away repository, to see how it goes'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c taskrun -n "__fish_taskrun_needs_command" -f -a "man" -d 'Print the manual page, or write all of them into a directory'
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
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "init" -d 'Make `.beads/issues.jsonl` in this directory, and have git merge it task by task; what is there stays'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "create" -d 'Make a task and print its id'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "ready" -d 'List what can be started now, in the order a loop takes it'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "list" -d 'List the tasks that are not closed'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "show" -d 'Show whole tasks'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "update" -d 'Change tasks: all of those named, or none'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "claim" -d 'Take a task to work on; of many that try, exactly one gets it'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "close" -d 'Close tasks and print what became ready'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "reopen" -d 'Open closed tasks again'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "dep" -d 'Add, remove and show dependencies'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "comment" -d 'Say something about a task'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "sync" -d 'Commit `.beads/`, and nothing else, to git'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "doctor" -d 'Find what is wrong with the tasks\' file, and mend it'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "merge-driver" -d 'Merge two branches\' tasks, one by one; git runs this by itself'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "import" -d 'Take tasks over from a file: Beads, user stories, a checklist, GitHub; all of them, or none'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "export" -d 'Write tasks out: as lines, JSON, a checklist, a table, a graph'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "plan" -d 'Have an agent break a goal into an epic with tasks'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "stats" -d 'Count the tasks by status, type, priority and age, and how fast they are closed'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and not __fish_seen_subcommand_from init create ready list show update claim close reopen dep comment sync doctor merge-driver import export plan stats board" -f -a "board" -d 'Show every task in the column it is in'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -s p -l prefix -d 'What new ids begin with [default: that of the existing ids, else `bd`]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s t -l type -d 'Its type: task, bug, feature, epic, chore, story, or one the file already uses' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s p -l priority -d '0 (the most urgent) to 4, or P0 to P4' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s d -l description -d 'What it is about; `-` reads it from standard input' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l body-file -d 'Read the description from a file; `-` is standard input' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l parent -l epic -d 'The task or epic it belongs to' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l deps -l blocked-by -d 'What must be closed first (`TYPE:ID` for another kind of dependency)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l acceptance -d 'When it is done' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l design -d 'How it is to be built' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s l -l label -l labels -d 'A word to find it by; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s a -l assignee -d 'Who is to work on it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s e -l estimate -d 'How many minutes it may take' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l silent -d 'Print nothing but the id'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s n -l limit -d 'At most so many; 0 is all' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -l epic -l parent -d 'Only what is below this epic' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s l -l label -d 'Only with this label' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s a -l assignee -d 'Only this one\'s' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s s -l sort -d 'By priority and then age, or by age alone' -r -f -a "priority\t'The most urgent, then the oldest'
age\t'The oldest'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from ready" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s s -l status -d 'Only of this status' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s t -l type -d 'Only of this type' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -l epic -l parent -d 'Only what is below this epic' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s l -l label -d 'Only with this label' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -l tree -d 'Indent what belongs to another task below it'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -l all -d 'Closed ones, too'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s s -l status -d 'Where they stand: open, `in_progress`, blocked, deferred, closed, or one of `status.custom` in `.beads/config.yaml`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l title -d 'What is to be done, in a few words' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s d -l description -d 'What they are about; `-` reads it from standard input' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s p -l priority -d '0 (the most urgent) to 4, or P0 to P4' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l notes -d 'What was noted on the way; replaces what is there' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l acceptance -d 'When they are done' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s a -l assignee -d 'Who works on them; an empty text is nobody' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l add-label -d 'A label they get; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l remove-label -d 'A label they lose; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -l as -d 'For whom [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -l while -d 'Give it back when this process ends, as in `--while $$`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -l lease -d 'Give it back after this time' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from claim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -s r -l reason -d 'Why' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from close" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from reopen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -f -a "add" -d 'Make one task wait for another'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -f -a "remove" -d 'End a dependency'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -f -a "tree" -d 'Show what a task depends on, and what that does'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from dep" -f -a "cycles" -d 'Show tasks that wait for each other in a circle; exit code 1 when there are any'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -l as -d 'In whose name [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from comment" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -s m -l message -d 'The commit\'s message' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -l push -d 'Push the branch afterwards [default: `[beads] push` of the settings]'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -l from-bd -d 'First take over what is newer in the database of a `bd` 1.x that lies beside the store'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -l to-bd -d 'First hand over to that database what is newer in the store'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -l fix -d 'Mend what can be mended without a person'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from merge-driver" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -l format -d 'What the file is' -r -f -a "auto\t'Told by its contents'
jsonl\t'Lines of Beads: merged issue by issue, the newest wins'
prd\t'User stories with acceptance criteria (`prd.json`)'
md\t'Checklists in Markdown'
github\t'What `gh issue list --json …` prints'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -l epic -l parent -d 'The epic that new tasks belong to' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -l dry-run -d 'Write nothing, only tell what would be done'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s o -l output -d 'The same' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l format -d 'How it is written' -r -f -a "jsonl\t'The lines of the store, byte for byte'
json\t'One array of whole tasks'
md\t'A checklist in Markdown that can be imported again'
csv\t'A table with a header'
dot\t'A graph for Graphviz'
mermaid\t'A graph for Mermaid'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s s -l status -d 'Only of this status' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s t -l type -d 'Only of this type' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l epic -l parent -d 'Only this epic and what is below it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s l -l label -d 'Only with this label' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l force -d 'Replace a file that is there'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l all -d 'Closed ones in a graph, too; the other formats hold them in any case'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l agent -d 'Agent that plans' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l model -d 'Model to ask the agent for' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l epic -l parent -d 'Put the tasks below this epic instead of a new one' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l budget-usd -d 'Spend at most this much in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l budget-tokens -d 'Use at most this many tokens' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l max-time -d 'End the agent after this time (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Make the tasks without being asked'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l dry-run -d 'Print the plan and make nothing; the agent is asked all the same'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -l site -d 'The tasks of this site\'s epic in a list instead, each below what it belongs to' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -l watch -d 'Show it again whenever something changes, until Ctrl-C, or `q` where it is drawn over the last one'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand beads; and __fish_seen_subcommand_from board" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -l site -d 'The tasks of this site\'s epic in a list instead, each below what it belongs to' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -l watch -d 'Show it again whenever something changes, until Ctrl-C, or `q` where it is drawn over the last one'
complete -c taskrun -n "__fish_taskrun_using_subcommand board" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "run" -d 'Take ready tasks one by one until there is a reason to end'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "start" -d 'Take ready tasks one by one until there is a reason to end'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "status" -d 'Show what the current or last run is doing'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "pause" -d 'Let the run finish its iteration, then wait'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "resume" -d 'Let a paused run go on'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "stop" -d 'Let the run finish its iteration, then end'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "logs" -d 'Show what agents printed'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "history" -d 'List every attempt: what it came to, what it cost, what to go back to'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and not __fish_seen_subcommand_from run start status pause resume stop logs history prompt" -f -a "prompt" -d 'Print the prompt an agent would get for a task'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l agent -d 'Agent that does the work' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l model -d 'Model to ask the agent for' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l skill -d 'Work by this skill: its prompts and gates, its tasks, which are made first where none is open (default: the selected skill, for all tasks); `none` for none' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l site -d 'Work on this site: it is served while the run goes, agents are told of its pages, and `site check` is a gate' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l epic -d 'Only tasks below this epic' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l label -d 'Only tasks with this label' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l task -d 'Only this task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l max-iterations -d 'End after N iterations' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l budget-usd -d 'Spend at most this much in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l budget-tokens -d 'Use at most this many tokens' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l max-time -d 'End after this time (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l max-attempts -d 'Attempts on one task before a person is asked' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l gate -d 'A shell command that must pass before a task is closed, beside the configured ones' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l verify -d 'Who judges, after green gates, whether a task is done (default: `loop.verify` of the settings)' -r -f -a "none\t'Nobody: the gates decide'
agent\t'A second agent, which sees the task, its criteria and what was changed'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l launcher -d 'Hand agent and gates to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l on-rate-limit -d 'What to do when the provider makes the agent wait: wait too, exit (75), or take the next of `agent.fallback`' -r -f -a "wait\t'Wait until it is over'
exit\t'End the run with exit code 75'
fallback\t'Go on with the next agent of `agent.fallback`'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l once -d 'One iteration; exit 0 when its task is closed or none is ready, 1 when not, 4 when a person is needed'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l no-gates -d 'Leave the configured gates out'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l commit -d 'Commit what a task changed (the default)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l no-commit -d 'Do not commit'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l confirm -d 'Ask before a task is closed'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l dry-run -d 'Show what would be done, and do nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l print-prompt -d 'Print the prompt of the next task, and do nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l agent -d 'Agent that does the work' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l model -d 'Model to ask the agent for' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l skill -d 'Work by this skill: its prompts and gates, its tasks, which are made first where none is open (default: the selected skill, for all tasks); `none` for none' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l site -d 'Work on this site: it is served while the run goes, agents are told of its pages, and `site check` is a gate' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l epic -d 'Only tasks below this epic' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l label -d 'Only tasks with this label' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l task -d 'Only this task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l max-iterations -d 'End after N iterations' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l budget-usd -d 'Spend at most this much in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l budget-tokens -d 'Use at most this many tokens' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l max-time -d 'End after this time (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l max-attempts -d 'Attempts on one task before a person is asked' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l gate -d 'A shell command that must pass before a task is closed, beside the configured ones' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l verify -d 'Who judges, after green gates, whether a task is done (default: `loop.verify` of the settings)' -r -f -a "none\t'Nobody: the gates decide'
agent\t'A second agent, which sees the task, its criteria and what was changed'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l launcher -d 'Hand agent and gates to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l on-rate-limit -d 'What to do when the provider makes the agent wait: wait too, exit (75), or take the next of `agent.fallback`' -r -f -a "wait\t'Wait until it is over'
exit\t'End the run with exit code 75'
fallback\t'Go on with the next agent of `agent.fallback`'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l once -d 'One iteration; exit 0 when its task is closed or none is ready, 1 when not, 4 when a person is needed'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l no-gates -d 'Leave the configured gates out'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l commit -d 'Commit what a task changed (the default)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l no-commit -d 'Do not commit'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l confirm -d 'Ask before a task is closed'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l dry-run -d 'Show what would be done, and do nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l print-prompt -d 'Print the prompt of the next task, and do nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -l now -d 'End the agent now, and wait until all is ended'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -s i -l iteration -d 'Only this iteration' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -l task -d 'Only attempts on this task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -l run -d 'Only attempts of this run' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -s n -l limit -d 'Only the last N attempts' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -l skill -d 'Skill to go by (default: the selected one); `none` for none' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand loop; and __fish_seen_subcommand_from prompt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -f -a "run" -d 'Run all gates; exit 1 when one is red'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and not __fish_seen_subcommand_from run list" -f -a "list" -d 'List the gates in force for this project'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -l gate -d 'A shell command to run beside the configured ones' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -l launcher -d 'Hand the gates to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand gates; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and not __fish_seen_subcommand_from show" -f -a "show" -d 'Add up what all attempts on record spent'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -l by -d 'What to add up by' -r -f -a "task\t'Each task'
epic\t'Each epic'
agent\t'Each agent'
model\t'Each model'
day\t'Each day (UTC)'"
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -l epic -d 'Only what belongs to this epic' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand budget; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -f -a "list" -d 'List the agents that can be named: which are installed, their versions, what they can do'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -f -a "prompt" -d 'Hand a prompt to an agent and print its answer as it comes'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -f -a "status" -d 'Show which agents run, or what the last one came to'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -f -a "logs" -d 'Print what an agent printed, or remove what old runs left'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and not __fish_seen_subcommand_from list prompt status logs stop" -f -a "stop" -d 'End a running agent now, and wait until all is ended'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l file -d 'Read the prompt from this file' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l context -d 'Show the agent this file, too; as often as needed' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l agent -d 'Agent that answers' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l model -d 'Model to ask the agent for' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l permissions -d 'What the agent may do without being asked' -r -f -a "read-only\t'Look, but change nothing'
workspace\t'Change files in the workspace and run commands there'
full\t'Anything'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l continue -d 'Go on with an earlier session, by the agent\'s own id' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l launcher -d 'Hand the agent to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l budget-usd -d 'Spend at most this much in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l budget-tokens -d 'Use at most this many tokens' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l max-time -d 'End the agent after this time (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from prompt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s n -l tail -d 'Only the last N lines' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on printing until that run ends'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -l prune -d 'Remove the logs and snapshots of runs older than `[logs] keep`; receipts stay'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -l dry-run -d 'Only say what would be removed'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand agent; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "init" -d 'Make the queue\'s files where they are missing'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "submit" -d 'Add a task to the queue'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "status" -d 'Count the tasks by status, or show one'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "show" -d 'Show a task with its result'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "drain" -d 'Work the queue until nothing is runnable'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "run" -d 'Work one task now'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "claim" -d 'Take the next task, to be worked by somebody else'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "update" -d 'Tell how a claimed task goes'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "log" -d 'Add a line to a task\'s log, or print it'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "history" -d 'Show what happened, event by event'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "cancel" -d 'Call tasks off'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "retry" -d 'Hand failed tasks back to the queue'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "approve" -d 'Let an escalated task go on, with a note'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "sync" -d 'Bring the queue and a `TASKS.md` together'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "command" -d 'Print what would be started for a task'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "validate" -d 'Check the queue\'s files, or others, against MACP\'s schemas'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "metrics" -d 'Print counts, durations and spend for Prometheus'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "gc" -d 'Remove what old finished tasks left'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "clean" -d 'Remove the worktree of a task that is over'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "trigger" -d 'Submit what rules say to events'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and not __fish_seen_subcommand_from init submit status show drain run claim update log history cancel retry approve sync command validate metrics gc clean trigger due" -f -a "due" -d 'Submit what schedules say is due'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l title -d 'What it is about' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l task-id -l id -d 'Its id; one is made where none is given' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l description -d 'More about it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l type -d 'What kind of work it is' -r -f -a "coding\t''
deploy\t''
research\t''
review\t''
documentation\t''
infrastructure\t''"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l dispatch -d 'How it is worked: exec, yolo, acp, or the NAME of a program `taskrun-exec-NAME`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l runtime -d 'Which agent works it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l brief -d 'A file that tells an agent what to do' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l command -d 'A shell command' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l depends-on -l after -d 'Tasks that must be completed before' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l worktree -d 'Work in a git worktree at this path' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l branch -d 'Branch of the worktree' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l priority -d '0 is the most urgent; 2 where nothing else is said' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l max-attempts -d 'How often it may be tried; once where nothing else is said (`TASK_RETRY_ATTEMPTS`, `max_attempts` of config.json)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l timeout -d 'How long one attempt may take (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l gate -d 'A shell command that must pass before it is completed; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l launcher -d 'Hand its commands to this launcher of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l key -d 'Tasks of one key run one at a time' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l env -d 'A variable for its command; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l cwd -d 'Where its command runs, relative to the repository or the worktree' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l mcp-config -d 'A file of MCP servers for its agent' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l org -d 'Whose task it is' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l template -d 'Make it of a template' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l set -d 'A value for the template; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l result -d 'Where its result goes, relative to the queue\'s directory' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l result-schema -d 'A JSON Schema file that what it prints must fit' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l on-complete -d 'A shell command that gets the result on standard input once it is completed' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l issue -d 'What it belongs to elsewhere, such as #42' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l pr -d 'Its pull request' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l from -d 'Submit the tasks in this file, all or none; `-` is standard input' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l cache -d 'Take the result of an identical task that was completed'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from submit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -l task-id -d 'The task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -l task-id -d 'The task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -s j -l jobs -d 'Work up to N tasks at a time' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l limit -d 'End after N tasks' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l max-time -d 'Start nothing after this time (90s, 30m, 2h); what runs then comes to its end' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l launcher -d 'Hand commands and gates of tasks that name no launcher to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l watch -d 'Wait for new tasks when there is nothing to do, until a signal comes'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l force -d 'Work a queue that `config.json` switches off'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l no-cache -d 'Run tasks though the result of an identical one is there'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with agents that do not say what they cost'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from drain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l launcher -d 'Hand commands and gates of tasks that name no launcher to `[launchers.NAME]` of the settings' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l force -d 'Work it though `config.json` switches the queue off'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l no-cache -d 'Run it though the result of an identical one is there'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l as -d 'For whom [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l org -d 'Only tasks of this one' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l lease -d 'Without a word for so long, it goes back to the queue' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from claim" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l task-id -d 'The same' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l status -d 'How it goes [default: running]' -r -f -a "running\t'Still at it'
completed\t'Done; the gates decide'
failed\t'It did not work out'
escalated\t'A person is needed; say why with `--reason`'
pending\t'Somebody else is to do it'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l as -d 'Who says so [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l attempt -d 'Only if it is still at this attempt, as `macp claim` told it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l exit-code -d 'What its command ended with' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l summary -d 'What was done, in a few words' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l error -d 'What went wrong' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l reason -d 'Why a person is needed, or why it is handed back' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l pr -d 'Its pull request' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l usd -d 'What this attempt has spent, in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l output -d 'The file that holds what it printed, for a task with `result_schema`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l lease -d 'Hold it for so long from now' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -l as -d 'Who says so [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from log" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -l task-id -d 'The task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -s r -l reason -d 'Why' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -l as -d 'Who says so [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -s r -l reason -d 'Why' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -l as -d 'Who says so [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -l all-failed -d 'Every task that is failed'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -s n -l note -d 'What the next attempt has to know' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l as -d 'Who says so [default: `BEADS_ACTOR`, git\'s `user.name`, or the login name]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l done -d 'It is done: run its gates, and complete it when they are green'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l despite-gates -d 'Complete it though a gate is red'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -l apply -d 'Do it'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -l as -d 'What the files are, where their names and contents do not tell' -r -f -a "task\t'One task'
tasks\t'`tasks.json`'
event\t'Lines of `events.ndjson`'
result\t'A result'
config\t'`config.json`'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -l older-than -d 'Only tasks that ended at least so long ago (90s, 12h, 30d)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -l force -d 'Remove it with what is unsaved in it, and that of a task that waits to be tried again'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -l pool -d 'Remove the worktrees that wait to be used again (`worktree_reuse`)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l event -d 'Take what is read as what an event of this type carries: it becomes `$.payload`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l id -d 'The event\'s id (`$.id`), such as what a webhook calls its delivery, for `dedupe`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l secret-env -d 'The variable that holds the secret with which what is read was signed' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l signature -d 'The signature of what is read: HMAC-SHA256 in hex, as in `X-Hub-Signature-256`' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l signature-format -d 'How the signature is written' -r -f -a "github\t'`sha256=HEX`, or HEX alone'
stripe\t'`t=SECONDS,v1=HEX`, which holds for five minutes'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l dry-run -d 'Show what would be submitted, and submit nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l check -d 'Check the rules and their templates, and read no events'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from trigger" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l now -d 'The time to take as now (RFC 3339), instead of the clock\'s; more than a day ahead only to look' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l dir -d 'Work on the queue in this directory, such as `.mosaic/orchestrator`' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l dry-run -d 'Show what would be submitted, and submit nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l list -d 'Show every schedule with its next times'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand macp; and __fish_seen_subcommand_from due" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "list" -d 'List the skills, and where each comes from'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "get" -d 'Show one skill'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "new" -d 'Write the file of a new skill, to be filled in'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "register" -d 'Take over a skill from a file, standard input or the command line'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "remove" -d 'Remove a skill of the workspace or of the user'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "select" -d 'Select the skill that the next `loop run` goes by'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "apply" -d 'Make the stories of a skill tasks below an epic, all or nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and not __fish_seen_subcommand_from list get new register remove select apply render" -f -a "render" -d 'Print the prompt an agent would get for a task by a skill'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -l stack -d 'Only those for this stack' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from list" -l site -d 'Only those for the stack of this site' -r
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
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l name -d 'Its name for people' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l stack -d 'The stacks it is for, separated by commas [default: any]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l from -d 'Begin with a copy of this skill' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l user -d 'Put it into the user\'s folder instead of the workspace\'s'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l force -d 'Replace the one that is there'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -l inline -d 'The skill itself, as JSON' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -l user -d 'Put it into the user\'s folder instead of the workspace\'s'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -l force -d 'Replace the one that is there'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from register" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -l user -d 'From the user\'s folder instead of the workspace\'s'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -l none -d 'Select none: tasks are worked by themselves again'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from select" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -l epic -d 'The epic that the tasks go below, instead of a new one' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -l set -d 'A value of a variable of the skill; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -l dry-run -d 'Show what would be made, and make nothing'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -l task -d 'The task' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -l set -d 'A value of a variable of the skill, instead of the one the task was made with; may be repeated' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand skill; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -f -a "detect" -d 'Tell what a directory is built on, and why'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -f -a "config" -d 'Print the commands, ports and pages of a stack'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and not __fish_seen_subcommand_from detect config list" -f -a "list" -d 'List the stacks that are known, in the order in which they are looked for'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -l explain -d 'Tell all that was seen: every stack that speaks for it, the package manager, how it would be served'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from detect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand stack; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "mount" -d 'Take a folder for a site, and write down what it is built on and how it is served'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "unmount" -d 'Forget a site; its server is stopped first, its files stay'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "list" -d 'List the sites and how their servers are'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "start" -d 'Start a site\'s dev server, and wait until it answers'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "stop" -d 'End a site\'s dev server with all that it has started'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "status" -d 'Tell how a site\'s dev server is'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "logs" -d 'Print what a site\'s dev server printed'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "url" -d 'Print the URL of a site that is served, or of one of its pages'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "pages" -d 'List the pages of a site'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "preview" -d 'Look at a site in a frame, with its pages, tasks and budget beside it'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "check" -d 'Look whether every page of a site is sound'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "watch" -d 'Print a line for each change that a site\'s dev server sees'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and not __fish_seen_subcommand_from mount unmount list start stop status logs url pages preview check watch prune" -f -a "prune" -d 'End dev servers that nobody knows of any more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l name -d 'What to call it (default: as the folder)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l stack -d 'What it is built on' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l dev -d 'The shell command that serves it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l port -d 'The port to serve it on' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l env -d 'A variable for its server; `NAME` alone hands on the value it has when the server starts, the way for secrets' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l epic -d 'The epic whose tasks are shown beside it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from mount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from unmount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -l port -d 'Serve it on this port and on no other, also from now on unless it was mounted with one (default: the site\'s own); 0 is any that is free' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -l timeout -d 'Wait this long for its first answer (90s, 2m)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -l install -d 'Install what it depends on first'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -l force -d 'End it also where taskrun did not start it'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -l bytes -d 'Only the last N bytes, from a whole letter on' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on until the server is stopped'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l example -d 'Remember a value for a pattern: \'/blog/[slug]=one\' opens /blog/one; several values have `/` between them; no value forgets it' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l changed -d 'List only pages that differ from a git revision (default: HEAD), in the work tree as it is' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l select -d 'Choose the page to look at from a list on the terminal; `site url` and `site preview` then begin with it'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l all -d 'List API routes too'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from pages" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l page -d 'The page to open: its path (default: the one that was selected last)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l port -d 'Serve the preview on this port (default: any free one)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l screenshot -d 'Put a picture of the page itself (PNG) into this file, and end' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l width -d 'Of the picture, in CSS pixels' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l height -d 'Of the picture, in CSS pixels' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l url -d 'Print the URL of the page itself, and end; a server that was started for it goes on'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l open -d 'Open the preview in a browser: `$BROWSER`, or the system\'s'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l full -d 'All of the page, not only what fits'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l dark -d 'Ask the page for dark colours'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from preview" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l page -d 'Only this page: its path, or its pattern where that has an example (may be given again)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l changed -d 'Only pages that differ from a git revision (default: HEAD)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l browser -d 'The Chromium to look with (default: the one of the settings, of `CHROME_PATH`, or the first that is installed)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l timeout -d 'How long one page may take (default: 15s)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l screenshots -d 'Put a picture of each page into this directory' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l http -d 'Ask by HTTP alone'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l start -d 'Start the site for the check where it is stopped, and stop it after that'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand site; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "init" -d 'Make the folders, the standard workflow and its agents where they are missing'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "new" -d 'Make a mission'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "list" -d 'List the missions under way'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "show" -d 'Show a mission: its steps, runs, artifacts and the end of its log'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "continue" -d 'Run the step, or pass the gate, that a mission is at'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "review" -d 'Look at what waits for a person, and decide'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "artifact" -d 'Print, write or list artifacts'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "runs" -d 'List what was run'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "logs" -d 'Print what a step printed'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "watch" -d 'Print each change, until a person is needed'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "kill" -d 'End the step that runs'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "mark-completed" -d 'Declare a mission completed'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and not __fish_seen_subcommand_from init new list show continue review artifact runs logs watch kill mark-completed workflows" -f -a "workflows" -d 'List the workflows, or show one'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l title -d 'One line' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l type -d 'What sort of work it is' -r -f -a "feature\t''
fix\t''
bugfix\t''"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l input -d 'What is wanted: text, a file, or `-` for standard input' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l workflow -d 'Whose steps it goes through [default: the first workflow]' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -l all -d 'Completed ones too'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l note -d 'What there is to say when a gate is passed, which the agents of later steps are told; or to the step that is run, as an answer to what its agent asked' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l budget-usd -d 'Spend at most this much in USD' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l budget-tokens -d 'Use at most this many tokens' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l max-time -d 'End the agent after this time (90s, 30m, 2h)' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l until-gate -d 'Run all steps up to the next one that needs a person (exit 4), and pass no gate'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l mock-agent -d 'Start no agent: copy its input to its output, below a header that says so'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l allow-unknown-cost -d 'Keep a limit in USD as well as may be with an agent that does not say what it costs'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from continue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l send-back -d 'Send it back: the agent does it again and is told this' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l note -d 'A word to keep with the approval' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l edit -d 'Open the artifact in `$VISUAL` or `$EDITOR` first; saved only if the editor exits 0'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l approve -d 'Approve it: the mission goes on'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l diff -d 'Print what people last changed of what an agent wrote, and nothing else'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -f -a "get" -d 'Print an artifact as it is'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -f -a "set" -d 'Write an artifact, whole or not at all'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from artifact" -f -a "list" -d 'List the artifacts of a mission'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from runs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -l step -d 'The last run of this step' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -l run -d 'This run' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -l bytes -d 'Only the last N bytes, from a whole letter on' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -s f -l follow -d 'Go on until the step has ended'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -l interval -d 'How often to look' -r
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from mark-completed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand mission; and __fish_seen_subcommand_from workflows" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -s C -l workspace -d 'Work in this directory\'s workspace [env: `TASKRUN_WORKSPACE`]' -r -F
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -l color -d 'When to use colours' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` or `TERM=dumb` says no; `CLICOLOR_FORCE` says yes'
always\t'Always'
never\t'Never'"
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -l json -d 'Print results as JSON (runs: one event a line)'
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -s q -l quiet -d 'Say less: no progress'
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -s v -l verbose -d 'Say more'
complete -c taskrun -n "__fish_taskrun_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
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
