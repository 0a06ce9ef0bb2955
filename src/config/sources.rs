use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::settings::example;
use super::{Mistake, SETTINGS};

/// The file that settings are read from, in the working directory.
const FILE: &str = ".env";

/// Settings by name, as given, weightiest source first.
#[derive(Clone, Default)]
pub struct Sources {
    /// From the command line.
    pub flags: BTreeMap<String, String>,
    /// From the environment.
    pub environment: BTreeMap<String, String>,
    /// From the file.
    pub file: BTreeMap<String, String>,
    /// Where that file is.
    pub path: PathBuf,
    /// What cannot be read of them.
    pub mistakes: Vec<Mistake>,
    /// What may be another name than was meant.
    pub doubts: Vec<Mistake>,
}

/// Where the value of a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// A file.
    File(PathBuf),
    /// Nobody said anything, or nothing but blanks.
    Default,
}

impl Sources {
    /// The flags given, the process's environment, and `.env` in the working
    /// directory where there is one.
    #[must_use]
    pub fn gather(flags: BTreeMap<String, String>) -> Self {
        let variables = SETTINGS
            .iter()
            .filter_map(|setting| Some((setting.name, std::env::var_os(setting.name)?)));
        let (environment, mut mistakes) = parse_environment(variables);
        let mut doubts = Vec::new();
        let path = std::env::current_dir().unwrap_or_default().join(FILE);
        let file = match std::fs::read_to_string(&path) {
            Ok(text) => {
                let read = parse_file(&text, &path);
                mistakes.extend(read.mistakes);
                doubts = read.doubts;
                read.values
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                let text = format!("cannot be read: {error}; make it legible, or remove it");
                mistakes.push(Mistake::new(&path.display().to_string(), text));
                BTreeMap::new()
            }
        };
        Self {
            flags,
            environment,
            file,
            path,
            mistakes,
            doubts,
        }
    }

    /// Whether any source names the setting, be it with an empty value.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.given(name).is_some()
    }

    /// What the setting is; none where nobody says, and there is no default.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let given = self.given(name).map(|(value, _)| value);
        given.filter(|value| !value.is_empty()).or_else(|| {
            let setting = SETTINGS.iter().find(|setting| setting.name == name)?;
            setting.default
        })
    }

    /// Where that comes from.
    pub(super) fn origin(&self, name: &str) -> Origin {
        match self.given(name) {
            Some((value, origin)) if !value.is_empty() => origin,
            _ => Origin::Default,
        }
    }

    /// What the weightiest source that names it says.
    fn given(&self, name: &str) -> Option<(&str, Origin)> {
        let sources = [
            (&self.flags, Origin::Flag),
            (&self.environment, Origin::Environment),
            (&self.file, Origin::File(self.path.clone())),
        ];
        sources
            .into_iter()
            .find_map(|(source, origin)| Some((source.get(name)?.trim(), origin)))
    }
}

/// Reads variables of the environment, which may hold any bytes.
fn parse_environment<'n>(
    variables: impl Iterator<Item = (&'n str, OsString)>,
) -> (BTreeMap<String, String>, Vec<Mistake>) {
    let (mut values, mut mistakes) = (BTreeMap::new(), Vec::new());
    for (name, value) in variables {
        if let Ok(value) = value.into_string() {
            values.insert(name.to_owned(), value);
        } else {
            let text = format!(
                "is not UTF-8; write it anew, as in {name}={}",
                example(name)
            );
            mistakes.push(Mistake::new(name, text));
        }
    }
    (values, mistakes)
}

/// What a file says.
#[derive(Debug, Default)]
struct File {
    values: BTreeMap<String, String>,
    mistakes: Vec<Mistake>,
    doubts: Vec<Mistake>,
}

/// Reads lines of `NAME=value`; blank ones and those that begin with `#` are
/// passed over, an `export` before the name as well, and quotes around a value
/// are taken off.
fn parse_file(text: &str, path: &Path) -> File {
    let mut file = File::default();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        match line.split_once('=') {
            Some((name, value)) if SETTINGS.iter().any(|known| known.name == name.trim()) => {
                let value = value.trim();
                let bare = ['"', '\'']
                    .into_iter()
                    .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
                    .unwrap_or(value);
                file.values.insert(name.trim().to_owned(), bare.to_owned());
            }
            // Such files are shared with other programs.
            Some((name, _)) => file.doubts.extend(meant(name.trim()).map(|setting| {
                let text = format!("is no setting of Purser's; if {setting} is meant, rename it");
                Mistake::new(name.trim(), text)
            })),
            None => {
                let place = format!("{}:{}", path.display(), number + 1);
                let text = format!(
                    "is no setting; expected NAME=value, as in BIND={}",
                    example("BIND")
                );
                file.mistakes.push(Mistake::new(&place, text));
            }
        }
    }
    file
}

/// The setting that a name of none is most likely to stand for.
fn meant(name: &str) -> Option<&'static str> {
    let names = SETTINGS.iter().map(|setting| setting.name);
    // Short names are alike by chance.
    let names = names.filter(|known| known.len() > 6);
    let names = names.map(|known| (strsim::osa_distance(name, known), known));
    let (distance, nearest) = names.min()?;
    (distance <= 2).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (BTreeMap<String, String>, Vec<Mistake>) {
        let file = parse_file(text, Path::new("/srv/.env"));
        (file.values, file.mistakes)
    }

    #[test]
    fn a_flag_outweighs_the_environment_and_that_the_file() {
        let one = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
        let mut sources = Sources {
            flags: one("BIND", "127.0.0.1:3"),
            environment: one("BIND", "127.0.0.1:2"),
            file: file("# a comment\nBIND='127.0.0.1:1'\nexport LOG=warn\n").0,
            path: "/srv/.env".into(),
            ..Sources::default()
        };
        let bind = |sources: &Sources| {
            let value = sources.get("BIND").unwrap().to_owned();
            (value, sources.origin("BIND"))
        };
        assert_eq!(bind(&sources), ("127.0.0.1:3".to_owned(), Origin::Flag));
        sources.flags.clear();
        assert_eq!(
            bind(&sources),
            ("127.0.0.1:2".to_owned(), Origin::Environment)
        );
        sources.environment.clear();
        let from_file = Origin::File("/srv/.env".into());
        assert_eq!(bind(&sources), ("127.0.0.1:1".to_owned(), from_file));
        assert_eq!(sources.get("LOG"), Some("warn"));
        sources.file.clear();
        assert_eq!(
            bind(&sources),
            ("127.0.0.1:8000".to_owned(), Origin::Default)
        );
    }

    #[test]
    fn what_is_empty_counts_as_the_default() {
        let sources = Sources {
            environment: BTreeMap::from([("BIND".to_owned(), " ".to_owned())]),
            file: file("BIND=127.0.0.1:1").0,
            ..Sources::default()
        };
        assert_eq!(sources.get("BIND"), Some("127.0.0.1:8000"));
        assert_eq!(sources.origin("BIND"), Origin::Default);
        assert!(sources.is_given("BIND"));
    }

    #[test]
    fn a_file_may_hold_the_names_of_other_programs() {
        let (values, mistakes) = file("POSTGRES_PASSWORD=x\nBIND=127.0.0.1:1");
        assert_eq!(values.keys().collect::<Vec<_>>(), ["BIND"]);
        assert_eq!(mistakes, []);
    }

    #[test]
    fn a_name_that_is_nearly_a_setting_is_told() {
        let text = "DATABSE_URL=postgres://localhost/shop\nJWT_KEY=x\nLOGS=info\nPGHOST=db";
        let file = parse_file(text, Path::new("/srv/.env"));
        assert!(
            file.values.is_empty() && file.mistakes.is_empty(),
            "{file:?}"
        );
        let doubts: Vec<_> = file.doubts.iter().map(Mistake::to_string).collect();
        assert_eq!(doubts.len(), 2, "{doubts:?}");
        assert!(doubts[0].starts_with("DATABSE_URL ") && doubts[0].contains("if DATABASE_URL is"));
        assert!(doubts[1].starts_with("JWT_KEY ") && doubts[1].contains("if JWT_KEYS is"));
    }

    #[test]
    fn every_line_that_is_no_setting_is_told_without_its_text() {
        let (values, mistakes) = file("s3cret\nBIND=127.0.0.1:1\n\nBIND: x");
        assert_eq!(values.len(), 1);
        let [first, second] = mistakes.try_into().unwrap();
        assert_eq!(
            first.to_string(),
            "/srv/.env:1 is no setting; expected NAME=value, as in BIND=0.0.0.0:8000"
        );
        assert_eq!(second.about, "/srv/.env:4");
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_a_mistake() {
        use std::os::unix::ffi::OsStringExt as _;
        let variables = [
            ("BIND", OsString::from_vec(vec![b'1', 0xff])),
            ("LOG", "warn".into()),
        ];
        let (values, mistakes) = parse_environment(variables.into_iter());
        assert_eq!(values.keys().collect::<Vec<_>>(), ["LOG"]);
        let [mistake] = mistakes.try_into().unwrap();
        assert_eq!(
            mistake.to_string(),
            "BIND is not UTF-8; write it anew, as in BIND=0.0.0.0:8000"
        );
    }
}
