//! Values that would like to be code.

use super::*;
use crate::system::process::Quick;

fn values(value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("v".to_owned(), value.to_owned()), ("w".to_owned(), "plain".to_owned())])
}

#[test]
fn values_are_quoted_where_they_stand() {
    let table = [
        ("true", "true"),
        ("test -f {{ v }}", "test -f 'a b'"),
        ("test -e \"src/{{ v }}.ts\"", "test -e \"src/\"'a b'\".ts\""),
        ("grep 'x {{ v }}' f", "grep 'x ''a b''' f"),
        ("cargo test {{ w }} && test -d {{ v }}", "cargo test plain && test -d 'a b'"),
        ("X={{ v }} cargo test", "X='a b' cargo test"),
        ("if test -f {{ v }}; then true; fi", "if test -f 'a b'; then true; fi"),
        ("ls ./{{ v | upper }} > out 2>&1", "ls ./'A B' > out 2>&1"),
        ("{% if w == 'plain' %}ls {{ v }}{% endif %}", "ls 'a b'"),
        ("[ -e {{ v }} ]", "[ -e 'a b' ]"),
    ];
    for (command, expected) in table {
        assert_eq!(fill(command, &values("a b")).as_deref(), Ok(expected), "{command}");
    }
    assert_eq!(fill("ls {{ v }}", &values("")).as_deref(), Ok("ls ''"));
    assert_eq!(fill("ls -- {{ v }}", &values("-rf")).as_deref(), Ok("ls -- -rf"));
}

#[test]
fn no_value_stands_where_it_would_be_code() {
    let table = [
        ("{{ v }} x", "may not choose the program"),
        ("true; {{ v }}", "may not choose the program"),
        ("if {{ v }}; then true; fi", "may not choose the program"),
        ("sh -c 'ls {{ v }}'", "`sh` would read the value as code"),
        ("sudo /bin/bash -c \"ls {{ v }}\"", "`/bin/bash` would read the value as code"),
        ("true && eval ls {{ v }}", "`eval` would read the value as code"),
        ("python -c {{ v }}", "`-c` takes code"),
        ("node --eval={{ v }}", "`--eval=` takes code"),
        ("echo $(ls {{ v }})", "beside `$(`"),
        ("echo `ls {{ v }}`", "beside ``"),
        ("cat <<E\n{{ v }}\nE", "beside `<<`"),
        ("echo \"${X:-{{ v }}}\"", "beside `${`"),
        ("echo \\{{ v }}", "may not follow `\\`"),
        ("echo ${{ v }}", "may not follow `$`"),
        ("echo {{ nothing }}", "undefined value"),
        ("{% set x %}{{ v }}{% endset %}echo", "do not stand where they are written"),
    ];
    for (command, expected) in table {
        let why = fill(command, &values("a b")).unwrap_err();
        assert!(why.contains(expected), "{command}: {why}");
    }
    for (value, expected) in
        [("a\nb", "more than one line"), ("-rf", "would be an option"), ("\u{1}", "control")]
    {
        let why = fill("ls {{ v }}", &values(value)).unwrap_err();
        assert!(why.contains(expected), "{value:?}: {why}");
    }
}

#[test]
fn a_real_shell_takes_hostile_values_for_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = [
        "; touch pwned",
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "\"; touch pwned; \"",
        "a' b \" c \\",
        "&& touch pwned",
        "| touch pwned",
        "> pwned",
        "{{ w }}",
        "{% raw %}",
        "$HOME ~ * ?",
        "#x",
        "!!",
        "\\",
        "'",
        "\"",
        "ü 日本",
        "$'\\n'",
        "<<E",
        "a=b",
        "",
    ];
    let shapes = [
        ("printf %s {{ v }}", ""),
        ("printf %s \"<{{ v }}>\"", "<>"),
        ("printf %s '<{{ v }}>'", "<>"),
        ("X={{ v }} && printf %s \"$X\"", ""),
        ("true && if true; then printf %s x{{ v }}; fi", "x"),
        ("printf %s {{ v }} # {{ v }}", ""),
    ];
    for value in hostile {
        for (shape, around) in shapes {
            let command = fill(shape, &values(value)).unwrap_or_else(|why| panic!("{shape} {value}: {why}"));
            let said = Quick::new("sh", dir.path(), &["-c", &command]).run(&[]).unwrap();
            let expected = match around {
                "<>" => format!("<{value}>"),
                other => format!("{other}{value}"),
            };
            assert_eq!(String::from_utf8(said.stdout).unwrap(), expected, "{command}: {}", said.stderr);
        }
    }
    assert_eq!(dir.path().read_dir().unwrap().count(), 0, "nothing was made");
}
