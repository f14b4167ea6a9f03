//! Schemas and documents, side by side.

use serde_json::{Value, json};

use super::Schema;

/// What is wrong with `document`: `pointer message`, one a line.
fn said(schema: &Value, document: &Value) -> String {
    let problems = Schema::parse(schema).unwrap().check(document);
    problems.iter().map(|one| format!("{} {}", one.pointer, one.message)).collect::<Vec<_>>().join("\n")
}

#[test]
fn keywords_take_and_refuse() {
    // schema, what fits, what does not
    let table = [
        (
            json!({"type": "integer"}),
            json!([1, 1.0, -3, 18_446_744_073_709_551_615_u64]),
            json!([1.5, "1", null, true]),
        ),
        (json!({"type": ["string", "null"]}), json!(["", null]), json!([0, {}])),
        (json!({"enum": ["a", 1, {"b": [1]}]}), json!(["a", 1.0, {"b": [1.0]}]), json!(["b", 2, {"b": []}])),
        (json!({"const": 3}), json!([3, 3.0]), json!([4, "3"])),
        (json!({"enum": [1, 2], "const": 2}), json!([2]), json!([1, 3])),
        (json!({"minimum": 2, "maximum": 5}), json!([2, 5, 3.5, "x"]), json!([1, 6, 1.99])),
        (json!({"exclusiveMinimum": 2, "exclusiveMaximum": 5}), json!([2.1, 4]), json!([2, 5, 2.0])),
        (
            json!({"minimum": 9_007_199_254_740_993_u64}),
            json!([9_007_199_254_740_993_u64]),
            json!([9_007_199_254_740_992_u64]),
        ),
        (json!({"multipleOf": 0.1}), json!([0.3, 7, 1.1]), json!([0.35])),
        (json!({"multipleOf": 3}), json!([9, -3, 0]), json!([10])),
        (json!({"minLength": 2, "maxLength": 3}), json!(["ab", "äöü", "日本"]), json!(["a", "abcd", "日"])),
        (json!({"pattern": "^[a-z]+$"}), json!(["abc", 1]), json!(["aB", ""])),
        (
            json!({"format": "date-time"}),
            json!(["2026-01-01T00:00:00Z", "2026-02-21T15:56:02.123456+00:00", "2026-01-01t00:00:00z", 5]),
            json!([
                "2026-01-01",
                "2026-01-01 00:00:00Z",
                "2026-01-01T00:00:00",
                "2026-13-01T00:00:00Z",
                "",
                "2026-01-01T00:00:00.Z",
                "é"
            ]),
        ),
        (json!({"format": "date"}), json!(["2024-02-29"]), json!(["2025-02-29", "2024-2-9"])),
        (json!({"format": "email"}), json!(["anything"]), json!([])),
        (
            json!({"items": {"type": "string"}, "minItems": 1, "maxItems": 2}),
            json!([["a"], ["a", "b"], "x"]),
            json!([[], [1], ["a", "b", "c"]]),
        ),
        (
            json!({"prefixItems": [{"type": "string"}], "items": false}),
            json!([["a"], []]),
            json!([["a", 1], [1]]),
        ),
        (
            json!({"uniqueItems": true}),
            json!([[1, 2, "1"], []]),
            json!([[1, 1.0], ["a", "a"], [{"a": 1}, {"a": 1}]]),
        ),
        (
            json!({"contains": {"type": "integer"}, "maxContains": 1}),
            json!([[1], ["a", 1]]),
            json!([[], ["a"], [1, 2]]),
        ),
        (json!({"required": ["a"]}), json!([{"a": null}, []]), json!([{}, {"b": 1}])),
        (
            json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false}),
            json!([{}, {"a": "x"}]),
            json!([{"a": 1}, {"b": 1}]),
        ),
        (
            json!({"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": {"type": "null"}}),
            json!([{"x1": 1, "y": null}]),
            json!([{"x1": "a"}, {"y": 1}]),
        ),
        (json!({"propertyNames": {"maxLength": 2}}), json!([{"ab": 1}]), json!([{"abc": 1}])),
        (
            json!({"minProperties": 1, "maxProperties": 2}),
            json!([{"a": 1}]),
            json!([{}, {"a": 1, "b": 2, "c": 3}]),
        ),
        (json!({"dependentRequired": {"a": ["b"]}}), json!([{"a": 1, "b": 2}, {"b": 1}]), json!([{"a": 1}])),
        (
            json!({"dependentSchemas": {"a": {"required": ["c"]}}}),
            json!([{"a": 1, "c": 2}, {}]),
            json!([{"a": 1}]),
        ),
        (json!({"allOf": [{"minimum": 1}, {"maximum": 3}]}), json!([2]), json!([0, 4])),
        (
            json!({"anyOf": [{"type": "string"}, {"minimum": 5, "type": "integer"}]}),
            json!(["a", 5]),
            json!([4, null]),
        ),
        (json!({"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]}), json!([2, 3]), json!([6, 5])),
        (json!({"not": {"type": "string"}}), json!([1]), json!(["a"])),
        (
            json!({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["a"]}, "else": {"required": ["b"]}}),
            json!([{"k": 1, "a": 0}, {"b": 0}]),
            json!([{"k": 1, "b": 0}, {"a": 0}]),
        ),
        (
            json!({"$defs": {"tree": {"type": "object", "properties": {"of": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}, "$ref": "#/$defs/tree"}),
            json!([{"v": 1, "of": [{"v": 2, "of": []}]}]),
            json!([{"of": []}, {"v": 1, "of": [{"v": 2, "of": [3]}]}]),
        ),
        (
            json!({"definitions": {"a/b~": {"type": "null"}}, "properties": {"x": {"$ref": "#/definitions/a~1b~0"}}}),
            json!([{"x": null}]),
            json!([{"x": 1}]),
        ),
        (
            json!({"properties": {"me": {"$ref": "#"}}, "additionalProperties": false}),
            json!([{"me": {"me": {}}}]),
            json!([{"me": {"you": 1}}]),
        ),
        (
            json!({"$defs": {"é x": {"type": "null"}}, "$ref": "#/$defs/%C3%A9%20x"}),
            json!([null]),
            json!([1]),
        ),
        (json!(true), json!([1, {}]), json!([])),
        (json!(false), json!([]), json!([1, {}])),
        (
            json!({"$comment": "x", "title": "t", "default": 1, "examples": [], "x-own": {"type": "null"}, "readOnly": true}),
            json!([1]),
            json!([]),
        ),
    ];
    for (schema, good, bad) in table {
        for document in good.as_array().unwrap() {
            assert_eq!(said(&schema, document), "", "{schema} takes {document}");
        }
        for document in bad.as_array().unwrap() {
            assert_ne!(said(&schema, document), "", "{schema} refuses {document}");
        }
    }
}

#[test]
fn problems_name_the_place_and_what_is_wanted() {
    let schema = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "kind": {"enum": ["a", "b"]},
            "count": {"type": "integer", "minimum": 1},
            "gates": {"items": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["command"], "properties": {"type": {"enum": ["x"]}}}]}},
        },
    });
    let document =
        json!({"kind": "c", "count": 0, "gates": ["ok", 7, {"command": "x", "type": "y"}, {}], "a/b": 1});
    let expected = " lacks `name`\n\
        /kind is \"c\", none of \"a\", \"b\"\n\
        /count is 0; the least is 1\n\
        /gates/1 fits none of the 2 forms it may have: is 7, not a string\n\
        /gates/2/type is \"y\", none of \"x\"\n\
        /gates/3 fits none of the 2 forms it may have: is an object, not a string";
    assert_eq!(said(&schema, &document), expected);
    let long = "x".repeat(10_000);
    assert!(said(&schema, &json!({"name": 1, "kind": long})).len() < 100);
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let table = [
        (json!({"unevaluatedProperties": false}), "`/unevaluatedProperties` is not supported"),
        (json!({"properties": {"a": {"$dynamicRef": "#x"}}}), "`/properties/a/$dynamicRef` is not supported"),
        (json!({"items": [{}]}), "`/items` is a list: use `prefixItems`"),
        (json!({"type": "text"}), "`/type` knows no type \"text\""),
        (json!({"$ref": "other.json"}), "refers to `other.json`"),
        (json!({"$ref": "#/$defs/none"}), "refers to `#/$defs/none`"),
        (json!({"pattern": "(?=a)"}), "`/pattern` `(?=a)` cannot be used"),
        (json!({"required": "a"}), "`/required` is not a list of strings"),
        (json!({"minLength": -1}), "`/minLength` is not a whole number"),
        (json!({"multipleOf": 0}), "must be more than 0"),
        (json!({"properties": {"a": 1}}), "`/properties/a` is not a schema"),
        (json!([]), "it is not a schema"),
        (json!({"$ref": "#"}), "without end"),
        (
            json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}),
            "without end",
        ),
    ];
    for (schema, words) in table {
        let error = Schema::parse(&schema).unwrap_err().to_string();
        assert!(error.contains(words), "{schema}: {error}");
    }
}

#[test]
fn a_schema_that_multiplies_its_work_is_given_up() {
    // Each of 60 levels asks for the next one twice.
    let mut defs = serde_json::Map::new();
    for level in 0..60 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        defs.insert(format!("l{level}"), json!({"allOf": [next, next]}));
    }
    defs.insert("l60".into(), json!({"type": "null"}));
    let words = said(&json!({"$defs": defs, "$ref": "#/$defs/l0"}), &json!(null));
    assert!(words.contains("asks for too much"), "{words}");
}
