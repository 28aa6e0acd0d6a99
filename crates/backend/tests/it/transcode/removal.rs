//! Removing a video, whatever is being done for it.

use std::path::Path;

use domain::videos::VideoStatus;
use testkit::{TestDb, both_engines};

use super::{
    all_files, clips,
    crew::{Crew, until},
    ends,
    fake::Fake,
    maker, open, quiet, send,
};
use crate::uploads::count;

/// What is left of anything.
async fn rows(test: &TestDb) -> i64 {
    count(
        test,
        "SELECT CAST((SELECT COUNT(*) FROM assets) + (SELECT COUNT(*) FROM steps)
             + (SELECT COUNT(*) FROM renditions) + (SELECT COUNT(*) FROM parts)
             + (SELECT COUNT(*) FROM extras) AS BIGINT) AS n",
    )
    .await
}

fn files(root: &Path) -> usize {
    all_files(root).len()
}

both_engines! {
    async fn removing_in_the_middle_leaves_nothing(test: TestDb) {
        let fake = Fake::of(clips::encoded(60.0));
        fake.hold("encode:2");
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        until("it is in the middle", || async {
            fake.begun("encode:2") == 1 && fake.ended().contains_key("encode:0")
        })
        .await;
        let root = backend.uploads.storage().place("media");
        assert!(files(&root) > 0);
        backend.videos.remove(owner, id).await.unwrap();
        until("everything is gone", || async { rows(&test).await == 0 }).await;
        quiet(&test).await;
        until("children are gone", || async { fake.children() == 0 }).await;
        assert_eq!(files(&root), 0, "{:?}", all_files(&root));
        assert_eq!(files(&backend.uploads.storage().place("originals")), 0);
        assert_eq!(fake.ended().get("encode:2"), None);
    }

    async fn removing_what_is_complete_leaves_nothing(test: TestDb) {
        let fake = Fake::of(clips::copied(20.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        ends(&backend, id, VideoStatus::Completed).await;
        backend.videos.remove(owner, id).await.unwrap();
        until("everything is gone", || async { rows(&test).await == 0 }).await;
        let root = backend.uploads.storage().place("media");
        assert_eq!(files(&root), 0, "{:?}", all_files(&root));
    }

    async fn what_another_video_needs_goes_on(test: TestDb) {
        let fake = Fake::of(clips::encoded(60.0));
        fake.hold("encode:2");
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let first = send(&backend, owner, 1).await;
        let second = send(&backend, owner, 1).await;
        until("it is in the middle", || async { fake.begun("encode:2") == 1 }).await;
        backend.videos.remove(owner, first).await.unwrap();
        fake.let_go("encode:2");
        ends(&backend, second, VideoStatus::Completed).await;
        assert_eq!(fake.begun("encode:2"), 1);
    }
}
