//! Taking known files out of an archive (`.tar.gz`), and nothing else that may be in it.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::error::FetchError;

/// Writes these members of an archive below a folder, each whole or not at all. Other members, links and devices among
/// them, are passed over, so that nothing is written anywhere else.
///
/// # Errors
/// [`FetchError::File`] where it cannot be read or something cannot be written, [`FetchError::NotInArchive`].
pub fn unpack(
    archive: &Path,
    folder: &Path,
    members: &[&str],
    progress: &mut dyn FnMut(&str),
) -> Result<(), FetchError> {
    let unreadable = || FetchError::file("unpack", archive);
    let file = BufReader::new(File::open(archive).map_err(unreadable())?);
    let mut all = tar::Archive::new(MultiGzDecoder::new(file));
    let mut missing: Vec<&str> = members.to_vec();
    for entry in all.entries().map_err(unreadable())? {
        let mut entry = entry.map_err(unreadable())?;
        let name = entry.path_bytes().into_owned();
        let name = name.strip_prefix(b"./").unwrap_or(&name);
        let Some(at) = missing.iter().position(|member| member.as_bytes() == name) else {
            continue;
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = missing.remove(at);
        progress(member);
        let path = folder.join(member);
        let above = path.parent().unwrap_or(folder);
        fs::create_dir_all(above).map_err(FetchError::file("make the folder", above))?;
        let part = super::beside(&path, ".part");
        let mut file = File::create(&part).map_err(FetchError::file("write", &part))?;
        // An error may be of either side; that of the archive is the likelier one after a digest that was right.
        io::copy(&mut entry, &mut file)
            .and_then(|_| file.sync_all())
            .map_err(FetchError::file("unpack to", &part))?;
        fs::rename(&part, &path).map_err(FetchError::file("rename", &part))?;
    }
    match missing.first() {
        Some(member) => Err(FetchError::NotInArchive {
            path: archive.to_owned(),
            member: (*member).to_owned(),
        }),
        None => Ok(()),
    }
}
