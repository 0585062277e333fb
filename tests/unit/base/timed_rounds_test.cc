// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/timed_rounds.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace nfsieve {
namespace {

using std::chrono::milliseconds;

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
    const RoundTimes times = time_rounds(
        1, 2, [](std::size_t) { std::this_thread::sleep_for(milliseconds(300)); }, [](std::size_t) {});
    EXPECT_LT(times.wall, milliseconds(300));
}

TEST(TimedRounds, TheSlowestThreadOfEachRoundCounts) {
    const RoundTimes times = time_rounds(
        2, 2, [](std::size_t) {},
        [](std::size_t thread) { std::this_thread::sleep_for(milliseconds(thread == 1 ? 30 : 1)); });
    EXPECT_GE(times.wall, milliseconds(60));
}

TEST(TimedRounds, ProcessorTimeIsThatOfAllThreadsAndNotTheWaiting) {
    const auto spin = [](std::size_t thread) {
        if (thread == 2) {
            std::this_thread::sleep_for(milliseconds(100));
            return;
        }
        volatile std::uint64_t sum = 0;
        for (int i = 0; i < 5'000'000; ++i)
            sum = sum + 1;
    };
    const auto one = time_rounds(
                         1, 1, [](std::size_t) {}, spin)
                         .cpu;
    const auto three = time_rounds(
                           3, 1, [](std::size_t) {}, spin)
                           .cpu;
    EXPECT_GT(one.count(), 0);
    EXPECT_GT(three, one);
    const auto asleep = time_rounds(
        1, 1, [](std::size_t) {}, [](std::size_t) { std::this_thread::sleep_for(milliseconds(100)); });
    EXPECT_LT(asleep.cpu, milliseconds(50));
}

} // namespace
} // namespace nfsieve
