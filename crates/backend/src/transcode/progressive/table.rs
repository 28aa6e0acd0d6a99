//! Where the samples of a track lie, and when each is shown.

use super::{
    boxes::{boxed, numbers},
    fragment::Fragment,
};

/// Equal ones in a row are written once.
#[derive(Debug, Default)]
struct Runs(Vec<(u32, u32)>);

impl Runs {
    fn push(&mut self, value: u32) {
        match self.0.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => self.0.push((1, value)),
        }
    }

    fn words(&self, change: impl Fn(u32) -> u32) -> Option<Vec<u32>> {
        let count = u32::try_from(self.0.len()).ok()?;
        let runs = self.0.iter();
        Some(
            std::iter::once(count)
                .chain(runs.flat_map(|(count, value)| [*count, change(*value)]))
                .collect(),
        )
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    sizes: Vec<u32>,
    ticks: Runs,
    shifts: Runs,
    /// The least of them: pictures that are decoded in another order than shown have some below 0.
    least: i32,
    /// Numbers of the samples that fragments begin with, from 1.
    keys: Vec<u32>,
    /// Where the samples of each fragment lie.
    places: Vec<u64>,
    /// How long all of it is, in ticks.
    length: u64,
}

impl Table {
    /// Adds a fragment that lies there.
    pub(super) fn push(&mut self, fragment: &Fragment, place: u64) -> Option<()> {
        // What was before lasts until this one begins.
        if fragment.start > self.length && !self.sizes.is_empty() {
            let (count, last) = self.ticks.0.pop()?;
            if count > 1 {
                self.ticks.0.push((count - 1, last));
            }
            let more = u32::try_from(fragment.start - self.length).ok()?;
            self.ticks.push(last.checked_add(more)?);
            self.length = fragment.start;
        }
        self.keys
            .push(u32::try_from(self.sizes.len()).ok()?.checked_add(1)?);
        self.places.push(place + fragment.data);
        for sample in &fragment.samples {
            self.sizes.push(sample.bytes);
            self.ticks.push(sample.ticks);
            self.shifts.push(sample.shift.cast_unsigned());
            self.least = self.least.min(sample.shift);
            self.length += u64::from(sample.ticks);
        }
        Some(())
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// How long after its beginning on its own clock the first picture is shown.
    pub(super) fn delay(&self) -> u32 {
        self.least.unsigned_abs()
    }

    /// The boxes of a `stbl` behind its `stsd`; places count from `begin`.
    pub(super) fn boxes(&self, begin: u64, every_sample_is_a_key: bool) -> Option<Vec<u8>> {
        let count = u32::try_from(self.sizes.len()).ok()?;
        let mut boxes = numbers(b"stts", 0, &self.ticks.words(|ticks| ticks)?)?;
        let shown_as_decoded = self.shifts.0.iter().all(|(_, shift)| *shift == 0);
        if !shown_as_decoded {
            let delay = self.delay();
            let shifts = self.shifts.words(|shift| shift.wrapping_add(delay))?;
            boxes.extend(numbers(b"ctts", 0, &shifts)?);
        }
        if !every_sample_is_a_key {
            let keys = u32::try_from(self.keys.len()).ok()?;
            let words: Vec<u32> = std::iter::once(keys).chain(self.keys.clone()).collect();
            boxes.extend(numbers(b"stss", 0, &words)?);
        }
        boxes.extend(numbers(b"stsc", 0, &self.chunks(count)?)?);
        let words: Vec<u32> = [0, count]
            .into_iter()
            .chain(self.sizes.iter().copied())
            .collect();
        boxes.extend(numbers(b"stsz", 0, &words)?);
        let places: Vec<u8> = self
            .places
            .iter()
            .flat_map(|place| (begin + place).to_be_bytes())
            .collect();
        let number = u32::try_from(self.places.len()).ok()?.to_be_bytes();
        boxes.extend(boxed(b"co64", &[&[0; 4], &number, &places])?);
        Some(boxes)
    }

    /// How many samples lie at each place: said anew where it changes.
    fn chunks(&self, count: u32) -> Option<Vec<u32>> {
        let ends = self.keys.iter().skip(1).copied().chain([count + 1]);
        let mut words = Vec::new();
        let mut last = None;
        for (number, (key, end)) in (1..).zip(self.keys.iter().zip(ends)) {
            let samples = end - key;
            if last != Some(samples) {
                words.extend([number, samples, 1]);
                last = Some(samples);
            }
        }
        let runs = u32::try_from(words.len() / 3).ok()?;
        Some(std::iter::once(runs).chain(words).collect())
    }
}
