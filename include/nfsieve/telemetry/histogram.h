// SPDX-License-Identifier: GPL-2.0-or-later
// How long things took: counts by duration, in buckets that are as fine as the duration is short.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace nfsieve {

/// Each power of two is cut into 32 equal buckets: what a bucket tells of a duration is at most 1/32 (3.1 %)
/// above it, and below 64 ns it is exact.
namespace histogram_bucket {
inline constexpr std::size_t sub_bits = 5;
inline constexpr std::uint64_t longest =
    (std::uint64_t{1} << 40) - 1; ///< ns, 18 minutes; longer ones count as this
inline constexpr std::size_t count = (40 - sub_bits + 1) << sub_bits;

/// The bucket of a duration in nanoseconds.
[[nodiscard]] constexpr std::size_t of(std::uint64_t nanoseconds) {
    const std::uint64_t value = std::min(nanoseconds, longest);
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - static_cast<int>(sub_bits) - 1);
    return (static_cast<std::size_t>(shift) << sub_bits) + static_cast<std::size_t>(value >> shift);
}
/// The longest duration that falls into it, in nanoseconds.
[[nodiscard]] constexpr std::uint64_t upper_bound(std::size_t bucket) {
    const std::size_t shift = std::max<std::size_t>(bucket >> sub_bits, 1) - 1;
    return ((bucket - (shift << sub_bits) + 1) << shift) - 1;
}
} // namespace histogram_bucket

/// A plain copy of a histogram; sums over workers.
struct HistogramValues {
    std::array<std::uint64_t, histogram_bucket::count> buckets{};
    std::uint64_t max = 0; ///< ns, exact

    [[nodiscard]] std::uint64_t total() const;
    /// The least bound, in nanoseconds, under which at least this share (0 to 1) of all durations stay: the
    /// upper bound of a bucket, never above `max`. 0 where there are none.
    [[nodiscard]] std::uint64_t percentile(double share) const;
    HistogramValues& operator+=(const HistogramValues& other);
};

/// The live histogram of one worker, since its start. record() by the owner alone; read() from any thread.
class Histogram {
public:
    /// Notes that `count` things took so long; negative durations count as none at all.
    void record(std::chrono::nanoseconds duration, std::uint64_t count) {
        const auto nanoseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
        auto& slot = buckets_[histogram_bucket::of(nanoseconds)];
        slot.store(slot.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
        if (count != 0 && nanoseconds > max_.load(std::memory_order_relaxed))
            max_.store(nanoseconds, std::memory_order_relaxed);
    }
    [[nodiscard]] HistogramValues read() const;

private:
    std::array<std::atomic<std::uint64_t>, histogram_bucket::count> buckets_{};
    std::atomic<std::uint64_t> max_{0};
};

/// One number of those that sum a histogram up.
struct NamedTime {
    const char* name; ///< "p50", "p90", "p99", "p99.9" or "max"
    double microseconds;
};

/// What status, events and benchmarks show of a histogram, in this order. Empty where nothing was recorded.
[[nodiscard]] std::vector<NamedTime> sum_up(const HistogramValues& values);

} // namespace nfsieve
