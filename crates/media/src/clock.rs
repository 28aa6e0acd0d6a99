//! Times: the ticks of a source, microseconds after its origin, and the ticks of what we make.

use domain::media::{Micros, facts::Ratio, spec::Pace};
use ffmpeg_next::Rational;

use crate::raw;

pub(crate) const MICROS: Rational = Rational(1, 1_000_000);

/// The clock of one stream of a source.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) time_base: Rational,
    /// The common origin, in microseconds of the source's own clock.
    origin: i64,
}

impl Clock {
    pub(crate) fn new(time_base: Rational, origin: i64) -> Self {
        Self { time_base, origin }
    }

    /// Microseconds after the origin, rounded to the nearest.
    pub(crate) fn micros(&self, ticks: i64) -> Micros {
        raw::rescale(ticks, self.time_base, MICROS).saturating_sub(self.origin)
    }

    pub(crate) fn length(&self, ticks: i64) -> Micros {
        raw::rescale(ticks, self.time_base, MICROS)
    }

    /// A time on the source's own clock.
    pub(crate) fn own(&self, at: Micros) -> i64 {
        at.saturating_add(self.origin)
    }
}

/// Below this many ticks a second the muxer would choose others by itself.
const TICKS_AT_LEAST: u32 = 10_000;
/// What divides most rates; used when the source's own clock is odd.
const TICKS: u32 = 90_000;

/// The clock of what we make: how many ticks a second, and where a time falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) timescale: u32,
    /// When frames come at even steps.
    steps: Option<Steps>,
}

/// Frame `n` is shown at `phase + n × length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Steps {
    length: i64,
    /// Where the stream's own frames stand between those counted from 0: sound may begin before
    /// the picture by less than a frame, and neither is moved for that.
    phase: i64,
}

impl Grid {
    /// Of a picture stream whose first frame stands at `first` on its own clock.
    pub(crate) fn of(pace: Pace, clock: &Clock, first: Option<i64>) -> Self {
        match pace {
            Pace::Constant { rate } => Self::even(rate, clock, first),
            Pace::Variable { .. } => Self::free(clock.time_base),
        }
    }

    fn even(rate: Ratio, clock: &Clock, first: Option<i64>) -> Self {
        let (mut timescale, mut step) = (rate.num.max(1), rate.den.max(1));
        while timescale < TICKS_AT_LEAST {
            timescale *= 2;
            step = step.saturating_mul(2);
        }
        let mut grid = Self {
            timescale,
            steps: None,
        };
        let length = i64::from(step);
        grid.steps = Some(Steps {
            length,
            phase: first.map_or(0, |first| grid.exact(first, clock).rem_euclid(length)),
        });
        grid
    }

    /// The source's own clock where it is a plain one, so that its times stay exact.
    pub(crate) fn free(source: Rational) -> Self {
        let mut timescale = match (source.numerator(), u32::try_from(source.denominator())) {
            (1, Ok(ticks)) if (100..=1_000_000).contains(&ticks) => ticks,
            _ => TICKS,
        };
        while timescale < TICKS_AT_LEAST {
            timescale *= 2;
        }
        Self {
            timescale,
            steps: None,
        }
    }

    pub(crate) fn time_base(&self) -> Rational {
        Rational(1, i32::try_from(self.timescale).unwrap_or(i32::MAX))
    }

    fn exact(&self, ticks: i64, clock: &Clock) -> i64 {
        let origin = raw::rescale(clock.origin, MICROS, self.time_base());
        raw::rescale(ticks, clock.time_base, self.time_base()).saturating_sub(origin)
    }

    /// Where a frame of the source falls.
    pub(crate) fn place(&self, ticks: i64, clock: &Clock) -> i64 {
        let exact = self.exact(ticks, clock);
        self.steps.map_or(exact, |Steps { length, phase }| {
            // A quarter early, three quarters late: of twice as many frames, pairs fall together.
            let number = (4 * exact.saturating_sub(phase) + length).div_euclid(4 * length);
            number.saturating_mul(length).saturating_add(phase)
        })
    }

    /// Where a time falls.
    pub(crate) fn place_micros(&self, at: Micros) -> i64 {
        raw::rescale(at, MICROS, self.time_base())
    }

    /// How long a frame is shown when nothing says it: at least one tick.
    pub(crate) fn length(&self, length: Micros) -> i64 {
        self.steps.map_or_else(
            || raw::rescale(length, MICROS, self.time_base()).max(1),
            |steps| steps.length,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(num: u32, den: u32) -> Grid {
        let clock = Clock::new(Rational(1, 1000), 0);
        let rate = Ratio::new(num, den);
        Grid::of(Pace::Constant { rate }, &clock, Some(0))
    }

    #[test]
    fn even_rates_have_whole_steps_and_enough_ticks() {
        for ((num, den), timescale, step) in [
            ((25, 1), 12_800, 512),
            ((30, 1), 15_360, 512),
            ((24_000, 1001), 24_000, 1001),
            ((30_000, 1001), 30_000, 1001),
            ((60_000, 1001), 60_000, 1001),
            ((1, 1), 16_384, 16_384),
        ] {
            let grid = constant(num, den);
            assert_eq!((grid.timescale, grid.length(0)), (timescale, step));
        }
    }

    #[test]
    fn the_jitter_of_milliseconds_falls_on_the_grid() {
        let grid = constant(30, 1);
        let clock = Clock::new(Rational(1, 1000), 0);
        for (frame, millis) in [(0, 0), (1, 33), (2, 67), (3, 100), (100, 3333), (101, 3367)] {
            assert_eq!(grid.place(millis, &clock), frame * 512);
        }
    }

    #[test]
    fn a_picture_that_begins_between_two_steps_is_not_moved() {
        // Half a frame after the sound, in milliseconds that jitter around the half.
        let clock = Clock::new(Rational(1, 1000), 0);
        let rate = Ratio::new(25, 1);
        let grid = Grid::of(Pace::Constant { rate }, &clock, Some(20));
        for (frame, millis) in [(0, 20), (1, 60), (2, 101), (3, 139), (4, 180)] {
            assert_eq!(grid.place(millis, &clock), 256 + frame * 512);
        }
    }

    #[test]
    fn a_free_clock_keeps_the_sources_times() {
        let grid = Grid::free(Rational(1, 90_000));
        let clock = Clock::new(Rational(1, 90_000), 1_400_000);
        assert_eq!(grid.place(126_000 + 3003, &clock), 3003);
        assert_eq!(Grid::free(Rational(1, 1000)).timescale, 16_000);
        assert_eq!(Grid::free(Rational(1001, 30_000)).timescale, TICKS);
    }
}
