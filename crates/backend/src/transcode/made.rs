//! What has come of a step so far, and whether that is all of it.

use std::collections::BTreeMap;

use domain::media::{
    line::{Fragment, Init, Line, Output, Segment},
    plan::Plan,
    spec::{INIT, segment_file},
};

use super::{probe::folders, step::Step, store::Extra};

/// Collected from what a child says.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) inits: Vec<Init>,
    pub(super) segments: BTreeMap<String, Vec<Segment>>,
    pub(super) files: Vec<Extra>,
    /// 0 to 1.
    pub(super) done: f64,
}

impl Made {
    pub(super) fn hear(&mut self, line: Line) {
        match line {
            Line::Progress(progress) => self.done = self.done.max(progress.done),
            Line::Output(Output::Init(init)) => self.inits.push(init),
            Line::Output(Output::Segment(segment)) => {
                let folder = self.segments.entry(segment.folder.clone());
                folder.or_default().push(segment);
            }
            Line::Output(Output::File { file, bytes }) => self.files.push(Extra { file, bytes }),
            Line::Result(_) | Line::Error(_) => {}
        }
    }

    /// How many segments, of whatever rendition.
    pub(super) fn count(&self) -> usize {
        self.segments.values().map(Vec::len).sum()
    }

    /// The segments by now, if they are notably more than `shown`: all of them are written each
    /// time, and hours of sound have thousands.
    pub(super) fn so_far(&self, shown: usize) -> Option<Self> {
        (self.count() > shown + shown / 20).then(|| Self {
            inits: self.inits.clone(),
            segments: self.segments.clone(),
            ..Self::default()
        })
    }

    /// Every file of it, below the folder of the asset.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let inits = self
            .inits
            .iter()
            .map(|init| format!("{}/{INIT}", init.folder));
        let segments = self.segments.values().flatten();
        let segments = segments.map(|one| format!("{}/{}", one.folder, segment_file(one.number)));
        let files = self.files.iter().map(|extra| extra.file.clone());
        inits.chain(segments).chain(files)
    }

    /// Whether everything that was asked for is there. The last part may be shorter than
    /// planned: a file may end earlier than it says. Answers what is missing.
    pub(super) fn check(&self, plan: &Plan, step: Step) -> Result<(), String> {
        // A child reads hostile files, and may say anything once one of them has taken it over.
        if let Some(name) = self.names().find(|name| !is_name(name)) {
            return Err(format!("a file named {name:?}"));
        }
        let known = folders(plan);
        let mut said = self
            .segments
            .keys()
            .chain(self.inits.iter().map(|init| &init.folder));
        if let Some(folder) = said.find(|folder| !known.contains(&folder.as_str())) {
            return Err(format!("a rendition named {folder:?}"));
        }
        for (folder, segments) in &self.segments {
            let first = segments.first().map_or(0, |segment| segment.number);
            for (segment, number) in segments.iter().zip(first..) {
                if segment.number != number || segment.fragments.is_empty() {
                    return Err(format!("segment {number} of {folder} is missing"));
                }
                if segment.fragments.iter().any(is_empty) {
                    return Err(format!("segment {number} of {folder} is empty"));
                }
            }
        }
        let Some(picture) = &plan.picture else {
            return Ok(());
        };
        let (part, folders): (_, Vec<&str>) = match step {
            Step::Encode(n) => {
                let rungs = picture.rungs.iter();
                let folders = rungs.map(|rung| rung.rendition.folder.as_str()).collect();
                (picture.parts.get(n as usize), folders)
            }
            Step::Copy(n) => {
                let copy = picture.copy.as_ref();
                let folders = copy.map(|copy| copy.rendition.folder.as_str());
                let part = copy.and_then(|copy| copy.parts.get(n as usize));
                (part, folders.into_iter().collect())
            }
            _ => return Ok(()),
        };
        let Some(part) = part else { return Ok(()) };
        for folder in folders {
            let made = self.segments.get(folder).map_or(&[][..], Vec::as_slice);
            let enough = match part.end {
                Some(_) => made.len() == part.count as usize,
                // Only what would leave nothing at all is too little.
                None => !made.is_empty() || part.first > 0,
            };
            let begins = made
                .first()
                .is_none_or(|segment| segment.number == part.first);
            if !enough || !begins {
                let got = made.len();
                return Err(format!("{got} of {} segments of {folder}", part.count));
            }
        }
        Ok(())
    }
}

/// A file in the folder of the asset, or in a folder of that.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(letter)
    };
    name.split('/').count() <= 2 && name.split('/').all(plain)
}

fn is_empty(fragment: &Fragment) -> bool {
    fragment.duration == 0 || fragment.bytes == 0 || fragment.key > fragment.bytes
}
