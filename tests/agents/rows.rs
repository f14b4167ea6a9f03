//! What the agents differ in: how each is pointed at the server, and what can be asked of it.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::sandbox::Sandbox;
use crate::server::script::Usage;

/// One agent.
pub struct Row {
    pub name: &'static str,
    /// The variable that names its program.
    pub variable: &'static str,
    pub model: &'static str,
    /// USD per million tokens: input, cached, written to a cache, output.
    prices: [f64; 4],
    /// Whether the prices stand in our own settings, because it reports no money.
    pub priced_by_us: bool,
    /// Whether it tells of a cache that is written to.
    pub writes_cache: bool,
    /// Whether what it had spent is still known when it is ended in a tool; else only what its finished
    /// steps had cost.
    pub tells_all_when_killed: bool,
}

pub const ROWS: [Row; 4] = [
    Row {
        name: "claude",
        variable: "CLAUDE_CLI_PATH",
        model: "claude-sonnet-4-6",
        prices: [3.0, 0.3, 3.75, 15.0],
        priced_by_us: false,
        writes_cache: true,
        tells_all_when_killed: true,
    },
    Row {
        name: "codex",
        variable: "CODEX_PATH",
        model: "gpt-5.4",
        prices: [2.5, 0.25, 2.5, 15.0],
        priced_by_us: true,
        writes_cache: false,
        tells_all_when_killed: true,
    },
    Row {
        name: "opencode",
        variable: "OPENCODE_PATH",
        model: "local/m",
        prices: [3.0, 0.3, 3.0, 15.0],
        priced_by_us: false,
        writes_cache: false,
        tells_all_when_killed: false,
    },
    Row {
        name: "gemini",
        variable: "GEMINI_PATH",
        model: "gemini-2.5-pro",
        prices: [1.25, 0.125, 1.25, 10.0],
        priced_by_us: true,
        writes_cache: false,
        tells_all_when_killed: true,
    },
];

impl Row {
    /// Its program in the folder that `install.sh` has filled.
    pub fn program(&self, folder: &Path) -> PathBuf {
        folder.join("bin").join(self.name)
    }

    /// What tokens cost, in USD.
    #[allow(clippy::cast_precision_loss)] // token counts stay far below 2^52
    pub fn cost(&self, used: Usage) -> f64 {
        let tokens = [used.input, used.cached, used.written, used.output];
        tokens.iter().zip(self.prices).map(|(tokens, price)| *tokens as f64 * price / 1e6).sum()
    }

    /// Settings of ours that make its prices known.
    pub fn prices(&self) -> String {
        let [input, cached, _, output] = self.prices;
        if !self.priced_by_us {
            return String::new();
        }
        format!("[prices.'{}']\ninput = {input}\ncached = {cached}\noutput = {output}\n", self.model)
    }

    /// Points it at the server: files in its home, and the variables it is given. In a hurry it makes
    /// few tries of its own, where it can be told so.
    pub fn set_up(&self, sandbox: &Sandbox, url: &str, hurry: bool) -> Vec<(&'static str, String)> {
        match self.name {
            "claude" => {
                let retries = hurry.then(|| ("CLAUDE_CODE_MAX_RETRIES", "1".to_owned()));
                let base = [("ANTHROPIC_BASE_URL", url.into()), ("ANTHROPIC_API_KEY", KEY.into())];
                base.into_iter().chain(retries).collect()
            }
            "codex" => {
                let retries = "request_max_retries = 1\nstream_max_retries = 1\n";
                let provider = format!(
                    "model_provider = 'local'\n[analytics]\nenabled = false\n[model_providers.local]\n\
                     name = 'local'\nbase_url = '{url}/v1'\nenv_key = 'OPENAI_API_KEY'\nwire_api = 'responses'\n{}",
                    if hurry { retries } else { "" }
                );
                sandbox.write_home(".codex/config.toml", provider);
                vec![("OPENAI_API_KEY", KEY.into())]
            }
            "opencode" => {
                let [input, cached, _, output] = self.prices;
                let model = json!({"cost": {"input": input, "output": output, "cache_read": cached},
                    "limit": {"context": 200_000, "output": 32_000}});
                let options = json!({"baseURL": format!("{url}/v1"), "apiKey": KEY});
                let provider =
                    json!({"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"m": model}});
                vec![("OPENCODE_CONFIG_CONTENT", json!({"provider": {"local": provider}}).to_string())]
            }
            _ => {
                let attempts = if hurry { json!({"maxAttempts": 2}) } else { json!({}) };
                let auth = json!({"auth": {"selectedType": "gemini-api-key"}});
                let settings = json!({"security": auth, "general": attempts});
                sandbox.write_home(".gemini/settings.json", settings.to_string());
                vec![("GEMINI_API_KEY", KEY.into()), ("GOOGLE_GEMINI_BASE_URL", url.into())]
            }
        }
    }
}

/// Opens nothing.
const KEY: &str = "sk-test";

/// What keeps the agents from asking for anything but an answer of the model.
pub const QUIET: [(&str, &str); 10] = [
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("DISABLE_TELEMETRY", "1"),
    ("DO_NOT_TRACK", "1"),
    ("OPENCODE_DISABLE_AUTOUPDATE", "1"),
    ("OPENCODE_DISABLE_MODELS_FETCH", "1"),
    ("OPENCODE_DISABLE_SHARE", "1"),
    // Nothing listens there, so nothing gets out.
    ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ("NO_PROXY", "127.0.0.1,localhost"),
];
