//! The way of a video: from bytes to manifests, growing, restarted, watched.

use std::{collections::BTreeMap, time::Duration};

use backend::events::Heard;
use domain::{
    events::Event,
    media::spec::Command,
    videos::{RenditionKind, RenditionStatus, Stage, VideoStatus},
};
use m3u8_rs::MediaPlaylistType;
use testkit::both_engines;
use tokio::time::{Instant, timeout};

use super::{
    all_files, clips,
    crew::{Crew, until},
    ends,
    fake::Fake,
    folder, maker, master, of, open, playlist, quiet, send, steps,
};

both_engines! {
    async fn an_upload_becomes_hls_and_dash(test: TestDb) {
        let mut facts = clips::copied(60.0);
        facts.audio.push(clips::sound(2, "ukr", 60.0));
        facts.subtitles.push(clips::subtitles(3));
        let fake = Fake::of(facts);
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Completed).await;
        assert!(video.playable && video.error.is_none());
        assert_eq!(video.stage, Stage::Done);
        quiet(&test).await;

        let folder = folder(&backend, &video);
        let files = all_files(&folder);
        let master = master(&folder);
        let (keys, variants): (Vec<_>, Vec<_>) =
            master.variants.iter().partition(|variant| variant.is_i_frame);
        let heights: Vec<u64> =
            variants.iter().map(|variant| variant.resolution.unwrap().height).collect();
        assert_eq!(heights, [720, 480, 360, 240]);
        assert_eq!(keys.len(), 4);
        assert_eq!(master.alternatives.len(), 3);
        for variant in &variants {
            assert_eq!(variant.frame_rate, Some(25.0));
            let codecs = variant.codecs.as_deref().unwrap();
            assert!(codecs.starts_with("avc1.") && codecs.ends_with(",mp4a.40.2"), "{codecs}");
        }
        // 5000 bytes every 4 s, and 400 of sound.
        let top = variants[0];
        assert_eq!((top.bandwidth, top.average_bandwidth), (10_800, Some(10_800)));

        let uris = master.variants.iter().map(|variant| variant.uri.clone());
        let others = master.alternatives.iter().filter_map(|other| other.uri.clone());
        for uri in uris.chain(others) {
            let list = playlist(&folder, &uri);
            let (place, _) = uri.split_once('/').unwrap();
            assert!(list.end_list && list.playlist_type == Some(MediaPlaylistType::Vod), "{uri}");
            let total: f32 = list.segments.iter().map(|segment| segment.duration).sum();
            assert!((total - 60.0).abs() < 0.01, "{uri}: {total} s");
            for segment in &list.segments {
                let file = format!("{place}/{}", segment.uri);
                assert!(files.contains(&file), "{file} is named and not there");
            }
            if place.starts_with(['v', 'a']) {
                assert_eq!(list.segments[0].map.as_ref().unwrap().uri, "init.mp4");
                let count = if uri.ends_with("iframes.m3u8") { 30 } else { 15 };
                assert_eq!(list.segments.len(), count, "{uri}");
                assert_eq!(list.target_duration, 4);
            }
        }
        let text = std::fs::read_to_string(folder.join("manifest.mpd")).unwrap();
        let mpd = dash_mpd_core::parse(&text).unwrap();
        assert_eq!(mpd.mpdtype.as_deref(), Some("static"));
        assert_eq!(mpd.mediaPresentationDuration, Some(Duration::from_secs(60)));
        let sets = &mpd.periods[0].adaptations;
        assert_eq!(sets.iter().map(|set| set.representations.len()).collect::<Vec<_>>(), [4, 1, 1]);
        let timeline = &sets[0].representations[0].SegmentTemplate.as_ref().unwrap();
        let timeline = &timeline.SegmentTimeline.as_ref().unwrap().segments;
        assert_eq!((timeline.len(), timeline[0].d, timeline[0].r), (1, 64_000, Some(14)));

        // Posters, a storyboard and its index; nothing that was only needed on the way.
        assert!(files.contains("poster-720.jpg") && files.contains("storyboard/000.jpg"));
        assert!(files.contains("storyboard/index.vtt") && files.contains("s0/text.vtt"));
        assert!(!files.iter().any(|file| file.starts_with("tiles") || file.ends_with(".tmp")));
        let all = steps(&test).await;
        assert!(all.iter().all(|(_, state, made)| state == "done" && *made == 1), "{all:?}");

        let overview = backend.transcode.overview(video.asset.unwrap()).await.unwrap().unwrap();
        assert_eq!((overview.progress, overview.duration), (1.0, Some(60.0)));
        assert_eq!(overview.renditions.len(), 6);
        assert!(overview.renditions.iter().all(|one| one.status == RenditionStatus::Completed));
        assert_eq!(overview.posters.len(), 2);
        // A moment later nothing runs any more.
        until("children are gone", || async { fake.children() == 0 }).await;
    }

    async fn the_first_part_can_be_watched_and_the_list_grows_without_a_gap(test: TestDb) {
        let fake = Fake::of(clips::encoded(60.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        fake.hold("encode:1");
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        until("it can be watched", || async { of(&backend, id).await.playable }).await;
        until("later parts are done", || async {
            fake.ended().contains_key("encode:4") && fake.ended().contains_key("audio:0")
        })
        .await;
        let video = of(&backend, id).await;
        assert_eq!((video.status, video.stage), (VideoStatus::Processing, Stage::Encoding));
        let folder = folder(&backend, &video);
        let lists = ["v480", "v360", "v240", "a0"].map(|name| format!("{name}/index.m3u8"));
        for name in &lists {
            let list = playlist(&folder, name);
            // Parts 2, 3 and 4 are there, but not what comes before them.
            assert_eq!(list.segments.len(), 1, "{name}");
            assert!(!list.end_list && list.playlist_type == Some(MediaPlaylistType::Event));
            let start = list.start.unwrap();
            assert_eq!((start.time_offset, start.precise), (0.0, Some(true)));
            assert_eq!(list.target_duration, 4);
        }
        assert_eq!(master(&folder).variants.len(), 3);
        fake.let_go("encode:1");
        ends(&backend, id, VideoStatus::Completed).await;
        for name in &lists {
            assert_eq!(playlist(&folder, name).segments.len(), 15, "{name}");
        }
    }

    async fn a_copied_rung_is_listed_alone_until_the_others_are_whole(test: TestDb) {
        let fake = Fake::of(clips::copied(60.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        fake.hold("encode:2");
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        // Nothing more will come of what is listed, so a player need not ask again.
        until("the copy and its sound have ended", || async {
            let video = of(&backend, id).await;
            video.playable && {
                let folder = folder(&backend, &video);
                ["v720", "a0"].iter().all(|name| {
                    let list = playlist(&folder, &format!("{name}/index.m3u8"));
                    list.segments.len() == 15 && list.end_list
                })
            }
        })
        .await;
        let video = of(&backend, id).await;
        let folder = folder(&backend, &video);
        assert_eq!(master(&folder).variants.len(), 1);
        assert_eq!(video.stage, Stage::Encoding);
        fake.let_go("encode:2");
        ends(&backend, id, VideoStatus::Completed).await;
        let master = master(&folder);
        assert_eq!(master.variants.iter().filter(|variant| !variant.is_i_frame).count(), 4);
    }

    async fn a_song_is_sound_and_a_waveform(test: TestDb) {
        let fake = Fake::of(clips::song(200.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let video = ends(&backend, id, VideoStatus::Completed).await;
        let folder = folder(&backend, &video);
        let master = master(&folder);
        assert_eq!(master.variants.len(), 1);
        assert_eq!(master.variants[0].uri, "a0/index.m3u8");
        assert_eq!(playlist(&folder, "a0/index.m3u8").segments.len(), 50);
        assert!(all_files(&folder).contains("waveform.bin"));
        let overview = backend.transcode.overview(video.asset.unwrap()).await.unwrap().unwrap();
        assert_eq!(overview.renditions[0].kind, RenditionKind::Audio);
    }

    async fn whatever_is_killed_no_part_is_done_twice(test: TestDb) {
        let fake = Fake::of(clips::encoded(80.0));
        fake.pause(Duration::from_millis(2));
        let owner = maker(&test).await;
        let first = open(&test, &fake).await;
        let id = send(&first, owner, 1).await;
        let mut backend = first;
        for round in 0..5 {
            let crew = Crew::start(&backend);
            tokio::time::sleep(Duration::from_millis(120 + 70 * round)).await;
            crew.kill().await;
            // Another process, which knows nothing; and the leases of the dead one end.
            backend = open(&test, &fake).await;
            tokio::time::sleep(backend.jobs.timing().lease).await;
            backend.jobs.recover().await.unwrap();
        }
        let _crew = Crew::start(&backend);
        let video = ends(&backend, id, VideoStatus::Completed).await;
        let all = steps(&test).await;
        assert!(all.iter().all(|(_, state, made)| state == "done" && *made == 1), "{all:?}");
        // The engine may have ended a command just before the kill, unheard: at most one a round.
        let again: BTreeMap<_, _> = fake.ended().into_iter().filter(|(_, times)| *times > 1).collect();
        assert!(again.values().map(|times| times - 1).sum::<u32>() <= 15, "{again:?}");
        let folder = folder(&backend, &video);
        assert_eq!(playlist(&folder, "v480/index.m3u8").segments.len(), 20);
    }

    async fn pages_hear_of_it_twice_a_second(test: TestDb) {
        let fake = Fake::of(clips::encoded(20.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        fake.pause(Duration::from_millis(60));
        let mut events = backend.events.subscribe();
        let _crew = Crew::start(&backend);
        let id = send(&backend, owner, 1).await;
        let mut told = Vec::new();
        let mut playable = false;
        loop {
            let heard = timeout(Duration::from_secs(20), events.next()).await.unwrap();
            let Some(Heard::Event(event)) = heard else { continue };
            match &*event {
                Event::Progress(progress) if progress.id == id => {
                    told.push((Instant::now(), progress.clone()));
                }
                Event::Video(video) if video.id == id => {
                    playable |= video.playable && video.status == VideoStatus::Processing;
                    if video.status == VideoStatus::Completed {
                        break;
                    }
                }
                _ => {}
            }
        }
        assert!(playable, "nobody was told that it can be watched");
        assert!(told.len() >= 6, "{}", told.len());
        // Twice a second; a machine that is busy with other tests may swallow a moment.
        let mut apart: Vec<_> = told.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        apart.sort_unstable();
        assert!(apart[apart.len() / 2] < Duration::from_millis(500), "{apart:?}");
        assert!(apart.last().unwrap() < &Duration::from_secs(3), "{apart:?}");
        let first = &told[0].1;
        assert_eq!((first.owner, first.renditions.len()), (owner, 4));
        let progress: Vec<f64> = told.iter().map(|(_, told)| told.progress).collect();
        assert!(progress.iter().all(|one| (0.0..=1.0).contains(one)));
        assert!(progress.last().unwrap() > &0.9, "{progress:?}");
        let rises = progress.windows(2).filter(|pair| pair[1] + 1e-9 >= pair[0]).count();
        assert!(rises + 2 >= progress.len() - 1, "{progress:?}");
    }

    async fn the_same_bytes_are_made_once_and_the_helper_is_told_where(test: TestDb) {
        let fake = Fake::of(clips::copied(20.0));
        let backend = open(&test, &fake).await;
        let owner = maker(&test).await;
        let first = send(&backend, owner, 1).await;
        let second = send(&backend, owner, 1).await;
        let _crew = Crew::start(&backend);
        ends(&backend, first, VideoStatus::Completed).await;
        let video = ends(&backend, second, VideoStatus::Completed).await;
        assert!(video.playable);
        let twice: Vec<_> = fake.ended().into_iter().filter(|(_, times)| *times > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        for spec in fake.specs() {
            assert_eq!(spec.out, folder(&backend, &video));
            assert!(spec.source.is_absolute() && spec.source.exists());
            assert!(spec.limits.memory > 700 << 20 && spec.limits.cpu > 0);
            if let Command::EncodePart(part) = spec.command {
                // The first of three; the last two may use what the hands leave.
                let threads = if part.part.number == 0 { 1 } else { 2 };
                assert_eq!(part.threads, threads, "part {}", part.part.number);
                assert!(part.tiles.is_some());
            }
        }
    }
}
