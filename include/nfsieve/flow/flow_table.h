// SPDX-License-Identifier: GPL-2.0-or-later
// A bounded table of connections with lazy expiry. The entry type is the user's; the table knows keys and
// times.
#pragma once

#include "nfsieve/base/time.h"
#include "nfsieve/flow/siphash.h"
#include "nfsieve/packet/flow_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace nfsieve {

/// How long a connection may rest before it is forgotten, and which are given up first when memory is short.
enum class Phase : std::uint8_t {
    handshake,
    picked_up, ///< in the middle, and one end is still to be seen
    established,
    closing,
    blocked,
};
inline constexpr std::size_t phase_count = 5;

/// What the table keeps with each entry; entries derive from it.
struct FlowNode {
    FlowKey key;
    std::uint64_t hash = 0;
    Time last_seen;
    Phase phase = Phase::handshake;
    Time listed; ///< last_seen when it was put into its phase's list, which is in this order

    FlowNode* bucket_next = nullptr;
    FlowNode* older = nullptr; ///< neighbours in the phase's list
    FlowNode* newer = nullptr;
};

/// Owns its entries. One worker thread. Buckets are chained and their number is fixed by `capacity`; entries
/// come from chunks that are reused and never given back, so that nothing is allocated for a flow in the
/// steady state.
template <class Entry>
class FlowTable {
public:
    /// `capacity`: entries at most. `key`: secret. `timeouts`: by phase.
    FlowTable(std::size_t capacity, const HashKey& key, const std::array<Duration, phase_count>& timeouts)
        : capacity_(capacity), key_(key), timeouts_(timeouts),
          mask_(std::bit_ceil(std::max<std::size_t>(capacity, 64)) - 1),
          // calloc's pages stay untouched, and cost nothing, until flows come.
          buckets_(static_cast<FlowNode**>(std::calloc(mask_ + 1, sizeof(void*)))) {
        if (!buckets_)
            throw std::bad_alloc();
    }
    FlowTable(const FlowTable&) = delete;
    FlowTable& operator=(const FlowTable&) = delete;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::size_t size(Phase phase) const { return lists_[index(phase)].size; }

    [[nodiscard]] std::uint64_t hash(const FlowKey& key) const {
        std::array<std::uint8_t, 40> raw{};
        std::memcpy(&raw[0], key.low.bytes.data(), 16);
        std::memcpy(&raw[16], key.high.bytes.data(), 16);
        std::memcpy(&raw[32], &key.low_port, 2);
        std::memcpy(&raw[34], &key.high_port, 2);
        std::memcpy(&raw[36], &key.zone, 4);
        return siphash(raw, key_);
    }

    [[nodiscard]] Entry* find(const FlowKey& key, std::uint64_t hash) const {
        for (FlowNode* node = buckets_[hash & mask_]; node != nullptr; node = node->bucket_next)
            if (node->hash == hash && node->key == key)
                return static_cast<Entry*>(node);
        return nullptr;
    }

    /// A new entry in Phase::handshake; null where the table is full. The key is not in the table yet.
    [[nodiscard]] Entry* insert(const FlowKey& key, std::uint64_t hash, Time now) {
        if (size_ == capacity_)
            return nullptr;
        Entry* entry = take();
        entry->key = key;
        entry->hash = hash;
        entry->last_seen = now;
        entry->phase = Phase::handshake;
        entry->bucket_next = buckets_[hash & mask_];
        buckets_[hash & mask_] = entry;
        link(*entry);
        ++size_;
        return entry;
    }

    void set_phase(Entry& entry, Phase phase) {
        if (entry.phase == phase)
            return;
        unlink(entry);
        entry.phase = phase;
        link(entry);
    }

    /// Takes the entry out; it is invalid afterwards.
    void erase(Entry& entry) {
        FlowNode** at = &buckets_[entry.hash & mask_];
        while (*at != &entry)
            at = &(*at)->bucket_next;
        *at = entry.bucket_next;
        unlink(entry);
        give_back(entry);
        --size_;
    }

    /// The entry of this phase that has rested longest; null where there is none.
    [[nodiscard]] Entry* oldest(Phase phase) {
        List& list = lists_[index(phase)];
        while (list.oldest != nullptr && relist(*list.oldest))
            ;
        return static_cast<Entry*>(list.oldest);
    }

    /// Calls `end(entry)` for, and erases, entries whose time is up; looks at `most` entries a phase at the
    /// most. Entries seen since they were listed go to the back of their list.
    template <class End>
    void expire(Time now, std::size_t most, End&& end) {
        for (std::size_t phase = 0; phase < phase_count; ++phase) {
            for (std::size_t looked = 0; looked < most; ++looked) {
                FlowNode* node = lists_[phase].oldest;
                if (node == nullptr)
                    break;
                if (relist(*node))
                    continue;
                if (node->last_seen + timeouts_[phase] > now)
                    break;
                end(static_cast<Entry&>(*node));
                erase(static_cast<Entry&>(*node));
            }
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) {
        for (const List& list : lists_)
            for (FlowNode* node = list.oldest; node != nullptr;) {
                FlowNode* next = node->newer;
                visit(static_cast<Entry&>(*node));
                node = next;
            }
    }

private:
    struct List {
        FlowNode* oldest = nullptr;
        FlowNode* newest = nullptr;
        std::size_t size = 0;
    };
    struct Free {
        void operator()(FlowNode** buckets) const { std::free(buckets); }
    };
    static constexpr std::size_t chunk_entries = 64;

    static constexpr std::size_t index(Phase phase) { return static_cast<std::size_t>(phase); }

    /// True, and moved to the back, where the entry was seen since it was listed.
    bool relist(FlowNode& node) {
        if (node.last_seen <= node.listed)
            return false;
        unlink(node);
        link(node);
        return true;
    }
    void link(FlowNode& node) {
        List& list = lists_[index(node.phase)];
        node.listed = node.last_seen;
        node.older = list.newest;
        node.newer = nullptr;
        (list.newest != nullptr ? list.newest->newer : list.oldest) = &node;
        list.newest = &node;
        ++list.size;
    }
    void unlink(FlowNode& node) {
        List& list = lists_[index(node.phase)];
        (node.older != nullptr ? node.older->newer : list.oldest) = node.newer;
        (node.newer != nullptr ? node.newer->older : list.newest) = node.older;
        --list.size;
    }

    Entry* take() {
        if (free_.empty()) {
            chunks_.push_back(std::make_unique<Entry[]>(chunk_entries));
            if (const std::size_t all = chunks_.size() * chunk_entries; free_.capacity() < all)
                free_.reserve(2 * all); // giving back never allocates
            for (std::size_t i = chunk_entries; i-- > 0;)
                free_.push_back(&chunks_.back()[i]);
        }
        Entry* entry = free_.back();
        free_.pop_back();
        return entry;
    }
    void give_back(Entry& entry) {
        entry = Entry();
        free_.push_back(&entry);
    }

    std::size_t capacity_;
    HashKey key_;
    std::array<Duration, phase_count> timeouts_;
    std::size_t mask_;
    std::unique_ptr<FlowNode*[], Free> buckets_;
    std::array<List, phase_count> lists_;
    std::vector<std::unique_ptr<Entry[]>> chunks_;
    std::vector<Entry*> free_;
    std::size_t size_ = 0;
};

} // namespace nfsieve
