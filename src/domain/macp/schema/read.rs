//! Reads a schema: every subschema becomes a node, every reference the number of one.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

use super::{At, Format, Node, Pattern, Problem, Schema, Type};

/// What would decide about validity, but is not known here.
const UNKNOWN: &[(&str, &str)] = &[
    ("$dynamicRef", "use `$ref`"),
    ("$recursiveRef", "use `$ref`"),
    ("additionalItems", "use `prefixItems` and `items`"),
    ("dependencies", "use `dependentRequired` and `dependentSchemas`"),
    ("unevaluatedItems", "use `items`"),
    ("unevaluatedProperties", "use `additionalProperties`"),
];

/// Reads one schema and what it refers to.
pub(super) struct Reader<'v> {
    documents: Vec<(&'v str, &'v Value)>,
    nodes: Vec<Node>,
    known: HashMap<(usize, String), At>,
    waiting: Vec<(At, usize, String)>,
}

type Read<T> = Result<T, Problem>;

/// A subschema being read: its document, its pointer, its keywords.
struct Here<'v> {
    document: usize,
    pointer: String,
    words: &'v Map<String, Value>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(schema: &'v Value, others: &[(&'v str, &'v Value)]) -> Self {
        let documents = std::iter::once(("", schema)).chain(others.iter().copied()).collect();
        Self { documents, nodes: Vec::new(), known: HashMap::new(), waiting: Vec::new() }
    }

    pub(super) fn read(mut self) -> Read<Schema> {
        self.node(0, String::new());
        // A list instead of recursion: a schema may be as deep as it likes.
        while let Some((at, document, pointer)) = self.waiting.pop() {
            let read = self.one(document, &pointer);
            self.nodes[at] = read?;
        }
        Ok(Schema { nodes: self.nodes })
    }

    /// The number of a subschema, read now or later.
    fn node(&mut self, document: usize, pointer: String) -> At {
        let key = (document, pointer);
        if let Some(at) = self.known.get(&key) {
            return *at;
        }
        let at = self.nodes.len();
        self.nodes.push(Node::default());
        self.waiting.push((at, key.0, key.1.clone()));
        self.known.insert(key, at);
        at
    }

    fn one(&mut self, document: usize, pointer: &str) -> Read<Node> {
        let value = self.documents[document].1.pointer(pointer);
        let words = match value {
            Some(Value::Bool(allowed)) => return Ok(Node { never: !allowed, ..Node::default() }),
            Some(Value::Object(words)) => words,
            _ => return Err(wrong(pointer, "is not a schema: an object, `true` or `false` is needed")),
        };
        if let Some((name, instead)) = UNKNOWN.iter().find(|(name, _)| words.contains_key(*name)) {
            return Err(wrong(&below(pointer, name), &format!("is not supported: {instead}")));
        }
        let here = Here { document, pointer: pointer.to_owned(), words };
        let mut node = Node { types: here.types()?, ..Node::default() };
        here.values(&mut node)?;
        here.texts(&mut node)?;
        here.numbers(&mut node)?;
        self.arrays(&here, &mut node)?;
        self.objects(&here, &mut node)?;
        self.mixed(&here, &mut node)?;
        Ok(node)
    }

    fn sub(&mut self, here: &Here<'_>, name: &str) -> Option<At> {
        here.words.contains_key(name).then(|| self.node(here.document, below(&here.pointer, name)))
    }

    fn list(&mut self, here: &Here<'_>, name: &str) -> Read<Vec<At>> {
        let Some(value) = here.words.get(name) else { return Ok(Vec::new()) };
        let pointer = below(&here.pointer, name);
        let Value::Array(list) = value else { return Err(wrong(&pointer, "is not a list of schemas")) };
        Ok((0..list.len()).map(|at| self.node(here.document, format!("{pointer}/{at}"))).collect())
    }

    fn named(&mut self, here: &Here<'_>, name: &str) -> Read<Vec<(String, At)>> {
        let Some(value) = here.words.get(name) else { return Ok(Vec::new()) };
        let pointer = below(&here.pointer, name);
        let Value::Object(map) = value else { return Err(wrong(&pointer, "is not an object of schemas")) };
        Ok(map.keys().map(|key| (key.clone(), self.node(here.document, below(&pointer, key)))).collect())
    }

    fn arrays(&mut self, here: &Here<'_>, node: &mut Node) -> Read<()> {
        if here.words.get("items").is_some_and(Value::is_array) {
            return Err(wrong(&below(&here.pointer, "items"), "is a list: use `prefixItems`"));
        }
        let array = &mut node.array;
        array.first = self.list(here, "prefixItems")?;
        array.rest = self.sub(here, "items");
        let (least, most) = (here.count("minContains")?, here.count("maxContains")?);
        array.contains = self.sub(here, "contains").map(|at| (at, least.unwrap_or(1), most));
        (array.min, array.max) = (here.count("minItems")?, here.count("maxItems")?);
        array.unique = here.words.get("uniqueItems") == Some(&Value::Bool(true));
        Ok(())
    }

    fn objects(&mut self, here: &Here<'_>, node: &mut Node) -> Read<()> {
        let object = &mut node.object;
        object.known = self.named(here, "properties")?;
        for (text, at) in self.named(here, "patternProperties")? {
            object.like.push((pattern(&text, &below(&here.pointer, "patternProperties"))?, at));
        }
        object.other = self.sub(here, "additionalProperties");
        object.names = self.sub(here, "propertyNames");
        object.then = self.named(here, "dependentSchemas")?;
        (object.min, object.max) = (here.count("minProperties")?, here.count("maxProperties")?);
        if let Some(value) = here.words.get("required") {
            object.required = words(value, &below(&here.pointer, "required"))?;
        }
        if let Some(value) = here.words.get("dependentRequired") {
            let pointer = below(&here.pointer, "dependentRequired");
            let Value::Object(map) = value else { return Err(wrong(&pointer, "is not an object of lists")) };
            for (name, list) in map {
                object.dependent.push((name.clone(), words(list, &below(&pointer, name))?));
            }
        }
        Ok(())
    }

    fn mixed(&mut self, here: &Here<'_>, node: &mut Node) -> Read<()> {
        let mixed = &mut node.mixed;
        mixed.all = self.list(here, "allOf")?;
        if let Some(target) = here.words.get("$ref") {
            let pointer = below(&here.pointer, "$ref");
            let (document, target) = self.target(here.document, target, &pointer)?;
            mixed.all.push(self.node(document, target));
        }
        mixed.any = self.list(here, "anyOf")?;
        mixed.any_given = here.words.contains_key("anyOf");
        mixed.one = self.list(here, "oneOf")?;
        mixed.not = self.sub(here, "not");
        let (then, other) = (self.sub(here, "then"), self.sub(here, "else"));
        mixed.when = self.sub(here, "if").map(|when| (when, then, other));
        Ok(())
    }

    /// What a reference means: a document and a pointer into it.
    fn target(&self, document: usize, target: &Value, pointer: &str) -> Read<(usize, String)> {
        let Value::String(text) = target else { return Err(wrong(pointer, "is not a string")) };
        let (file, inner) = text.split_once('#').unwrap_or((text, ""));
        let other = match file {
            "" => Some(document),
            file => self.documents.iter().position(|(name, _)| *name == file),
        };
        let inner = unescaped(inner);
        let found = other.filter(|at| self.documents[*at].1.pointer(&inner).is_some());
        found
            .map(|at| (at, inner))
            .ok_or_else(|| wrong(pointer, &format!("refers to `{text}`, which is not in the schema itself")))
    }
}

impl Here<'_> {
    fn types(&self) -> Read<Vec<Type>> {
        let one = |value: &Value| match value.as_str() {
            Some("null") => Ok(Type::Null),
            Some("boolean") => Ok(Type::Boolean),
            Some("integer") => Ok(Type::Integer),
            Some("number") => Ok(Type::Number),
            Some("string") => Ok(Type::String),
            Some("array") => Ok(Type::Array),
            Some("object") => Ok(Type::Object),
            _ => Err(wrong(&below(&self.pointer, "type"), &format!("knows no type {value}"))),
        };
        match self.words.get("type") {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(one).collect(),
            Some(value) => Ok(vec![one(value)?]),
        }
    }

    fn values(&self, node: &mut Node) -> Read<()> {
        let given = match self.words.get("enum") {
            Some(Value::Array(list)) => Some(list.clone()),
            Some(_) => return Err(wrong(&below(&self.pointer, "enum"), "is not a list")),
            None => None,
        };
        node.one_of_values = match (given, self.words.get("const")) {
            (Some(list), Some(value)) => Some(list.into_iter().filter(|one| one == value).collect()),
            (None, Some(value)) => Some(vec![value.clone()]),
            (given, None) => given,
        };
        Ok(())
    }

    fn texts(&self, node: &mut Node) -> Read<()> {
        (node.text.min, node.text.max) = (self.count("minLength")?, self.count("maxLength")?);
        node.text.format = match self.words.get("format").and_then(Value::as_str) {
            Some("date-time") => Some(Format::DateTime),
            Some("date") => Some(Format::Date),
            _ => None,
        };
        if let Some(value) = self.words.get("pattern") {
            let pointer = below(&self.pointer, "pattern");
            let text = value.as_str().ok_or_else(|| wrong(&pointer, "is not a string"))?;
            node.text.pattern = Some(pattern(text, &pointer)?);
        }
        Ok(())
    }

    fn numbers(&self, node: &mut Node) -> Read<()> {
        let number = &mut node.number;
        (number.min, number.max) = (self.number("minimum")?, self.number("maximum")?);
        (number.above, number.below) = (self.number("exclusiveMinimum")?, self.number("exclusiveMaximum")?);
        number.multiple = self.number("multipleOf")?;
        if number.multiple.as_ref().is_some_and(|by| by.as_f64().is_none_or(|by| by <= 0.0)) {
            return Err(wrong(&below(&self.pointer, "multipleOf"), "must be more than 0"));
        }
        Ok(())
    }

    fn number(&self, name: &str) -> Read<Option<Number>> {
        match self.words.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.clone())),
            Some(_) => Err(wrong(&below(&self.pointer, name), "is not a number")),
        }
    }

    fn count(&self, name: &str) -> Read<Option<u64>> {
        let Some(number) = self.number(name)? else { return Ok(None) };
        let whole = number.as_u64().or_else(|| number.to_string().strip_suffix(".0")?.parse().ok());
        whole.map(Some).ok_or_else(|| wrong(&below(&self.pointer, name), "is not a whole number from 0"))
    }
}

fn wrong(pointer: &str, message: &str) -> Problem {
    Problem { pointer: pointer.to_owned(), message: message.to_owned() }
}

/// A pointer one name longer.
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn words(value: &Value, pointer: &str) -> Read<Vec<String>> {
    let list = value.as_array().map(|list| list.iter().map(|one| one.as_str().map(str::to_owned)));
    list.and_then(Iterator::collect).ok_or_else(|| wrong(pointer, "is not a list of strings"))
}

fn pattern(text: &str, pointer: &str) -> Read<Pattern> {
    let regex = regex_lite::Regex::new(text);
    let regex = regex.map_err(|error| wrong(pointer, &format!("`{text}` cannot be used: {error}")))?;
    Ok(Pattern { text: text.to_owned(), regex })
}

/// A fragment of a URI as the pointer it stands for.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let code = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
