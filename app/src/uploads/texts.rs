//! What the scripts of uploads say by themselves, and the sentences for what can go wrong.

use domain::{forms::Fault, language::Language};
use leptos_i18n::td_string;

use crate::{
    i18n::{Locale, as_json, fill, locale},
    ui::form::fault_text,
    videos::failed::failed_texts,
};

/// The sentence for a refused file, by the code of the error.
#[must_use]
pub fn error_text(locale: Locale, code: &str) -> &'static str {
    let texts = error_texts(locale);
    let found = texts.iter().find(|(one, _)| *one == code);
    found.map_or(texts[0].1, |(_, text)| text)
}

/// Every code that has a sentence; the first one stands for all others.
fn error_texts(locale: Locale) -> Vec<(&'static str, &'static str)> {
    let too_busy = td_string!(locale, errors.busy);
    let busy = td_string!(locale, uploads.error.busy);
    let no_room = td_string!(locale, uploads.error.no_room);
    let gone = td_string!(locale, uploads.error.gone);
    let changed_bytes = td_string!(locale, uploads.error.changed_bytes);
    vec![
        ("failed", td_string!(locale, uploads.error.failed)),
        ("upload_empty", td_string!(locale, uploads.error.empty)),
        ("upload_missing", td_string!(locale, uploads.error.missing)),
        (
            "upload_too_many_files",
            td_string!(locale, uploads.error.too_many_files),
        ),
        (
            "upload_too_large",
            td_string!(locale, uploads.error.too_large),
        ),
        (
            "upload_too_long",
            td_string!(locale, uploads.error.too_long),
        ),
        ("upload_quota", td_string!(locale, uploads.error.quota)),
        ("upload_no_room", no_room),
        ("storage_full", no_room),
        (
            "upload_too_many",
            td_string!(locale, uploads.error.too_many),
        ),
        (
            "upload_not_media",
            td_string!(locale, uploads.error.not_media),
        ),
        ("upload_unknown", gone),
        ("upload_gone", gone),
        (
            "upload_finished",
            td_string!(locale, uploads.error.finished),
        ),
        ("upload_false_claim", changed_bytes),
        ("upload_checksum", changed_bytes),
        ("upload_busy", busy),
        ("upload_offset", busy),
        ("upload_taken_over", busy),
        ("upload_stopping", too_busy),
        (
            "file_unreadable",
            td_string!(locale, uploads.error.unreadable),
        ),
        ("other_file", td_string!(locale, uploads.error.other_file)),
        (
            "changed_file",
            td_string!(locale, uploads.error.changed_file),
        ),
        ("unhashed", td_string!(locale, uploads.error.unhashed)),
        ("unreachable", td_string!(locale, uploads.error.unreachable)),
        ("not_logged_in", td_string!(locale, errors.not_logged_in)),
        ("too_many_requests", too_busy),
        ("busy", too_busy),
        ("unavailable", too_busy),
        ("too_slow", td_string!(locale, uploads.error.too_slow)),
    ]
}

/// Faults that a title, a description or tags can have.
const FAULTS: [(&str, Fault); 4] = [
    ("fault_required", Fault::Required),
    ("fault_too_long", Fault::TooLong),
    ("fault_unprintable", Fault::Unprintable),
    ("fault_invalid", Fault::Invalid),
];

/// Everything that `<kadr-uploads>` says.
#[must_use]
pub fn page_texts(language: Language) -> String {
    let locale = locale(language);
    let faults = FAULTS.map(|(name, fault)| (name, fault_text(language, fault)));
    let sentences = [
        ("unsaved", td_string!(locale, uploads.unsaved)),
        ("saved", td_string!(locale, uploads.saved)),
        ("refused", td_string!(locale, uploads.not_saved)),
        ("remove", td_string!(locale, uploads.remove)),
        ("remove_sure", td_string!(locale, uploads.remove_sure)),
        (
            "remove_question",
            td_string!(locale, uploads.remove_question),
        ),
        ("removed", td_string!(locale, uploads.removed)),
        ("arrived_before", td_string!(locale, uploads.arrived_before)),
        ("left", td_string!(locale, uploads.left)),
        ("preparing", td_string!(locale, uploads.state.preparing)),
        ("queued", td_string!(locale, uploads.state.queued)),
        ("looking", td_string!(locale, uploads.state.looking)),
        ("twice", td_string!(locale, uploads.state.twice)),
        ("paused", td_string!(locale, uploads.state.paused)),
        ("waiting", td_string!(locale, uploads.state.waiting)),
        ("elsewhere", td_string!(locale, uploads.state.elsewhere)),
        ("foreign", td_string!(locale, uploads.state.foreign)),
        ("expired", td_string!(locale, uploads.state.expired)),
        ("until", td_string!(locale, uploads.until)),
        ("resting", td_string!(locale, uploads.resting.refused)),
        (
            "resting_unreachable",
            td_string!(locale, uploads.resting.unreachable),
        ),
        (
            "resting_elsewhere",
            td_string!(locale, uploads.resting.elsewhere),
        ),
        (
            "resting_offline",
            td_string!(locale, uploads.resting.offline),
        ),
        (
            "resting_upload_busy",
            td_string!(locale, uploads.resting.busy),
        ),
        (
            "resting_upload_offset",
            td_string!(locale, uploads.resting.busy),
        ),
        (
            "resting_upload_taken_over",
            td_string!(locale, uploads.resting.busy),
        ),
        (
            "resting_upload_no_room",
            td_string!(locale, uploads.resting.no_room),
        ),
        (
            "resting_upload_too_many",
            td_string!(locale, uploads.resting.too_many),
        ),
        (
            "resting_too_many_requests",
            td_string!(locale, uploads.resting.too_fast),
        ),
        ("interrupted", td_string!(locale, uploads.interrupted)),
        ("goes_on", td_string!(locale, uploads.goes_on)),
        ("arrived", td_string!(locale, uploads.arrived)),
        (
            "running_already",
            td_string!(locale, uploads.running_already),
        ),
        ("see", td_string!(locale, uploads.see)),
        ("see_known", td_string!(locale, uploads.see_known)),
        ("log_in", td_string!(locale, accounts.log_in)),
        ("stage_queued", td_string!(locale, uploads.stage.queued)),
        ("stage_probing", td_string!(locale, uploads.stage.probing)),
        ("stage_running", td_string!(locale, uploads.stage.running)),
        ("stage_playable", td_string!(locale, uploads.stage.playable)),
        (
            "stage_completed",
            td_string!(locale, uploads.stage.completed),
        ),
        ("stage_failed", td_string!(locale, uploads.stage.failed)),
        (
            "stage_waiting_space",
            td_string!(locale, uploads.stage.waiting_space),
        ),
        (
            "stage_waiting_memory",
            td_string!(locale, uploads.stage.waiting_memory),
        ),
        (
            "stage_waiting_engine",
            td_string!(locale, uploads.stage.waiting_engine),
        ),
        (
            "stage_waiting_retry",
            td_string!(locale, uploads.stage.waiting_retry),
        ),
        // Forms of a number, as `Intl.PluralRules` names them.
        ("taken_one", td_string!(locale, uploads.taken.one)),
        ("taken_few", td_string!(locale, uploads.taken.few)),
        ("taken_many", td_string!(locale, uploads.taken.many)),
        ("taken_other", td_string!(locale, uploads.taken.other)),
        ("files_left_one", td_string!(locale, uploads.files_left.one)),
        ("files_left_few", td_string!(locale, uploads.files_left.few)),
        (
            "files_left_many",
            td_string!(locale, uploads.files_left.many),
        ),
        (
            "files_left_other",
            td_string!(locale, uploads.files_left.other),
        ),
    ];
    let faults = faults.iter().map(|(name, text)| (*name, text.as_str()));
    let failed: Vec<_> = failed_texts(locale).collect();
    let failed = failed.iter().map(|(name, text)| (name.as_str(), *text));
    as_json(
        sentences
            .into_iter()
            .chain(error_texts(locale))
            .chain(faults)
            .chain(failed),
    )
}

/// What `<kadr-underway>` says.
#[must_use]
pub fn header_texts(locale: Locale) -> String {
    as_json([
        ("upload", td_string!(locale, uploads.title)),
        ("moving", td_string!(locale, uploads.header_moving)),
        ("waiting", td_string!(locale, uploads.header_waiting)),
        ("arrived", td_string!(locale, uploads.arrived)),
    ])
}

/// A number of bytes, roughly.
#[must_use]
pub fn size_text(locale: Locale, bytes: u64) -> String {
    written(locale, bytes, 500)
}

/// The same of a limit: never more than it is.
fn limit_text(locale: Locale, bytes: u64) -> String {
    written(locale, bytes, 0)
}

/// `more` is added before thousands are cut off.
fn written(locale: Locale, bytes: u64, more: u64) -> String {
    let units = [
        td_string!(locale, uploads.unit.byte),
        td_string!(locale, uploads.unit.kilobyte),
        td_string!(locale, uploads.unit.megabyte),
        td_string!(locale, uploads.unit.gigabyte),
        td_string!(locale, uploads.unit.terabyte),
    ];
    let mut whole = bytes;
    let mut at = 0;
    while whole >= 1000 && at + 1 < units.len() {
        whole = whole.saturating_add(more) / 1000;
        at += 1;
    }
    format!("{whole}\u{a0}{}", units[at])
}

/// The two limits, as a sentence.
#[must_use]
pub fn limits_text(locale: Locale, max_size: u64, quota: Option<u64>) -> String {
    let each = td_string!(locale, uploads.limit);
    let each = fill(each, "size", &limit_text(locale, max_size));
    match quota {
        Some(quota) => {
            let all = td_string!(locale, uploads.limit_quota);
            format!("{each} {}", fill(all, "size", &limit_text(locale, quota)))
        }
        None => each,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_the_scripts_is_there_in_every_language() {
        for language in Language::ALL {
            let texts: serde_json::Value = serde_json::from_str(&page_texts(language)).unwrap();
            let texts = texts.as_object().unwrap();
            assert!(texts.len() > 60, "{}", texts.len());
            assert!(
                texts
                    .values()
                    .all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
            );
            for with in ["waiting", "twice", "left", "removed", "until"] {
                assert!(texts[with].as_str().unwrap().contains('{'), "{with}");
            }
            assert!(header_texts(locale(language)).contains("{percent}"));
        }
    }

    #[test]
    fn a_code_has_its_sentence_and_an_unknown_one_has_one_too() {
        let locale = Locale::en;
        let failed = error_text(locale, "failed");
        assert_eq!(error_text(locale, "no such code"), failed);
        for code in [
            "upload_busy",
            "upload_finished",
            "upload_offset",
            "too_slow",
            "unavailable",
        ] {
            assert_ne!(error_text(locale, code), failed, "{code}");
            assert!(page_texts(Language::En).contains(code), "{code}");
        }
    }

    #[test]
    fn sizes_are_rounded() {
        for (bytes, text) in [
            (0, "0\u{a0}B"),
            (999, "999\u{a0}B"),
            (1_499, "1\u{a0}kB"),
            (64 << 30, "69\u{a0}GB"),
            (u64::MAX, "18446744\u{a0}TB"),
        ] {
            assert_eq!(size_text(Locale::en, bytes), text);
        }
        let limits = limits_text(Locale::en, 64 << 30, Some(2_999_999));
        assert!(
            limits.contains("68\u{a0}GB"),
            "a limit is never less: {limits}"
        );
        assert!(limits.contains("2\u{a0}MB"), "{limits}");
    }
}
