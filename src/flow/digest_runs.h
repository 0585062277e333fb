// SPDX-License-Identifier: GPL-2.0-or-later
// What is kept of bytes that no longer fit: a keyed digest for each run of them, packed into a block.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/siphash.h"

#include <cstdint>

namespace nfsieve {

/// A run's length and digest.
struct DigestRun {
    std::uint32_t size = 0;
    std::uint64_t digest = 0;
};

/// How many runs fit into a block of so many bytes.
[[nodiscard]] std::size_t digest_runs_in(std::size_t block_size);
[[nodiscard]] DigestRun load_digest_run(const std::uint8_t* block, std::size_t index);
void store_digest_run(std::uint8_t* block, std::size_t index, const DigestRun& run);
/// The run that `bytes` make. Who does not know the key cannot find other bytes with the same digest.
[[nodiscard]] DigestRun digest_run(Bytes bytes, const HashKey& key);

} // namespace nfsieve
