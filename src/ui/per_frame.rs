//! Passes on the newest of many values once a frame, so that pointer and typing never outrun the screen.

use leptos::prelude::*;

/// A gate that lets one value through each frame: the newest.
pub struct PerFrame<T: 'static> {
    waiting: StoredValue<Option<T>, LocalStorage>,
    on_frame: Callback<T>,
}

impl<T: 'static> Clone for PerFrame<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for PerFrame<T> {}

impl<T: 'static> PerFrame<T> {
    /// A gate before a callback.
    pub fn new(on_frame: Callback<T>) -> Self {
        Self { waiting: StoredValue::new_local(None), on_frame }
    }

    /// Hands over a value; an older one that still waits is dropped.
    pub fn push(self, value: T) {
        let was_waiting = self.waiting.try_update_value(|waiting| waiting.replace(value).is_some());
        if was_waiting == Some(false) {
            request_animation_frame(move || self.flush());
        }
    }

    /// Drops the value that still waits.
    pub fn clear(self) {
        self.waiting.try_update_value(|waiting| *waiting = None);
    }

    fn flush(self) {
        if let Some(Some(value)) = self.waiting.try_update_value(Option::take) {
            self.on_frame.run(value);
        }
    }
}
