//! The recipes for engines that tests have none of, against stand-ins that take the same words. Each runs what it is
//! given the way the engine would: in the directory it is told, with nothing in its environment but what was named.

use std::fs;

use crate::bench::{Bench, DONE};
use crate::sandbox::Outcome;

/// `docker run`, as far as the recipe uses it.
const DOCKER: &str = r#"echo "$@" >> "$ASIDE/argv"
[ "$1" = rm ] && exit 0
shift; set -f; pass=
while :; do case $1 in
  --rm|--interactive|--init) shift;;
  --name=*) name=${1#*=}; shift;;
  --volume=*) shift;;
  --workdir=*) dir=${1#*=}; shift;;
  --env=*) v=${1#*=}; eval "value=\$$v"; pass="$pass $v='$value'"; shift;;
  -*) echo "unknown flag: $1" >&2; exit 125;;
  *) break;;
esac; done
[ "$1" = image:1 ] || { echo "no such image: $1" >&2; exit 125; }
shift; cd "$dir" || exit 127
eval "exec env -i PATH=\"\$PATH\" $pass \"\$@\"""#;

/// `kubectl run` and `kubectl delete`, as far as the recipe uses them. It cannot set variables by name.
const KUBECTL: &str = r#"echo "$@" >> "$ASIDE/argv"
[ "$1" = delete ] && exit 0
name=$2; shift 2
while [ "$1" != -- ]; do case $1 in --image=image:1|--quiet|--stdin|--rm|--restart=Never|--command) shift;; *) exit 1;; esac; done
shift; cd / ; env -i PATH="$PATH" "$@"; code=$?
echo "pod default/$name terminated (Error)" >&2
exit $code"#;

fn bench(engine: &str, script: &str, recipe: &str) -> Bench {
    let bench = Bench::new(DONE);
    bench.script(engine, script);
    bench.config(&recipe.replace("ENGINE", bench.aside(engine).to_str().unwrap()));
    bench
}

fn gate(bench: &Bench, command: &str) -> Outcome {
    let args = ["-q", "gates", "run", "--launcher", "far", "--json", "--gate", command];
    Outcome::of(bench.sandbox.command().args(args).env("FAR_TOKEN", "s3cret  s3cret"))
}

#[test]
fn docker_run() {
    let recipe = "[launchers.far]\ncommand = ['ENGINE', 'run', '--rm', '--interactive', '--init', '--name={name}', '--volume={dir}:{dir}', '--workdir={dir}', '--env={env}', 'image:1']\n\
        stop = ['ENGINE', 'rm', '--force', '{name}']\npass_env = ['FAR_TOKEN']";
    let bench = bench("docker", DOCKER, recipe);
    for (command, code) in
        [("pwd; printf %s \"$FAR_TOKEN\"; env | grep -c SECOND", 1), ("exit 125", 125), ("true", 0)]
    {
        let out = gate(&bench, command);
        assert_eq!(out.json()[0]["exit_code"], code, "{command}: {out:?}");
        if code == 1 {
            let log = fs::read_to_string(out.json()[0]["output"].as_str().unwrap()).unwrap();
            assert_eq!(
                log,
                format!("{}\ns3cret  s3cret0\n", bench.sandbox.path("").display())
                    .replace("s3cret  s3cret", "[redacted]"),
                "secrets go there, not into logs"
            );
        }
    }
    assert!(!bench.lines("argv").concat().contains("s3cret"), "{:?}", bench.lines("argv"));
    // Its own failures are told from the command's.
    bench.config(
        &recipe.replace("image:1", "image:2").replace("ENGINE", bench.aside("docker").to_str().unwrap()),
    );
    let out = gate(&bench, "true");
    assert_eq!(
        (out.code, &out.json_error()["message"]),
        (2, &"launcher `far` left no receipt (exit code 125)".into())
    );
    let stops = bench
        .lines("argv")
        .iter()
        .filter(|line| line.starts_with("rm --force taskrun-work-gates-1-"))
        .count();
    assert_eq!(stops, 3, "what may have been started is ended each time");
}

#[test]
fn kubectl_run() {
    let recipe = "[launchers.far]\ncommand = ['ENGINE', 'run', '{name}', '--image=image:1', '--restart=Never', '--rm', '--stdin', '--quiet', '--command', '--']\n\
        stop = ['ENGINE', 'delete', 'pod', '{name}', '--ignore-not-found', '--wait=false']";
    let bench = bench("kubectl", KUBECTL, recipe);
    for (command, code) in [("exit 0", 0), ("exit 3", 3)] {
        let out = gate(&bench, command);
        assert_eq!(out.json()[0]["exit_code"], code, "{out:?}");
    }
    // A directory that is not there is no fault of the command's.
    let bench = self::bench(
        "kubectl",
        &KUBECTL.replace(
            "cd /",
            "cd /; shift 2; set -- sh -c \"$1\" \"$2\" \"$3\" '' /no/such/directory 1 -- true",
        ),
        recipe,
    );
    let out = gate(&bench, "true");
    assert_eq!(
        (out.code, &out.json_error()["message"]),
        (2, &"launcher `far` left no receipt (exit code 97)".into())
    );
}
