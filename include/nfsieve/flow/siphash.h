// SPDX-License-Identifier: GPL-2.0-or-later
// A keyed hash, so that nobody outside can choose packets that share a bucket.
#pragma once

#include "nfsieve/base/bytes.h"

#include <array>
#include <bit>
#include <cstdint>

namespace nfsieve {

/// 128 secret bits.
using HashKey = std::array<std::uint64_t, 2>;

/// SipHash with `c` compression and `d` finalisation rounds (Aumasson and Bernstein, "SipHash: a fast
/// short-input PRF", 2012). The flow table uses SipHash-1-3 as the Linux kernel's HalfSipHash users do for
/// tables: collisions cannot be computed without the key, and the hash is no message authentication.
[[nodiscard]] std::uint64_t siphash(Bytes message, const HashKey& key, int c = 1, int d = 3);

/// The state of one hash, for those who know the size of their messages.
struct SiphashState {
    std::uint64_t v0, v1, v2, v3;

    explicit SiphashState(const HashKey& key)
        : v0(key[0] ^ 0x736f6d6570736575ULL), v1(key[1] ^ 0x646f72616e646f6dULL),
          v2(key[0] ^ 0x6c7967656e657261ULL), v3(key[1] ^ 0x7465646279746573ULL) {}

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
    [[gnu::always_inline]] std::uint64_t finish(int count) {
        v2 ^= 0xff;
        rounds(count);
        return v0 ^ v1 ^ v2 ^ v3;
    }
};

/// SipHash-1-3 of whole words, as siphash() hashes their bytes.
template <std::size_t count>
[[nodiscard]] inline std::uint64_t siphash(const std::array<std::uint64_t, count>& words,
                                           const HashKey& key) {
    static_assert(std::endian::native == std::endian::little);
    SiphashState state(key);
    for (const std::uint64_t word : words)
        state.absorb(word, 1);
    state.absorb(std::uint64_t{count * 8} << 56, 1);
    return state.finish(3);
}

} // namespace nfsieve
