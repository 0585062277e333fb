// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/siphash.h"

#include <bit>
#include <cstring>

namespace nfsieve {
namespace {

static_assert(std::endian::native == std::endian::little, "message words are read in little-endian order");

struct State {
    std::uint64_t v0, v1, v2, v3;

    [[gnu::always_inline]] void rounds(int count) {
        for (int i = 0; i < count; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = std::rotl(v1, 17) ^ v2;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 = std::rotl(v2, 32);
        }
    }
    [[gnu::always_inline]] void absorb(std::uint64_t word, int count) {
        v3 ^= word;
        rounds(count);
        v0 ^= word;
    }
};

/// Where `c` and `d` are constants the rounds stand one after the other.
[[gnu::always_inline]] inline std::uint64_t hash(Bytes message, const HashKey& key, int c, int d) {
    State state{key[0] ^ 0x736f6d6570736575ULL, key[1] ^ 0x646f72616e646f6dULL,
                key[0] ^ 0x6c7967656e657261ULL, key[1] ^ 0x7465646279746573ULL};
    std::size_t at = 0;
    for (; at + 8 <= message.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, message.data() + at, 8);
        state.absorb(word, c);
    }
    std::uint64_t last = static_cast<std::uint64_t>(message.size()) << 56;
    for (std::size_t i = 0; at + i < message.size(); ++i)
        last |= std::uint64_t{message[at + i]} << (8 * i);
    state.absorb(last, c);
    state.v2 ^= 0xff;
    state.rounds(d);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

} // namespace

std::uint64_t siphash(Bytes message, const HashKey& key, int c, int d) {
    return c == 1 && d == 3 ? hash(message, key, 1, 3) : hash(message, key, c, d);
}

} // namespace nfsieve
