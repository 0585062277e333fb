// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/reloader.h"

#include <pthread.h>

namespace nfsieve {

Reloader::Reloader(std::function<void()> reload) : reload_(std::move(reload)), thread_([this] { work(); }) {
    ::pthread_setname_np(thread_.native_handle(), "nfsieve-reload");
}

Reloader::~Reloader() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Reloader::request() {
    {
        const std::lock_guard lock(mutex_);
        requested_ = true;
    }
    wake_.notify_one();
}

void Reloader::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return requested_ || stopping_; });
        if (stopping_)
            return;
        requested_ = false;
        lock.unlock();
        reload_();
        lock.lock();
    }
}

} // namespace nfsieve
