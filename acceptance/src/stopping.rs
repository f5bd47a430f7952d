//! An object store that stops for ever at a chosen write, as a process does that is ended there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::Notify;

/// Where at the write it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is written.
    Before,
    /// It is written, and the answer does not arrive.
    After,
}

/// A folder that stops at its `write`-th write, counted from 0.
#[derive(Debug)]
pub struct StoppingStore {
    inner: LocalFileSystem,
    stop: Stop,
    write: usize,
    writes: AtomicUsize,
    stopped: Arc<Notify>,
}

impl StoppingStore {
    /// The store, and what says that it has stopped.
    #[must_use]
    pub fn new(stop: Stop, write: usize) -> (Self, Arc<Notify>) {
        let stopped = Arc::<Notify>::default();
        let store = Self {
            inner: LocalFileSystem::new(),
            stop,
            write,
            writes: AtomicUsize::new(0),
            stopped: Arc::clone(&stopped),
        };
        (store, stopped)
    }

    async fn stop(&self) -> Result<PutResult> {
        self.stopped.notify_one();
        std::future::pending().await
    }
}

impl fmt::Display for StoppingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a store that stops")
    }
}

#[async_trait::async_trait]
impl ObjectStore for StoppingStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let stops = self.writes.fetch_add(1, Ordering::SeqCst) == self.write;
        match self.stop {
            Stop::Before if stops => self.stop().await,
            Stop::Before | Stop::After => {
                let written = self.inner.put_opts(path, payload, options).await;
                if stops { self.stop().await } else { written }
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
