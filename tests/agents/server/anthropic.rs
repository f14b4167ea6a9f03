//! Anthropic's messages.

use serde_json::{Value, json};

use super::script::Usage;
use super::wire::{Answer, Wire, each, named, pieces};

pub struct Messages;

fn usage(usage: &Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": output,
    })
}

fn message(answer: &Answer, content: &[Value], stop: Option<&str>, output: u64) -> Value {
    json!({
        "id": format!("msg_{}", answer.id), "type": "message", "role": "assistant", "model": answer.model,
        "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage(&answer.usage, output),
    })
}

/// Its content blocks as they begin, and the pieces that follow.
fn blocks(answer: &Answer) -> Vec<(Value, Vec<Value>)> {
    let text = answer.text.as_ref().map(|text| {
        let deltas = pieces(text).into_iter().map(|piece| json!({"type": "text_delta", "text": piece}));
        (json!({"type": "text", "text": ""}), deltas.collect())
    });
    let call = answer.call.as_ref().map(|call| {
        let pieces = pieces(&call.arguments.to_string());
        let deltas =
            pieces.into_iter().map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
        let id = format!("toolu_{}", answer.id);
        (json!({"type": "tool_use", "id": id, "name": call.name, "input": {}}), deltas.collect())
    });
    text.into_iter().chain(call).collect()
}

fn stop(answer: &Answer) -> &'static str {
    if answer.call.is_some() { "tool_use" } else { "end_turn" }
}

impl Wire for Messages {
    fn tools(&self, request: &Value) -> Vec<String> {
        each(&request["tools"], "name").collect()
    }

    fn events(&self, answer: &Answer) -> Vec<String> {
        let mut events = vec![json!({"type": "message_start", "message": message(answer, &[], None, 1)})];
        for (index, (block, deltas)) in blocks(answer).into_iter().enumerate() {
            events.push(json!({"type": "content_block_start", "index": index, "content_block": block}));
            for delta in deltas {
                events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        events.push(json!({
            "type": "message_delta", "delta": {"stop_reason": stop(answer), "stop_sequence": null},
            "usage": usage(&answer.usage, answer.usage.output),
        }));
        events.push(json!({"type": "message_stop"}));
        events.iter().map(named).collect()
    }

    fn begun(&self) -> usize {
        3
    }

    fn claims_at_once(&self) -> bool {
        true
    }

    fn document(&self, answer: &Answer) -> Value {
        let text = answer.text.as_ref().map(|text| json!({"type": "text", "text": text}));
        let call = answer.call.as_ref().map(|call| {
            let id = format!("toolu_{}", answer.id);
            json!({"type": "tool_use", "id": id, "name": call.name, "input": call.arguments})
        });
        let content: Vec<Value> = text.into_iter().chain(call).collect();
        message(answer, &content, Some(stop(answer)), answer.usage.output)
    }

    fn refusal(&self, status: u16, words: &str, _after: Option<&str>) -> Value {
        let kind = match status {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            529 => "overloaded_error",
            400 | 404 => "invalid_request_error",
            _ => "api_error",
        };
        json!({"type": "error", "error": {"type": kind, "message": words}})
    }
}
