//! Random lives of many uploads against a model of them, on both engines: whatever happens in
//! whatever order, sessions fit flows, offsets never go back behind what was said, and the bytes
//! are the ones that were sent.

mod steps;

use std::collections::BTreeMap;

use domain::uploads::FlowStatus;
use testkit::both_engines;

use super::*;

/// A run is long enough to meet each kind of trouble several times. `KADR_TEST_SEED` repeats one.
const STEPS: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Uploading,
    /// Every byte is there.
    Complete,
    /// Parts that wait for their job.
    Joining,
    Gone,
}

#[derive(Debug, Clone)]
struct Model {
    created: Created,
    all: Vec<u8>,
    life: Life,
    /// What was acknowledged.
    offset: usize,
    length_known: bool,
    piece: bool,
}

struct World<'t> {
    test: &'t TestDb,
    backend: Backend,
    other: Backend,
    user: UserId,
    random: SmallRng,
    uploads: BTreeMap<FlowId, Model>,
    /// The parts of files that wait to be joined.
    parts: BTreeMap<FlowId, Vec<FlowId>>,
}

impl World<'_> {
    fn pick(&mut self, wanted: impl Fn(&Model) -> bool) -> Option<FlowId> {
        let some: Vec<FlowId> = self
            .uploads
            .iter()
            .filter(|(_, model)| wanted(model))
            .map(|(flow, _)| *flow)
            .collect();
        (!some.is_empty()).then(|| some[self.random.random_range(0..some.len())])
    }

    fn model(&mut self, flow: FlowId) -> &mut Model {
        self.uploads.get_mut(&flow).unwrap()
    }

    /// What must be true after every step.
    async fn check(&self) {
        sessions_fit(self.test).await;
        for (flow, model) in &self.uploads {
            let status = self.backend.uploads.status(self.user, *flow).await;
            if model.life == Life::Gone {
                assert_eq!(code(status), "upload_gone");
                continue;
            }
            let status = status.unwrap();
            assert_eq!(
                usize::try_from(status.offset).unwrap(),
                model.offset,
                "{flow}"
            );
            let uploading = status.status == FlowStatus::Uploading;
            assert_eq!(uploading, model.life == Life::Uploading, "{flow}");
            assert_eq!(status.length.is_some(), model.length_known, "{flow}");
            if uploading {
                if let Some(path) = self.path(*flow).await {
                    let there = std::fs::read(path).unwrap();
                    assert!(there[..model.offset] == model.all[..model.offset], "{flow}");
                }
            } else if model.life == Life::Complete && !model.piece {
                let video = video(&self.backend, model.created.video).await;
                let asset = self.backend.assets.get(video.asset.unwrap()).await.unwrap();
                assert_eq!(asset.unwrap().hash, hash(&model.all), "{flow}");
                assert!(
                    stored(&self.backend, &model.created).await == model.all,
                    "{flow}"
                );
            }
        }
    }

    async fn step(&mut self) {
        // Another server of the same house, with the same files.
        if self.random.random_bool(0.3) {
            std::mem::swap(&mut self.backend, &mut self.other);
        }
        let uploading = |model: &Model| model.life == Life::Uploading;
        let kind = self.random.random_range(0..100);
        let running = self
            .uploads
            .values()
            .filter(|model| uploading(model))
            .count();
        let flow = self.pick(uploading);
        match (kind, flow) {
            (0..20, _) if running < 6 => self.create().await,
            (20..47, Some(flow)) => self.chunk(flow).await,
            (47..55, Some(flow)) => self.verified(flow).await,
            (55..61, Some(flow)) => self.take_over(flow).await,
            (61..67, Some(flow)) => self.refuse(flow).await,
            (67..77, _) => self.crash().await,
            (77..81, Some(flow)) => self.expire(flow).await,
            (81..85, Some(flow)) => self.delete(flow).await,
            (85..88, _) => {
                let used = |model: &Model| match model.life {
                    Life::Complete => true,
                    // A video whose parts are still to be joined, not a part.
                    Life::Joining => !model.piece,
                    Life::Uploading | Life::Gone => false,
                };
                if let Some(flow) = self.pick(used) {
                    self.delete(flow).await;
                }
            }
            (88..94, _) => self.concatenate().await,
            (94.., _) => self.join().await,
            _ => {}
        }
    }
}

async fn live(test: &TestDb) {
    let given = std::env::var("KADR_TEST_SEED").ok();
    let seed = given.map_or_else(rand::random, |seed| seed.parse().unwrap());
    println!("seed {seed}");
    let mut world = World {
        test,
        backend: open(test).await,
        other: open(test).await,
        user: person(test, "ada").await,
        random: SmallRng::seed_from_u64(seed),
        uploads: BTreeMap::new(),
        parts: BTreeMap::new(),
    };
    for _ in 0..STEPS {
        world.step().await;
        world.check().await;
    }
    // In the end everything that was begun can be brought to its end.
    while let Some(flow) = world.pick(|model| model.life == Life::Uploading) {
        world.chunk(flow).await;
    }
    world.check().await;
}

both_engines! {
    async fn any_order_of_events_keeps_the_rules(test: TestDb) {
        live(&test).await;
    }
}
