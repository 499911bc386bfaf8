//! What a template can call. Nothing here makes long text out of short.
//!
//! Times are whole microseconds: `now_utc()` since 1970 UTC, `duration('P7D')` as a span. So they
//! add, subtract and compare as numbers do, and `.strftime(format)` writes one as text.

use jiff::fmt::strtime;
use jiff::{Span, SpanRelativeTo, Timestamp, tz::TimeZone};
use minijinja::value::{Rest, Value, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State, filters, tests};

use super::{NOW, OUTPUT_BYTES_MAX};

/// Functions, which a template need not be given.
pub(super) const NAMES: [&str; 4] = ["now_utc", "duration", "max", "min"];
/// Filters. Left out are those that repeat, pad or join.
pub(super) const FILTERS: [&str; 11] =
    ["default", "first", "int", "last", "length", "lower", "replace", "split", "string", "trim", "upper"];
/// Longest format `strftime` takes.
const FORMAT_BYTES_MAX: usize = 64;

pub(super) fn install(environment: &mut Environment<'static>) {
    environment.add_function("now_utc", now_utc);
    environment.add_function("duration", duration);
    environment.add_function("max", |values: Rest<Value>| values.iter().max().cloned());
    environment.add_function("min", |values: Rest<Value>| values.iter().min().cloned());

    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("int", filters::int);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("replace", replace);
    environment.add_filter("split", filters::split);
    environment.add_filter("string", filters::string);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);

    environment.add_test("defined", |value: &Value| !value.is_undefined());
    environment.add_test("undefined", Value::is_undefined);
    environment.add_test("none", Value::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("string", tests::is_string);

    environment.set_unknown_method_callback(method);
}

fn now_utc(state: &State<'_, '_>) -> Result<Value, Error> {
    let now = state.lookup(NOW).filter(|now| !now.is_undefined());
    now.ok_or_else(|| failure("now_utc() is for defaults and health checks only"))
}

fn duration(text: &str) -> Result<i64, Error> {
    let span: Span = text.parse().map_err(|_| failure("duration() takes text like P7D or PT1H"))?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| failure("duration() takes weeks, days, hours, minutes and seconds"))?;
    i64::try_from(duration.as_micros()).map_err(|_| failure("duration() is too long"))
}

/// Methods that texts, maps and times have where these templates come from.
fn method(_: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    match (value.kind(), name) {
        (ValueKind::String, _) => text_method(value.as_str().unwrap_or_default(), name, args),
        (ValueKind::Number, "strftime") => {
            let (format,): (&str,) = from_args(args)?;
            strftime(i64::try_from(value.clone())?, format).map(Value::from)
        }
        (ValueKind::Map, "get") => {
            let (key, fallback): (Value, Option<Value>) = from_args(args)?;
            let found = value.get_item(&key).ok().filter(|found| !found.is_undefined());
            Ok(found.or(fallback).unwrap_or(Value::from(())))
        }
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

fn text_method(text: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    match name {
        "split" => {
            let (separator,): (&str,) = from_args(args)?;
            Ok(text.split(separator).map(Value::from).collect())
        }
        "replace" => {
            let (from, to): (&str, &str) = from_args(args)?;
            replace(text, from, to).map(Value::from)
        }
        "startswith" => {
            let (start,): (&str,) = from_args(args)?;
            Ok(text.starts_with(start).into())
        }
        "endswith" => {
            let (end,): (&str,) = from_args(args)?;
            Ok(text.ends_with(end).into())
        }
        "lower" | "upper" | "strip" => {
            let () = from_args(args)?;
            Ok(match name {
                "lower" => text.to_lowercase(),
                "upper" => text.to_uppercase(),
                _ => text.trim().to_owned(),
            }
            .into())
        }
        _ => Err(ErrorKind::UnknownMethod.into()),
    }
}

/// Replaces text, unless the result would be longer than a template may write anyway.
fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let found = text.matches(from).count();
    if text.len() + found * to.len() > OUTPUT_BYTES_MAX {
        return Err(failure("replace would make too long a text"));
    }
    Ok(text.replace(from, to))
}

fn strftime(micros: i64, format: &str) -> Result<String, Error> {
    if format.len() > FORMAT_BYTES_MAX {
        return Err(failure("the format of strftime is too long"));
    }
    let time = Timestamp::from_microsecond(micros).map_err(|_| failure("strftime takes a time"))?;
    strtime::format(format, &time.to_zoned(TimeZone::UTC))
        .map_err(|_| failure("strftime cannot read its format"))
}

fn failure(detail: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}
