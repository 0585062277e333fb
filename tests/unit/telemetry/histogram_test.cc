// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/histogram.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>

namespace nfsieve {
namespace {

using std::chrono::nanoseconds;

HistogramValues values_of(std::initializer_list<std::uint64_t> durations) {
    Histogram histogram;
    for (const std::uint64_t duration : durations)
        histogram.record(nanoseconds(duration), 1);
    return histogram.read();
}

TEST(Histogram, BucketsFollowEachOtherWithoutGapOrOverlap) {
    for (std::size_t bucket = 0; bucket + 1 < histogram_bucket::count; ++bucket) {
        const std::uint64_t bound = histogram_bucket::upper_bound(bucket);
        ASSERT_EQ(histogram_bucket::of(bound), bucket);
        ASSERT_EQ(histogram_bucket::of(bound + 1), bucket + 1);
    }
    EXPECT_EQ(histogram_bucket::upper_bound(histogram_bucket::count - 1), histogram_bucket::longest);
    EXPECT_EQ(histogram_bucket::of(0), 0U);
    EXPECT_EQ(histogram_bucket::of(~std::uint64_t{0}), histogram_bucket::count - 1);
}

TEST(Histogram, ABucketIsAtMostAThirtySecondWide) {
    for (std::uint64_t value = 1; value < histogram_bucket::longest; value += 1 + value / 7) {
        const std::uint64_t bound = histogram_bucket::upper_bound(histogram_bucket::of(value));
        ASSERT_GE(bound, value);
        ASSERT_LE(bound - value, value / 32) << value;
    }
}

TEST(Histogram, PercentilesAreBoundsUnderWhichThatShareStays) {
    HistogramValues values;
    {
        Histogram histogram;
        for (int i = 1; i <= 1000; ++i)
            histogram.record(nanoseconds(i * 1000), 1);
        values = histogram.read();
    }
    EXPECT_EQ(values.total(), 1000U);
    for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const double wanted = share * 1'000'000;
        const auto got = static_cast<double>(values.percentile(share));
        EXPECT_GE(got, wanted);
        EXPECT_LE(got, wanted * 33 / 32);
    }
    EXPECT_EQ(values.percentile(1), 1'000'000U) << "never above the longest";
    EXPECT_EQ(values.max, 1'000'000U);
}

TEST(Histogram, OneSlowPacketOfManyShowsInTheLastPercentileAlone) {
    Histogram histogram;
    histogram.record(nanoseconds(50), 9990);
    histogram.record(nanoseconds(5'000'000), 10);
    const HistogramValues values = histogram.read();
    EXPECT_EQ(values.percentile(0.5), 50U);
    EXPECT_EQ(values.percentile(0.999), 50U);
    EXPECT_EQ(values.percentile(0.9991), 5'000'000U);
}

TEST(Histogram, NothingRecordedIsNothingShown) {
    EXPECT_TRUE(sum_up({}).empty());
    EXPECT_EQ(HistogramValues().percentile(0.5), 0U);
    Histogram histogram;
    histogram.record(nanoseconds(70), 0);
    EXPECT_TRUE(sum_up(histogram.read()).empty()) << "a batch without packets";
    EXPECT_EQ(histogram.read().max, 0U);
}

TEST(Histogram, AClockThatGoesBackCountsAsNoTimeAtAll) {
    Histogram histogram;
    histogram.record(nanoseconds(-5), 1);
    EXPECT_EQ(histogram.read().buckets[0], 1U);
    EXPECT_EQ(histogram.read().max, 0U);
}

TEST(Histogram, SumsOverWorkersAreThoseOfAll) {
    HistogramValues sum = values_of({100, 200});
    sum += values_of({100, 9000});
    const HistogramValues all = values_of({100, 200, 100, 9000});
    EXPECT_EQ(sum.buckets, all.buckets);
    EXPECT_EQ(sum.max, 9000U);
}

TEST(Histogram, IsSummedUpInMicroseconds) {
    const auto times = sum_up(values_of({1000, 1000, 63}));
    ASSERT_EQ(times.size(), 5U);
    EXPECT_EQ(std::string(times.front().name), "p50");
    EXPECT_DOUBLE_EQ(times.front().microseconds, 1.0) << "no longer than the longest";
    EXPECT_EQ(std::string(times.back().name), "max");
    EXPECT_DOUBLE_EQ(times.back().microseconds, 1.0);
}

TEST(Histogram, AnyThreadMayReadWhileItsOwnerRecords) {
    Histogram histogram;
    std::atomic<bool> done{false};
    std::thread owner([&] {
        for (int i = 0; i < 100'000; ++i)
            histogram.record(nanoseconds(i), 1);
        done = true;
    });
    std::uint64_t last = 0;
    while (!done) {
        const std::uint64_t now = histogram.read().total();
        EXPECT_GE(now, last);
        last = now;
    }
    owner.join();
    EXPECT_EQ(histogram.read().total(), 100'000U);
}

} // namespace
} // namespace nfsieve
