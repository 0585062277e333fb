// SPDX-License-Identifier: GPL-2.0-or-later
// Which connections were given up while their ends could still talk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace nfsieve {

/// Remembers the keyed hashes of the last flows that were judged and then forgotten (by time, or for want of
/// memory), so that half a pattern, a long wait and the other half are not taken for a connection picked up
/// in the middle. A fixed 512 KiB: sets of seven, the oldest of a set gives way. One worker thread.
class ForgottenFlows {
public:
    ForgottenFlows() : sets_(std::make_unique<Set[]>(set_count)) {}

    /// `hash`: 64 bits of a keyed hash; two flows with the same one are as good as impossible.
    void add(std::uint64_t hash) {
        Set& set = set_of(hash);
        if (find(set, hash) == nullptr)
            set.hashes[set.next++ % ways] = hash;
    }
    /// A new connection has begun under this key.
    void remove(std::uint64_t hash) {
        if (std::uint64_t* const found = find(set_of(hash), hash))
            *found = 0;
    }
    [[nodiscard]] bool contains(std::uint64_t hash) const { return find(set_of(hash), hash) != nullptr; }

private:
    static constexpr std::size_t ways = 7, set_count = 8192;
    struct Set {
        std::array<std::uint64_t, ways> hashes{};
        std::uint64_t next = 0;
    };

    [[nodiscard]] Set& set_of(std::uint64_t hash) const { return sets_[(hash >> 32) % set_count]; }
    [[nodiscard]] static std::uint64_t* find(Set& set, std::uint64_t hash) {
        for (std::uint64_t& known : set.hashes)
            if (known == hash)
                return &known;
        return nullptr;
    }

    std::unique_ptr<Set[]> sets_;
};

} // namespace nfsieve
