// SPDX-License-Identifier: GPL-2.0-or-later
// What a segment store should know, a byte at a time.
#pragma once

#include "nfsieve/flow/segment_store.h"

#include <algorithm>
#include <vector>

namespace nfsieve::fuzz {

/// Keeps, for each offset, the first byte that was let through there and what the store may still say of it.
class ByteMap {
public:
    enum class State : std::uint8_t {
        unknown,
        sent,      ///< judged, and remembered
        digested,  ///< judged, and remembered as part of a run
        forgotten, ///< judged, and never remembered for want of memory
        held,      ///< ahead of a gap
    };
    struct Byte {
        State state = State::unknown;
        std::uint8_t value = 0;
    };

    /// No offset before `origin` is asked for.
    explicit ByteMap(std::uint64_t origin) : origin_(origin), begin_(origin) {}

    [[nodiscard]] Byte at(std::uint64_t offset) const {
        return offset < begin_ || offset - origin_ >= bytes_.size() ? Byte() : bytes_[offset - origin_];
    }
    [[nodiscard]] bool held(std::uint64_t offset) const { return at(offset).state == State::held; }
    void set(std::uint64_t offset, State state, std::uint8_t value) {
        if (offset - origin_ >= bytes_.size())
            bytes_.resize(offset - origin_ + 1);
        bytes_[offset - origin_] = {state, value};
    }
    /// Bytes that are remembered by one digest.
    void set_run(std::uint64_t offset, Bytes bytes) {
        runs_.push_back({offset, bytes.size()});
        for (std::size_t i = 0; i < bytes.size(); ++i)
            set(offset + i, State::digested, bytes[i]);
    }
    void forget_before(std::uint64_t offset) {
        begin_ = offset;
        std::erase_if(runs_, [&](const Run& run) { return run.offset + run.size <= offset; });
    }

    /// True where every judged byte is still remembered for itself.
    [[nodiscard]] bool whole() const {
        return std::none_of(first(), bytes_.end(), [](const Byte& byte) {
            return byte.state == State::forgotten || byte.state == State::digested;
        });
    }
    /// Nothing counts as judged any more.
    void hold_all() {
        for (auto byte = bytes_.begin() + (first() - bytes_.begin()); byte != bytes_.end(); ++byte)
            if (byte->state == State::sent)
                byte->state = State::held;
    }

    /// What SegmentStore::compare() has to say.
    [[nodiscard]] SegmentStore::Overlap compare(std::uint64_t offset, Bytes bytes) const {
        auto result = SegmentStore::Overlap::agrees;
        if (bytes.empty())
            return result;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const Byte byte = at(offset + i);
            if (byte.state == State::forgotten)
                result = SegmentStore::Overlap::unknown;
            else if ((byte.state == State::sent || byte.state == State::held) && byte.value != bytes[i])
                return SegmentStore::Overlap::differs;
        }
        for (const Run& run : runs_) {
            if (run.offset >= offset + bytes.size() || run.offset + run.size <= offset)
                continue;
            if (run.offset < offset || run.offset + run.size > offset + bytes.size())
                result = SegmentStore::Overlap::unknown;
            else if (!same(run, bytes.subspan(run.offset - offset, run.size)))
                return SegmentStore::Overlap::differs;
        }
        return result;
    }

private:
    struct Run {
        std::uint64_t offset;
        std::size_t size;
    };
    [[nodiscard]] bool same(const Run& run, Bytes bytes) const {
        for (std::size_t i = 0; i < run.size; ++i)
            if (bytes_[run.offset - origin_ + i].value != bytes[i])
                return false;
        return true;
    }
    [[nodiscard]] std::vector<Byte>::const_iterator first() const {
        return bytes_.begin() +
               static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(begin_ - origin_, bytes_.size()));
    }

    std::uint64_t origin_, begin_;
    std::vector<Byte> bytes_;
    std::vector<Run> runs_;
};

} // namespace nfsieve::fuzz
