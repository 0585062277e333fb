// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes -> the view of a segment.
#include "nfsieve/packet/decode.h"

#include "packets.h"

#include <benchmark/benchmark.h>

namespace nfsieve {
namespace {

/// MSS, SACK permitted, timestamps, window scale: what a SYN of Linux has.
const test::Buffer syn_options{2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
const test::Buffer timestamps{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1};

void decode_packet(benchmark::State& state, const test::TcpPacket& packet) {
    const test::Buffer bytes = test::build(packet);
    for (auto _ : state)
        benchmark::DoNotOptimize(decode(bytes));
    state.SetItemsProcessed(state.iterations());
}

test::TcpPacket data_segment() {
    test::TcpPacket packet;
    packet.options = timestamps;
    packet.payload = std::string(1448, 'x');
    return packet;
}

void decode_ipv4(benchmark::State& state) {
    decode_packet(state, data_segment());
}
BENCHMARK(decode_ipv4);

void decode_ipv6(benchmark::State& state) {
    test::TcpPacket packet = data_segment();
    packet.source = "2001:db8::1";
    packet.destination = "2001:db8::2";
    decode_packet(state, packet);
}
BENCHMARK(decode_ipv6);

void decode_syn(benchmark::State& state) {
    test::TcpPacket packet;
    packet.flags = tcp_flag::syn;
    packet.options = syn_options;
    decode_packet(state, packet);
}
BENCHMARK(decode_syn);

} // namespace
} // namespace nfsieve
