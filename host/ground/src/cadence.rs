//! When a recurring schedule fires: by a cron expression in a time zone, or at an interval. No clock, no I/O.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use serde::{Deserialize, Serialize};

use crate::schedule_error::ScheduleError;
use crate::{cut, limits};

/// The rule by which a recurring schedule fires. What it is made of has been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cadence {
    /// At the minutes that a cron expression names, by the clocks of a time zone.
    Cron {
        /// Five fields: minute, hour, day of the month, month, day of the week.
        expression: String,
        /// A name of the tz database: `Europe/Berlin`.
        time_zone: String,
    },
    /// Every so often, from when it was set.
    Every {
        /// In milliseconds.
        interval_ms: u64,
    },
}

impl Cadence {
    /// A cron expression of five fields, in a time zone; without one, in UTC.
    ///
    /// # Errors
    /// The expression or the time zone does not exist.
    pub fn cron(expression: &str, time_zone: Option<&str>) -> Result<Self, ScheduleError> {
        let time_zone = time_zone.unwrap_or("UTC");
        parse_time_zone(time_zone)?;
        parse_cron(expression)?;
        Ok(Self::Cron { expression: expression.to_owned(), time_zone: time_zone.to_owned() })
    }

    /// An interval.
    ///
    /// # Errors
    /// It is too short.
    pub fn every(interval_ms: u64) -> Result<Self, ScheduleError> {
        if interval_ms < limits::SCHEDULE_INTERVAL_MIN_MS {
            return Err(ScheduleError::InvalidInterval { interval_ms });
        }
        Ok(Self::Every { interval_ms })
    }

    /// The kind of schedule, as whoever it fires for reads it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cron { .. } => "cron",
            Self::Every { .. } => "every",
        }
    }

    /// When a schedule that is set now fires first, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// A cron expression that names no time which would ever come, such as the 30th of February.
    pub fn first_ms(&self, now_ms: u64) -> Result<u64, ScheduleError> {
        self.next_ms(now_ms, now_ms)
    }

    /// When a schedule that was due at one time fires next, later than now. What was missed meanwhile is one firing; the
    /// next ones are where they would have been.
    ///
    /// # Errors
    /// As [`Cadence::first_ms`].
    pub fn next_ms(&self, due_ms: u64, now_ms: u64) -> Result<u64, ScheduleError> {
        let next_ms = match self {
            Self::Every { interval_ms } => {
                let steps = now_ms.saturating_sub(due_ms) / (*interval_ms).max(1) + 1;
                due_ms.saturating_add(interval_ms.saturating_mul(steps))
            }
            Self::Cron { expression, time_zone } => {
                // A clock that was put back must not bring back a time that has fired.
                next_cron_ms(&parse_cron(expression)?, parse_time_zone(time_zone)?, now_ms.max(due_ms))?
            }
        };
        Ok(next_ms.min(limits::SCHEDULE_TIME_MS))
    }
}

fn parse_time_zone(name: &str) -> Result<Tz, ScheduleError> {
    name.parse().map_err(|_| ScheduleError::InvalidTimezone {
        timezone: cut(name, limits::SCHEDULE_EXPRESSION_BYTES).to_owned(),
    })
}

fn parse_cron(expression: &str) -> Result<Cron, ScheduleError> {
    let invalid = |reason: String| ScheduleError::InvalidCronExpression { reason };
    if expression.len() > limits::SCHEDULE_EXPRESSION_BYTES {
        return Err(invalid(format!("over {} bytes", limits::SCHEDULE_EXPRESSION_BYTES)));
    }
    if expression.split_whitespace().count() != 5 {
        return Err(invalid("expected exactly five fields".to_owned()));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression).map_err(|error| invalid(error.to_string()))
}

/// The first time after another one that an expression names. A time that the clocks skip in spring is skipped; of one that
/// they show twice in autumn the first counts for an expression of one time a day, and both for one that repeats within the
/// day (rivetkit 2.3.19 does the same).
fn next_cron_ms(cron: &Cron, time_zone: Tz, after_ms: u64) -> Result<u64, ScheduleError> {
    let invalid = |reason: String| ScheduleError::InvalidCronExpression { reason };
    let after = i64::try_from(after_ms).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    let mut after =
        after.ok_or_else(|| invalid("there is no time so late".to_owned()))?.with_timezone(&time_zone);
    loop {
        let next = cron.find_next_occurrence(&after, false).map_err(|error| invalid(error.to_string()))?;
        // A time of day that the clocks skip is given as the moment after: whoever wrote 2:30 did not mean 3:00.
        if cron.is_time_matching(&next).map_err(|error| invalid(error.to_string()))? {
            return u64::try_from(next.timestamp_millis()).map_err(|error| invalid(error.to_string()));
        }
        after = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ActorError;
    use chrono::TimeZone;

    fn utc(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> u64 {
        let time = Utc.with_ymd_and_hms(year, month, day, hour, minute, 0).unwrap();
        time.timestamp_millis() as u64
    }

    /// The first times after one that an expression gives.
    fn times<const N: usize>(expression: &str, zone: &str, mut now_ms: u64) -> [u64; N] {
        let cadence = Cadence::cron(expression, Some(zone)).unwrap();
        [(); N].map(|()| {
            now_ms = cadence.next_ms(now_ms, now_ms).unwrap();
            now_ms
        })
    }

    #[test]
    fn an_interval_keeps_its_anchor() {
        let every = Cadence::every(5_000).unwrap();
        assert_eq!(every.first_ms(1_000), Ok(6_000));
        assert_eq!(every.next_ms(6_000, 6_000), Ok(11_000));
        assert_eq!(every.next_ms(6_000, 10_999), Ok(11_000));
        assert_eq!(every.next_ms(6_000, 11_000), Ok(16_000), "one for all that was missed");
        assert_eq!(every.next_ms(6_000, 3), Ok(11_000), "the clock was put back");
        let eternity = Cadence::every(u64::MAX).unwrap();
        assert_eq!(eternity.first_ms(1), Ok(limits::SCHEDULE_TIME_MS));
    }

    #[test]
    fn an_expression_names_minutes() {
        let now = utc(2026, 1, 30, 12, 0);
        assert_eq!(times("* * * * *", "UTC", now), [now + 60_000, now + 120_000]);
        assert_eq!(times("* * * * *", "UTC", now + 1), [now + 60_000]);
        assert_eq!(times("*/15 9 * * *", "UTC", now), [utc(2026, 1, 31, 9, 0), utc(2026, 1, 31, 9, 15)]);
        assert_eq!(times("0 0 31 * *", "UTC", now), [utc(2026, 1, 31, 0, 0), utc(2026, 3, 31, 0, 0)]);
        assert_eq!(times("0 0 29 2 *", "UTC", now), [utc(2028, 2, 29, 0, 0)]);
        assert_eq!(times("30 8 * * MON-FRI", "UTC", now), [utc(2026, 2, 2, 8, 30), utc(2026, 2, 3, 8, 30)]);
        // Either of the two days, as in every cron.
        assert_eq!(times("0 0 1 * 0", "UTC", now), [utc(2026, 2, 1, 0, 0), utc(2026, 2, 8, 0, 0)]);
    }

    #[test]
    fn what_was_missed_is_one_firing() {
        let hourly = Cadence::cron("0 * * * *", None).unwrap();
        assert_eq!(hourly.next_ms(utc(2026, 1, 1, 1, 0), utc(2026, 1, 1, 7, 30)), Ok(utc(2026, 1, 1, 8, 0)));
        assert_eq!(hourly.next_ms(utc(2026, 1, 1, 1, 0), utc(2026, 1, 1, 0, 30)), Ok(utc(2026, 1, 1, 2, 0)));
    }

    #[test]
    fn a_time_zone_moves_with_its_summer() {
        let [winter] = times("0 9 * * *", "Europe/Berlin", utc(2026, 1, 10, 0, 0));
        assert_eq!(winter, utc(2026, 1, 10, 8, 0));
        let [summer] = times("0 9 * * *", "Europe/Berlin", utc(2026, 7, 10, 0, 0));
        assert_eq!(summer, utc(2026, 7, 10, 7, 0));
        let [pacific] = times("0 9 * * *", "America/Los_Angeles", utc(2026, 1, 1, 16, 0));
        assert_eq!(pacific, utc(2026, 1, 1, 17, 0));
        let [nepal] = times("0 9 * * *", "Asia/Kathmandu", utc(2026, 1, 1, 0, 0));
        assert_eq!(nepal, utc(2026, 1, 1, 3, 15));
    }

    #[test]
    fn a_time_that_the_clocks_skip_is_skipped() {
        // On 29 March 2026 the clocks of Berlin went from 2:00 (1:00 UTC) to 3:00.
        let eve = utc(2026, 3, 28, 12, 0);
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", eve),
            [utc(2026, 3, 30, 0, 30), utc(2026, 3, 31, 0, 30)]
        );
        assert_eq!(
            times("0 3 * * *", "Europe/Berlin", eve),
            [utc(2026, 3, 29, 1, 0), utc(2026, 3, 30, 1, 0)]
        );
        // One that repeats goes on as time does: 1:30, then 3:00, half an hour later.
        let night = utc(2026, 3, 29, 0, 15);
        assert_eq!(
            times("*/30 * * * *", "Europe/Berlin", night),
            [utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 0), utc(2026, 3, 29, 1, 30)]
        );
        assert_eq!(
            times("30 2 * * *", "America/Los_Angeles", utc(2026, 3, 8, 0, 0)),
            [utc(2026, 3, 9, 9, 30)]
        );
    }

    #[test]
    fn a_time_that_the_clocks_show_twice_comes_once() {
        // On 25 October 2026 the clocks of Berlin go from 3:00 (1:00 UTC) back to 2:00.
        let eve = utc(2026, 10, 24, 12, 0);
        assert_eq!(
            times("30 2 * * *", "Europe/Berlin", eve),
            [utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)]
        );
        // One that repeats goes on as time does.
        assert_eq!(
            times("30 * * * *", "Europe/Berlin", utc(2026, 10, 24, 23, 45)),
            [utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 2, 30)]
        );
        assert_eq!(
            times("30 1 * * *", "America/Los_Angeles", utc(2026, 11, 1, 0, 0)),
            [utc(2026, 11, 1, 8, 30), utc(2026, 11, 2, 9, 30)]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let code = |error: ScheduleError| ActorError::from(error).path();
        for expression in
            ["", "* * *", "* * * * * *", "60 * * * *", "@daily", "* * * * MOO", &"1,".repeat(1000)]
        {
            let error = Cadence::cron(expression, None).unwrap_err();
            assert_eq!(code(error), "schedule.invalid_cron_expression", "{expression}");
        }
        let mars = Cadence::cron("* * * * *", Some("Mars/Olympus_Mons")).unwrap_err();
        assert_eq!(ActorError::from(mars).message, "Schedule timezone 'Mars/Olympus_Mons' is invalid.");
        let error = ActorError::from(Cadence::every(10).unwrap_err());
        assert_eq!(error.path(), "schedule.invalid_interval");
        assert_eq!(error.message, "Schedule interval must be at least 5000 ms; received 10 ms.");
        let metadata: std::collections::BTreeMap<String, u64> =
            serde_cbor::from_slice(&error.metadata.unwrap()).unwrap();
        assert_eq!(metadata.into_values().collect::<Vec<_>>(), [10, 5_000]);
    }

    #[test]
    fn a_day_that_never_comes_is_refused_soon() {
        for expression in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "30 2 31 2 *"] {
            let never = Cadence::cron(expression, Some("Europe/Berlin")).unwrap();
            let error = never.first_ms(utc(2026, 1, 1, 0, 0)).unwrap_err();
            assert_eq!(ActorError::from(error).path(), "schedule.invalid_cron_expression");
        }
    }
}
