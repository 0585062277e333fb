// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest_runs.h"

#include <cstring>

namespace nfsieve {
namespace {

constexpr std::size_t digest_at = sizeof(std::uint32_t);
constexpr std::size_t run_size = digest_at + sizeof(std::uint64_t);

} // namespace

std::size_t digest_runs_in(std::size_t block_size) {
    return block_size / run_size;
}

DigestRun load_digest_run(const std::uint8_t* block, std::size_t index) {
    DigestRun run;
    std::memcpy(&run.size, block + index * run_size, sizeof run.size);
    std::memcpy(&run.digest, block + index * run_size + digest_at, sizeof run.digest);
    return run;
}

void store_digest_run(std::uint8_t* block, std::size_t index, const DigestRun& run) {
    std::memcpy(block + index * run_size, &run.size, sizeof run.size);
    std::memcpy(block + index * run_size + digest_at, &run.digest, sizeof run.digest);
}

DigestRun digest_run(Bytes bytes, const HashKey& key) {
    return {static_cast<std::uint32_t>(bytes.size()), siphash(bytes, key, 2, 4)};
}

} // namespace nfsieve
