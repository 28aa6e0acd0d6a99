//! Which frames of a source belong to a part, when each is shown, and where an IDR stands.
//!
//! Knows nothing of FFmpeg: frames go in with their times, in the order in which they are shown,
//! and come out with the ticks of what we make. Every decision depends on the frames themselves
//! and never on where a part begins, so that separate parts decide alike.

use domain::media::{
    Micros,
    spec::{Pace, Stretch},
};

use crate::clock::Grid;

/// A frame of the source.
pub(crate) struct Frame<P> {
    pub(crate) at: Micros,
    pub(crate) tick: i64,
    pub(crate) picture: P,
}

/// A frame of what we make.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown<P> {
    pub(crate) at: Micros,
    pub(crate) tick: i64,
    /// The number of the segment and of the key within the part, when an IDR begins it here.
    pub(crate) key: Option<Key>,
    pub(crate) picture: P,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) segment: u32,
}

pub(crate) struct Timeline<'a, P> {
    part: &'a Stretch,
    pace: Pace,
    grid: Grid,
    /// The last frame before the part: shown on where the part begins with a hole.
    before: Option<P>,
    /// Not yet shown: one that comes later may take its place.
    pending: Option<Frame<P>>,
    last_tick: Option<i64>,
    keys_done: usize,
    ended: bool,
}

impl<'a, P: Clone> Timeline<'a, P> {
    pub(crate) fn new(part: &'a Stretch, pace: Pace, grid: Grid) -> Self {
        Self {
            part,
            pace,
            grid,
            before: None,
            pending: None,
            last_tick: None,
            keys_done: 0,
            ended: false,
        }
    }

    /// Nothing that comes later matters.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// Takes the next frame; gives those of which it is now known when they are shown. The tick
    /// at which the part ends is known when a frame behind it has been seen.
    pub(crate) fn push(&mut self, frame: Frame<P>, out: &mut Vec<Shown<P>>) -> Option<i64> {
        if frame.at < self.part.start {
            self.before = Some(frame.picture);
            return None;
        }
        if self.part.end.is_some_and(|end| frame.at >= end) {
            self.ended = true;
            // Two in one place, also across the border: the later one stays, in the next part.
            let twice = |pending: &Frame<P>| pending.tick >= frame.tick;
            if self.last_tick.is_some() && self.pending.as_ref().is_some_and(twice) {
                self.pending = None;
                return Some(frame.tick);
            }
            self.settle(None, out);
            let floor = self.last_tick.map_or(frame.tick, |last| last + 1);
            return Some(frame.tick.max(floor));
        }
        match &mut self.pending {
            None if self.part.number == 0 => {
                // The first frame stands from the beginning, so that picture and sound begin together.
                let at = self.part.start;
                let tick = self.grid.place_micros(at);
                self.pending = Some(Frame { at, tick, ..frame });
            }
            None => {
                let still = self.before.clone().unwrap_or_else(|| frame.picture.clone());
                self.fill(None, Some(frame.at), &still, out);
                self.pending = Some(frame);
            }
            Some(pending) => match self.pace {
                Pace::Constant { .. } if frame.tick <= pending.tick => {
                    // Two in one place: the later one stays.
                    pending.picture = frame.picture;
                    pending.at = pending.at.max(frame.at);
                }
                Pace::Variable { .. } if frame.tick <= pending.tick => {}
                Pace::Variable { step } if frame.at < pending.at.saturating_add(step) => {}
                _ => {
                    self.settle(Some(frame.at), out);
                    self.pending = Some(frame);
                }
            },
        }
        None
    }

    /// There are no more frames; the last one is shown for `length`. `None`: there was no picture.
    pub(crate) fn finish(&mut self, length: Micros, out: &mut Vec<Shown<P>>) -> Option<i64> {
        self.ended = true;
        self.settle(None, out);
        let last = self.last_tick?;
        let shown = last + self.grid.length(length);
        // What follows begins where it was said to begin.
        Some(match self.part.end {
            Some(end) => self.grid.place_micros(end).max(last + 1),
            None => shown,
        })
    }

    /// Shows what is pending, and on through the segments in which nothing else is shown.
    fn settle(&mut self, next: Option<Micros>, out: &mut Vec<Shown<P>>) {
        match self.pending.take() {
            Some(frame) => {
                let (at, still) = (frame.at, frame.picture.clone());
                self.show(frame.at, frame.tick, frame.picture, out);
                self.fill(Some(at), next, &still, out);
            }
            None => {
                if let Some(still) = self.before.clone() {
                    self.fill(None, next, &still, out);
                }
            }
        }
    }

    /// Shows a picture once in every segment after `after` that ends before the next frame.
    fn fill(
        &mut self,
        after: Option<Micros>,
        next: Option<Micros>,
        still: &P,
        out: &mut Vec<Shown<P>>,
    ) {
        let segments = &self.part.segments;
        let first = after.map_or(0, |after| segments.partition_point(|start| *start <= after));
        for index in first..segments.len() {
            let end = segments.get(index + 1).copied().or(self.part.end);
            let empty = match (next, end) {
                (None, _) => true,
                (Some(next), Some(end)) => end <= next,
                (Some(_), None) => false,
            };
            if !empty {
                break;
            }
            let at = self.part.segments[index];
            self.show(at, self.grid.place_micros(at), still.clone(), out);
        }
    }

    fn show(&mut self, at: Micros, tick: i64, picture: P, out: &mut Vec<Shown<P>>) {
        let tick = self.last_tick.map_or(tick, |last| tick.max(last + 1));
        let keys = self.part.keys.partition_point(|key| *key <= at);
        let key = (keys > self.keys_done || self.last_tick.is_none()).then(|| Key {
            segment: self.segment(at),
        });
        self.keys_done = keys.max(self.keys_done);
        self.last_tick = Some(tick);
        out.push(Shown {
            at,
            tick,
            key,
            picture,
        });
    }

    fn segment(&self, at: Micros) -> u32 {
        let begun = self.part.segments.partition_point(|start| *start <= at);
        self.part.first + u32::try_from(begun.saturating_sub(1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use domain::media::{SECOND, facts::Ratio};
    use ffmpeg_next::Rational;

    use super::*;
    use crate::clock::Clock;

    const RATE: Pace = Pace::Constant {
        rate: Ratio::new(25, 1),
    };

    fn stretch(number: u32, start: i64, end: Option<i64>) -> Stretch {
        let until = end.unwrap_or(start + 8);
        Stretch {
            number,
            start: start * SECOND,
            end: end.map(|end| end * SECOND),
            seek: None,
            first: u32::try_from(start / 4).unwrap(),
            segments: (start..until).step_by(4).map(|at| at * SECOND).collect(),
            keys: (start..until).step_by(2).map(|at| at * SECOND).collect(),
        }
    }

    /// When it is shown, in milliseconds; the segment whose key it is; which picture.
    type Seen = (i64, Option<u32>, i64);

    /// Runs frames at these milliseconds through a part; gives also where the part ends.
    fn run(part: &Stretch, pace: Pace, millis: &[i64]) -> (Vec<Seen>, Option<i64>) {
        let clock = Clock::new(Rational(1, 1000), 0);
        let grid = Grid::of(pace, &clock, Some(0));
        let mut timeline = Timeline::new(part, pace, grid);
        let (mut out, mut end) = (Vec::new(), None);
        for at in millis {
            let frame = Frame {
                at: clock.micros(*at),
                tick: grid.place(*at, &clock),
                picture: *at,
            };
            end = timeline.push(frame, &mut out);
            if timeline.ended() {
                break;
            }
        }
        if !timeline.ended() {
            end = timeline.finish(40_000, &mut out);
        }
        let millis = |tick: i64| tick * 1000 / i64::from(grid.timescale);
        let shown = out
            .into_iter()
            .map(|shown| {
                (
                    millis(shown.tick),
                    shown.key.map(|key| key.segment),
                    shown.picture,
                )
            })
            .collect();
        (shown, end.map(millis))
    }

    #[test]
    fn frames_outside_a_part_are_left_out_and_keys_come_every_two_seconds() {
        let part = stretch(1, 4, Some(12));
        let all: Vec<i64> = (0..400).map(|frame| frame * 40).collect();
        let (shown, end) = run(&part, RATE, &all);
        assert_eq!(shown.len(), 200);
        assert_eq!(
            (shown[0].0, shown[199].0, end),
            (4000, 11_960, Some(12_000))
        );
        let keys: Vec<_> = shown
            .iter()
            .filter_map(|(at, key, _)| key.map(|key| (*at, key)))
            .collect();
        assert_eq!(keys, [(4000, 1), (6000, 1), (8000, 2), (10_000, 2)]);
    }

    #[test]
    fn a_first_frame_that_comes_late_stands_from_the_beginning() {
        let (shown, end) = run(&stretch(0, 0, None), RATE, &[520, 560, 5000]);
        assert_eq!(shown[0], (0, Some(0), 520));
        assert_eq!(shown[1].0, 560);
        assert_eq!(end, Some(5040));
    }

    #[test]
    fn a_hole_is_filled_so_that_no_number_is_missing() {
        let part = stretch(1, 4, Some(24));
        let free = Pace::Variable { step: 0 };
        // Nothing between 9 and 21 s: segments 3 (12 s) and 4 (16 s) show the last picture again,
        // segment 5 (20 s) has the frame at 21 s of its own.
        let (shown, end) = run(&part, free, &[3000, 4000, 9000, 21_000, 25_000]);
        assert_eq!(
            shown,
            [
                (4000, Some(1), 4000),
                (9000, Some(2), 9000),
                (12_000, Some(3), 9000),
                (16_000, Some(4), 9000),
                (21_000, Some(5), 21_000),
            ]
        );
        assert_eq!(end, Some(25_000));
    }

    #[test]
    fn a_part_that_begins_in_a_hole_shows_what_was_before() {
        let free = Pace::Variable { step: 0 };
        let (shown, _) = run(&stretch(1, 4, Some(16)), free, &[3000, 13_000, 17_000]);
        assert_eq!(
            shown,
            [
                (4000, Some(1), 3000),
                (8000, Some(2), 3000),
                (13_000, Some(3), 13_000)
            ]
        );
        // The whole part is a hole.
        let (shown, end) = run(&stretch(1, 4, Some(12)), free, &[3000, 17_000]);
        assert_eq!(shown, [(4000, Some(1), 3000), (8000, Some(2), 3000)]);
        assert_eq!(end, Some(17_000));
        // The file breaks off before the part.
        let (shown, end) = run(&stretch(1, 4, Some(12)), free, &[3000]);
        assert_eq!(shown.len(), 2);
        assert_eq!(end, Some(12_000));
        // Nothing at all.
        assert_eq!(run(&stretch(1, 4, Some(12)), free, &[]), (vec![], None));
    }

    #[test]
    fn twice_the_rate_is_halved_and_the_later_of_two_stays() {
        let pace = Pace::Constant {
            rate: Ratio::new(60, 1),
        };
        let millis: Vec<i64> = (0..960).map(|frame| (frame * 1000 + 60) / 120).collect();
        let part = stretch(0, 0, Some(8));
        let (shown, _) = run(&part, pace, &millis);
        assert_eq!(shown.len(), 480);
        let part = stretch(1, 4, Some(8));
        let (second, _) = run(&part, pace, &millis);
        assert_eq!(second.len(), 240);
        assert_eq!(second[0].0, 4000);
        assert_eq!(shown[240].2, second[0].2, "both decide alike");
    }
}
