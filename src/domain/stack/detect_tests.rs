//! The smallest project of every stack, and what is taken where several speak.

use super::*;
use crate::system::store;

/// Files with their texts; a name that ends in `/` is a directory. `package.json` may be left to its dependencies: `+next`.
fn project(files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let (name, text) = match (file.strip_prefix('+'), file.split_once('=')) {
            (Some(package), _) => ("package.json", format!("{{\"dependencies\":{{\"{package}\":\"1\"}}}}")),
            (None, Some((name, text))) => (name, text.to_owned()),
            (None, None) => (*file, String::new()),
        };
        let path = dir.path().join(name);
        if name.ends_with('/') {
            store::make_dir(&path).unwrap();
            continue;
        }
        store::make_dir(path.parent().unwrap()).unwrap();
        store::write(&path, store::SHARED, text.as_bytes()).unwrap();
    }
    dir
}

fn first(files: &[&str]) -> String {
    let dir = project(files);
    let found = detect(dir.path()).unwrap();
    found.candidates.first().map_or(String::new(), |found| format!("{}: {}", found.stack, found.reason))
}

/// A stack, its smallest project, and what speaks for it where that is worth telling.
const SMALLEST: &[(&str, &[&str], &str)] = &[
    (
        "deco-fresh",
        &["deno.json={\"imports\":{\"deco/\":\"x\",\"$fresh/\":\"y\"}}"],
        "import deco/ in deno.json",
    ),
    ("deco-tanstack", &["+@decocms/start"], "dependency @decocms/start in package.json"),
    ("deco-next", &["+@decocms/nextjs"], "dependency @decocms/nextjs in package.json"),
    (
        "fresh",
        &["deno.jsonc={\"imports\":{\"fresh\":\"jsr:@fresh/core@2\",}} // x"],
        "import @fresh/core in deno.jsonc",
    ),
    (
        "lume",
        &["deno.json={\"importMap\":\"./map.json\"}", "map.json={\"imports\":{\"lume/\":\"x\"}}"],
        "import lume/ in deno.json",
    ),
    ("laravel", &["artisan", "+vite"], "file artisan"),
    ("symfony", &["bin/console", "src/Kernel.php"], "file bin/console, file src/Kernel.php"),
    ("wordpress", &["wp-load.php", "index.php"], "file wp-load.php"),
    ("rails", &["bin/rails", "config/application.rb", "+vite"], "file bin/rails, file config/application.rb"),
    (
        "django",
        &["manage.py=os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')"],
        "DJANGO_SETTINGS_MODULE in manage.py",
    ),
    ("phoenix", &["mix.exs={:phoenix, \"~> 1\"}"], ":phoenix in mix.exs"),
    ("redwood", &["+@redwoodjs/core"], ""),
    ("blitz", &["+blitz"], ""),
    ("next", &["+next"], "dependency next in package.json"),
    ("nuxt", &["+nuxt"], ""),
    ("sveltekit", &["+@sveltejs/kit"], ""),
    ("astro", &["astro.config.mjs"], "file astro.config.mjs"),
    ("hydrogen", &["+@shopify/hydrogen"], ""),
    ("react-router", &["+@react-router/dev"], ""),
    ("remix", &["+@remix-run/dev"], ""),
    ("tanstack-start", &["+@tanstack/react-start"], ""),
    ("solidstart", &["+@solidjs/start"], ""),
    ("qwik", &["+@builder.io/qwik-city"], ""),
    ("analog", &["+@analogjs/platform"], ""),
    ("waku", &["+waku"], ""),
    ("vike", &["+vike"], ""),
    ("docusaurus", &["+@docusaurus/core"], ""),
    ("gatsby", &["+gatsby"], ""),
    ("vitepress", &["docs/.vitepress/"], "directory docs/.vitepress"),
    ("vuepress", &["+vuepress"], ""),
    ("eleventy", &["+@11ty/eleventy"], ""),
    ("hexo", &["+hexo"], ""),
    ("hugo", &["config.yaml=baseURL: x", "content/"], "baseURL in config.yaml, directory content"),
    ("zola", &["config.toml=base_url = \"x\""], "base_url in config.toml"),
    ("mkdocs", &["mkdocs.yml"], "file mkdocs.yml"),
    ("mdbook", &["book.toml"], ""),
    ("jekyll", &["_config.yml", "Gemfile=gem \"jekyll\""], "file _config.yml, gem jekyll in Gemfile"),
    ("middleman", &["Gemfile=gem 'middleman'"], ""),
    ("pelican", &["pelicanconf.py"], ""),
    ("sphinx", &["docs/conf.py=extensions = []"], "extensions in docs/conf.py"),
    ("angular", &["+@angular/core"], ""),
    ("ember", &["+ember-source"], ""),
    ("cra", &["+react-scripts"], ""),
    ("vue-cli", &["+@vue/cli-service"], ""),
    ("expo", &["+expo"], ""),
    ("vite", &["package.json={\"devDependencies\":{\"vite\":\"7\"}}"], "dependency vite in package.json"),
    ("rsbuild", &["+@rsbuild/core"], ""),
    ("parcel", &["+parcel"], ""),
    ("webpack", &["+webpack-dev-server"], ""),
    (
        "leptos",
        &["Cargo.toml=[workspace]\n[[workspace.metadata.leptos]]\nname='x'"],
        "metadata.leptos in Cargo.toml",
    ),
    ("dioxus", &["Dioxus.toml"], ""),
    ("trunk", &["index.html=<link data-trunk>"], "data-trunk in index.html"),
    (
        "fastapi",
        &["pyproject.toml=[project]\ndependencies=['fastapi[standard]']"],
        "requirement fastapi in pyproject.toml",
    ),
    ("flask", &["requirements.txt=Flask==3"], "requirement flask in requirements.txt"),
    ("rocket", &["Cargo.toml=[dependencies]\nrocket='1'"], "dependency rocket in Cargo.toml"),
    ("axum", &["Cargo.toml=[dependencies]\naxum='1'"], ""),
    ("actix", &["Cargo.toml=[dependencies]\nactix-web='1'"], ""),
    ("sinatra", &["Gemfile=gem 'sinatra'"], ""),
    ("rack", &["config.ru"], ""),
    ("nest", &["+@nestjs/core"], ""),
    ("hono", &["+hono"], ""),
    ("elysia", &["+elysia"], ""),
    ("fastify", &["+fastify"], ""),
    ("koa", &["+koa"], ""),
    ("express", &["+express"], ""),
    ("monorepo", &["package.json={\"workspaces\":[\"a/*\"]}"], ""),
    ("storybook", &[".storybook/"], "directory .storybook"),
    ("static", &["index.html"], "file index.html"),
    ("bun", &["bun.lock", "package.json={}"], "file bun.lock"),
    ("deno", &["deno.json={\"tasks\":{\"dev\":\"x\"}}"], "task dev in deno.json"),
    (
        "node",
        &["package.json={\"scripts\":{\"start\":\"node x\"}}", "index.html"],
        "script start in package.json",
    ),
    ("rust", &["Cargo.toml"], ""),
    ("go", &["go.mod"], ""),
    ("python", &["main.py"], "file main.py"),
    ("ruby", &["Gemfile"], ""),
    ("php", &["index.php", "index.html"], "file index.php"),
    ("java", &["build.gradle.kts"], ""),
    (
        "server",
        &[".claude/launch.json={\"configurations\":[{\"name\":\"x\",\"program\":\"y\"}]}"],
        "configuration x in .claude/launch.json",
    ),
];

#[test]
fn the_smallest_project_of_every_stack_is_known() {
    for (stack, files, reason) in SMALLEST {
        let found = first(files);
        let expected = format!("{stack}: {reason}");
        assert!(
            found.starts_with(&expected) && (reason.is_empty() || found == expected),
            "{files:?}\n{found}"
        );
    }
    let tested: Vec<&str> = SMALLEST.iter().map(|(stack, ..)| *stack).collect();
    let rows: Vec<&str> = table::rows().unwrap().iter().map(|row| row.name.as_str()).collect();
    assert_eq!(tested, rows, "every row has its line here, in their order");
}

/// Projects for which several speak, and what they are.
const SEVERAL: &[(&[&str], &str)] = &[
    (&[], ""),
    (&["package.json/", "deno.json/", "index.html/"], ""),
    (
        &["package.json={\"peerDependencies\":{\"next\":\"1\"},\"optionalDependencies\":{\"astro\":\"1\"}}"],
        "node",
    ),
    (&["package.json={\"dependencies\":{\"vite\":\"7\"}}", "next.config.js"], "vite"),
    (&["package.json={\"dependencies\":{\"storybook\":\"7\"}}", "next.config.js"], "next"),
    (&["config.yaml=service:\n  baseURL: x", "content/", "main.py"], "python"),
    (&["config.toml=[site]\nbase_urls = 1", "go.mod"], "go"),
    (&["requirements.txt=flask-cors\nmkdocs-material"], "python"),
    (&["package.json={}", "index.html"], "static"),
    (&["package.json={\"scripts\":{\"dev\":\"x\"}}", "index.html"], "node"),
    (&["docs/index.html", "go.mod"], "go"),
    (&["docs/index.html"], "static"),
    (
        &[
            "package.json={\"scripts\":{\"dev\":\"vite\",\"docs:dev\":\"vitepress dev docs\"},\"devDependencies\":{\"vite\":\"7\",\"vitepress\":\"1\"}}",
        ],
        "vite",
    ),
    (
        &[
            "package.json={\"scripts\":{\"dev\":\"node x\"},\"devDependencies\":{\"vite\":\"7\",\"vitepress\":\"1\"}}",
        ],
        "vitepress",
    ),
    (
        &[
            "package.json={\"workspaces\":[\"apps/*\"],\"devDependencies\":{\"vite\":\"7\"},\"scripts\":{\"dev\":\"turbo run dev\"}}",
            "apps/web/package.json={\"dependencies\":{\"next\":\"1\"},\"scripts\":{\"dev\":\"next dev\"}}",
        ],
        "monorepo",
    ),
    (
        &[
            "package.json={\"workspaces\":[\"apps/*\"],\"dependencies\":{\"next\":\"7\"},\"scripts\":{\"dev\":\"next dev\"}}",
            "apps/web/package.json={\"dependencies\":{\"next\":\"1\"},\"scripts\":{\"dev\":\"next dev\"}}",
        ],
        "next",
    ),
];

#[test]
fn of_several_the_more_telling_is_first() {
    for (files, expected) in SEVERAL {
        assert_eq!(first(files).split(':').next(), Some(*expected), "{files:?}");
    }
}

/// The dev, build, check and install lines, in that order.
fn lines(files: &[&str]) -> Vec<String> {
    let dir = project(files);
    let mut found = detect(dir.path()).unwrap();
    // Whatever is installed here.
    found.runner.clone_from(&found.package_manager);
    let stack = found.candidates[0].stack.clone();
    let recipe = recipe(&Default::default(), &stack, Some((dir.path(), &found))).unwrap();
    let dev = recipe.dev_line(4300, "localhost").map(|dev| dev.line);
    let commands = recipe.commands;
    let all = [dev, commands.build, commands.check, commands.install];
    all.into_iter().map(|line| line.unwrap_or_else(|| "-".into())).collect()
}

/// Projects, and their dev, build, check and install lines.
const COMMANDS: &[(&[&str], [&str; 4])] = &[
    (
        &[
            "package.json={\"scripts\":{\"dev\":\"next dev\",\"build\":\"x\",\"lint\":\"x\",\"check\":\"y\"},\"dependencies\":{\"next\":\"1\"}}",
        ],
        ["npm run dev -- -p 4300 -H localhost", "npm run build", "npm run check", "npm install"],
    ),
    (
        &[
            "package.json={\"scripts\":{\"start\":\"next start\",\"test\":\"echo no test specified\"},\"dependencies\":{\"next\":\"1\"}}",
            "pnpm-lock.yaml",
            "tsconfig.json",
        ],
        [
            "pnpm exec next dev -p 4300 -H localhost",
            "pnpm exec next build",
            "pnpm exec tsc --noEmit",
            "pnpm install",
        ],
    ),
    (
        &["+vite"],
        [
            "npx --no vite --port 4300 --strictPort --host localhost",
            "npx --no vite build",
            "-",
            "npm install",
        ],
    ),
    (
        &[
            "package.json={\"scripts\":{\"dev\":\"node dev.mjs\",\"preview\":\"vite preview\"},\"dependencies\":{\"vite\":\"1\"}}",
            "bun.lock",
        ],
        ["bun run dev", "bun run vite build", "-", "bun install"],
    ),
    (
        &[
            "package.json={\"scripts\":{\"dev\":\"next dev -p $PORT\"},\"dependencies\":{\"next\":\"1\"}}",
            "yarn.lock",
        ],
        ["yarn run dev -H localhost", "yarn run next build", "-", "yarn install"],
    ),
    (
        &[
            "package.json={\"scripts\":{\"storybook\":\"storybook dev -p 6006\"},\"dependencies\":{\"storybook\":\"1\"}}",
        ],
        ["npm run storybook -- --host localhost", "npx --no storybook build", "-", "npm install"],
    ),
    (
        &["package.json={\"scripts\":{\"dev\":\"vite --open\"},\"dependencies\":{\"express\":\"1\"}}"],
        ["npm run dev -- --port 4300 --strictPort --host localhost", "-", "-", "npm install"],
    ),
    (
        &["deno.json={\"tasks\":{\"dev\":\"deno run -A --watch main.ts\",\"check\":\"deno lint\"}}"],
        ["deno task dev", "-", "deno task check", "-"],
    ),
    (
        &["deno.json={\"tasks\":{\"dev\":{\"command\":\"vite\"}},\"imports\":{\"$fresh/\":\"x\"}}"],
        ["deno task dev --port 4300 --strictPort --host localhost", "-", "-", "-"],
    ),
    (
        &[
            "deno.json={\"tasks\":{\"lume\":\"echo \\\"x\\\" | deno run -A -\",\"serve\":\"deno task lume -s\"},\"imports\":{\"lume/\":\"x\"}}",
        ],
        ["deno task serve --port 4300", "-", "-", "-"],
    ),
    (
        &["requirements.txt=flask", "wsgi.py", ".venv/bin/flask", "tests/"],
        [
            ".venv/bin/flask --app wsgi run --debug --port 4300 --host localhost",
            "-",
            "python3 -m pytest",
            "python3 -m pip install -r requirements.txt",
        ],
    ),
    (
        &["mkdocs.yml", "uv.lock"],
        [
            "uv run mkdocs serve -a localhost:4300",
            "uv run mkdocs build",
            "uv run mkdocs build --strict",
            "uv sync",
        ],
    ),
    (
        &["artisan", "+vite"],
        [
            "php artisan serve --port 4300 --host localhost",
            "-",
            "php artisan test",
            "composer install && npm install",
        ],
    ),
    (
        &["bin/rails", "bin/dev", "config/application.rb"],
        ["bin/dev", "-", "bin/rails test", "bundle install"],
    ),
    (
        &["public/index.php", "composer.json={}"],
        ["php -S localhost:4300 -t public", "-", "-", "composer install"],
    ),
    (&["docs/index.html"], ["python3 -m http.server 4300 --bind localhost -d docs", "-", "-", "-"]),
    (
        &[
            "+next",
            ".claude/launch.json={\"configurations\":[{\"runtimeExecutable\":\"npx\",\"runtimeArgs\":[\"next\",\"dev\"],\"port\":3010}]}",
        ],
        ["npx next dev -p 4300 -H localhost", "npx --no next build", "-", "npm install"],
    ),
];

#[test]
fn commands_are_those_of_the_project() {
    for (files, expected) in COMMANDS {
        assert_eq!(lines(files), *expected, "{files:?}");
    }
}
