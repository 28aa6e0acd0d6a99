//! What is refused, and with which words.

use backend::uploads::UploadsError;
use domain::videos::{Details, Tags, Title, VideoStatus, Visibility};
use testkit::both_engines;

use super::*;

both_engines! {
    async fn limits_are_checked_when_an_upload_begins(test: TestDb) {
        let backend = open_with(&test, |options| {
            options.max_size = 1000;
            options.quota = Some(2500);
            options.parallel = 3;
        }).await;
        let uploads = &backend.uploads;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let create = |length| uploads.create(ada, new(length, "a.mp4"));
        assert!(matches!(create(1001).await, Err(UploadsError::TooLarge { limit: 1000 })));
        assert!(matches!(create(u64::MAX).await, Err(UploadsError::TooLarge { .. })));
        assert_eq!(code(uploads.create(ada, new(9, "letter.pdf")).await), "upload_not_media");
        let first = create(1000).await.unwrap();
        create(1000).await.unwrap();
        assert!(matches!(
            create(501).await,
            Err(UploadsError::Quota { quota: 2500, used: 2000 })
        ));
        create(400).await.unwrap();
        assert!(matches!(create(1).await, Err(UploadsError::TooMany { limit: 3 })));
        // Others have limits of their own; what is given up counts no longer.
        uploads.create(eve, new(1000, "a.mp4")).await.unwrap();
        uploads.terminate(ada, first.flow).await.unwrap();
        create(1000).await.unwrap();
        // Twice the same bytes count twice.
        let room = uploads.storage().room().clone();
        room.pretend(3_000);
        let eves = uploads.create(eve, new(1000, "a.mp4")).await;
        assert_eq!(code(eves), "upload_no_room", "2,400 + 1,000 are promised");
        room.pretend(u64::MAX);
        sessions_fit(&test).await;
        assert_eq!(code(uploads.create(UserId::generate(), new(1, "a")).await), "upload_unknown");
    }

    async fn who_only_announces_keeps_nobody_out_for_long(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let room = backend.uploads.storage().room().clone();
        room.pretend(3_000);
        backend.uploads.create(eve, new(2_500, "a.mp4")).await.unwrap();
        let adas = backend.uploads.create(ada, new(1_000, "a.mp4")).await;
        assert_eq!(code(adas), "upload_no_room");
        backend.accounts.clock().advance(std::time::Duration::from_secs(3601));
        let ada_again = person(&test, "ada2").await;
        backend.uploads.create(ada_again, new(1_000, "a.mp4")).await.unwrap();
        room.pretend(u64::MAX);
    }

    async fn uploads_of_unknown_length_share_a_quota(test: TestDb) {
        let backend = open_with(&test, |options| options.quota = Some(3_000_000)).await;
        let ada = person(&test, "ada").await;
        let mut writers = Vec::new();
        for name in ["a.mp4", "b.mp4", "c.mp4"] {
            let wanted = New { length: None, ..new(0, name) };
            let flow = backend.uploads.create(ada, wanted).await.unwrap().flow;
            writers.push(backend.uploads.open(ada, flow, at(0)).await.unwrap());
        }
        let mut refused = 0;
        for _ in 0..20 {
            for writer in &mut writers {
                let wrote = writer.write(Bytes::from(vec![7; 140_000])).await;
                refused += u32::from(wrote.is_err_and(|error| error.code() == "upload_quota"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        assert!(refused >= 3, "each of them hears of the others");
        let used = "SELECT CAST(SUM(bytes_received) AS BIGINT) AS n FROM flows";
        // Each may be one checkpoint over.
        assert!(count(&test, used).await <= 3_000_000 + 3 * (1 << 20));
    }

    async fn a_request_keeps_to_what_was_announced(test: TestDb) {
        let backend = open(&test).await;
        let uploads = &backend.uploads;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let all = bytes(1, 5_000_000);
        let created = uploads.create(ada, new(3_000_000, "a.mp4")).await.unwrap();
        let flow = created.flow;
        send(&backend, ada, flow, 0, &all[..500_000]).await.unwrap();
        // More than promised: of that request only that is kept which was acknowledged meanwhile.
        let more = &all[500_000..3_000_001];
        assert_eq!(code(send(&backend, ada, flow, 500_000, more).await), "upload_too_long");
        let stands = uploads.status(ada, flow).await.unwrap().offset;
        assert!((500_000..3_000_000).contains(&stands));
        let announced = Request { body: Some(3_000_001 - stands), ..at(stands) };
        assert_eq!(code(uploads.open(ada, flow, announced).await), "upload_too_long");
        for offset in [0, stands - 1, stands + 1, u64::MAX] {
            let refused = uploads.open(ada, flow, at(offset)).await;
            assert!(
                matches!(refused, Err(UploadsError::Offset { offset }) if offset == stands),
                "{offset}"
            );
        }
        let other = Request { length: Some(2), ..at(stands) };
        assert_eq!(code(uploads.open(ada, flow, other).await), "upload_length_changed");
        // Nobody else can see that it exists.
        assert_eq!(code(uploads.status(eve, flow).await), "upload_unknown");
        assert_eq!(code(uploads.open(eve, flow, at(stands)).await), "upload_unknown");
        assert_eq!(code(uploads.terminate(eve, flow).await), "upload_unknown");
        assert_eq!(code(uploads.status(ada, FlowId::generate()).await), "upload_unknown");
        let rest = &all[usize::try_from(stands).unwrap()..3_000_000];
        assert!(send(&backend, ada, flow, stands, rest).await.unwrap().complete);
        assert_eq!(stored(&backend, &created).await, all[..3_000_000]);
        assert_eq!(code(uploads.open(ada, flow, at(3_000_000)).await), "upload_finished");
        assert_eq!(code(uploads.terminate(ada, flow).await), "upload_finished");
    }

    async fn a_length_may_be_said_later(test: TestDb) {
        let backend = open_with(&test, |options| options.quota = Some(2_000_000)).await;
        let uploads = &backend.uploads;
        let ada = person(&test, "ada").await;
        let all = bytes(1, 1_500_000);
        let unknown = New { length: None, ..new(0, "live.webm") };
        let created = uploads.create(ada, unknown).await.unwrap();
        let flow = created.flow;
        send(&backend, ada, flow, 0, &all[..1_000_000]).await.unwrap();
        let status = uploads.status(ada, flow).await.unwrap();
        assert_eq!((status.offset, status.length), (1_000_000, None));
        let say = |length| Request { length: Some(length), ..at(1_000_000) };
        assert_eq!(code(uploads.open(ada, flow, say(999_999)).await), "upload_length_too_short");
        assert_eq!(code(uploads.open(ada, flow, say(2_000_001)).await), "upload_quota");
        assert_eq!(code(send(&backend, ada, flow, 1_000_000, &bytes(2, 1_100_000)).await), "upload_quota");
        assert_eq!(uploads.status(ada, flow).await.unwrap().offset, 1_000_000);
        send(&backend, ada, flow, 1_000_000, &all[1_000_000..]).await.unwrap();
        // Said with no bytes: that is the end.
        let end = Request { length: Some(1_500_000), ..at(1_500_000) };
        let writer = uploads.open(ada, flow, end).await.unwrap();
        assert!(writer.finish(None).await.unwrap().complete);
        assert_eq!(stored(&backend, &created).await, all);
    }

    async fn an_empty_file_is_complete_and_no_video(test: TestDb) {
        let backend = open(&test).await;
        let ada = person(&test, "ada").await;
        let created = backend.uploads.create(ada, new(0, "a.mp4")).await.unwrap();
        assert_eq!((created.offset, created.expires_at), (0, None));
        let status = backend.uploads.status(ada, created.flow).await.unwrap();
        assert_eq!((status.offset, status.length), (0, Some(0)));
        let video = video(&backend, created.video).await;
        assert_eq!(video.status, VideoStatus::Failed);
        assert_eq!(video.error.as_deref(), Some("empty_file"));
        sessions_fit(&test).await;
        backend.videos.remove(ada, video.id).await.unwrap();
    }

    async fn names_and_details_are_safe_and_can_be_edited_meanwhile(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let ten = format!("../../{}\u{202e}\u{0}.mp4", "ы".repeat(10_000));
        let created = backend.uploads.create(ada, new(10, &ten)).await.unwrap();
        let id = created.video.unwrap();
        let name = video(&backend, created.video).await.original.unwrap().name;
        assert!(name.ends_with("ы.mp4") && name.chars().count() == 120, "{name}");
        let details = Details {
            title: Some(Title::parse("A day").unwrap()),
            tags: Some(Tags::parse("sea, sun").unwrap()),
            visibility: Some(Visibility::Private),
            ..Details::default()
        };
        assert_eq!(backend.videos.edit(eve, id, &details).await.unwrap_err().code(), "video_unknown");
        backend.videos.edit(ada, id, &details).await.unwrap();
        send(&backend, ada, created.flow, 0, &bytes(1, 10)).await.unwrap();
        let video = video(&backend, created.video).await;
        assert_eq!((video.title.as_str(), video.tags.joined().as_str()), ("A day", "sea, sun"));
        assert_eq!(video.visibility, Visibility::Private);
        assert_eq!(backend.videos.list(ada, None, 10).await.unwrap(), std::slice::from_ref(&video));
        assert!(backend.videos.list(ada, Some(&video), 10).await.unwrap().is_empty());
        assert_eq!(backend.videos.remove(eve, id).await.unwrap_err().code(), "video_unknown");
    }

    async fn the_list_of_what_could_go_on(test: TestDb) {
        let backend = open(&test).await;
        let (ada, eve) = (person(&test, "ada").await, person(&test, "eve").await);
        let mut wanted = new(1_000_000, "a.mp4");
        wanted.metadata.fingerprint = Some("print".to_owned());
        let created = backend.uploads.create(ada, wanted).await.unwrap();
        upload(&backend, ada, "done.mp4", &bytes(1, 10)).await;
        piece(&backend, ada, b"part").await;
        send(&backend, ada, created.flow, 0, &bytes(2, 1000)).await.unwrap();
        let list = backend.uploads.unfinished(ada).await.unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].flow, list[0].offset, list[0].length), (created.flow, 1000, Some(1_000_000)));
        assert_eq!(list[0].fingerprint.as_deref(), Some("print"));
        assert_eq!(list[0].title.as_ref().map(Title::as_str), Some("a"));
        let mut writer = backend.uploads.open(ada, created.flow, at(1000)).await.unwrap();
        writer.write(Bytes::from_static(b"more")).await.unwrap();
        assert!(backend.uploads.unfinished(ada).await.unwrap()[0].receiving);
        assert_eq!(backend.uploads.snapshot(ada).await.unwrap().len(), 1);
        assert!(backend.uploads.unfinished(eve).await.unwrap().is_empty());
    }
}
