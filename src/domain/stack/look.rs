//! A look at one directory: its manifests, and whether a sign is there.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;

use super::manifest;
use super::script::Scripts;
use super::table::Sign;

/// More names than these in a directory are asked for one by one.
const MOST_NAMES: usize = 20_000;

/// What a directory holds, as far as signs ask.
pub(super) struct Look {
    dir: PathBuf,
    names: Option<HashSet<OsString>>,
    /// `package.json`.
    pub package: Option<Value>,
    /// `deno.json` or `deno.jsonc`: its name and contents.
    pub deno: Option<(&'static str, Value)>,
    /// `Cargo.toml`.
    cargo: Option<toml::Table>,
    composer: Option<Value>,
    imports: OnceCell<Vec<(String, String)>>,
    required: Vec<(String, &'static str)>,
    gems: OnceCell<Vec<String>>,
}

impl Look {
    /// At `dir`. Errors: a manifest that cannot be read or parsed.
    pub(super) fn at(dir: &Path) -> Result<Self> {
        let names = std::fs::read_dir(dir).ok().map(|entries| {
            entries.flatten().take(MOST_NAMES).map(|entry| entry.file_name()).collect::<HashSet<_>>()
        });
        let mut look = Self {
            dir: dir.to_owned(),
            names: names.filter(|names| names.len() < MOST_NAMES),
            package: None,
            deno: None,
            cargo: None,
            composer: None,
            imports: OnceCell::new(),
            required: Vec::new(),
            gems: OnceCell::new(),
        };
        let package = dir.join("package.json");
        if let Some(value) = manifest::json(&package)? {
            let tables = ["scripts", "dependencies", "devDependencies"];
            look.package = Some(manifest::shaped(value, &package, &tables)?);
        }
        for name in ["deno.json", "deno.jsonc"] {
            let path = dir.join(name);
            if look.deno.is_none()
                && look.has(name)
                && let Some(value) = manifest::jsonc(&path)?
            {
                look.deno = Some((name, manifest::shaped(value, &path, &["tasks", "imports"])?));
            }
        }
        if look.has("Cargo.toml") {
            look.cargo = manifest::toml(&dir.join("Cargo.toml"))?;
        }
        if look.has("composer.json") {
            look.composer = manifest::json(&dir.join("composer.json"))?;
        }
        look.settings()?;
        look.required = look.requirements()?;
        Ok(look)
    }

    /// Errors: settings of a generator that cannot be parsed.
    fn settings(&self) -> Result<()> {
        for name in ["hugo.toml", "book.toml", "Trunk.toml", "Dioxus.toml", "Pipfile"] {
            if self.has(name) {
                manifest::toml(&self.dir.join(name))?;
            }
        }
        // Many programs have a file of this name.
        let ours = |line: &str| ["baseURL", "base_url"].iter().any(|key| is_key(line, key, false));
        if self.glance("config.toml").lines().any(ours) {
            manifest::toml(&self.dir.join("config.toml"))?;
        }
        Ok(())
    }

    /// Whether something may lie at this path below the directory; cheap, and true where that is not known.
    fn has(&self, path: &str) -> bool {
        let first = path.split('/').next().unwrap_or(path);
        self.names.as_ref().is_none_or(|names| names.contains(std::ffi::OsStr::new(first)))
    }

    /// Whether a regular file lies at this path.
    pub(super) fn has_file(&self, path: &str) -> bool {
        self.has(path) && self.dir.join(path).is_file()
    }

    /// What speaks for `sign`, in words; `None` where nothing does.
    pub(super) fn tells(&self, sign: &Sign) -> Option<String> {
        let first = |names: &[String], is: &dyn Fn(&str) -> bool| names.iter().find(|name| is(name)).cloned();
        match sign {
            Sign::File(names) => first(names, &|name| self.has_file(name)).map(|name| format!("file {name}")),
            Sign::Dir(names) => {
                let is = |name: &str| self.has(name) && self.dir.join(name).is_dir();
                first(names, &is).map(|name| format!("directory {name}"))
            }
            Sign::Package(names) => first(names, &|name| self.depends(name))
                .map(|name| format!("dependency {name} in package.json")),
            Sign::Script(names) => {
                let is = |name: &str| in_object(self.package.as_ref(), &["scripts"], name);
                first(names, &is).map(|name| format!("script {name} in package.json"))
            }
            Sign::Task(names) => {
                let (file, deno) = self.deno.as_ref()?;
                let is = |name: &str| in_object(Some(deno), &["tasks"], name);
                first(names, &is).map(|name| format!("task {name} in {file}"))
            }
            Sign::Import(_) | Sign::ImportOf(_) => self.tells_import(sign),
            Sign::Requirement(names) => names.iter().find_map(|name| {
                let (_, file) = self.required.iter().find(|(own, _)| own == name)?;
                Some(format!("requirement {name} in {file}"))
            }),
            Sign::Crate(names) => {
                let crates = self.cargo.as_ref()?.get("dependencies")?.as_table()?;
                first(names, &|name| crates.contains_key(name))
                    .map(|name| format!("dependency {name} in Cargo.toml"))
            }
            Sign::Metadata(name) => {
                let has = |above: &str| self.cargo.as_ref()?.get(above)?.get("metadata")?.get(name);
                let found = has("package").or_else(|| has("workspace"));
                found.map(|_| format!("metadata.{name} in Cargo.toml"))
            }
            Sign::Gem(names) => {
                let gems = self.gems.get_or_init(|| gems(&self.glance("Gemfile")));
                first(names, &|name| gems.iter().any(|gem| gem == name))
                    .map(|name| format!("gem {name} in Gemfile"))
            }
            Sign::Composer(names) => {
                let is = |name: &str| in_object(self.composer.as_ref(), &["require", "require-dev"], name);
                first(names, &is).map(|name| format!("requirement {name} in composer.json"))
            }
            Sign::Text(_) | Sign::Key(_) => self.tells_text(sign),
            Sign::Workspace(is) => {
                (self.is_workspace() == *is).then(|| "it is the root of several packages".to_owned())
            }
            Sign::All(signs) => {
                let told: Option<Vec<String>> = signs.iter().map(|sign| self.tells(sign)).collect();
                let told: Vec<String> = told?.into_iter().filter(|told| !told.is_empty()).collect();
                Some(told.join(", "))
            }
            Sign::None(signs) => signs.iter().all(|sign| self.tells(sign).is_none()).then(String::new),
        }
    }

    fn tells_import(&self, sign: &Sign) -> Option<String> {
        let (file, _) = self.deno.as_ref()?;
        let imports = self.imports.get_or_init(|| self.imports());
        let told = |name: &str| format!("import {name} in {file}");
        match sign {
            Sign::Import(names) => names.iter().find_map(|name| {
                let is = |(own, _): &&(String, String)| {
                    own == name || name.ends_with('/') && own.starts_with(name.as_str())
                };
                imports.iter().find(is).map(|_| told(name))
            }),
            Sign::ImportOf(part) => {
                imports.iter().find(|(_, value)| value.contains(part)).map(|_| told(part))
            }
            _ => None,
        }
    }

    fn tells_text(&self, sign: &Sign) -> Option<String> {
        let (Sign::Text(words) | Sign::Key(words)) = sign else { return None };
        let (needle, files) = words.split_first()?;
        let is = |file: &String| {
            let text = self.glance(file);
            match sign {
                Sign::Key(_) => text.lines().any(|line| {
                    is_key(line, needle, Path::new(file).extension().is_some_and(|kind| kind == "json"))
                }),
                _ => text.contains(needle),
            }
        };
        files.iter().find(|file| self.has(file) && is(file)).map(|file| format!("{needle} in {file}"))
    }

    fn glance(&self, file: &str) -> String {
        if self.has(file) { manifest::glance(&self.dir.join(file)) } else { String::new() }
    }

    /// Whether `package.json` depends on `package`, or does so for development.
    pub(super) fn depends(&self, package: &str) -> bool {
        in_object(self.package.as_ref(), &["dependencies", "devDependencies"], package)
    }

    /// Whether packages below belong to it.
    pub(super) fn is_workspace(&self) -> bool {
        let npm = self.package.as_ref().is_some_and(|package| !package["workspaces"].is_null());
        let deno = self.deno.as_ref().is_some_and(|(_, deno)| !deno["workspace"].is_null());
        npm || deno || ["pnpm-workspace.yaml", "lerna.json", "nx.json"].iter().any(|name| self.has_file(name))
    }

    /// Scripts of `package.json`, and over them tasks of `deno.json`.
    pub(super) fn scripts(&self) -> Scripts {
        let mut scripts = Scripts::new();
        let lists = [
            self.package.as_ref().map(|package| &package["scripts"]),
            self.deno.as_ref().map(|(_, deno)| &deno["tasks"]),
        ];
        for (name, value) in lists.into_iter().flatten().filter_map(Value::as_object).flatten() {
            // A task can be a table with its command and what it depends on.
            if let Some(text) = value.as_str().or_else(|| value["command"].as_str()) {
                scripts.insert(name.clone(), text.to_owned());
            }
        }
        scripts
    }

    /// What `deno.json` and the import map it names import.
    fn imports(&self) -> Vec<(String, String)> {
        let Some((_, deno)) = &self.deno else { return Vec::new() };
        let map = deno["importMap"].as_str().filter(|map| !map.contains("://"));
        let map = map.and_then(|map| manifest::jsonc(&self.dir.join(map)).ok().flatten());
        let lists = [Some(&deno["imports"]), map.as_ref().map(|map| &map["imports"])];
        let entries = lists.into_iter().flatten().filter_map(Value::as_object).flatten();
        entries.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// What Python is said to require: names as pip compares them, and where they stand.
    fn requirements(&self) -> Result<Vec<(String, &'static str)>> {
        let mut found = Vec::new();
        let text = self.glance("requirements.txt");
        found.extend(text.lines().filter_map(required).map(|name| (name, "requirements.txt")));
        if self.has("pyproject.toml")
            && let Some(project) = manifest::toml(&self.dir.join("pyproject.toml"))?
        {
            let mut names = Vec::new();
            in_pyproject(&toml::Value::Table(project), &mut names);
            found.extend(names.into_iter().map(|name| (name, "pyproject.toml")));
        }
        if self.has("Pipfile") {
            let pipfile: toml::Table = toml::from_str(&self.glance("Pipfile")).unwrap_or_default();
            let lists =
                ["packages", "dev-packages"].into_iter().filter_map(|list| pipfile.get(list)?.as_table());
            found.extend(
                lists.flat_map(|list| list.keys()).filter_map(|name| Some((required(name)?, "Pipfile"))),
            );
        }
        Ok(found)
    }
}

/// Whether `name` is in one of these tables of `value`.
fn in_object(value: Option<&Value>, tables: &[&str], name: &str) -> bool {
    value.is_some_and(|value| tables.iter().any(|table| !value[table][name].is_null()))
}

/// Whether `line` sets the key `name`, at its beginning.
fn is_key(line: &str, name: &str, json: bool) -> bool {
    let line = if json { line.trim_start().trim_start_matches(['{', ' ', '"']) } else { line };
    let rest = line.strip_prefix(name).map(|rest| rest.trim_start_matches(['"', ' ', '\t']));
    rest.is_some_and(|rest| rest.starts_with([':', '=']))
}

/// The name in a line that requires something, as pip compares names.
fn required(line: &str) -> Option<String> {
    let line = line.trim_start_matches('\u{feff}').trim();
    let end = line
        .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .unwrap_or(line.len());
    let name = line[..end].to_ascii_lowercase().replace(['_', '.'], "-");
    name.starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(name)
}

fn in_pyproject(project: &toml::Value, names: &mut Vec<String>) {
    let at = |keys: &[&str]| keys.iter().try_fold(project, |value, key| value.get(key));
    let mut list = |value: Option<&toml::Value>| {
        let words = value.and_then(toml::Value::as_array).into_iter().flatten();
        names.extend(words.filter_map(|word| required(word.as_str()?)));
    };
    list(at(&["project", "dependencies"]));
    for groups in [at(&["project", "optional-dependencies"]), at(&["dependency-groups"])] {
        for (_, group) in groups.and_then(toml::Value::as_table).into_iter().flatten() {
            list(Some(group));
        }
    }
    let mut tables =
        vec![at(&["tool", "poetry", "dependencies"]), at(&["tool", "poetry", "dev-dependencies"])];
    let groups = at(&["tool", "poetry", "group"]).and_then(toml::Value::as_table);
    tables.extend(groups.into_iter().flatten().map(|(_, group)| group.get("dependencies")));
    let tables = tables.into_iter().flatten().filter_map(toml::Value::as_table);
    names.extend(tables.flat_map(|table| table.keys()).filter_map(|name| required(name)));
}

/// The gems that a `Gemfile` names.
fn gems(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let rest = line.trim_start().strip_prefix("gem")?.trim_start_matches([' ', '(']);
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next().map(str::to_owned)
    };
    text.lines().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_whole_names() {
        let table = [
            ("Flask==3.1.0", Some("flask")),
            ("flask-cors>=4", Some("flask-cors")),
            ("  uvicorn[standard] ; python_version > '3'", Some("uvicorn")),
            ("Zope.Interface", Some("zope-interface")),
            ("# flask", None),
            ("-r more.txt", None),
            ("", None),
        ];
        for (line, expected) in table {
            assert_eq!(required(line).as_deref(), expected, "{line}");
        }
        let found = gems("gem \"rails\", '8'\n  gem 'puma'\ngem('rack')\n# gem 'x'\ngemspec\n");
        assert_eq!(found, ["rails", "puma", "rack"]);
        let project: toml::Value = toml::from_str(
            "[project]\ndependencies=['a>1']\n[project.optional-dependencies]\nx=['b']\n[dependency-groups]\ny=['c']\n\
             [tool.poetry.dependencies]\nD='1'\n[tool.poetry.group.z.dependencies]\ne='1'",
        )
        .unwrap();
        let mut names = Vec::new();
        in_pyproject(&project, &mut names);
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }

    #[test]
    fn a_key_stands_at_the_beginning() {
        let table = [
            ("baseURL = 'x'", false, true),
            ("baseURL: x", false, true),
            ("  baseURL: x", false, false),
            ("baseURLs: x", false, false),
            ("  \"baseURL\": \"x\"", true, true),
            ("{\"baseURL\": \"x\"", true, true),
        ];
        for (line, json, expected) in table {
            assert_eq!(is_key(line, "baseURL", json), expected, "{line}");
        }
    }
}
