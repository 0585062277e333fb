// SPDX-License-Identifier: GPL-2.0-or-later
// What rules keep of addresses, over flows and workers: xbits, hostbits, threshold, detection_filter.
#pragma once

#include "nfsieve/base/address.h"
#include "nfsieve/base/time.h"
#include "nfsieve/flow/siphash.h"
#include "nfsieve/rules/signature.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace nfsieve {

/// The ends of the packet at hand, as its rule sees them.
struct PacketEnds {
    Address source, destination;
    std::uint64_t flow = 0; ///< a hash that is the same for all packets of the flow
};

/// Shared by all workers, under a lock that is taken only where a rule that counts or keeps bits by address
/// holds in all else. At most `capacity` entries; the oldest make room for new ones.
class HostTable {
public:
    explicit HostTable(std::size_t capacity = 65536);

    /// All that `operations` of other scopes than `flow` ask for is so.
    [[nodiscard]] bool hold(std::span<const BitOperation> operations, const PacketEnds& ends, Time now);
    void apply(std::span<const BitOperation> operations, const PacketEnds& ends, Time now);

    enum class Rating : std::uint8_t { report, quiet, no_match };
    /// Counts one match of a rule. `no_match`: a detection_filter has not seen enough yet; `quiet`: it
    /// counts, but is not to be reported.
    [[nodiscard]] Rating rate(std::uint32_t signature_id, std::span<const RateLimit> limits,
                              const PacketEnds& ends, Time now);

private:
    struct Key {
        std::uint64_t what = 0; ///< a bit's name, or a rule and the kind of its limit
        Address first, second;
        std::uint64_t flow = 0;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        HashKey secret;
        std::size_t operator()(const Key& key) const;
    };
    struct Entry {
        Time since, until;
        std::uint32_t count = 0;
    };

    [[nodiscard]] static Key key_of(const BitOperation& operation, const std::string& name,
                                    const PacketEnds& ends);
    [[nodiscard]] Rating rate(std::uint32_t signature_id, const RateLimit& limit, const PacketEnds& ends,
                              Time now);
    [[nodiscard]] bool is_set(const Key& key, Time now) const;
    Entry& entry(const Key& key, Time now);
    void make_room(Time now);

    std::mutex mutex_;
    std::size_t capacity_;
    std::unordered_map<Key, Entry, KeyHash> entries_;
};

} // namespace nfsieve
