// SPDX-License-Identifier: GPL-2.0-or-later
// A flow's key -> its entry, among few flows (in the cache) and many (in memory), in no order.
#include "nfsieve/flow/flow_table.h"

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <random>
#include <vector>

namespace nfsieve {
namespace {

/// As large as a flow at rest.
struct Entry : FlowNode {
    std::array<std::uint8_t, 128> rest{};
};

FlowKey key_of(std::uint32_t number) {
    std::array<std::uint8_t, 4> client{10, 0, 0, 0};
    store_be32(client.data(), 0x0a000000 + number);
    constexpr std::array<std::uint8_t, 4> server{192, 0, 2, 1};
    FlowKey key;
    key.low = Address::v4(client.data());
    key.high = Address::v4(server.data());
    key.low_port = static_cast<std::uint16_t>(1024 + number % 60000);
    key.high_port = 443;
    return key;
}

void find_flow(benchmark::State& state) {
    const auto count = static_cast<std::uint32_t>(state.range(0));
    std::array<Duration, phase_count> timeouts{};
    timeouts.fill(std::chrono::hours(1));
    FlowTable<Entry> table(count, HashKey{1, 2}, timeouts);
    std::vector<FlowKey> keys;
    for (std::uint32_t i = 0; i < count; ++i) {
        keys.push_back(key_of(i));
        benchmark::DoNotOptimize(table.insert(keys.back(), table.hash(keys.back()), Time()));
    }
    std::shuffle(keys.begin(), keys.end(), std::mt19937(1)); // NOLINT: the same order in each run
    std::size_t at = 0;
    for (auto _ : state) {
        const FlowKey& key = keys[at];
        at = at + 1 == keys.size() ? 0 : at + 1;
        benchmark::DoNotOptimize(table.find(key, table.hash(key)));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(find_flow)->Arg(1000)->Arg(100'000);

} // namespace
} // namespace nfsieve
