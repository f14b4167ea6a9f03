//! What is fixed about each built-in agent: its program, where it comes from, what surrounds it.

/// A built-in agent's facts. Sources: each CLI's own help and manual, and recorded runs.
#[derive(Debug)]
pub struct Spec {
    /// As the user names it.
    pub name: &'static str,
    /// Its program's name along `PATH`.
    pub program: &'static str,
    /// The variable that says where its program lies.
    pub variable: &'static str,
    /// Its npm package.
    pub package: &'static str,
    /// The oldest version that understands how it is called here.
    pub oldest: [u32; 3],
    /// Variables that it leaves in the environment of its tools and that confuse another agent.
    pub nested: &'static [&'static str],
    /// Variables by which it is paid for, the first one set wins; without any it uses its own login.
    pub keys: &'static [&'static str],
    /// Most characters of a prompt that it takes whole; none is no limit.
    pub prompt_limit: Option<usize>,
}

/// All of them, in the order they are listed.
pub const ALL: [&Spec; 4] =
    [&super::claude::SPEC, &super::codex::SPEC, &super::opencode::SPEC, &super::gemini::SPEC];

/// The one with this name.
pub fn named(name: &str) -> Option<&'static Spec> {
    ALL.into_iter().find(|spec| spec.name == name)
}

impl Spec {
    /// The command that installs it.
    pub fn install(&self) -> String {
        format!("npm install -g {}", self.package)
    }
}
