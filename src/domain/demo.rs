//! A throw-away project for `taskrun demo`: a git repository with a small task graph.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::domain::beads::{New, Store};
use crate::domain::workspace::{Workspace, init};
use crate::fault::Fault;
use crate::system::git::Repo;
use crate::system::{clock, store};

/// One task: its title, the title of the one it waits for, what is run for it, when it is done.
struct Sample {
    title: &'static str,
    after: Option<&'static str>,
    script: &'static str,
    done: &'static str,
}

/// The gate of the demo: the shopping list must have a total that is right.
const GATES: &str = r#"# The demo's gates. In your project: your tests and linters.
[agent]
default = "shell"

[beads]
backend = "builtin"

[gates]
"*" = ["sh check.sh"]
"#;

const CHECK: &str = r#"# Every price must be a number, and the total must be their sum.
test -f prices.txt || exit 0
awk '$1 == "total" { total = $2; seen = 1; next } { sum += $2 }
     END { if (seen && total != sum) { print "total is " total ", the prices add up to " sum; exit 1 } }' prices.txt
"#;

const SAMPLES: [Sample; 4] = [
    Sample {
        title: "Write down the prices",
        after: None,
        script: "printf 'apples 3\\nbread 4\\ncheese 9\\n' > prices.txt",
        done: "prices.txt lists three things with a price each",
    },
    Sample {
        title: "Add the total",
        after: Some("Write down the prices"),
        // The first attempt guesses; the second reads in its prompt what the gate said.
        script: "sum=$(sed -n 's/.*the prices add up to \\([0-9]*\\).*/\\1/p' \"$TASKRUN_PROMPT_FILE\" | tail -n 1)\n\
                 grep -v '^total' prices.txt > prices.tmp\n\
                 echo \"total ${sum:-15}\" >> prices.tmp\n\
                 mv prices.tmp prices.txt",
        done: "prices.txt ends with a line `total N`, and N is the sum of the prices",
    },
    Sample {
        title: "Explain the list",
        after: Some("Write down the prices"),
        script: "echo 'A shopping list with prices.' > README.md",
        done: "README.md says what prices.txt is",
    },
    Sample {
        title: "Pack it up",
        after: Some("Add the total"),
        script: "cat README.md prices.txt > list.txt",
        done: "list.txt holds the explanation and the list",
    },
];

/// Makes the project in `dir` (a fresh folder below the temporary one by default) and returns its
/// workspace. A folder that has something in it is refused.
pub fn make(dir: Option<&Path>, temp: &Path) -> Result<Workspace> {
    let dir = dir.map_or_else(
        || temp.join(format!("taskrun-demo-{}", clock::base36(clock::random(), 6))),
        PathBuf::from,
    );
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Fault::usage(format!("`{}` is not empty", dir.display()), "name a new directory"));
    }
    store::make_dir(&dir)?;
    let dir = dir.canonicalize()?;
    let mut repo = Repo::init(&dir)?;
    repo.ensure_identity()?;
    init::make(&dir, None)?;
    let workspace = Workspace::at(dir);
    store::write(&workspace.config_file(), store::SHARED, GATES.as_bytes())?;
    store::write(&workspace.root().join("check.sh"), store::SHARED, CHECK.as_bytes())?;
    fill(&Store::open(&workspace)?)?;
    repo.commit_all("Start the demo")?;
    Ok(workspace)
}

fn fill(beads: &Store) -> Result<()> {
    let epic = beads.create(&New {
        title: "A shopping list".into(),
        kind: "epic".into(),
        priority: 1,
        ..New::default()
    })?;
    let mut made: Vec<(&str, String)> = Vec::new();
    for sample in SAMPLES {
        let waits = sample.after.and_then(|title| made.iter().find(|(known, _)| *known == title));
        let description = format!(
            "The agent `shell` runs this block:\n\n```sh\n{}\necho '<promise>COMPLETE</promise>'\n```\n",
            sample.script
        );
        let issue = beads.create(&New {
            title: sample.title.into(),
            kind: "task".into(),
            priority: 2,
            description,
            acceptance: sample.done.into(),
            parent: Some(epic.id.clone()),
            deps: waits.map(|(_, id)| id.clone()).into_iter().collect(),
            ..New::default()
        })?;
        made.push((sample.title, issue.id));
    }
    Ok(())
}

/// The demo's commits, newest first, one line each.
pub fn commits(workspace: &Workspace) -> Result<String> {
    Repo::find(workspace.root())?.map_or(Ok(String::new()), |repo| repo.log(20))
}
