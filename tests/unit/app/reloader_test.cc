// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/reloader.h"

#include <atomic>
#include <gtest/gtest.h>
#include <semaphore>

namespace nfsieve {
namespace {

/// A reload that runs until it is let go.
struct GatedReload {
    std::counting_semaphore<> begun{0};
    std::counting_semaphore<> gate{0};
    std::atomic<int> count{0};
    std::atomic<int> running{0};
    std::atomic<bool> overlapped{false};

    void operator()() {
        overlapped = overlapped || ++running > 1;
        ++count;
        begun.release();
        gate.acquire();
        --running;
    }
};

TEST(Reloader, RunsOnceForOneRequest) {
    GatedReload reload;
    {
        Reloader reloader([&] { reload(); });
        reloader.request();
        reload.begun.acquire();
        reload.gate.release();
    }
    EXPECT_EQ(reload.count, 1);
}

TEST(Reloader, RequestsDuringAReloadBecomeOneMore) {
    GatedReload reload;
    {
        Reloader reloader([&] { reload(); });
        reloader.request();
        reload.begun.acquire();
        for (int i = 0; i < 50; ++i)
            reloader.request();
        reload.gate.release();
        reload.begun.acquire(); // the one that answers all fifty
        reload.gate.release();
        // Nothing is left over that would be run before this request is.
        while (reload.running != 0)
            std::this_thread::yield();
        reloader.request();
        reload.begun.acquire();
        reload.gate.release();
    }
    EXPECT_EQ(reload.count, 3);
    EXPECT_FALSE(reload.overlapped);
}

TEST(Reloader, DoesNothingWithoutARequest) {
    GatedReload reload;
    {
        Reloader reloader([&] { reload(); });
    }
    EXPECT_EQ(reload.count, 0);
}

TEST(Reloader, ItsEndWaitsForTheReloadAndForgetsTheRest) {
    GatedReload reload;
    {
        Reloader reloader([&] { reload(); });
        reloader.request();
        reload.begun.acquire();
        reload.gate.release();
    }
    EXPECT_EQ(reload.running, 0);
    EXPECT_EQ(reload.count, 1);
}

} // namespace
} // namespace nfsieve
