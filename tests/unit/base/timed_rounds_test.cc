// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/timed_rounds.h"

#include <atomic>
#include <ctime>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace nfsieve {
namespace {

using std::chrono::milliseconds;

/// Works until this thread has had a processor for `time`, whoever else wants one.
void use_processor(std::chrono::nanoseconds time) {
    const auto had = [] {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    };
    const auto enough = had() + time;
    while (had() < enough) {
    }
}

TEST(TimedRounds, EachThreadDoesItsWorkInEachRoundAfterItsPreparation) {
    std::vector<int> prepared(3), worked(3);
    bool in_order = true;
    static_cast<void>(time_rounds(
        3, 4, [&](std::size_t thread) { ++prepared[thread]; },
        [&](std::size_t thread) {
            if (thread == 0)
                in_order = in_order && prepared[0] == worked[0] + 1;
            ++worked[thread];
        }));
    EXPECT_EQ(prepared, (std::vector<int>{4, 4, 4}));
    EXPECT_EQ(worked, (std::vector<int>{4, 4, 4}));
    EXPECT_TRUE(in_order);
}

TEST(TimedRounds, NobodyWorksBeforeAllArePrepared) {
    std::atomic<int> prepared{0};
    std::atomic<int> early{0};
    static_cast<void>(time_rounds(
        2, 1,
        [&](std::size_t thread) {
            if (thread == 1)
                std::this_thread::sleep_for(milliseconds(20));
            ++prepared;
        },
        [&](std::size_t) { early += prepared == 2 ? 0 : 1; }));
    EXPECT_EQ(early, 0);
}

TEST(TimedRounds, ThePreparationIsNotTimed) {
    const auto started = std::chrono::steady_clock::now();
    const RoundTimes times = time_rounds(
        1, 2, [](std::size_t) { std::this_thread::sleep_for(milliseconds(100)); }, [](std::size_t) {});
    const auto took = std::chrono::steady_clock::now() - started;
    EXPECT_LE(times.wall, took - milliseconds(200));
}

TEST(TimedRounds, TheSlowestThreadOfEachRoundCounts) {
    const RoundTimes times = time_rounds(
        2, 2, [](std::size_t) {},
        [](std::size_t thread) { std::this_thread::sleep_for(milliseconds(thread == 1 ? 30 : 1)); });
    EXPECT_GE(times.wall, milliseconds(60));
}

TEST(TimedRounds, ProcessorTimeIsThatOfAllThreadsAndNotTheWaiting) {
    const RoundTimes times = time_rounds(
        3, 2, [](std::size_t) {},
        [](std::size_t thread) {
            if (thread == 2)
                std::this_thread::sleep_for(milliseconds(500));
            else
                use_processor(milliseconds(10));
        });
    EXPECT_GE(times.cpu, milliseconds(40));
    EXPECT_LT(times.cpu, milliseconds(1000));
}

} // namespace
} // namespace nfsieve
