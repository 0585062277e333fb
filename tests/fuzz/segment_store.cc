// SPDX-License-Identifier: GPL-2.0-or-later
// Any sequence of the steps that a stream takes with its store, held against a map of single bytes. The caps
// are small in half of the runs, so that bytes are forgotten; what is charged comes back to zero.
#include "nfsieve/flow/segment_store.h"
#include "byte_map.h"
#include "fuzz_input.h"

#include <array>
#include <cstring>
#include <vector>

namespace nfsieve::fuzz {
namespace {

using Overlap = SegmentStore::Overlap;
using State = ByteMap::State;

constexpr std::size_t largest_charge = (std::size_t{1} << 16) + 512;
constexpr std::size_t ample = std::size_t{64} << 20;

class Stream {
public:
    Stream(std::uint64_t origin, std::size_t cap)
        : cap_(cap), memory_(cap, cap), map_(origin), next_(origin), start_(origin), released_(origin) {}

    void step(Input& in) {
        switch (in.byte() % 8) {
        case 0:
        case 1:
            return append(in);
        case 2:
        case 3:
            return hold(in);
        case 4:
            return promote();
        case 5:
            return release(in);
        case 6:
            return compare(in);
        default:
            return in.byte() % 4 == 0 ? skip(in) : rewind(in);
        }
    }

    void end() {
        store_.clear(memory_);
        require(store_.charged() == 0 && memory_.budget.used() == 0 && store_.empty());
    }

    void check() const {
        require(store_.charged() == memory_.budget.used() && store_.charged() <= cap_);
        const auto piece = store_.held_at(next_);
        require(piece.has_value() == map_.held(next_));
        if (piece)
            require_held(next_, *piece);
    }

private:
    /// A payload of one of three sizes: copied into a small block, into large ones, or kept in its slab.
    Bytes payload(Input& in) {
        const std::uint8_t kind = in.byte();
        slab_ = slabs_.take();
        const std::size_t size = kind % 32 == 0   ? 8192 + in.byte()
                                 : kind % 32 == 1 ? 4000 + in.byte()
                                 : kind % 4 == 2  ? 200 + in.byte()
                                                  : in.byte() % 40;
        const std::uint8_t seed = in.byte();
        std::memset(slab_.data(), seed, size);
        if (size > 0)
            slab_.data()[in.byte() % size] ^= 1;
        return {slab_.data(), size};
    }

    /// Makes the payload say what is known already: a stream appends nothing that contradicts.
    void agree(std::uint64_t offset, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            if (const ByteMap::Byte byte = map_.at(offset + i); byte.state != State::unknown)
                slab_.data()[i] = byte.value;
    }

    [[nodiscard]] bool may_refuse() const { return store_.charged() + largest_charge > cap_ - cap_ / 4; }

    void append(Input& in) {
        const Bytes bytes = payload(in);
        agree(next_, bytes.size());
        const std::uint32_t segment_size = in.byte() % 2 == 0 ? 0U : 100U + in.byte();
        const bool room = !may_refuse();
        store_.append(next_, bytes, {&slab_, segment_size}, memory_);
        const std::size_t kept = kept_for_themselves(bytes);
        require(kept == bytes.size() || !room);
        for (std::size_t i = 0; i < kept; ++i)
            map_.set(next_ + i, State::sent, bytes[i]);
        note_runs(bytes, kept, segment_size);
        require(store_.compare(next_, bytes, memory_) == map_.compare(next_, bytes));
        next_ += bytes.size();
    }

    [[nodiscard]] bool unknown_at(Bytes bytes, std::size_t at) const {
        return store_.compare(next_ + at, bytes.subspan(at, 1), memory_) == Overlap::unknown;
    }

    /// How many bytes of the payload at next_ are remembered for themselves. The last may be a run of its
    /// own: a digest of one byte says as much.
    [[nodiscard]] std::size_t kept_for_themselves(Bytes bytes) const {
        if (bytes.empty())
            return 0;
        std::size_t low = 0;
        for (std::size_t high = bytes.size() - 1; low < high;) {
            const std::size_t middle = (low + high) / 2;
            if (unknown_at(bytes, middle))
                high = middle;
            else
                low = middle + 1;
        }
        return low == bytes.size() - 1 && !unknown_at(bytes, low) ? low + 1 : low;
    }

    /// What is not kept for itself is kept by runs that end where a segment does, or from some run on not at
    /// all.
    void note_runs(Bytes bytes, std::size_t begin, std::uint32_t segment_size) {
        bool digested = true;
        while (begin < bytes.size()) {
            const std::size_t left = bytes.size() - begin;
            const std::size_t segment = segment_size == 0 ? left : segment_size - begin % segment_size;
            const Bytes run = bytes.subspan(begin, std::min(left, segment));
            digested = digested && store_.compare(next_ + begin, run, memory_) == Overlap::agrees;
            if (digested)
                map_.set_run(next_ + begin, run);
            else
                for (std::size_t i = 0; i < run.size(); ++i)
                    map_.set(next_ + begin + i, State::forgotten, run[i]);
            begin += run.size();
        }
    }

    void hold(Input& in) {
        const std::uint64_t offset = next_ + 1 + in.number() % 6000;
        const Bytes bytes = payload(in);
        const bool room = cap_ == ample; // a hold makes as many pieces as there are gaps
        const bool whole = store_.hold(offset, bytes, {&slab_, 0}, memory_);
        require(whole || !room);
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const std::uint64_t at = offset + i;
            if (!map_.held(at) && (whole || store_.held_at(at)))
                map_.set(at, State::held, bytes[i]);
        }
        for (std::uint64_t at = offset; at < offset + bytes.size();) {
            const auto piece = store_.held_at(at);
            require(piece.has_value() == map_.held(at));
            if (piece)
                require_held(at, *piece);
            at += piece ? piece->size() : 1;
        }
    }

    void require_held(std::uint64_t offset, Bytes piece) const {
        require(!piece.empty());
        for (std::size_t i = 0; i < piece.size(); ++i)
            require(map_.held(offset + i) && map_.at(offset + i).value == piece[i]);
    }

    void promote() {
        const auto piece = store_.held_at(next_);
        if (!piece)
            return;
        const std::size_t size = piece->size();
        store_.promote(next_, memory_);
        for (std::size_t i = 0; i < size; ++i)
            map_.set(next_ + i, State::sent, map_.at(next_ + i).value);
        next_ += size;
    }

    void release(Input& in) {
        released_ += in.number() % (next_ - released_ + 1);
        store_.release(released_, memory_);
        map_.forget_before(released_);
        start_ = std::max(start_, released_);
    }

    /// The receiver has acknowledged bytes that never came by.
    void skip(Input& in) {
        next_ = start_ = released_ = next_ + in.byte();
        store_.release(next_, memory_);
        map_.forget_before(next_);
    }

    /// A picked-up stream is judged anew from an earlier byte.
    void rewind(Input& in) {
        const std::uint64_t back = in.number() % 3000;
        const bool done = store_.unjudge();
        require(!done || map_.whole());
        require(done || !map_.whole() || cap_ < ample); // a run of one byte looks like the byte itself
        if (!done)
            return;
        map_.hold_all();
        next_ = start_ = std::max(released_, start_ - std::min(start_, back));
    }

    void compare(Input& in) {
        const std::uint64_t offset = released_ + in.number() % (next_ - released_ + 4000);
        const Bytes bytes = payload(in);
        if (in.byte() % 2 == 0)
            agree(offset, bytes.size());
        require(store_.compare(offset, bytes, memory_) == map_.compare(offset, bytes));
    }

    const std::size_t cap_;
    StoreMemory memory_;
    SlabPool slabs_{std::size_t{1} << 16};
    SlabRef slab_;
    SegmentStore store_;
    ByteMap map_;
    std::uint64_t next_, start_, released_;
};

} // namespace
} // namespace nfsieve::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve::fuzz;
    Input in(data, size);
    const std::uint8_t choice = in.byte();
    static constexpr std::array<std::size_t, 4> caps = {ample, ample, 20000, 150000};
    Stream stream(choice % 2 == 0 ? 0 : std::uint64_t{1} << 40, caps[choice / 2 % 4]);
    for (int steps = 0; in.more() && steps < 100; ++steps) {
        stream.step(in);
        stream.check();
    }
    stream.end();
    return 0;
}
