//! The secret that tokens and addresses are signed with.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::StartError;
use crate::config::{Data, Secret};

/// The secret: as set, else from `{data}/secret`, which the first start writes. With Postgres
/// it has to be set, since another machine could not read our file.
pub fn secret(data: &Data) -> Result<Secret, StartError> {
    if let Some(secret) = &data.secret {
        return Ok(secret.clone());
    }
    if data.is_shared() {
        return Err(StartError::SecretMissing);
    }
    let file = data.folder.join("secret");
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            generate(&data.folder).map_err(|source| StartError::writing(&data.folder, source))?;
            checked(fs::read_to_string(&file), &file)
        }
        read => checked(read, &file),
    }
}

fn checked(read: io::Result<String>, file: &Path) -> Result<Secret, StartError> {
    read.ok()
        .map(|text| text.trim().to_owned())
        .filter(|text| text.len() >= 32)
        .map(Secret::new)
        .ok_or_else(|| StartError::SecretBroken {
            file: file.to_owned(),
        })
}

/// Writes the file so that it is there whole or not at all, and never over another's: two
/// processes that start together end up with the same secret.
fn generate(folder: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let draft = folder.join(format!(".secret-{}", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    let linked = writeln!(file, "{}", URL_SAFE_NO_PAD.encode(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::hard_link(&draft, folder.join("secret")) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    fs::remove_file(&draft)?;
    linked?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn data(folder: &Path, database: Option<&str>) -> Data {
        Data {
            folder: folder.to_owned(),
            database_url: database.map(|url| url.parse().unwrap()),
            redis_url: None,
            secret: None,
        }
    }

    #[test]
    fn it_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let data = data(folder.path(), None);
        let first = secret(&data).unwrap();
        assert!(first.expose().len() >= 32);
        assert_eq!(secret(&data).unwrap(), first);
        let mode = fs::metadata(folder.path().join("secret"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no draft is left"
        );
    }

    #[test]
    fn starts_at_the_same_time_agree() {
        let folder = tempfile::tempdir().unwrap();
        generate(folder.path()).unwrap();
        let data = data(folder.path(), None);
        let first = secret(&data).unwrap();
        generate(folder.path()).unwrap();
        assert_eq!(secret(&data).unwrap(), first);
    }

    #[test]
    fn postgres_needs_it_set() {
        let folder = tempfile::tempdir().unwrap();
        let data = data(folder.path(), Some("postgres://db/kadr"));
        assert!(matches!(secret(&data), Err(StartError::SecretMissing)));
    }

    #[test]
    fn a_broken_file_is_not_replaced_silently() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret"), "short").unwrap();
        let broken = secret(&data(folder.path(), None));
        assert!(matches!(broken, Err(StartError::SecretBroken { .. })));
    }
}
