//! What is wrong between stories: unknown ones, cycles.

use std::collections::BTreeMap;

use super::Story;

/// The first dependency that is no story: the number of the story that names it, and its name.
pub fn unknown_dependency(stories: &[Story]) -> Option<(usize, &str)> {
    let places = places(stories);
    stories.iter().enumerate().find_map(|(number, story)| {
        let unknown = story.depends_on.iter().find(|id| !places.contains_key(id.as_str()))?;
        Some((number, unknown.as_str()))
    })
}

/// The numbers of stories that wait for each other, each for the next and the last for the first.
pub fn cycle(stories: &[Story]) -> Option<Vec<usize>> {
    let places = places(stories);
    let mut done = vec![false; stories.len()];
    for start in 0..stories.len() {
        // The way from `start` to here: stories, and how many of their dependencies were looked at.
        let mut way = vec![(start, 0)];
        let mut on_way = vec![false; stories.len()];
        on_way[start] = true;
        while let Some((here, looked)) = way.last_mut().filter(|_| !done[start]) {
            let Some(next) = stories[*here].depends_on.get(*looked).map(|id| places.get(id.as_str())) else {
                done[*here] = true;
                on_way[*here] = false;
                way.pop();
                continue;
            };
            *looked += 1;
            match next {
                Some(next) if on_way[*next] => {
                    let from = way.iter().position(|(story, _)| story == next)?;
                    return Some(way[from..].iter().map(|(story, _)| *story).collect());
                }
                Some(next) if !done[*next] => {
                    on_way[*next] = true;
                    way.push((*next, 0));
                }
                _ => {}
            }
        }
    }
    None
}

fn places(stories: &[Story]) -> BTreeMap<&str, usize> {
    stories.iter().enumerate().map(|(number, story)| (story.id.as_str(), number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stories(text: &str) -> Vec<Story> {
        let story = |part: &str| {
            let (id, after) = part.split_once(':').unwrap();
            let depends_on = after.chars().map(String::from).collect();
            Story { id: id.into(), depends_on, ..Story::default() }
        };
        text.split(' ').map(story).collect()
    }

    #[test]
    fn cycles_are_found_and_named() {
        let table: &[(&str, Option<&[usize]>)] = &[
            ("a: b:a c:ab", None),
            ("a:b b:", None),
            ("a:a", Some(&[0])),
            ("a:b b:a", Some(&[0, 1])),
            ("a: b:ac c:d d:b", Some(&[1, 2, 3])),
            ("a:bc b:d c:d d:", None),
            ("a:b b:c c:b", Some(&[1, 2])),
        ];
        for (text, expected) in table {
            assert_eq!(cycle(&stories(text)).as_deref(), *expected, "{text}");
        }
        assert_eq!(unknown_dependency(&stories("a:b b:x")), Some((1, "x")));
        let id = |number: usize| format!("s{number}");
        let long =
            |number: usize| Story { id: id(number), depends_on: vec![id(number + 1)], ..Story::default() };
        let mut chain: Vec<Story> = (0..3_000).map(long).collect();
        chain.push(Story { id: id(3_000), ..Story::default() });
        assert_eq!(cycle(&chain), None);
    }
}
