//! Instants in milliseconds since 1970 and their dates in UTC, both ways.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// The date and time of day in UTC; none outside the years -9999 to 9999.
pub fn date_time(millis: f64) -> Option<OffsetDateTime> {
    // The calendar ends far below; a number that is not finite is in no range.
    (millis.abs() < 1e15)
        .then(|| OffsetDateTime::from_unix_timestamp_nanos(millis.floor() as i128 * 1_000_000).ok())
        .flatten()
}

/// The milliseconds of the first instant of a month, `month0` counting from 0.
pub fn month_start_millis(year: i64, month0: i64) -> Option<f64> {
    let month = Month::try_from(u8::try_from(month0 + 1).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, 1).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp() as f64 * 1e3)
}

/// An instant as text, to the second, such as `2026-11-23 10:04:05`; none outside the calendar.
pub fn date_time_text(millis: f64) -> Option<String> {
    let at = date_time(millis)?;
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    Some(format!("{year:04}-{:02}-{day:02} {hour:02}:{minute:02}:{second:02}", u8::from(month)))
}

/// The first millisecond that a written date means, and how many it means: a date all of its day, a minute all
/// of its minute. `2026-11-23`, then if wanted `T` or a space and `10:04`, `10:04:05` or `10:04:05.678`, then if
/// wanted `Z` or an offset such as `+01:00`; without one, UTC.
pub fn parse_period(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let (date_text, rest) = text.split_at_checked(10)?;
    let mut parts = date_text.split('-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    if rest.is_empty() {
        return Some((millis_of(date.midnight(), UtcOffset::UTC), 86_400e3));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let (time_text, offset) = match rest.find(['Z', 'z', '+', '-']) {
        Some(at) => (rest[..at].trim_end(), offset(&rest[at..])?),
        None => (rest, UtcOffset::UTC),
    };
    let (time_text, nanos) = match time_text.split_once('.') {
        Some((before, fraction)) if before.matches(':').count() == 2 => (before, Some(nanos(fraction)?)),
        Some(_) => return None,
        None => (time_text, None),
    };
    let mut parts = time_text.split(':').map(digits);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => Some(second?),
        None => None,
    };
    if parts.next().is_some() {
        return None;
    }
    let small = |number: u32| u8::try_from(number).ok();
    let time =
        Time::from_hms_nano(small(hour)?, small(minute)?, small(second.unwrap_or(0))?, nanos.unwrap_or(0));
    let meant = match (second, nanos) {
        (None, _) => 60e3,
        (Some(_), None) => 1e3,
        (Some(_), Some(_)) => 1.0,
    };
    Some((millis_of(PrimitiveDateTime::new(date, time.ok()?), offset), meant))
}

fn millis_of(local: PrimitiveDateTime, offset: UtcOffset) -> f64 {
    let at = local.assume_offset(offset);
    at.unix_timestamp() as f64 * 1e3 + f64::from(at.millisecond())
}

fn digits(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn nanos(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = fraction.parse().ok()?;
    Some(number * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?))
}

fn offset(text: &str) -> Option<UtcOffset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(UtcOffset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let part = |text: &str| Some(sign * i8::try_from(digits(text)?).ok()?);
    UtcOffset::from_hms(part(hours)?, part(minutes)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_left_open_is_meant_whole() {
        let at = 1_795_428_245_000.0;
        for (text, expected) in [
            ("2026-11-23", (1_795_392_000_000.0, 86_400e3)),
            ("2026-11-23 10:04", (at - 5e3, 60e3)),
            ("2026-11-23T10:04:05", (at, 1e3)),
            (" 2026-11-23T10:04:05Z ", (at, 1e3)),
            ("2026-11-23T11:04:05+01:00", (at, 1e3)),
            ("2026-11-23 04:34:05.25-05:30", (at + 250.0, 1.0)),
        ] {
            assert_eq!(parse_period(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-11-23 ",
            "2026-11-23 10",
            "2026-11-23 25:00",
            "2026-11-2x",
            "2026-11-23 10:04.5",
            "2026-11-23 10:04+1",
            "ä026-11-23",
            "2026-11-2é",
        ] {
            let expected = (text == "2026-11-23 ").then_some((1_795_392_000_000.0, 86_400e3));
            assert_eq!(parse_period(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_has_none() {
        assert_eq!(date_time_text(f64::INFINITY), None);
        assert_eq!(date_time_text(1e300), None);
        assert_eq!(date_time_text(-1.0).as_deref(), Some("1969-12-31 23:59:59"));
        assert_eq!(month_start_millis(1970, 1), Some(31.0 * 86_400e3));
        assert_eq!(month_start_millis(1970, 12), None);
    }

    proptest! {
        #[test]
        fn text_reads_as_its_second(seconds in 0_i64..253_402_300_800) {
            let millis = seconds as f64 * 1e3;
            let text = date_time_text(millis).unwrap();
            prop_assert_eq!(parse_period(&text), Some((millis, 1e3)));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", tail in "[-0-9TZ:+. ]{0,20}") {
            parse_period(&text);
            parse_period(&format!("2026-11-23{tail}"));
        }
    }
}
