//! A database and its files: who has the wrong ones notices before a single file is lost.

use std::path::Path;

use backend::{
    Backend, OpenError, Settings,
    accounts::Options,
    uploads::{Metadata, New, Request},
};
use bytes::Bytes;
use testkit::{TestDb, both_engines};

use crate::uploads::person;

async fn open(test: &TestDb, data: &Path) -> Result<Backend, OpenError> {
    let settings = Settings {
        database_url: test.url.clone(),
        accounts: Options {
            secret: "a secret that only tests have, 32+".to_owned(),
            ..Options::default()
        },
        ..Settings::new(data)
    };
    Backend::open_with(test.again().await, settings).await
}

fn code(opened: Result<Backend, OpenError>) -> (&'static str, String) {
    let error = opened.unwrap_err();
    (error.code(), error.to_string())
}

both_engines! {
    async fn they_find_each_other_again(test: TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = tokio::join!(open(&test, folder.path()), open(&test, folder.path()));
        let mark = one.unwrap().uploads.storage().mark().await.unwrap();
        assert!(mark.is_some());
        assert_eq!(two.unwrap().uploads.storage().mark().await.unwrap(), mark);
        open(&test, folder.path()).await.unwrap();
    }

    async fn a_disk_that_is_not_mounted_costs_nothing(test: TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let backend = open(&test, folder.path()).await.unwrap();
        let ada = person(&test, "ada").await;
        let wanted = New {
            length: Some(10),
            metadata: Metadata { filename: Some("a.mp4".to_owned()), ..Metadata::default() },
            ..New::default()
        };
        let flow = backend.uploads.create(ada, wanted).await.unwrap().flow;
        let at = |offset| Request { offset, ..Request::default() };
        let mut writer = backend.uploads.open(ada, flow, at(0)).await.unwrap();
        writer.write(Bytes::from_static(b"half ")).await.unwrap();
        writer.finish(None).await.unwrap();
        let (media, away) = (folder.path().join("media"), folder.path().join("away"));
        std::fs::rename(&media, &away).unwrap();
        for empty in [false, true] {
            if empty {
                std::fs::create_dir(&media).unwrap();
            }
            let gone = backend.uploads.open(ada, flow, at(5)).await.unwrap_err();
            assert_eq!(gone.code(), "storage_away");
            assert_eq!(backend.uploads.tidy().await.unwrap_err().code(), "storage_away");
        }
        let (code, sentence) = code(open(&test, folder.path()).await);
        assert_eq!(code, "media_mismatch");
        assert!(sentence.contains("mounted") && sentence.contains("echo "), "{sentence}");
        assert!(!media.join(".kadr").exists(), "who refuses leaves no mark");
        std::fs::remove_dir(&media).unwrap();
        std::fs::rename(&away, &media).unwrap();
        let mut writer = backend.uploads.open(ada, flow, at(5)).await.unwrap();
        writer.write(Bytes::from_static(b"whole")).await.unwrap();
        assert!(writer.finish(None).await.unwrap().complete);
    }

    async fn a_wrong_database_beside_a_full_folder_is_refused(test: TestDb) {
        let folder = tempfile::tempdir().unwrap();
        let originals = folder.path().join("media/originals/aa");
        std::fs::create_dir_all(&originals).unwrap();
        std::fs::write(originals.join("film"), "a film").unwrap();
        let mark = folder.path().join("media/.kadr");
        std::fs::write(&mark, "another one's").unwrap();
        let (wrong, sentence) = code(open(&test, folder.path()).await);
        assert_eq!(wrong, "media_mismatch");
        assert!(sentence.contains("another database"), "{sentence}");
        // As the sentence says.
        std::fs::remove_file(&mark).unwrap();
        open(&test, folder.path()).await.unwrap();
        // And the other sentence.
        std::fs::write(&mark, "a restored one").unwrap();
        let (_, sentence) = code(open(&test, folder.path()).await);
        let (_, known) = sentence.split_once("echo ").unwrap();
        let (known, path) = known.split_once(" > ").unwrap();
        assert_eq!(Path::new(path), mark);
        std::fs::write(&mark, format!("{known}\n")).unwrap();
        open(&test, folder.path()).await.unwrap();
        assert!(originals.join("film").exists());
    }
}
