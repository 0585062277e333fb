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
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace nfsieve {

/// How long a connection may rest before it is forgotten, and which are given up first when memory is short.
enum class Phase : std::uint8_t {
    handshake,
    picked_up, ///< in the middle, and one end is still to be seen
    established,
    resting, ///< established, with all that could be made smaller; data makes it established again
    closing,
    blocked,
};
inline constexpr std::size_t phase_count = 6;

/// What the table keeps with each entry; entries derive from it. Other entries are known by their number in
/// the table, counted from 1.
struct FlowNode {
    using Number = std::uint32_t;
    static constexpr Number none = 0;

    FlowKey key;
    Time last_seen; ///< set by FlowTable::touch()
    std::uint64_t hash = 0;
    Number bucket_next = none;
    Number older = none; ///< neighbours in the phase's list
    Number newer = none;
    Phase phase = Phase::handshake;
    bool seen = false; ///< since it was put into its phase's list
};

/// Owns its entries. One worker thread. Buckets are chained and their number is fixed by `capacity`; entries
/// come from chunks that are reused and never given back, so that nothing is allocated for a flow in the
/// steady state. Entries and buckets are all that it takes.
template <class Entry>
class FlowTable {
    using Number = FlowNode::Number;
    static constexpr Number none = FlowNode::none;

public:
    /// What an entry takes beside itself: its bucket, of which there is at most one for each entry.
    static constexpr std::size_t bucket_cost = sizeof(FlowNode::Number);

    /// `capacity`: entries at most. `key`: secret. `timeouts`: by phase.
    FlowTable(std::size_t capacity, const HashKey& key, const std::array<Duration, phase_count>& timeouts)
        : capacity_(capacity), key_(key), timeouts_(timeouts),
          mask_(std::bit_ceil(std::max<std::size_t>(capacity / 2, 64)) - 1),
          // calloc's pages stay untouched, and cost nothing, until flows come.
          buckets_(static_cast<Number*>(std::calloc(mask_ + 1, sizeof(Number)))) {
        if (!buckets_)
            throw std::bad_alloc();
    }
    FlowTable(const FlowTable&) = delete;
    FlowTable& operator=(const FlowTable&) = delete;

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }
    [[nodiscard]] std::size_t size(Phase phase) const { return lists_[index(phase)].size; }

    [[nodiscard]] std::uint64_t hash(const FlowKey& key) const {
        const std::uint64_t rest =
            std::uint64_t{key.zone} << 32 | std::uint64_t{key.high_port} << 16 | key.low_port;
        const auto [low, low_end] = key.low.words();
        const auto [high, high_end] = key.high.words();
        if (key.low.is_v4() && key.high.is_v4()) { // what else they consist of is the same for all
            const std::uint64_t both = low_end >> 32 | high_end >> 32 << 32;
            return siphash(std::array{both, rest}, key_);
        }
        return siphash(std::array{low, low_end, high, high_end, rest}, key_);
    }

    /// Has the bucket fetched that find() will look into.
    void fetch_bucket(std::uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_]); }
    /// The first entry of the bucket, which most often is the only one; null where there is none. Reads the
    /// bucket and not the entry.
    [[nodiscard]] const Entry* first_in_bucket(std::uint64_t hash) const {
        const Number number = buckets_[hash & mask_];
        return number == none ? nullptr : &at(number);
    }

    [[nodiscard]] Entry* find(const FlowKey& key, std::uint64_t hash) const {
        for (Number number = buckets_[hash & mask_]; number != none;) {
            Entry& entry = at(number);
            if (entry.key == key)
                return &entry;
            number = entry.bucket_next;
        }
        return nullptr;
    }

    /// A new entry in Phase::handshake; null where the table is full. The key is not in the table yet.
    [[nodiscard]] Entry* insert(const FlowKey& key, std::uint64_t hash, Time now) {
        if (size_ == capacity_)
            return nullptr;
        const Number number = take();
        Entry& entry = at(number);
        entry.key = key;
        entry.hash = hash;
        entry.last_seen = now;
        entry.bucket_next = buckets_[hash & mask_];
        buckets_[hash & mask_] = number;
        link(number);
        ++size_;
        return &entry;
    }

    /// The entry was seen: its time begins anew.
    static void touch(Entry& entry, Time now) {
        entry.seen = entry.seen || now > entry.last_seen;
        entry.last_seen = now;
    }

    void set_phase(Entry& entry, Phase phase) {
        if (entry.phase == phase)
            return;
        const Number number = number_of(entry);
        unlink(entry);
        entry.phase = phase;
        link(number);
    }

    /// Takes the entry out; it is invalid afterwards.
    void erase(Entry& entry) {
        const Number number = number_of(entry);
        Number* link = &buckets_[entry.hash & mask_];
        while (*link != number)
            link = &at(*link).bucket_next;
        *link = entry.bucket_next;
        unlink(entry);
        give_back(number);
        --size_;
    }

    /// The entry of this phase that has rested longest; null where there is none.
    [[nodiscard]] Entry* oldest(Phase phase) {
        const List& list = lists_[index(phase)];
        while (list.oldest != none && relist(list.oldest))
            ;
        return list.oldest == none ? nullptr : &at(list.oldest);
    }

    /// Calls `end(entry)` for, and erases, entries whose time is up; looks at `most` entries a phase at the
    /// most. Entries seen since they were listed go to the back of their list.
    template <class End>
    void expire(Time now, std::size_t most, End&& end) {
        for (std::size_t phase = 0; phase < phase_count; ++phase) {
            for (std::size_t looked = 0; looked < most; ++looked) {
                const Number number = lists_[phase].oldest;
                if (number == none)
                    break;
                if (relist(number))
                    continue;
                Entry& entry = at(number);
                if (entry.last_seen + timeouts_[phase] > now)
                    break;
                end(entry);
                erase(entry);
            }
        }
    }

    template <class Visit>
    void for_each(Visit&& visit) {
        for (const List& list : lists_)
            for (Number number = list.oldest; number != none;) {
                Entry& entry = at(number);
                number = entry.newer;
                visit(entry);
            }
    }

private:
    struct List {
        Number oldest = none;
        Number newest = none;
        std::size_t size = 0;
    };
    struct Free {
        void operator()(Number* buckets) const { std::free(buckets); }
    };
    static constexpr std::size_t chunk_entries = 256;

    static constexpr std::size_t index(Phase phase) { return static_cast<std::size_t>(phase); }

    [[nodiscard]] Entry& at(Number number) const {
        return chunks_[number / chunk_entries][number % chunk_entries];
    }
    [[nodiscard]] Number number_of(const Entry& entry) const {
        return entry.older != none ? at(entry.older).newer : lists_[index(entry.phase)].oldest;
    }

    /// True, and moved to the back, where the entry was seen since it was listed.
    bool relist(Number number) {
        Entry& entry = at(number);
        if (!entry.seen)
            return false;
        unlink(entry);
        link(number);
        return true;
    }
    void link(Number number) {
        Entry& entry = at(number);
        List& list = lists_[index(entry.phase)];
        entry.seen = false;
        entry.older = list.newest;
        entry.newer = none;
        (list.newest != none ? at(list.newest).newer : list.oldest) = number;
        list.newest = number;
        ++list.size;
    }
    void unlink(Entry& entry) {
        List& list = lists_[index(entry.phase)];
        (entry.older != none ? at(entry.older).newer : list.oldest) = entry.newer;
        (entry.newer != none ? at(entry.newer).older : list.newest) = entry.older;
        --list.size;
    }

    Number take() {
        if (free_ == none) {
            const auto first = static_cast<Number>(chunks_.size() * chunk_entries);
            chunks_.push_back(std::make_unique<Entry[]>(chunk_entries));
            for (Number number = first + chunk_entries; number-- > std::max<Number>(first, 1);)
                give_free(number);
        }
        const Number number = free_;
        free_ = std::exchange(at(number).bucket_next, none);
        return number;
    }
    void give_back(Number number) {
        at(number) = Entry();
        give_free(number);
    }
    void give_free(Number number) { at(number).bucket_next = std::exchange(free_, number); }

    std::size_t capacity_;
    HashKey key_;
    std::array<Duration, phase_count> timeouts_;
    std::size_t mask_;
    std::unique_ptr<Number[], Free> buckets_;
    std::array<List, phase_count> lists_;
    std::vector<std::unique_ptr<Entry[]>> chunks_;
    Number free_ = none; ///< the first of those that are free, linked by bucket_next
    std::size_t size_ = 0;
};

} // namespace nfsieve
