//! Files that hold secrets: for their owner only.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use uuid::Uuid;

/// Makes a directory that only its owner may look into.
pub(super) fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Writes a file that appears whole or not at all, readable by its owner only, and
/// never in place of another.
pub(super) fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    // A name that no other process has, whatever it is numbered.
    let draft = path.with_extension(format!("draft-{}", Uuid::new_v4().simple()));
    let written = write_new(&draft, content).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    written.and(removed)
}

/// Writes a file that is not there yet, readable by its owner only.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_write_a_file_at_once_one_does() {
        let directory = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let path = directory.path().join(format!("{round}.pem"));
            let content = |writer: u8| vec![b'a' + writer; 10_000 * usize::from(writer + 1)];
            let written = std::thread::scope(|scope| {
                let path = &path;
                let write = move |writer| create(path, &content(writer)).is_ok();
                let writers: Vec<_> = (0..8)
                    .map(|writer| scope.spawn(move || write(writer)))
                    .collect();
                let written = writers.into_iter().map(|writer| writer.join().unwrap());
                (0..8)
                    .zip(written)
                    .filter(|(_, done)| *done)
                    .collect::<Vec<_>>()
            });
            let [(writer, _)] = written.try_into().unwrap();
            assert!(fs::read(&path).unwrap() == content(writer), "not whole");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 20);
    }
}
