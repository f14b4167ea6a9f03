//! The responses of `OpenAI`.

use serde_json::{Value, json};

use super::wire::{Answer, Wire, each, named, pieces};

pub struct Responses;

fn items(answer: &Answer) -> Vec<Value> {
    let text = answer.text.as_ref().map(|text| {
        let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
        json!({"type": "message", "id": format!("msg_{}", answer.id), "role": "assistant",
            "status": "completed", "content": content})
    });
    let call = answer.call.as_ref().map(|call| {
        json!({"type": "function_call", "id": format!("fc_{}", answer.id), "status": "completed",
            "call_id": format!("call_{}", answer.id), "name": call.name, "arguments": call.arguments.to_string()})
    });
    text.into_iter().chain(call).collect()
}

fn response(answer: &Answer, done: bool) -> Value {
    let used = &answer.usage;
    let input = used.input + used.cached;
    let usage = json!({
        "input_tokens": input, "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.output, "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": input + used.output,
    });
    json!({
        "id": format!("resp_{}", answer.id), "object": "response", "model": answer.model, "error": null,
        "status": if done { "completed" } else { "in_progress" },
        "output": if done { items(answer) } else { Vec::new() },
        "usage": if done { usage } else { Value::Null },
    })
}

/// The events that lead from an item's start to its end.
fn item_events(index: usize, item: &Value) -> Vec<Value> {
    let (id, mut started) = (&item["id"], item.clone());
    started["status"] = json!("in_progress");
    let place = |kind: &str| json!({"type": kind, "item_id": id, "output_index": index});
    let mut events = Vec::new();
    if item["type"] == "message" {
        started["content"] = json!([]);
        let part = &item["content"][0];
        let within = |kind: &str, key: &str, value: &Value| {
            let mut event = place(kind);
            event["content_index"] = json!(0);
            event[key] = value.clone();
            event
        };
        let empty = json!({"type": "output_text", "text": "", "annotations": []});
        events.push(within("response.content_part.added", "part", &empty));
        for piece in pieces(part["text"].as_str().unwrap()) {
            events.push(within("response.output_text.delta", "delta", &json!(piece)));
        }
        events.push(within("response.output_text.done", "text", &part["text"]));
        events.push(within("response.content_part.done", "part", part));
    } else {
        started["arguments"] = json!("");
        let mut delta = place("response.function_call_arguments.delta");
        delta["delta"] = item["arguments"].clone();
        let mut done = place("response.function_call_arguments.done");
        done["arguments"] = item["arguments"].clone();
        events.extend([delta, done]);
    }
    let whole = |kind: &str, item: &Value| json!({"type": kind, "output_index": index, "item": item});
    events.insert(0, whole("response.output_item.added", &started));
    events.push(whole("response.output_item.done", item));
    events
}

impl Wire for Responses {
    fn tools(&self, request: &Value) -> Vec<String> {
        each(&request["tools"], "name").collect()
    }

    fn events(&self, answer: &Answer) -> Vec<String> {
        let mut events = vec![json!({"type": "response.created", "response": response(answer, false)})];
        for (index, item) in items(answer).iter().enumerate() {
            events.extend(item_events(index, item));
        }
        events.push(json!({"type": "response.completed", "response": response(answer, true)}));
        for (number, event) in events.iter_mut().enumerate() {
            event["sequence_number"] = json!(number);
        }
        events.iter().map(named).collect()
    }

    fn begun(&self) -> usize {
        4
    }

    fn document(&self, answer: &Answer) -> Value {
        response(answer, true)
    }

    fn refusal(&self, status: u16, words: &str, _after: Option<&str>) -> Value {
        super::chat::refusal(status, words)
    }
}
