//! The chat completions of `OpenAI`.

use serde_json::{Value, json};

use super::wire::{Answer, Wire, data, pieces};

pub struct Chat;

fn usage(answer: &Answer) -> Value {
    let used = &answer.usage;
    let prompt = used.input + used.cached;
    json!({
        "prompt_tokens": prompt, "prompt_tokens_details": {"cached_tokens": used.cached},
        "completion_tokens": used.output, "completion_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": prompt + used.output,
    })
}

fn calls(answer: &Answer) -> Option<Value> {
    let call = answer.call.as_ref()?;
    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
    Some(json!([{"index": 0, "id": format!("call_{}", answer.id), "type": "function", "function": function}]))
}

fn end(answer: &Answer) -> &'static str {
    if answer.call.is_some() { "tool_calls" } else { "stop" }
}

fn object(answer: &Answer, kind: &str, choices: &Value) -> Value {
    json!({"id": format!("chatcmpl-{}", answer.id), "object": kind, "created": 1_767_225_600,
        "model": answer.model, "choices": choices})
}

/// The body of a refusal, in this and the newer protocol.
pub fn refusal(status: u16, words: &str) -> Value {
    let (kind, code) = match status {
        401 => ("invalid_request_error", "invalid_api_key"),
        429 => ("requests", "rate_limit_exceeded"),
        500.. => ("server_error", "server_error"),
        _ => ("invalid_request_error", "invalid_request"),
    };
    json!({"error": {"message": words, "type": kind, "code": code, "param": null}})
}

impl Wire for Chat {
    fn tools(&self, request: &Value) -> Vec<String> {
        let tools = request["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        tools.iter().filter_map(|tool| Some(tool["function"]["name"].as_str()?.to_owned())).collect()
    }

    fn events(&self, answer: &Answer) -> Vec<String> {
        let chunk = |delta: &Value, end: Option<&str>| {
            let choices = json!([{"index": 0, "delta": delta, "finish_reason": end}]);
            object(answer, "chat.completion.chunk", &choices)
        };
        let mut chunks = vec![chunk(&json!({"role": "assistant", "content": ""}), None)];
        for piece in answer.text.as_deref().map(pieces).unwrap_or_default() {
            chunks.push(chunk(&json!({"content": piece}), None));
        }
        if let Some(calls) = calls(answer) {
            chunks.push(chunk(&json!({"tool_calls": calls}), None));
        }
        chunks.push(chunk(&json!({}), Some(end(answer))));
        let mut last = object(answer, "chat.completion.chunk", &json!([]));
        last["usage"] = usage(answer);
        chunks.push(last);
        chunks.iter().map(data).chain(["data: [DONE]\n\n".to_owned()]).collect()
    }

    fn begun(&self) -> usize {
        2
    }

    fn document(&self, answer: &Answer) -> Value {
        let message = json!({"role": "assistant", "content": answer.text, "tool_calls": calls(answer)});
        let choices = json!([{"index": 0, "message": message, "finish_reason": end(answer)}]);
        let mut whole = object(answer, "chat.completion", &choices);
        whole["usage"] = usage(answer);
        whole
    }

    fn refusal(&self, status: u16, words: &str, _after: Option<&str>) -> Value {
        refusal(status, words)
    }
}
