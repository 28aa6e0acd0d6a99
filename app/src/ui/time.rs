//! Moments, in the words of who reads them. The exact one is in `datetime` and, for who asks,
//! in `title`; all of them are UTC, because the server does not know where somebody sits.

use leptos::prelude::*;
use leptos_i18n::{td, td_string};

use crate::{
    context::use_visit,
    i18n::{Locale, fill},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A moment of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
}

impl Civil {
    /// From ms UTC, by Howard Hinnant's `civil_from_days`.
    fn of(ms: i64) -> Self {
        let (days, rest) = (ms.div_euclid(DAY), ms.rem_euclid(DAY));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: rest / HOUR,
            minute: rest % HOUR / MINUTE,
        }
    }

    fn machine(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z")
    }
}

/// A day, as people write it.
#[must_use]
pub fn day_text(locale: Locale, ms: i64) -> String {
    let Civil {
        year, month, day, ..
    } = Civil::of(ms);
    let month = match month {
        1 => td_string!(locale, ui.january),
        2 => td_string!(locale, ui.february),
        3 => td_string!(locale, ui.march),
        4 => td_string!(locale, ui.april),
        5 => td_string!(locale, ui.may),
        6 => td_string!(locale, ui.june),
        7 => td_string!(locale, ui.july),
        8 => td_string!(locale, ui.august),
        9 => td_string!(locale, ui.september),
        10 => td_string!(locale, ui.october),
        11 => td_string!(locale, ui.november),
        _ => td_string!(locale, ui.december),
    };
    format!("{day}\u{a0}{month} {year}")
}

fn moment_text(locale: Locale, ms: i64) -> String {
    let Civil { hour, minute, .. } = Civil::of(ms);
    format!("{}, {hour:02}:{minute:02} UTC", day_text(locale, ms))
}

/// A day. `within` is a sentence of the catalogue with `{date}` in it.
#[component]
pub fn Day(
    /// ms UTC.
    at: i64,
    #[prop(optional)] within: Option<&'static str>,
) -> impl IntoView {
    let locale = use_visit().locale();
    let day = day_text(locale, at);
    let text = within.map_or_else(|| day.clone(), |within| fill(within, "date", &day));
    view! {
        <time datetime=Civil::of(at).machine() title=moment_text(locale, at)>
            {text}
        </time>
    }
}

/// How long ago something was; after a week, which day it was.
#[component]
pub fn Ago(
    /// ms UTC.
    at: i64,
    /// The time of the server.
    now: i64,
) -> impl IntoView {
    let locale = use_visit().locale();
    let passed = now - at;
    let count = |unit: i64| u32::try_from(passed / unit).unwrap_or(0);
    let text = if passed < 5 * MINUTE {
        td_string!(locale, ui.just_now).into_any()
    } else if passed < HOUR {
        let count = count(MINUTE);
        td!(locale, ui.minutes_ago, count = move || count).into_any()
    } else if passed < DAY {
        let count = count(HOUR);
        td!(locale, ui.hours_ago, count = move || count).into_any()
    } else if passed < 7 * DAY {
        let count = count(DAY);
        td!(locale, ui.days_ago, count = move || count).into_any()
    } else {
        day_text(locale, at).into_any()
    };
    view! {
        <time datetime=Civil::of(at).machine() title=moment_text(locale, at)>
            {text}
        </time>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_where_the_calendar_has_it() {
        for (ms, machine) in [
            (0, "1970-01-01T00:00Z"),
            (951_782_400_000, "2000-02-29T00:00Z"),
            (1_735_689_599_000, "2024-12-31T23:59Z"),
            (1_795_262_057_000, "2026-11-21T11:54Z"),
            (-1, "1969-12-31T23:59Z"),
        ] {
            assert_eq!(Civil::of(ms).machine(), machine);
        }
        assert_eq!(day_text(Locale::ru, 0), "1\u{a0}января 1970");
    }
}
