// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/siphash.h"

#include <cstring>

namespace nfsieve {
namespace {

/// Where `c` and `d` are constants the rounds stand one after the other.
[[gnu::always_inline]] inline std::uint64_t hash(Bytes message, const HashKey& key, int c, int d) {
    SiphashState state(key);
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
    return state.finish(d);
}

} // namespace

std::uint64_t siphash(Bytes message, const HashKey& key, int c, int d) {
    return c == 1 && d == 3 ? hash(message, key, 1, 3) : hash(message, key, c, d);
}

} // namespace nfsieve
