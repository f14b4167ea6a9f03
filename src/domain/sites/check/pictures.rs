//! Pictures of pages: taken into a directory, and two such directories compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::super::pages::Page;
use super::{rounds, url};
use crate::fault::Fault;
use crate::system::browser::{self, Browser, Extent, View, Visit};
use crate::system::store;

/// The list of what was taken, beside the pictures.
const LIST: &str = "pages.json";
/// Most characters of a picture's name that come from its page.
const NAME: usize = 80;
/// How far two pixels may be apart in each colour and still be the same.
const SAME: u8 = 2;
/// Most bytes that a row of pixels may need.
const ROW: usize = 16 << 20;

/// A picture that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shot {
    /// The page.
    pub path: String,
    /// The file in the directory; none where the page could not be pictured.
    pub picture: Option<String>,
    /// What kept it from being pictured, or the page from being whole.
    pub trouble: Option<String>,
}

/// A page that looks other than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The page.
    pub path: String,
    /// Its picture from before; none where there was none.
    pub before: Option<String>,
    /// Its picture from after; none where there is none any more.
    pub after: Option<String>,
    /// How much of it has changed, from 0 to 1.
    pub share: f64,
}

/// Pictures all of each page of the server at `base` into `dir`, with a list beside them. `browser` is the one that is named in the
/// settings, if one is. Errors ([`Fault::Refused`]): there is no browser, or it does not start.
pub fn shoot(base: &str, pages: &[Page], dir: &Path, browser: Option<&str>) -> Result<Vec<Shot>> {
    let mut browser = start(browser)?;
    let paths: Vec<&str> = pages.iter().filter_map(Page::open).collect();
    let urls: Vec<String> = paths.iter().map(|path| url::of_page(base, path)).collect();
    let view = View { picture: Some(Extent::Full), ..View::default() };
    let mut album = Album::open(dir)?;
    rounds::visit(&mut browser, &urls, &view, &|_, visit| rounds::doubt(visit), &mut |looked| {
        album.add(looked.at, paths[looked.at], &looked.visit)
    })?;
    album.close()
}

/// The browser of that name, or the first there is, started.
pub fn start(named: Option<&str>) -> Result<Browser> {
    if let Some(path) = browser::misnamed(named) {
        return Err(Fault::usage(
            format!("`CHROME_PATH` names `{path}`, and there is no such program"),
            "set it to the program of an installed Chromium, or unset it to have one looked for",
        ));
    }
    let Some(program) = browser::find(named) else {
        return Err(match named {
            Some(named) => Fault::usage(
                format!("there is no browser `{named}`"),
                "name the program of an installed Chromium, or leave it out to have one looked for",
            ),
            None => Fault::refused(
                "no Chromium was found",
                "install chromium, or name one by `--browser FILE`, `[site] browser` or CHROME_PATH",
            ),
        });
    };
    Browser::start(&program)
}

/// A directory that pictures go to, one by one.
pub(super) struct Album<'d> {
    dir: &'d Path,
    shots: Vec<(usize, Shot)>,
}

impl<'d> Album<'d> {
    /// Makes the directory where it is missing.
    pub(super) fn open(dir: &'d Path) -> Result<Self> {
        store::make_dir(dir)?;
        Ok(Self { dir, shots: Vec::new() })
    }

    /// Writes the picture of `path`, the page at that place of the list.
    pub(super) fn add(&mut self, at: usize, path: &str, visit: &Visit) -> Result<()> {
        let name = file_name(path, &self.shots);
        if let Some(picture) = &visit.picture {
            store::write(&self.dir.join(&name), store::SHARED, picture)?;
        }
        let picture = visit.picture.is_some().then_some(name);
        self.shots.push((at, Shot { path: path.to_owned(), picture, trouble: visit.trouble.clone() }));
        Ok(())
    }

    /// Writes the list.
    pub(super) fn close(mut self) -> Result<Vec<Shot>> {
        self.shots.sort_by_key(|(at, _)| *at);
        let shots: Vec<Shot> = self.shots.into_iter().map(|(_, shot)| shot).collect();
        store::write_json(&self.dir.join(LIST), &shots)?;
        Ok(shots)
    }
}

/// A name for the picture of `path` that no other has.
fn file_name(path: &str, taken: &[(usize, Shot)]) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
    let name: String = path.trim_matches('/').chars().map(plain).take(NAME).collect();
    let name = match name.trim_start_matches('.') {
        "" => "index",
        name => name,
    };
    let names = (1..).map(|number| match number {
        1 => format!("{name}.png"),
        number => format!("{name}~{number}.png"),
    });
    let free = |name: &String| {
        taken
            .iter()
            .filter_map(|(_, shot)| shot.picture.as_ref())
            .all(|other| !other.eq_ignore_ascii_case(name))
    };
    names.into_iter().find(free).unwrap_or_default()
}

/// The pages of `before` and `after`, directories of [`shoot`], that look different, the most changed first. Errors: a list or a
/// picture that cannot be read.
pub fn compare(before: &Path, after: &Path) -> Result<Vec<Change>> {
    let (old, new) = (list(before)?, list(after)?);
    let mut changes = Vec::new();
    for path in old.keys().chain(new.keys().filter(|path| !old.contains_key(*path))) {
        let (before_file, after_file) = (old.get(path).cloned(), new.get(path).cloned());
        let share = match (&before_file, &after_file) {
            (Some(one), Some(other)) => share(&before.join(one), &after.join(other))?,
            (None, None) => 0.0,
            _ => 1.0,
        };
        if share > 0.0 {
            changes.push(Change { path: path.clone(), before: before_file, after: after_file, share });
        }
    }
    changes.sort_by(|one, other| other.share.total_cmp(&one.share).then_with(|| one.path.cmp(&other.path)));
    Ok(changes)
}

/// Pages with their pictures.
fn list(dir: &Path) -> Result<BTreeMap<String, String>> {
    let path = dir.join(LIST);
    let text = store::read_text(&path)?;
    let text =
        text.with_context(|| format!("`{}` is missing: no pictures were taken there", path.display()))?;
    let shots: Vec<Shot> = serde_json::from_str(&text).map_err(|error| {
        Fault::invalid(format!("`{}`: {error}", path.display()), "take the pictures again")
    })?;
    let named = |shot: Shot| {
        let name = shot
            .picture
            .filter(|name| !name.contains('/') && Path::new(name).extension() == Some("png".as_ref()))?;
        Some((shot.path, name))
    };
    Ok(shots.into_iter().filter_map(named).collect())
}

/// How much of the two pictures differs, from 0 to 1; what only one of them covers does.
fn share(before: &Path, after: &Path) -> Result<f64> {
    let (mut one, mut other) = (open(before)?, open(after)?);
    let size = |reader: &Picture| (reader.info().width as usize, reader.info().height as usize);
    let ((width, height), (other_width, other_height)) = (size(&one), size(&other));
    let (narrow, wide) = (width.min(other_width), width.max(other_width));
    let (low, high) = (height.min(other_height), height.max(other_height));
    let mut different = wide * high - narrow * low;
    for _ in 0..low {
        let (row, other_row) = (row(&mut one, before)?, row(&mut other, after)?);
        different += apart(&row[..narrow * 4], &other_row[..narrow * 4]);
    }
    #[allow(clippy::cast_precision_loss)] // a share needs no more
    Ok(different as f64 / (wide * high).max(1) as f64)
}

type Picture = png::Reader<BufReader<File>>;

fn open(path: &Path) -> Result<Picture> {
    let what = || format!("failed to read the picture `{}`", path.display());
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).with_context(what)?));
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let reader = decoder.read_info().with_context(what)?;
    ensure!(reader.info().width as usize * 4 <= ROW, "the picture `{}` is too wide", path.display());
    ensure!(!reader.info().interlaced, "the picture `{}` is interlaced", path.display());
    Ok(reader)
}

/// The next row, as red, green, blue and opacity.
fn row(picture: &mut Picture, path: &Path) -> Result<Vec<u8>> {
    let width = picture.info().width as usize;
    let row =
        picture.next_row().with_context(|| format!("failed to read the picture `{}`", path.display()))?;
    let row = row.with_context(|| format!("the picture `{}` ends early", path.display()))?;
    let bytes = row.data();
    Ok(match bytes.len() / width.max(1) {
        2 => bytes.chunks_exact(2).flat_map(|two| [two[0], two[0], two[0], two[1]]).collect(),
        _ => bytes.to_vec(),
    })
}

/// How many of their pixels are not the same.
fn apart(row: &[u8], other: &[u8]) -> usize {
    if row == other {
        return 0;
    }
    let near =
        |one: &[u8], other: &[u8]| one.iter().zip(other).all(|(one, other)| one.abs_diff(*other) <= SAME);
    row.chunks_exact(4).zip(other.chunks_exact(4)).filter(|(one, other)| !near(one, other)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, colour: png::ColorType, pixel: impl Fn(u32, u32) -> Vec<u8>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(colour);
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y));
        let pixels: Vec<u8> = pixels.collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        bytes
    }

    fn shots(dir: &Path, pages: &[(&str, Option<Vec<u8>>)]) -> Vec<Shot> {
        let visit = |picture: &Option<Vec<u8>>| Visit { picture: picture.clone(), ..Visit::default() };
        let mut album = Album::open(dir).unwrap();
        for (at, (path, picture)) in pages.iter().enumerate() {
            album.add(at, path, &visit(picture)).unwrap();
        }
        album.close().unwrap()
    }

    #[test]
    fn pages_that_look_different_are_told_with_how_much() {
        let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (rgb, rgba, gray) = (png::ColorType::Rgb, png::ColorType::Rgba, png::ColorType::Grayscale);
        let white = png(10, 10, rgb, |_, _| vec![255, 255, 255]);
        let half =
            png(10, 10, rgba, |x, _| if x < 5 { vec![0, 0, 0, 255] } else { vec![255, 254, 253, 255] });
        let long = png(10, 20, gray, |_, _| vec![255]);
        let old = [("/", &white), ("/half", &white), ("/long", &white), ("/gone", &white), ("/a b", &white)];
        let new = [("/", &white), ("/half", &half), ("/long", &long), ("/new", &white), ("/a b", &white)];
        let some = |pages: &[(&'static str, &Vec<u8>)]| -> Vec<_> {
            pages.iter().map(|(path, picture)| (*path, Some((*picture).clone()))).collect()
        };
        shots(before.path(), &some(&old));
        shots(after.path(), &[some(&new), vec![("/none", None)]].concat());
        let changes = compare(before.path(), after.path()).unwrap();
        let told: Vec<_> = changes.iter().map(|change| (change.path.as_str(), change.share)).collect();
        assert_eq!(told, [("/gone", 1.0), ("/new", 1.0), ("/half", 0.5), ("/long", 0.5)]);
        assert_eq!(changes[0].after, None);
        assert_eq!(changes[2].before.as_deref(), Some("half.png"));
        assert_eq!(compare(before.path(), before.path()).unwrap(), []);
    }

    #[test]
    fn names_of_pictures_are_plain_and_their_own() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["/", "/a/b/", "/A-b", "/../../etc", "/ünïcode?x=1", "/a/b", "/\u{1b}[31m", "/index"];
        let pages: Vec<_> = paths.iter().map(|path| (*path, Some(Vec::new()))).collect();
        let names: Vec<String> =
            shots(dir.path(), &pages).into_iter().filter_map(|shot| shot.picture).collect();
        let expected = ["index", "a-b", "A-b~2", "-..-etc", "-n-code-x-1", "a-b~3", "--31m", "index~2"];
        assert_eq!(names, expected.map(|name| format!("{name}.png")));
        let long = shots(dir.path(), &[(&"/x".repeat(5000), Some(Vec::new()))]);
        assert_eq!(long[0].picture.as_ref().unwrap().len(), NAME + 4);
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let told = |dir: &Path| format!("{:#}", compare(dir, dir).unwrap_err());
        assert!(told(dir.path()).contains("pages.json` is missing"));
        shots(dir.path(), &[("/", Some(b"GIF89a".to_vec()))]);
        assert!(told(dir.path()).starts_with("failed to read the picture"), "{}", told(dir.path()));
        let cut = png(100, 100, png::ColorType::Rgb, |x, y| vec![u8::try_from(x * y % 251).unwrap(), 0, 0]);
        shots(dir.path(), &[("/", Some(cut[..cut.len() / 2].to_vec()))]);
        assert!(told(dir.path()).contains("the picture"), "{}", told(dir.path()));
        store::write(&dir.path().join(LIST), store::SHARED, b"[{]").unwrap();
        assert!(told(dir.path()).contains("line 1"), "{}", told(dir.path()));
        store::write(&dir.path().join(LIST), store::SHARED, br#"[{"path":"/","picture":"../x.png"}]"#)
            .unwrap();
        assert_eq!(compare(dir.path(), dir.path()).unwrap(), []);
    }
}
