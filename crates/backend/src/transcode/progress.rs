//! How far an asset is, for pages that are open.
//!
//! Each process knows best how far its own steps are; of the others it knows what the database
//! says, a few seconds old. What is told is made of both.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{
    events::{Event, VideoProgress},
    ids::AssetId,
    media::plan::Plan,
    videos::{Rendition, RenditionKind, RenditionStatus, Stage},
};

use super::{
    Transcode,
    step::{Step, StepState},
    store::{self, StepRow},
};
use crate::{db::DbError, jobs::JobError, videos::Video};

/// Several steps of one asset do not each tell everything.
const APART: Duration = Duration::from_millis(200);
/// How old what the database said may be.
const FRESH: Duration = Duration::from_secs(2);

/// How far an asset is.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    pub stage: Stage,
    /// Of everything, 0 to 1.
    pub progress: f64,
    pub renditions: Vec<Rendition>,
    /// Seconds, once they are known.
    pub duration: Option<f64>,
    /// Stable codes.
    pub warnings: Vec<String>,
    /// Which posters there are, the largest first.
    pub posters: Vec<String>,
}

/// The steps that run here.
#[derive(Debug, Default, Clone)]
pub(super) struct Live(Arc<Mutex<HashMap<AssetId, Entry>>>);

#[derive(Debug, Default)]
struct Entry {
    running: HashMap<Step, f64>,
    told: Option<Instant>,
    known: Option<(Instant, Arc<Known>)>,
}

/// What the database said.
#[derive(Debug)]
struct Known {
    stage: Stage,
    steps: Vec<StepRow>,
    videos: Vec<Video>,
}

/// Whether something is to be told.
#[derive(Debug)]
enum Due {
    No,
    /// The database must be asked first.
    Unknown,
    Known(Arc<Known>),
}

/// A step that runs, until this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    live: Live,
    asset: AssetId,
    step: Step,
}

impl Running {
    pub(super) fn moved(&self, done: f64) {
        let mut live = self.live.lock();
        let entry = live.entry(self.asset).or_default();
        entry.running.insert(self.step, done.clamp(0.0, 1.0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut live = self.live.lock();
        if let Some(entry) = live.get_mut(&self.asset) {
            entry.running.remove(&self.step);
            if entry.running.is_empty() {
                live.remove(&self.asset);
            }
        }
    }
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, HashMap<AssetId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, asset: AssetId, step: Step) -> Running {
        let running = Running {
            live: self.clone(),
            asset,
            step,
        };
        running.moved(0.0);
        running
    }

    /// Whether it is time to tell, and what of.
    fn due(&self, asset: AssetId, ended: bool) -> Due {
        let now = Instant::now();
        let mut live = self.lock();
        let Some(entry) = live.get_mut(&asset) else {
            // What has ended was the last that ran here.
            return if ended { Due::Unknown } else { Due::No };
        };
        if !ended && entry.told.is_some_and(|told| now - told < APART) {
            return Due::No;
        }
        entry.told = Some(now);
        match &entry.known {
            Some((at, known)) if !ended && now - *at < FRESH => Due::Known(Arc::clone(known)),
            _ => Due::Unknown,
        }
    }

    fn know(&self, asset: AssetId, known: &Arc<Known>) {
        if let Some(entry) = self.lock().get_mut(&asset) {
            entry.known = Some((Instant::now(), Arc::clone(known)));
        }
    }

    fn running(&self, asset: AssetId) -> HashMap<Step, f64> {
        let live = self.lock();
        live.get(&asset)
            .map(|entry| entry.running.clone())
            .unwrap_or_default()
    }

    pub(super) fn forget(&self, asset: AssetId) {
        self.lock().remove(&asset);
    }
}

impl Transcode {
    /// Tells how far an asset is, to the pages of every video that has it; not too often, unless
    /// something has just ended.
    pub(super) async fn tell_progress(
        &self,
        asset: AssetId,
        plan: &Plan,
        ended: bool,
    ) -> Result<(), JobError> {
        let known = match self.0.live.due(asset, ended) {
            Due::No => return Ok(()),
            Due::Known(known) => known,
            Due::Unknown => {
                let known = Arc::new(self.known(asset).await?);
                self.0.live.know(asset, &known);
                known
            }
        };
        self.publish_progress(plan, &known, &self.0.live.running(asset));
        Ok(())
    }

    fn publish_progress(&self, plan: &Plan, known: &Known, running: &HashMap<Step, f64>) {
        let (progress, renditions) = reckon(plan, &known.steps, running);
        for video in &known.videos {
            self.0.events.publish(Event::Progress(VideoProgress {
                id: video.id,
                owner: video.owner,
                stage: known.stage,
                progress,
                renditions: renditions.clone(),
            }));
        }
    }

    async fn known(&self, asset: AssetId) -> Result<Known, DbError> {
        let db = self.0.db.read();
        let media = store::media(db, asset).await?;
        Ok(Known {
            stage: media.map_or(Stage::Queued, |media| media.stage),
            steps: store::steps(db, asset).await?,
            videos: crate::videos::of_asset(db, asset).await?,
        })
    }

    /// How far an asset is and what it is made into.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn overview(&self, asset: AssetId) -> Result<Option<Overview>, DbError> {
        let db = self.0.db.read();
        let Some(media) = store::media(db, asset).await? else {
            return Ok(None);
        };
        let Some(plan) = media.plan else {
            return Ok(Some(Overview {
                stage: media.stage,
                progress: 0.0,
                renditions: Vec::new(),
                duration: None,
                warnings: media.warnings,
                posters: Vec::new(),
            }));
        };
        let steps = store::steps(db, asset).await?;
        let running = self.0.live.running(asset);
        let (progress, renditions) = reckon(&plan, &steps, &running);
        let files = store::extras(db, asset).await?;
        let mut posters: Vec<(u64, String)> = files
            .into_iter()
            .filter(|extra| extra.file.starts_with("poster"))
            .map(|extra| (extra.bytes, extra.file))
            .collect();
        posters.sort_unstable_by(|a, b| b.cmp(a));
        Ok(Some(Overview {
            stage: media.stage,
            progress: if media.stage == Stage::Done {
                1.0
            } else {
                progress
            },
            renditions,
            duration: Some(plan.duration as f64 / 1e6),
            warnings: media.warnings,
            posters: posters.into_iter().map(|(_, file)| file).collect(),
        }))
    }
}

/// Of everything, and of each rendition.
fn reckon(plan: &Plan, steps: &[StepRow], running: &HashMap<Step, f64>) -> (f64, Vec<Rendition>) {
    let done = |row: &StepRow| match row.state {
        StepState::Done | StepState::LeftOut => 1.0,
        StepState::Waiting | StepState::Failed => running
            .get(&row.step)
            .copied()
            .or(row.progress)
            .unwrap_or(0.0),
    };
    let sum = |rows: &[&StepRow]| {
        let (mut all, mut made) = (0.0, 0.0);
        for row in rows {
            let weight = row.step.weight(plan);
            all += weight;
            made += weight * done(row);
        }
        if all > 0.0 {
            (made / all).clamp(0.0, 1.0)
        } else {
            0.0
        }
    };
    let of = |is: &dyn Fn(Step) -> bool| -> (f64, RenditionStatus) {
        let rows: Vec<&StepRow> = steps.iter().filter(|row| is(row.step)).collect();
        let any = |state: StepState| rows.iter().any(|row| row.state == state);
        let runs = |row: &&StepRow| running.contains_key(&row.step) || row.progress.is_some();
        let status = if any(StepState::Failed) || any(StepState::LeftOut) {
            RenditionStatus::Failed
        } else if rows.iter().all(|row| row.state == StepState::Done) {
            RenditionStatus::Completed
        } else if any(StepState::Done) || rows.iter().any(runs) {
            RenditionStatus::Processing
        } else {
            RenditionStatus::Queued
        };
        (sum(&rows), status)
    };
    let mut renditions = Vec::new();
    if let Some(picture) = &plan.picture {
        let copied = of(&|step| matches!(step, Step::Copy(_)));
        let encoded = of(&|step| matches!(step, Step::Encode(_)));
        let copy = picture.copy.iter().map(|copy| (&copy.rendition, copied));
        let rungs = picture.rungs.iter().map(|rung| (&rung.rendition, encoded));
        renditions.extend(
            copy.chain(rungs)
                .map(|(rendition, (progress, status))| Rendition {
                    kind: RenditionKind::Video,
                    name: rendition.name.clone(),
                    width: Some(rendition.width),
                    height: Some(rendition.height),
                    status,
                    progress,
                }),
        );
    }
    for (number, track) in (0..).zip(&plan.sound) {
        let (progress, status) = of(&|step| step == Step::Audio(number));
        let said = track.title.clone().or_else(|| track.language.clone());
        renditions.push(Rendition {
            kind: RenditionKind::Audio,
            name: said.unwrap_or_else(|| track.folder.clone()),
            width: None,
            height: None,
            status,
            progress,
        });
    }
    let all: Vec<&StepRow> = steps.iter().collect();
    // What is still to be written at the end is the last hundredth.
    (sum(&all) * 0.99, renditions)
}
