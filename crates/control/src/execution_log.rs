//! The execution log: no effect unrecorded, and no read held up by its record.
//!
//! A call that can change something has its row before the upstream is called and has it completed
//! before the answer. A read is queued and written with its neighbours in one commit; its place in
//! the queue is reserved before the call, so that a full queue refuses instead of forgetting.

use std::time::Duration;

use domain::{Execution, ExecutionFilter, ExecutionId, Page, Tenant};
use store::{Store, StoreError};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::{Control, Error};

/// Rows that may wait to be written.
const QUEUE_LENGTH_MAX: usize = 10_000;
/// Rows written in one commit.
const BATCH_ROWS_MAX: usize = 500;
/// How long a first row waits for neighbours.
const LINGER: Duration = Duration::from_millis(10);
/// How long a call waits for a place before it is refused.
const PLACE_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long a reader of the log waits for what is queued.
const FLUSH_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long a stop waits for calls whose caller hung up, and for the database: the longest call, and
/// a little.
const SHUTDOWN_WAIT_MAX: Duration = Duration::from_secs(65);
/// Pauses between attempts while the database does not answer.
const RETRY_FIRST: Duration = Duration::from_millis(20);
const RETRY_MAX: Duration = Duration::from_secs(2);

enum Message {
    /// A whole row.
    Read(Box<Execution>),
    /// The completion of a row that could not be completed at once.
    Finish(Box<Execution>),
    /// Answered when everything queued before it is written.
    Flush(oneshot::Sender<()>),
    /// The same, and the last.
    Stop(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(crate) struct ExecutionLog {
    store: Store,
    queue: mpsc::Sender<Message>,
}

/// A call under way, with its place in the log.
pub(crate) struct Recording {
    execution: Execution,
    place: mpsc::OwnedPermit<Message>,
    /// Whether its row was already written.
    begun: bool,
}

impl ExecutionLog {
    pub(crate) fn start(store: Store) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_LENGTH_MAX);
        tokio::spawn(write(store.clone(), messages));
        Self { store, queue }
    }

    /// Makes sure the call will be recorded: reserves its place, and writes the row of a call that
    /// `writes`.
    pub(crate) async fn open(&self, execution: Execution, writes: bool) -> Result<Recording, Error> {
        let place = match self.queue.clone().try_reserve_owned() {
            Ok(place) => place,
            Err(TrySendError::Full(queue)) => match timeout(PLACE_WAIT_MAX, queue.reserve_owned()).await {
                Ok(Ok(place)) => place,
                _ => return Err(Error::Unavailable(None)),
            },
            Err(TrySendError::Closed(_)) => return Err(Error::Unavailable(None)),
        };
        if writes {
            self.store.start_execution(&execution).await?;
        }
        Ok(Recording { execution, place, begun: writes })
    }

    /// Records how the call ended. It cannot fail: what cannot be written now is queued.
    pub(crate) async fn close(&self, recording: Recording, ended: impl FnOnce(&mut Execution)) {
        let Recording { mut execution, place, begun } = recording;
        ended(&mut execution);
        if !begun {
            place.send(Message::Read(Box::new(execution)));
            return;
        }
        if let Err(error) = self.store.finish_execution(&execution).await {
            tracing::warn!(execution.id = %execution.id, error = &error as &dyn std::error::Error,
                "queued the end of execution `{}`", execution.id);
            place.send(Message::Finish(Box::new(execution)));
        }
    }

    /// Waits until what was queued so far is written, or a moment at most.
    async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = timeout(FLUSH_WAIT_MAX, written).await;
        }
    }

    /// Waits for the calls under way, then for their rows.
    pub(crate) async fn shutdown(&self) {
        let (done, written) = oneshot::channel();
        let stop = async {
            // Every call holds a place until its row is queued, so all places free means none left.
            drop(self.queue.reserve_many(QUEUE_LENGTH_MAX).await);
            if self.queue.send(Message::Stop(done)).await.is_ok() {
                let _ = written.await;
            }
        };
        if timeout(SHUTDOWN_WAIT_MAX, stop).await.is_err() {
            tracing::error!(
                "stopped before the whole execution log was written: the database does not answer"
            );
        }
    }
}

/// The one writer: gathers, commits, and goes on trying while the database does not answer.
async fn write(store: Store, mut messages: mpsc::Receiver<Message>) {
    let mut batch = Vec::with_capacity(BATCH_ROWS_MAX);
    loop {
        if messages.recv_many(&mut batch, BATCH_ROWS_MAX).await == 0 {
            return;
        }
        if batch.iter().all(|message| matches!(message, Message::Read(_))) {
            sleep(LINGER).await;
        }
        while batch.len() < BATCH_ROWS_MAX
            && let Ok(message) = messages.try_recv()
        {
            batch.push(message);
        }

        let (mut rows, mut finished, mut waiting, mut stop) = (Vec::new(), Vec::new(), Vec::new(), false);
        for message in batch.drain(..) {
            match message {
                Message::Read(execution) => rows.push(*execution),
                Message::Finish(execution) => finished.push(execution),
                Message::Flush(done) => waiting.push(done),
                Message::Stop(done) => {
                    stop = true;
                    waiting.push(done);
                }
            }
        }
        if !rows.is_empty() && !insist(|| store.record_executions(&rows)).await {
            // One row that is refused must not take its neighbours along.
            for row in &rows {
                insist(|| store.record_executions(std::slice::from_ref(row))).await;
            }
        }
        for execution in &finished {
            insist(|| store.finish_execution(execution)).await;
        }
        for done in waiting {
            let _ = done.send(());
        }
        if stop {
            return;
        }
    }
}

/// Tries until the database answers. What it refuses for good is given up, loudly.
async fn insist<F: Future<Output = Result<(), StoreError>>>(attempt: impl Fn() -> F) -> bool {
    let mut pause = RETRY_FIRST;
    loop {
        match attempt().await {
            Ok(()) => return true,
            Err(StoreError::Unavailable(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the execution log waits for the database"
                );
                sleep(pause).await;
                pause = (pause * 2).min(RETRY_MAX);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "executions could not be recorded");
                return false;
            }
        }
    }
}

impl Control {
    /// The tenant's executions, newest first. Every call this process answered before is in it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn executions(
        &self,
        tenant: &Tenant,
        filter: &ExecutionFilter,
        limit: usize,
        after: Option<domain::Cursor>,
    ) -> Result<Page<Execution>, Error> {
        self.log.flush().await;
        Ok(self.store.executions(tenant, filter, limit, after).await?)
    }

    /// One execution.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for another organization's.
    pub async fn execution(&self, tenant: &Tenant, id: ExecutionId) -> Result<Execution, Error> {
        self.log.flush().await;
        self.store.execution(tenant, id).await.map_err(Error::missing("execution", id))
    }
}
