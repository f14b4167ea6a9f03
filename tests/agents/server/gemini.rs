//! Gemini's generated content.

use serde_json::{Value, json};

use super::wire::{Answer, Wire, data, each, pieces};

pub struct Content;

/// One chunk; the last one of an answer says so, and what was used.
fn chunk(answer: &Answer, parts: &Value, last: bool) -> Value {
    let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
    let mut chunk = json!({"modelVersion": answer.model, "responseId": answer.id});
    if last {
        let used = &answer.usage;
        let prompt = used.input + used.cached;
        candidate["finishReason"] = json!("STOP");
        chunk["usageMetadata"] = json!({
            "promptTokenCount": prompt, "cachedContentTokenCount": used.cached,
            "candidatesTokenCount": used.output - used.reasoning, "thoughtsTokenCount": used.reasoning,
            "totalTokenCount": prompt + used.output,
        });
    }
    chunk["candidates"] = json!([candidate]);
    chunk
}

fn call(answer: &Answer) -> Option<Value> {
    let call = answer.call.as_ref()?;
    Some(json!({"functionCall": {"id": answer.id, "name": call.name, "args": call.arguments}}))
}

impl Wire for Content {
    fn tools(&self, request: &Value) -> Vec<String> {
        let tools = request["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        tools.iter().flat_map(|tool| each(&tool["functionDeclarations"], "name")).collect()
    }

    fn events(&self, answer: &Answer) -> Vec<String> {
        let texts = answer.text.as_deref().map(pieces).unwrap_or_default();
        let parts = texts.into_iter().map(|piece| json!({"text": piece})).chain(call(answer));
        let mut chunks: Vec<Value> = parts.map(|part| chunk(answer, &json!([part]), false)).collect();
        chunks.push(chunk(answer, &json!([]), true));
        chunks.iter().map(data).collect()
    }

    fn begun(&self) -> usize {
        1
    }

    fn document(&self, answer: &Answer) -> Value {
        let text = answer.text.as_ref().map(|text| json!({"text": text}));
        let parts: Vec<Value> = text.into_iter().chain(call(answer)).collect();
        chunk(answer, &json!(parts), true)
    }

    fn refusal(&self, status: u16, words: &str, after: Option<&str>) -> Value {
        let name = match status {
            401 => "UNAUTHENTICATED",
            403 => "PERMISSION_DENIED",
            429 => "RESOURCE_EXHAUSTED",
            500.. => "INTERNAL",
            _ => "INVALID_ARGUMENT",
        };
        let mut error = json!({"code": status, "message": words, "status": name});
        if let Some(after) = after {
            let wait = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{after}s")});
            error["details"] = json!([wait]);
        }
        json!({"error": error})
    }
}
