// SPDX-License-Identifier: GPL-2.0-or-later
// A keyed hash, so that nobody outside can choose packets that share a bucket.
#pragma once

#include "nfsieve/base/bytes.h"

#include <array>
#include <cstdint>

namespace nfsieve {

/// 128 secret bits.
using HashKey = std::array<std::uint64_t, 2>;

/// SipHash with `c` compression and `d` finalisation rounds (Aumasson and Bernstein, "SipHash: a fast
/// short-input PRF", 2012). The flow table uses SipHash-1-3 as the Linux kernel's HalfSipHash users do for
/// tables: collisions cannot be computed without the key, and the hash is no message authentication.
[[nodiscard]] std::uint64_t siphash(Bytes message, const HashKey& key, int c = 1, int d = 3);

} // namespace nfsieve
