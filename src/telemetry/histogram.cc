// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/telemetry/histogram.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace nfsieve {

std::uint64_t HistogramValues::total() const {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

std::uint64_t HistogramValues::percentile(double share) const {
    const std::uint64_t all = total();
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets.size() && all != 0; ++i) {
        seen += buckets[i];
        if (seen >= wanted)
            return std::min(histogram_bucket::upper_bound(i), max);
    }
    return all == 0 ? 0 : max;
}

HistogramValues& HistogramValues::operator+=(const HistogramValues& other) {
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] += other.buckets[i];
    max = std::max(max, other.max);
    return *this;
}

HistogramValues Histogram::read() const {
    HistogramValues copy;
    for (std::size_t i = 0; i < copy.buckets.size(); ++i)
        copy.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    copy.max = max_.load(std::memory_order_relaxed);
    return copy;
}

std::vector<NamedTime> sum_up(const HistogramValues& values) {
    constexpr std::array<std::pair<const char*, double>, 4> shares{
        {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};
    std::vector<NamedTime> times;
    if (values.total() == 0)
        return times;
    for (const auto& [name, share] : shares)
        times.push_back({name, static_cast<double>(values.percentile(share)) / 1000});
    times.push_back({"max", static_cast<double>(values.max) / 1000});
    return times;
}

} // namespace nfsieve
