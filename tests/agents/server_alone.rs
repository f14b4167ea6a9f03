//! The scripted server without any agent: what it says in each protocol, and what it counts.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::server::script::{PROMPT, Usage, cut, refuse, run, say, write};
use crate::server::{Cut, Server};

/// Each protocol's path, and a request with tools as its clients make it.
fn protocols() -> [(&'static str, Value); 4] {
    let words = "Build this.\n\nThis is task `bd-1` (task).";
    let said = json!([{"role": "user", "content": words}]);
    let function = |name: &str| json!({"type": "function", "function": {"name": name}});
    let declared = json!([{"functionDeclarations": [{"name": "write_file"}, {"name": "run_shell_command"}]}]);
    [
        (
            "/v1/messages?beta=true",
            json!({"model": "m", "stream": true, "messages": said, "tools": [{"name": "Write"}, {"name": "Bash"}]}),
        ),
        (
            "/v1/responses",
            json!({"model": "m", "stream": true, "input": said, "tools": [{"name": "exec_command"}]}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "stream": true, "messages": said, "tools": [function("write"), function("bash")]}),
        ),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({"contents": [{"parts": [{"text": words}]}], "tools": declared}),
        ),
    ]
}

/// One request on a connection of its own; what came, and how it ended.
fn ask(server: &Server, path: &str, body: &Value) -> (String, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let body = body.to_string();
    let request = format!("POST {path} HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).unwrap();
    // No more requests, so the server closes after its answer; it may have broken off before that.
    stream.shutdown(std::net::Shutdown::Write).ok();
    let mut came = Vec::new();
    let end = stream.read_to_end(&mut came);
    (String::from_utf8(came).unwrap(), end)
}

#[test]
fn a_script_is_played_in_every_protocol() {
    for (path, body) in protocols() {
        let server = Server::start();
        let used = Usage { input: 11, cached: 222, written: 0, output: 3333, reasoning: 44 };
        server.script(
            "bd-1",
            vec![
                refuse(429, "Slow down").header("retry-after", "7").times(2),
                write("a.txt", "one\ntwo\n").aloud("Writing.").using(used),
                run("ls -l").using(used),
                cut(Cut::Reset),
                say(format!("<{PROMPT}>")).using(used),
            ],
        );
        for _ in 0..2 {
            let (came, _) = ask(&server, path, &body);
            assert!(came.starts_with("HTTP/1.1 429 ") && came.contains("retry-after: 7\r\n"), "{came}");
            assert!(came.contains("Slow down"), "{came}");
        }
        let (came, _) = ask(&server, path, &body);
        assert!(came.starts_with("HTTP/1.1 200 ") && came.ends_with("0\r\n\r\n"), "{came}");
        assert!(came.contains("Writing.") && came.contains(":222"), "{came}");
        let (came, _) = ask(&server, path, &body);
        assert!(came.contains("ls -l"), "{came}");
        // What has been sent before a reset may be lost with it.
        let (came, end) = ask(&server, path, &body);
        assert_eq!(end.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset), "{came}");
        let (came, _) = ask(&server, path, &body);
        assert!(came.contains("<Build this.") && came.ends_with("0\r\n\r\n"), "{came}");
        let (came, _) = ask(&server, path, &body);
        assert!(came.starts_with("HTTP/1.1 400 "), "out of script: {came}");
        let statuses: Vec<u16> = server.served("bd-1").iter().map(|served| served.status).collect();
        assert_eq!(statuses, [429, 429, 200, 200, 200, 200], "{path}");
        assert_eq!(server.claimed("bd-1"), [used; 3].into_iter().sum(), "{path}");
        assert_eq!(server.served("bd-2").len(), 0);
    }
}

#[test]
fn what_is_asked_beside_does_not_advance_the_script() {
    let server = Server::start();
    server.script("bd-1", vec![say("Done.")]);
    for (path, mut body) in protocols() {
        body.as_object_mut().unwrap().remove("tools");
        let (came, _) = ask(&server, path, &body);
        assert!(came.starts_with("HTTP/1.1 200 ") && came.contains("A title"), "{path}: {came}");
    }
    let (came, _) = ask(&server, "/v1/messages/count_tokens", &json!({}));
    assert!(came.contains("input_tokens"), "{came}");
    let (came, _) = ask(&server, "/v1/models", &json!({}));
    assert!(came.starts_with("HTTP/1.1 404 "), "{came}");
    assert_eq!(server.served("bd-1").len(), 0);
    assert!(server.story().contains("/v1/models"), "{}", server.story());
}
