// SPDX-License-Identifier: GPL-2.0-or-later
// What it costs to remember what was let through until it is acknowledged, and to compare a retransmission.
#include "nfsieve/flow/segment_store.h"

#include <benchmark/benchmark.h>
#include <vector>

namespace nfsieve {
namespace {

constexpr std::size_t cap = std::size_t{64} << 20;
constexpr std::size_t slab_size = 65536 + 4096;
constexpr std::size_t under_way = 16; ///< segments that are let through before the first is acknowledged

/// A window's worth of segments is always remembered: each round appends one and acknowledges one. Payloads
/// lie in receive slabs, which large ones are kept in.
void append_and_acknowledge(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    SlabPool slabs(slab_size);
    StoreMemory memory(cap, cap);
    SegmentStore store;
    std::uint64_t next = 0;
    SlabRef slab = slabs.take();
    for (auto _ : state) {
        if (!slab.unique())
            slab = slabs.take();
        store.append(next, Bytes(slab.data(), size), Arrival{&slab, 1448}, memory);
        next += size;
        if (next > under_way * size)
            store.release(next - under_way * size, memory);
    }
    store.clear(memory);
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(append_and_acknowledge)->Arg(64)->Arg(1448)->Arg(45 * 1448);

void compare_retransmission(benchmark::State& state) {
    const auto size = static_cast<std::size_t>(state.range(0));
    const std::vector<std::uint8_t> payload(size, 'x');
    StoreMemory memory(cap, cap);
    SegmentStore store;
    for (std::size_t i = 0; i < under_way; ++i)
        store.append(i * size, payload, Arrival{}, memory);
    for (auto _ : state)
        benchmark::DoNotOptimize(store.compare(under_way / 2 * size, payload, memory));
    store.clear(memory);
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(compare_retransmission)->Arg(64)->Arg(1448);

} // namespace
} // namespace nfsieve
