// SPDX-License-Identifier: GPL-2.0-or-later
// What a segment store should know, a byte at a time and without any thought of speed.
#pragma once

#include "nfsieve/flow/segment_store.h"

#include <map>

namespace nfsieve::fuzz {

/// Keeps, for each offset, the first byte that was let through there and what the store may still say of it.
class ByteMap {
public:
    enum class State : std::uint8_t {
        sent,      ///< judged, and remembered
        forgotten, ///< judged, and never remembered for want of memory
        held,      ///< ahead of a gap
    };
    struct Byte {
        State state;
        std::uint8_t value;
    };

    [[nodiscard]] const Byte* find(std::uint64_t offset) const {
        const auto found = bytes_.find(offset);
        return found == bytes_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] bool held(std::uint64_t offset) const {
        const Byte* byte = find(offset);
        return byte != nullptr && byte->state == State::held;
    }
    void set(std::uint64_t offset, State state, std::uint8_t value) {
        bytes_.insert_or_assign(offset, Byte{state, value});
    }
    void change(std::uint64_t offset, State state) { bytes_.at(offset).state = state; }
    void forget_before(std::uint64_t offset) { bytes_.erase(bytes_.begin(), bytes_.lower_bound(offset)); }
    void clear() { bytes_.clear(); }

    /// True where every judged byte is still remembered.
    [[nodiscard]] bool whole() const {
        return std::none_of(bytes_.begin(), bytes_.end(),
                            [](const auto& entry) { return entry.second.state == State::forgotten; });
    }
    void hold_all() {
        for (auto& [offset, byte] : bytes_)
            byte.state = State::held;
    }

    /// What SegmentStore::compare() has to say.
    [[nodiscard]] SegmentStore::Overlap compare(std::uint64_t offset, Bytes bytes) const {
        auto result = SegmentStore::Overlap::agrees;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const Byte* byte = find(offset + i);
            if (byte == nullptr)
                continue;
            if (byte->state == State::forgotten)
                result = SegmentStore::Overlap::unknown;
            else if (byte->value != bytes[i])
                return SegmentStore::Overlap::differs;
        }
        return result;
    }

private:
    std::map<std::uint64_t, Byte> bytes_;
};

} // namespace nfsieve::fuzz
