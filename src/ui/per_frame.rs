//! Passes on the newest of many values once a frame, so that pointer and typing never outrun the screen.

use leptos::prelude::*;

/// A gate that lets one value through each frame: the newest.
pub struct PerFrame<T: 'static> {
    waiting: StoredValue<Option<T>, LocalStorage>,
    is_frame_asked: StoredValue<bool>,
    is_first_at_once: bool,
    on_frame: Callback<T>,
}

impl<T: 'static> Clone for PerFrame<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for PerFrame<T> {}

impl<T: 'static> PerFrame<T> {
    /// A gate before a callback, which is called at the beginning of a frame.
    pub fn new(on_frame: Callback<T>) -> Self {
        Self {
            waiting: StoredValue::new_local(None),
            is_frame_asked: StoredValue::new(false),
            is_first_at_once: false,
            on_frame,
        }
    }

    /// A gate that lets a value through at once where none went through since the last frame began. What it starts
    /// elsewhere, as in the engine, is then done when the frame comes.
    pub fn first_at_once(on_frame: Callback<T>) -> Self {
        Self { is_first_at_once: true, ..Self::new(on_frame) }
    }

    /// Hands over a value; an older one that still waits is dropped.
    pub fn push(self, value: T) {
        let Some(is_frame_asked) = self.is_frame_asked.try_get_value() else { return };
        if !is_frame_asked && self.is_first_at_once {
            self.ask_for_frame();
            self.on_frame.run(value);
            return;
        }
        self.waiting.try_update_value(|waiting| *waiting = Some(value));
        if !is_frame_asked {
            self.ask_for_frame();
        }
    }

    /// Drops the value that still waits.
    pub fn clear(self) {
        self.waiting.try_update_value(|waiting| *waiting = None);
    }

    fn ask_for_frame(self) {
        self.is_frame_asked.set_value(true);
        request_animation_frame(move || {
            if self.is_frame_asked.try_set_value(false).is_some() {
                // The gate's component is gone.
                return;
            }
            if let Some(Some(value)) = self.waiting.try_update_value(Option::take) {
                if self.is_first_at_once {
                    self.ask_for_frame();
                }
                self.on_frame.run(value);
            }
        });
    }
}
