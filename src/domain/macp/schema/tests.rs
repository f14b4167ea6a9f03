//! Schemas and documents, side by side.

use serde_json::{Value, json};

use super::Schema;

/// What is wrong with `document`: `pointer message`, one a line.
fn said(schema: &Value, document: &Value) -> String {
    let problems = Schema::parse(schema).unwrap().check(document);
    problems.iter().map(|one| format!("{} {}", one.pointer, one.message)).collect::<Vec<_>>().join("\n")
}

/// Schema, what fits, what does not.
const TABLE: &str = r##"[
[{"type": "integer"},
 [1, 1.0, -3, 18446744073709551615],
 [1.5, "1", null, true]],
[{"type": ["string", "null"]},
 ["", null],
 [0, {}]],
[{"enum": ["a", 1, {"b": [1]}]},
 ["a", 1.0, {"b": [1.0]}],
 ["b", 2, {"b": []}]],
[{"const": 3},
 [3, 3.0],
 [4, "3"]],
[{"enum": [1, 2], "const": 2},
 [2],
 [1, 3]],
[{"minimum": 2, "maximum": 5},
 [2, 5, 3.5, "x"],
 [1, 6, 1.99]],
[{"exclusiveMinimum": 2, "exclusiveMaximum": 5},
 [2.1, 4],
 [2, 5, 2.0]],
[{"minimum": 9007199254740993},
 [9007199254740993],
 [9007199254740992]],
[{"multipleOf": 0.1},
 [0.3, 7, 1.1],
 [0.35]],
[{"multipleOf": 3},
 [9, -3, 0],
 [10]],
[{"minLength": 2, "maxLength": 3},
 ["ab", "äöü", "日本"],
 ["a", "abcd", "日"]],
[{"pattern": "^[a-z]+$"},
 ["abc", 1],
 ["aB", ""]],
[{"format": "date-time"},
 ["2026-01-01T00:00:00Z", "2026-02-21T15:56:02.123456+00:00", "2026-01-01t00:00:00z", 5],
 ["2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "", "2026-01-01T00:00:00.Z", "é"]],
[{"format": "date"},
 ["2024-02-29"],
 ["2025-02-29", "2024-2-9"]],
[{"format": "email"},
 ["anything"],
 []],
[{"items": {"type": "string"}, "minItems": 1, "maxItems": 2},
 [["a"], ["a", "b"], "x"],
 [[], [1], ["a", "b", "c"]]],
[{"prefixItems": [{"type": "string"}], "items": false},
 [["a"], []],
 [["a", 1], [1]]],
[{"uniqueItems": true},
 [[1, 2, "1"], []],
 [[1, 1.0], ["a", "a"], [{"a": 1}, {"a": 1}]]],
[{"contains": {"type": "integer"}, "maxContains": 1},
 [[1], ["a", 1]],
 [[], ["a"], [1, 2]]],
[{"required": ["a"]},
 [{"a": null}, []],
 [{}, {"b": 1}]],
[{"properties": {"a": {"type": "string"}}, "additionalProperties": false},
 [{}, {"a": "x"}],
 [{"a": 1}, {"b": 1}]],
[{"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": {"type": "null"}},
 [{"x1": 1, "y": null}],
 [{"x1": "a"}, {"y": 1}]],
[{"propertyNames": {"maxLength": 2}},
 [{"ab": 1}],
 [{"abc": 1}]],
[{"minProperties": 1, "maxProperties": 2},
 [{"a": 1}],
 [{}, {"a": 1, "b": 2, "c": 3}]],
[{"dependentRequired": {"a": ["b"]}},
 [{"a": 1, "b": 2}, {"b": 1}],
 [{"a": 1}]],
[{"dependentSchemas": {"a": {"required": ["c"]}}},
 [{"a": 1, "c": 2}, {}],
 [{"a": 1}]],
[{"allOf": [{"minimum": 1}, {"maximum": 3}]},
 [2],
 [0, 4]],
[{"anyOf": [{"type": "string"}, {"minimum": 5, "type": "integer"}]},
 ["a", 5],
 [4, null]],
[{"oneOf": [{"multipleOf": 2}, {"multipleOf": 3}]},
 [2, 3],
 [6, 5]],
[{"not": {"type": "string"}},
 [1],
 ["a"]],
[{"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"required": ["a"]}, "else": {"required": ["b"]}},
 [{"k": 1, "a": 0}, {"b": 0}],
 [{"k": 1, "b": 0}, {"a": 0}]],
[{"$defs": {"tree": {"type": "object", "properties": {"of": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}, "$ref": "#/$defs/tree"},
 [{"v": 1, "of": [{"v": 2, "of": []}]}],
 [{"of": []}, {"v": 1, "of": [{"v": 2, "of": [3]}]}]],
[{"definitions": {"a/b~": {"type": "null"}}, "properties": {"x": {"$ref": "#/definitions/a~1b~0"}}},
 [{"x": null}],
 [{"x": 1}]],
[{"properties": {"me": {"$ref": "#"}}, "additionalProperties": false},
 [{"me": {"me": {}}}],
 [{"me": {"you": 1}}]],
[{"$defs": {"é x": {"type": "null"}}, "$ref": "#/$defs/%C3%A9%20x"},
 [null],
 [1]],
[true,
 [1, {}],
 []],
[false,
 [],
 [1, {}]],
[{"$comment": "x", "title": "t", "default": 1, "examples": [], "x-own": {"type": "null"}, "readOnly": true},
 [1],
 []]
]"##;

#[test]
fn keywords_take_and_refuse() {
    let table: Vec<[Value; 3]> = serde_json::from_str(TABLE).unwrap();
    for [schema, good, bad] in table {
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
