//! File uploads: announced, sent in one or many parts, completed, attached within an hour.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::{Answer, Call, parse_id};
use crate::clock::iso;
use crate::multipart;
use crate::pagination::{Paging, list};
use crate::refusal::Refusal;
use crate::state::{Access, State};
use crate::version::Version;

const SINGLE_PART_BYTES_MAX: usize = 20 * 1024 * 1024;
const PART_BYTES_MIN: usize = 5 * 1024 * 1024;
const PARTS_MAX: u64 = 10_000;
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// All content kept at once; a stand-in is no store.
const KEPT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// How the content comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Single,
    Multi { parts: u64 },
    External,
}

/// An upload, from its announcement on.
#[derive(Debug)]
pub(crate) struct Upload {
    id: Uuid,
    workspace: Uuid,
    by: Uuid,
    mode: Mode,
    filename: Option<String>,
    content_type: Option<String>,
    created: Timestamp,
    /// None once attached: then it stays.
    expires: Option<Timestamp>,
    uploaded: bool,
    parts: BTreeMap<u64, Bytes>,
}

impl Upload {
    fn status(&self, now: Timestamp) -> &'static str {
        match (self.uploaded, self.expires) {
            (_, Some(expires)) if expires < now => "expired",
            (true, _) => "uploaded",
            (false, _) => "pending",
        }
    }

    fn size(&self) -> usize {
        self.parts.values().map(Bytes::len).sum()
    }

    fn content(&self) -> Bytes {
        let mut whole = BytesMut::with_capacity(self.size());
        self.parts.values().for_each(|part| whole.extend_from_slice(part));
        whole.freeze()
    }

    fn json(&self, call: &Call<'_>) -> Value {
        let now = call.state.clock.now();
        let status = self.status(now);
        let mut json = json!({
            "object": "file_upload", "id": self.id, "created_time": iso(self.created),
            "created_by": { "id": self.by, "type": "bot" }, "last_edited_time": iso(self.created), "in_trash": false,
            "expiry_time": self.expires.map(iso), "status": status, "filename": self.filename,
            "content_type": self.content_type,
            "content_length": self.uploaded.then(|| self.size()),
        });
        if call.version < Version::V2026 {
            json["archived"] = false.into();
        }
        if status == "pending" {
            let url = |action: &str| format!("{}/v1/file_uploads/{}/{action}", call.state.base_url, self.id);
            json["upload_url"] = url("send").into();
            if let Mode::Multi { .. } = self.mode {
                json["complete_url"] = url("complete").into();
            }
        }
        match self.mode {
            Mode::Multi { parts } => {
                json["number_of_parts"] = json!({ "total": parts, "sent": self.parts.len() });
            }
            Mode::External => {
                json["file_import_result"] =
                    json!({ "imported_time": iso(self.created), "type": "success", "success": {} });
            }
            Mode::Single => {}
        }
        json
    }
}

/// `POST /v1/file_uploads`
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let text = |name: &str| call.member(name).and_then(Value::as_str).map(str::to_owned);
    let filename = text("filename");
    let needs_name =
        || Refusal::validation("body failed validation: body.filename should be defined for this mode.");
    let mode = match text("mode").as_deref() {
        None | Some("single_part") => Mode::Single,
        Some("multi_part") => {
            filename.as_ref().ok_or_else(needs_name)?;
            let parts = call
                .member("number_of_parts")
                .and_then(Value::as_u64)
                .filter(|n| (1..=PARTS_MAX).contains(n));
            let wrong = || Refusal::validation("body.number_of_parts should be between 1 and 10000.");
            Mode::Multi { parts: parts.ok_or_else(wrong)? }
        }
        Some("external_url") => {
            filename.as_ref().ok_or_else(needs_name)?;
            let url = text("external_url").filter(|url| url.starts_with("https://"));
            url.ok_or_else(|| Refusal::validation("body.external_url should be an https URL."))?;
            Mode::External
        }
        Some(_) => return Err(Refusal::validation("body.mode is not known.")),
    };
    let now = call.state.clock.now();
    let upload = Upload {
        id: Uuid::new_v4(),
        workspace: call.access.workspace,
        by: call.access.bot,
        mode,
        filename,
        content_type: text("content_type"),
        created: now,
        expires: now.checked_add(LIFETIME).ok(),
        // Nothing is fetched: what is imported counts as there at once.
        uploaded: mode == Mode::External,
        parts: BTreeMap::new(),
    };
    let json = upload.json(call);
    call.state.uploads.push(upload);
    Ok(json)
}

/// `POST /v1/file_uploads/{file_upload_id}/send`
pub(crate) fn send(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    let parts = multipart::parse(call.content_type, call.raw_body);
    let mut parts =
        parts.ok_or_else(|| Refusal::validation("The body is not well-formed multipart/form-data."))?;
    let number = parts.iter().find(|part| part.name == "part_number");
    let number = number.map(|part| String::from_utf8_lossy(&part.content).parse::<u64>().unwrap_or(0));
    let file = parts.iter().position(|part| part.name == "file").map(|index| parts.swap_remove(index));
    let file =
        file.ok_or_else(|| Refusal::validation("body failed validation: body.file should be defined."))?;
    let kept: usize = call.state.uploads.iter().map(Upload::size).sum();
    let now = call.state.clock.now();
    let upload = &mut call.state.uploads[place];
    if upload.status(now) != "pending" {
        let message =
            format!("This file upload has the status {}, so nothing can be sent.", upload.status(now));
        return Err(Refusal::validation(message));
    }
    if file.content.len() > SINGLE_PART_BYTES_MAX || kept + file.content.len() > KEPT_BYTES_MAX {
        return Err(Refusal::validation("The file is too large; a part has at most 20 MB."));
    }
    let number = match upload.mode {
        Mode::Multi { parts } => {
            let wrong = || Refusal::validation(format!("part_number should be between 1 and {parts}."));
            number.filter(|number| (1..=parts).contains(number)).ok_or_else(wrong)?
        }
        Mode::Single | Mode::External => 1,
    };
    upload.filename = upload.filename.take().or(file.filename);
    upload.content_type = upload.content_type.take().or(file.content_type);
    upload.uploaded = upload.mode == Mode::Single;
    upload.parts.insert(number, file.content);
    keep(call, place);
    Ok(call.state.uploads[place].json(call))
}

/// `POST /v1/file_uploads/{file_upload_id}/complete`
pub(crate) fn complete(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    let upload = &mut call.state.uploads[place];
    let Mode::Multi { parts } = upload.mode else {
        return Err(Refusal::validation("Only a multi_part upload is completed."));
    };
    let whole = (1..=parts).all(|number| upload.parts.contains_key(&number));
    let large = upload.parts.range(..parts).all(|(_, part)| part.len() >= PART_BYTES_MIN);
    if !whole || !large {
        return Err(Refusal::validation("Every part must be sent, and all but the last have at least 5 MB."));
    }
    upload.uploaded = true;
    keep(call, place);
    Ok(call.state.uploads[place].json(call))
}

/// `GET /v1/file_uploads/{file_upload_id}`
pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let place = find(call)?;
    Ok(call.state.uploads[place].json(call))
}

/// `GET /v1/file_uploads?status=`
pub(crate) fn list_all(call: &mut Call<'_>) -> Answer {
    let wanted = call.query("status").map(str::to_owned);
    if let Some(status) =
        wanted.as_deref().filter(|s| !["pending", "uploaded", "expired", "failed"].contains(s))
    {
        return Err(Refusal::validation(format!(
            "query failed validation: query.status `{status}` is not known."
        )));
    }
    let paging = Paging::from_query(call, &format!("file_uploads:{wanted:?}"))?;
    let now = call.state.clock.now();
    let mine = |upload: &&Upload| {
        let fits = wanted.as_deref().is_none_or(|status| upload.status(now) == status);
        upload.workspace == call.access.workspace && fits
    };
    let ids: Vec<Uuid> = call.state.uploads.iter().filter(mine).map(|upload| upload.id).collect();
    let slice = paging.slice(&ids);
    let shown = slice.ids.iter().filter_map(|id| call.state.uploads.iter().find(|upload| upload.id == *id));
    Ok(list("file_upload", shown.map(|upload| upload.json(call)).collect(), slice.next_cursor))
}

/// Turns every `file_upload: {id}` in `value` into the file it uploaded, which then stays.
pub(crate) fn attach_all(state: &mut State, access: Access, value: &mut Value) -> Result<(), Refusal> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| attach_all(state, access, item)),
        Value::Object(object) => {
            if let Some(given) = object.shift_remove("file_upload") {
                let key = attach(state, access, &given)?;
                object.insert("type".to_owned(), "file".into());
                object.insert("file".to_owned(), json!({ "key": key }));
            }
            object.values_mut().try_for_each(|value| attach_all(state, access, value))
        }
        _ => Ok(()),
    }
}

fn attach(state: &mut State, access: Access, given: &Value) -> Result<String, Refusal> {
    let id = given["id"].as_str().and_then(parse_id);
    let id = id.ok_or_else(|| Refusal::validation("file_upload.id should be a valid uuid."))?;
    let now = state.clock.now();
    let mine = |upload: &&mut Upload| upload.id == id && upload.workspace == access.workspace;
    let upload = state.uploads.iter_mut().find(mine).ok_or_else(|| Refusal::not_found("file upload", id))?;
    if upload.status(now) != "uploaded" {
        let message =
            format!("The file upload has the status {}, so it cannot be attached.", upload.status(now));
        return Err(Refusal::validation(message));
    }
    upload.expires = None;
    Ok(id.to_string())
}

fn find(call: &Call<'_>) -> Result<usize, Refusal> {
    let id = call.id(0, "file_upload_id")?;
    let mine = |upload: &Upload| upload.id == id && upload.workspace == call.access.workspace;
    call.state.uploads.iter().position(mine).ok_or_else(|| Refusal::not_found("file upload", id))
}

/// Gives a finished upload's content to the file host.
fn keep(call: &mut Call<'_>, place: usize) {
    let upload = &call.state.uploads[place];
    if upload.uploaded {
        let content_type =
            upload.content_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        let (key, content) = (upload.id.to_string(), upload.content());
        call.state.files.insert(key, (content_type, content));
    }
}
