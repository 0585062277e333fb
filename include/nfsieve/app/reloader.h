// SPDX-License-Identifier: GPL-2.0-or-later
// Reloads in a thread of its own, while packets flow.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace nfsieve {

/// Runs a reload when asked. Requests that come while one runs are answered by one more run after it: what
/// was on disk at the last request is always what is read last.
class Reloader {
public:
    /// `reload` is called in the reloader's thread, never twice at a time; it must not throw.
    explicit Reloader(std::function<void()> reload);
    /// Waits for a reload that runs; requests still waiting are forgotten.
    ~Reloader();
    Reloader(const Reloader&) = delete;
    Reloader& operator=(const Reloader&) = delete;

    /// Returns at once. Any thread.
    void request();

private:
    void work();

    std::function<void()> reload_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool requested_ = false;
    bool stopping_ = false;
    std::thread thread_; ///< last: it uses all of the above
};

} // namespace nfsieve
